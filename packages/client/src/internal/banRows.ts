/**
 * Compares lists of bans. Numbers move and times run down, so rows are identified by target, reason and kind of time. Rows
 * that are equal in these are distinguished by their minutes, which may be fewer in the later list.
 */
import * as Arr from "effect/Array"
import * as Duration from "effect/Duration"
import type { Ban } from "../Ban.ts"

const isLimited = ({ remaining }: Ban): boolean => Duration.isDuration(remaining)

/** The common key of rows that only their minutes can distinguish. A limited ban becomes an expired one. */
const kindOf = ({ reason, remaining, target }: Ban): string =>
  `${target} ${Duration.isDuration(remaining) || remaining === "expired" ? "timed" : remaining} ${reason}`

/** The minutes left. A limited ban of 0 minutes is in its last minute, so it has more time than an expired one, which has 0. */
export const minutesLeft = ({ remaining }: Ban): number =>
  Duration.isDuration(remaining) ? Math.max(0.5, Duration.toMinutes(remaining)) : 0

/** Groups bans. Returns a function that finds the bans that only the minutes can distinguish from a given one. */
export const grouped = (bans: ReadonlyArray<Ban>): (ban: Ban) => ReadonlyArray<Ban> => {
  const groups = Arr.groupBy(bans, kindOf)
  return (ban) => groups[kindOf(ban)] ?? []
}

/** The bans that only the minutes can distinguish from one of `others`. */
export const similarTo = (others: ReadonlyArray<Ban>, bans: ReadonlyArray<Ban>): ReadonlyArray<Ban> => {
  const kinds = new Set(others.map(kindOf))
  return bans.filter((ban) => kinds.has(kindOf(ban)))
}

/** Whether a ban can have become this row of a later list. */
export const canBecome = (ban: Ban, later: Ban): boolean =>
  kindOf(ban) === kindOf(later) && (isLimited(ban) || !isLimited(later))

interface Options {
  /** The minutes that a ban can have lost between the two lists. At least 1, because servers round. */
  readonly drift: number
  /** The choice if several bans can be the missing ones: those with the most minutes, or those with the least. */
  readonly missing: "Most" | "Least"
}

/** The difference between a list and a later one. */
export interface Difference {
  /** The bans that only the earlier list contains. */
  readonly missing: ReadonlyArray<Ban>
  /** The bans that only the later list contains. */
  readonly added: ReadonlyArray<Ban>
}

/**
 * Compares a list with a later one. A limited ban can have lost up to `drift` minutes. If no row fits, it is matched with
 * another row of its kind, whatever the minutes, because the server's clock may have been set.
 *
 * Sometimes several bans can be the missing one: of bans of 30 and 29 minutes, a row of 29 minutes can be either. The option
 * `missing` then chooses the bans with the most or the least minutes. If both choices give the same bans, no other bans can
 * be missing.
 */
export const difference = (
  before: ReadonlyArray<Ban>,
  after: ReadonlyArray<Ban>,
  options: Options
): Difference => {
  const older = Arr.groupBy(before, kindOf)
  const later = Arr.groupBy(after, kindOf)
  const result = { missing: new Array<Ban>(), added: new Array<Ban>() }
  for (const kind of new Set([...Object.keys(older), ...Object.keys(later)])) {
    const left = unpaired(older[kind] ?? [], later[kind] ?? [], options)
    const limited = left.older.filter(isLimited)
    const paired = Math.min(limited.length, left.later.length)
    result.missing.push(...left.older.filter((row) => !isLimited(row)), ...limited.slice(paired))
    result.added.push(...left.later.slice(paired))
  }
  return { missing: result.missing.sort(byNumber), added: result.added.sort(byNumber) }
}

const byNumber = (a: Ban, b: Ban): number => a.id - b.id

/** Pairs rows of one kind that differ by 0 to `drift` minutes. Returns the others, as few as possible. */
const unpaired = (before: ReadonlyArray<Ban>, after: ReadonlyArray<Ban>, { drift, missing }: Options) => {
  // Those that come first in this order are paired first.
  const sign = missing === "Most" ? 1 : -1
  const rank = (row: Ban): number => sign * minutesLeft(row)
  const inOrder = (rows: ReadonlyArray<Ban>): ReadonlyArray<Ban> => [...rows].sort((a, b) => rank(a) - rank(b))
  const [min, max] = missing === "Most" ? [0, drift] : [-drift, 0]
  const older = inOrder(before)
  const later = inOrder(after)
  const left = { older: new Array<Ban>(), later: new Array<Ban>() }
  let i = 0
  let j = 0
  while (i < older.length && j < later.length) {
    const distance = rank(older[i]!) - rank(later[j]!)
    if (distance < min) left.older.push(older[i++]!)
    else if (distance > max) left.later.push(later[j++]!)
    else {
      i++
      j++
    }
  }
  left.older.push(...older.slice(i))
  left.later.push(...later.slice(j))
  return left
}

/** The rows without a counterpart of their kind and minutes in `others`. Each row of `others` is a counterpart only once. */
export const except = (rows: ReadonlyArray<Ban>, others: ReadonlyArray<Ban>): ReadonlyArray<Ban> =>
  unmatched(rows, likeness, others.map(likeness))

/** Whether two lists of bans differ in nothing but their numbers. */
export const isAlike = (rows: ReadonlyArray<Ban>, others: ReadonlyArray<Ban>): boolean =>
  rows.length === others.length && except(rows, others).length === 0

const likeness = (ban: Ban): string => `${minutesLeft(ban)} ${kindOf(ban)}`

/** The parts of a row that stay the same while its number and time change. */
export const nameOf = ({ reason, target }: Pick<Ban, "reason" | "target">): string => `${target} ${reason}`

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
