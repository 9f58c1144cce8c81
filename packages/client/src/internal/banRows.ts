/**
 * Compares lists of bans. Rows are identified by target, reason and kind, because numbers move and times run down.
 */
import type { Ban } from "../Ban.ts"

/** The part of a row that does not change when the list is printed again. */
const keyOf = ({ reason, remaining, target }: Ban): string =>
  `${target} ${remaining === "permanent" ? "permanent" : "limited"} ${reason}`

/** The rows of `before` that are not in `after`. */
export const missingFrom = (before: ReadonlyArray<Ban>, after: ReadonlyArray<Ban>): ReadonlyArray<Ban> =>
  unmatched(before, keyOf, after.map(keyOf))

/** The values without a key of their own in `keys`. Equal keys are counted. */
export const unmatched = <A>(
  values: ReadonlyArray<A>,
  keyOf: (value: A) => string,
  keys: ReadonlyArray<string>
): ReadonlyArray<A> => {
  const left = new Map<string, number>()
  for (const key of keys) left.set(key, (left.get(key) ?? 0) + 1)
  return values.filter((value) => {
    const key = keyOf(value)
    const count = left.get(key) ?? 0
    left.set(key, count - 1)
    return count <= 0
  })
}
