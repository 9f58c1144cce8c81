/**
 * Describes in one line why a `KeyValueStore` failed.
 */
import type { KeyValueStoreError } from "effect/persistence/KeyValueStore"

/** The message of the error does not contain the cause, such as a full disk. So the message of the first cause is added. */
export const storeProblem = ({ cause, message }: KeyValueStoreError): string => {
  let first = cause
  while (first instanceof Error && first.cause instanceof Error) first = first.cause
  return first instanceof Error && first.message !== "" ? `${message} (${first.message})` : message
}
