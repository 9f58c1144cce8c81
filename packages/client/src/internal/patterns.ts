/**
 * How servers print numbers, addresses and GUIDs, for the readers of replies and messages to build on.
 *
 * Whatever is built of them must be anchored at both ends: names may hold anything, and a search would find it there.
 * Each is bounded in length, so that a pattern with one `.*` before them takes linear time on hostile text.
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Address } from "../Address.ts"

export const NUMBER = String.raw`(\d{1,9})`

/** Two groups, for {@link address}. */
export const ADDRESS = String.raw`(\d{1,3}(?:\.\d{1,3}){3}):(\d{1,5})`

export const GUID = "([0-9a-f]{32})"

const decodeAddress = Schema.decodeOption(Address)

/** The address printed so; `undefined` where a number is out of range. */
export const address = (ip: string, port: string): Address | undefined =>
  Option.getOrUndefined(decodeAddress({ ip, port: Number(port) }))
