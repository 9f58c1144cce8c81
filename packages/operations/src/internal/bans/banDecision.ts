/**
 * Decides the changes of a server's list of bans that make it agree with the book. Pure.
 *
 * Each row of a list has one of three owners:
 *
 * - The book, if the reason of the row has the mark of the book and the number of a ban that the book has, or has lifted.
 * - An unknown book: the row has the mark, and a number that this book has no record of. Such a row is called an orphan. It may
 *   be wanted, for example by another book. So it stays, unless the policy removes orphans.
 * - Another admin, in all other cases. Such a row is called foreign, and it stays.
 *
 * The lists of Arma Reforger's own RCON have no reasons. There the `ledger`, a record in the store, shows which rows the book
 * has added.
 *
 * If a list is not complete, it may hide a row. So a ban is added only if it is certainly missing.
 */
import type { Ban, BanTarget } from "@bercon/client/Ban"
import { isIdentityId } from "@bercon/client/Identity"
import type { Table } from "@bercon/client/Table"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import { type BanEntry, type BanEntryId, endOf } from "../../BanEntry.ts"
import { idIn } from "./mark.ts"
import type { BanSettings } from "./settings.ts"

/** The facts from which a decision follows. */
export interface Situation {
  /** The bans in force that apply to the server, the newest first. */
  readonly entries: ReadonlyArray<BanEntry>
  /** The numbers of entries that cannot be read: their targets are unknown. */
  readonly unreadable: ReadonlySet<string>
  /** The target of the ban with this number, if the book has it (for any server) or has lifted it. */
  readonly targetOf: (id: BanEntryId) => BanTarget | undefined
  /** The server's list. */
  readonly table: Table<Ban>
  /** In milliseconds since 1970. */
  readonly now: number
  readonly settings: BanSettings
  /** For `"BanOnJoin"`: the bans of players who have tried to join. */
  readonly joined: ReadonlySet<BanEntryId>
  /**
   * For a list without reasons: the number of the ban that the book has added, by target. If the list has reasons, `undefined`.
   */
  readonly ledger: ReadonlyMap<string, string> | undefined
}

/** The changes that make a list agree with the book, and a count of its rows. */
export interface Decision {
  /** The bans that are certainly missing, the newest first. */
  readonly add: ReadonlyArray<BanEntry>
  /** The rows to be removed. */
  readonly remove: ReadonlyArray<Ban>
  /** The bans that may or may not be in the list, because it is not complete. */
  readonly unknown: ReadonlyArray<BanEntry>
  /** The bans that the list should have, and has. */
  readonly kept: ReadonlySet<BanEntryId>
  /** The number of marked rows that are over. The server removes such rows when it writes its list to its file. */
  readonly expired: number
  /** The number of foreign rows. */
  readonly foreign: number
  /** The orphans, except those that are over or end within two minutes. */
  readonly orphans: ReadonlyArray<Ban>
}

/** A ban that ends within this time (in milliseconds) is not added, because servers count whole minutes. */
const TOO_SHORT = 60_000

export const decide = (situation: Situation): Decision =>
  situation.ledger === undefined ? byMark(situation) : byLedger(situation, situation.ledger)

/** The owner of a row. `Other`: the row is foreign. `id`: the number in the mark. */
export type Owner =
  | { readonly _tag: "Book" | "Orphan"; readonly id: BanEntryId }
  | { readonly _tag: "Other" }

export const ownerOf = (
  { reason, target }: Ban,
  { settings, targetOf, unreadable }: Pick<Situation, "settings" | "targetOf" | "unreadable">
): Owner => {
  const id = idIn(reason, settings.mark)
  if (id === undefined) return { _tag: "Other" }
  const known = unreadable.has(id) ? target : targetOf(id)
  if (known === undefined) return { _tag: settings.orphans === "Remove" ? "Book" : "Orphan", id }
  // An admin may have copied the reason of a ban of the book for another target.
  return known === target ? { _tag: "Book", id } : { _tag: "Other" }
}

