/**
 * Compares lists of bans. Rows are identified by target, reason and kind of time, because numbers move and times run
 * down. The kind of time changes only when the time of a limited ban ends: from limited to expired.
 */
import * as Duration from "effect/Duration"
import type { Ban } from "../Ban.ts"

const timeOf = ({ remaining }: Ban): string => Duration.isDuration(remaining) ? "limited" : remaining

const timeAtEndOf = (ban: Ban): string => timeOf(ban) === "limited" ? "expired" : timeOf(ban)

/** The common key of rows of one target, reason and kind of time. */
const kindOf = (ban: Ban): string => `${ban.target} ${timeOf(ban)} ${ban.reason}`

/** The key of the same ban when its time has ended. If the ban is not limited, the key stays the same. */
const kindAtEndOf = (ban: Ban): string => `${ban.target} ${timeAtEndOf(ban)} ${ban.reason}`

/** Whether a ban can have become this row of a later list. */
export const canBecome = (ban: Ban, later: Ban): boolean =>
  later.target === ban.target && later.reason === ban.reason &&
  (timeOf(later) === timeOf(ban) || timeOf(later) === timeAtEndOf(ban))

/** The difference between a list and a later one. */
export interface Difference {
  /** The bans that only the earlier list contains. */
  readonly missing: ReadonlyArray<Ban>
  /** The bans that only the later list contains. */
  readonly added: ReadonlyArray<Ban>
}

/** Compares a list with a later one. Unchanged bans are matched first, then bans that have expired. */
export const difference = (before: ReadonlyArray<Ban>, after: ReadonlyArray<Ban>): Difference => {
  const missing = unmatched(before, kindOf, after.map(kindOf))
  const added = unmatched(after, kindOf, before.map(kindOf))
  return {
    missing: unmatched(missing, kindAtEndOf, added.map(kindOf)),
    added: unmatched(added, kindOf, missing.map(kindAtEndOf))
  }
}

/** The rows without a counterpart of their kind in `others`. Each row of `others` is a counterpart only once. */
export const except = (rows: ReadonlyArray<Ban>, others: ReadonlyArray<Ban>): ReadonlyArray<Ban> =>
  unmatched(rows, kindOf, others.map(kindOf))

/** The values whose key is not in `keys`. Each of `keys` is used for one value only. */
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
