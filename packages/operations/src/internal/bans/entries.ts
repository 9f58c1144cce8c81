/**
 * The entries of the ban book in memory, found by number and by target, and in order.
 */
import type { BanTarget } from "@bercon/client/Ban"
import * as DateTime from "effect/DateTime"
import type { BanEntry } from "../../BanEntry.ts"

export interface Entries {
  readonly put: (entry: BanEntry) => void
  readonly remove: (entry: BanEntry) => void
  readonly size: () => number
  readonly get: (id: string) => BanEntry | undefined
  /** All, the newest first. */
  readonly all: () => ReadonlyArray<BanEntry>
  /** Those of a target, the newest first. */
  readonly of: (target: BanTarget) => ReadonlyArray<BanEntry>
  /** Those of any of these targets, the newest first. */
  readonly ofAny: (targets: Iterable<BanTarget>) => ReadonlyArray<BanEntry>
}

export const make = (): Entries => {
  const byId = new Map<string, BanEntry>()
  const byTarget = new Map<BanTarget, ReadonlyArray<BanEntry>>()
  /** As `all` returns them, until something changes. */
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

/** By number, if they were added at the same time: the same order in every program. */
const newestFirst = (entries: ReadonlyArray<BanEntry>): ReadonlyArray<BanEntry> =>
  entries.toSorted((a, b) =>
    DateTime.toEpochMillis(b.added) - DateTime.toEpochMillis(a.added) || (a.id < b.id ? -1 : 1)
  )