const byMark = (situation: Situation): Decision => {
  const { settings, table, unreadable } = situation
  /** The rows of the book, by the number in the mark. */
  const marked = new Map<BanEntryId, Array<Ban>>()
  const orphans: Array<Ban> = []
  const remove: Array<Ban> = []
  let expired = 0
  let foreign = 0
  /** Counts a row that is over. If the policy has `write: false`, the server keeps it until a restart, so it is removed. */
  const expire = (row: Ban) => {
    expired++
    if (!settings.write) remove.push(row)
  }
  for (const row of table.rows) {
    const owner = ownerOf(row, situation)
    if (owner._tag === "Book") marked.set(owner.id, [...marked.get(owner.id) ?? [], row])
    else if (owner._tag === "Other") foreign++
    else if (!isLive(row)) expire(row)
    else if (!isEnding(row)) orphans.push(row)
  }
  const listed = (entry: BanEntry): boolean => marked.get(entry.id)?.some(isLive) === true
  const wanted = new Set(wantedOf(situation, listed).map(({ id }) => id))

  const kept = new Set<BanEntryId>()
  for (const [id, rows] of marked) {
    if (unreadable.has(id)) continue
    for (const row of rows) {
      if (!isLive(row)) expire(row)
      else if (wanted.has(id) && !kept.has(id)) kept.add(id)
      else remove.push(row)
    }
  }
  return { ...missing(situation, wanted, kept), remove, kept, expired, foreign, orphans }
}

/**
 * For the lists of Arma Reforger's own RCON. An account has one row at most, and the ledger shows whether the book has added
 * it.
 */
const byLedger = (situation: Situation, ledger: ReadonlyMap<string, string>): Decision => {
  const { table, unreadable } = situation
  const rows = new Map(table.rows.map((row) => [row.target, row]))
  const wanted = new Map<BanTarget, BanEntry>()
  for (const entry of wantedOf(situation, ({ target }) => rows.has(target))) {
    const other = wanted.get(entry.target)
    if (other === undefined || endOf(other) < endOf(entry)) wanted.set(entry.target, entry)
  }
  const kept = new Set<BanEntryId>()
  const remove: Array<Ban> = []
  let foreign = 0
  for (const row of table.rows) {
    const id = ledger.get(row.target)
    const entry = wanted.get(row.target)
    if (id === undefined) {
      foreign++
      // The account is banned by another admin. A ban of the book would replace that ban, so none is added.
      if (entry !== undefined) kept.add(entry.id)
    } else if (entry?.id === id) kept.add(entry.id)
    else if (entry === undefined && !unreadable.has(id)) remove.push(row)
  }
  const ids = new Set(Array.from(wanted.values(), ({ id }) => id))
  return { ...missing(situation, ids, kept), remove, kept, expired: 0, foreign, orphans: [] }
}

/** The bans that the server's list should have, the newest first. `listed`: whether the list has a ban already. */
const wantedOf = (
  { entries, joined, ledger, now, settings }: Situation,
  listed: (entry: BanEntry) => boolean
): ReadonlyArray<BanEntry> => {
  const { capacity, enforcement, maxAge } = settings
  if (enforcement === "Kick") return []
  return entries.filter((entry) =>
    isIdentityId(entry.target) === (ledger !== undefined) &&
    now - DateTime.toEpochMillis(entry.added) < maxAge &&
    (enforcement === "List" || joined.has(entry.id) || listed(entry))
  ).slice(0, capacity)
}

/** The wanted bans that the list does not show: those that are certainly missing, and those that it may hide. */
const missing = (
  { entries, now, table }: Situation,
  wanted: ReadonlySet<BanEntryId>,
  kept: ReadonlySet<BanEntryId>
): Pick<Decision, "add" | "unknown"> => {
  const add: Array<BanEntry> = []
  const unknown: Array<BanEntry> = []
  const mayHide = hidden(table)
  for (const entry of entries) {
    if (!wanted.has(entry.id) || kept.has(entry.id)) continue
    if (mayHide(entry.target)) unknown.push(entry)
    else if (endOf(entry) - now >= TOO_SHORT) add.push(entry)
  }
  return { add, unknown }
}

const isLive = ({ remaining }: Ban): boolean => remaining !== "expired"

/**
 * Whether a row ends within two minutes. If the book has no ban for this row, the row is not reported as an orphan: the ban was
 * over, and was removed from the book. The server counts whole minutes, and keeps the row a little longer.
 */
const isEnding = ({ remaining }: Ban): boolean =>
  Duration.isDuration(remaining) && Duration.toMillis(remaining) <= 2 * TOO_SHORT

/**
 * Returns a predicate: whether an incomplete list may hide a row of a target. If rows are missing, it may hide any target.
 * Otherwise it may hide only the targets in lines that could not be read.
 */
const hidden = ({ cut, rows, total, unparsed }: Table<Ban>): (target: BanTarget) => boolean => {
  if (cut || (total ?? 0) > new Set(rows.map(({ id }) => id)).size) return () => true
  const lines = unparsed.map(({ text }) => text.toLowerCase())
  return (target) => lines.some((line) => line.includes(target))
}
