/**
 * How servers print numbers, addresses, GUIDs and filters, for the readers of replies and messages to build on.
 *
 * Whatever is built of them must be anchored at both ends: names may hold anything, and a search would find it there.
 * Each is bounded in length, so that a pattern with one `.*` before them takes linear time on hostile text.
 */
import { Address, isIpAddress } from "../Address.ts"
import { trusted } from "./trusted.ts"

export const NUMBER = String.raw`(\d{1,9})`

/** Its numbers may be out of range: `isIpAddress` tells. */
export const IP = String.raw`(\d{1,3}(?:\.\d{1,3}){3})`

/** Two groups, for {@link address}. */
export const ADDRESS = String.raw`${IP}:(\d{1,5})`

export const GUID = "([0-9a-f]{32})"

/** The name of a filter: `RemoteExec`, `PublicVariable Value`, ... */
export const FILTER = "([A-Za-z ]{1,40})"

/** The address printed so; `undefined` where a number is out of range. */
export const address = (ip: string, port: string): Address | undefined =>
  isIpAddress(ip) && Number(port) <= 65535 ? trusted(Address, { ip, port: Number(port) }) : undefined
