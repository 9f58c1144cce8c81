/**
 * Why a `KeyValueStore` failed, in one line.
 */
import type { KeyValueStoreError } from "effect/persistence/KeyValueStore"

/** Its own messages do not say why. The first cause does: a full disk, a database that is away. */
export const storeProblem = ({ cause, message }: KeyValueStoreError): string => {
  let first = cause
  while (first instanceof Error && first.cause instanceof Error) first = first.cause
  return first instanceof Error && first.message !== "" ? `${message} (${first.message})` : message
}
