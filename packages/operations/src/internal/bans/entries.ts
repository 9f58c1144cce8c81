/**
 * The entries of the ban book in memory: found by id, found by target, and sorted by age.
 */
import type { BanTarget } from "@bercon/client/Ban"
import * as DateTime from "effect/DateTime"
import type { BanEntry } from "../../BanEntry.ts"

export interface Entries {
  readonly put: (entry: BanEntry) => void
  readonly remove: (entry: BanEntry) => void
  readonly size: () => number
  readonly get: (id: string) => BanEntry | undefined
  /** All entries, the newest first. */
  readonly all: () => ReadonlyArray<BanEntry>
  /** The entries of a target, the newest first. */
  readonly of: (target: BanTarget) => ReadonlyArray<BanEntry>
  /** The entries of any of these targets, the newest first. */
  readonly ofAny: (targets: Iterable<BanTarget>) => ReadonlyArray<BanEntry>
}

export const make = (): Entries => {
  const byId = new Map<string, BanEntry>()
  const byTarget = new Map<BanTarget, ReadonlyArray<BanEntry>>()
  /** The result of `all`, kept until the next `put` or `remove`. */
  let sorted: ReadonlyArray<BanEntry> | undefined

  const of = (target: BanTarget): ReadonlyArray<BanEntry> => byTarget.get(target) ?? []

  return {
    put: (entry) => {
      byId.set(entry.id, entry)
      byTarget.set(entry.target, newestFirst([...of(entry.target).filter(({ id }) => id !== entry.id), entry]))
      sorted = undefined
    },
    remove: (entry) => {
      byId.delete(entry.id)
      const left = of(entry.target).filter(({ id }) => id !== entry.id)
      if (left.length === 0) byTarget.delete(entry.target)
      else byTarget.set(entry.target, left)
      sorted = undefined
    },
    size: () => byId.size,
    get: (id) => byId.get(id),
    all: () => sorted ??= newestFirst([...byId.values()]),
    of,
    ofAny: (targets) => newestFirst(Array.from(new Set(targets)).flatMap(of))
  }
}

/**
 * Sorts entries. Entries that were added at the same time are sorted by id, so that the order is the same in every program.
 */
const newestFirst = (entries: ReadonlyArray<BanEntry>): ReadonlyArray<BanEntry> =>
  entries.toSorted((a, b) =>
    DateTime.toEpochMillis(b.added) - DateTime.toEpochMillis(a.added) || (a.id < b.id ? -1 : 1)
  )
