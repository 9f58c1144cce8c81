/**
 * Servers by id, whether they are given as a record or as a map, and the check of the ids.
 */
import * as Predicate from "effect/Predicate"
import type { Servers, ServerSettings } from "../Fleet.ts"

export const toMap = <S extends ServerSettings>(servers: Servers<S>): ReadonlyMap<string, S> =>
  new Map(Predicate.isIterable(servers) ? servers : Object.entries(servers))

/** The problem of an id that is not allowed. A text with a lone surrogate has no UTF-8, so files and databases cannot keep it. */
export const idProblem = (id: string): string | undefined =>
  id === ""
    ? "the id must not be empty"
    : id.isWellFormed()
    ? undefined
    : `the id must be a text without lone surrogates (got ${JSON.stringify(id)})`
