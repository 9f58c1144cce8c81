/**
 * Compares lists of bans. Numbers move and times run down, so rows are identified by the rest.
 */
import type { Ban } from "../Ban.ts"

/** The part of a row that does not change when the list is printed again. */
const keyOf = ({ reason, remaining, target }: Ban): string =>
  `${target} ${remaining === "permanent" ? "permanent" : "limited"} ${reason}`

/** The rows of `before` that are not in `after`. Rows with equal keys are counted. */
export const missingFrom = (before: ReadonlyArray<Ban>, after: ReadonlyArray<Ban>): ReadonlyArray<Ban> => {
  const left = new Map<string, number>()
  for (const row of after) left.set(keyOf(row), (left.get(keyOf(row)) ?? 0) + 1)
  return before.filter((row) => {
    const count = left.get(keyOf(row)) ?? 0
    left.set(keyOf(row), count - 1)
    return count <= 0
  })
}
