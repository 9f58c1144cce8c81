/**
 * Servers by id, whether they are given as a record or as a map.
 */
import * as Predicate from "effect/Predicate"
import type { Servers, ServerSettings } from "../Fleet.ts"

export const toMap = <S extends ServerSettings>(servers: Servers<S>): ReadonlyMap<string, S> =>
  new Map(Predicate.isIterable(servers) ? servers : Object.entries(servers))
