/**
 * Decides the changes of a server's list of bans that make it agree with the book. Pure.
 *
 * A row is the book's if its reason has the mark of the book and the number of a ban that the book has, or has lifted. On Arma
 * Reforger's own RCON lists have no reasons; there the `ledger` remembers what the book has put in. All other rows are somebody
 * else's, and are left alone. A row with the mark and a number that the book never had is an orphan: it is of another book, or of
 * a store that was lost, so its absence from this book does not prove that it is not wanted.
 *
 * A row that a list does not show may be there all the same, if the list is not complete. So a ban is added only if it is certainly
 * missing.
 */
import type { Ban, BanTarget } from "@bercon/client/Ban"
import { isIdentityId } from "@bercon/client/Identity"
import type { Table } from "@bercon/client/Table"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import { type BanEntry, type BanEntryId, endOf } from "../../BanEntry.ts"
import { idIn } from "./mark.ts"
import type { BanSettings } from "./settings.ts"

export interface Situation {
  /** The bans in force that hold on the server, the newest first. */
  readonly entries: ReadonlyArray<BanEntry>
  /** The numbers of entries that cannot be read: their targets are unknown. */
  readonly unreadable: ReadonlySet<string>
  /** The target of a ban that the book has, on any server, or has lifted, by its number. */
  readonly targetOf: (id: BanEntryId) => BanTarget | undefined
  /** The server's list. */
  readonly table: Table<Ban>
  /** In milliseconds since 1970. */
  readonly now: number
  readonly settings: BanSettings
  /** Bans of players who have tried to join, for `"BanOnJoin"`. */
  readonly joined: ReadonlySet<BanEntryId>
  /** By target, the number of the ban that the book has put in a list without reasons. Absent: the list has reasons. */
  readonly ledger: ReadonlyMap<string, string> | undefined
}

export interface Decision {
  /** Bans that are certainly missing, the newest first. */
  readonly add: ReadonlyArray<BanEntry>
  /** Rows of the book that are too much. */
  readonly remove: ReadonlyArray<Ban>
  /** Bans of which the list does not show whether they are in it. */
  readonly unknown: ReadonlyArray<BanEntry>
  /** Bans that are in the list, as they should be. */
  readonly kept: ReadonlySet<BanEntryId>
  /** How many rows of the book are over. The server forgets them when it writes its list to its file. */
  readonly expired: number
  /** How many rows are somebody else's. */
  readonly foreign: number
  /** Rows with the mark whose number the book never had. */
  readonly orphans: ReadonlyArray<Ban>
}

/** A ban that ends within this time is not added any more: servers count whole minutes. */
const TOO_SHORT = 60_000

export const decide = (situation: Situation): Decision =>
  situation.ledger === undefined ? byMark(situation) : byLedger(situation, situation.ledger)

/** The owner of a row. `id`: the number in its mark. */
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
  // An admin may have copied the reason of one of the book's bans for one of another target.
  return known === target ? { _tag: "Book", id } : { _tag: "Other" }
}

const byMark = (situation: Situation): Decision => {
  const { settings, table, unreadable } = situation
  /** Rows of the book, by the number in the mark. */
  const marked = new Map<BanEntryId, Array<Ban>>()
  const orphans: Array<Ban> = []
  const remove: Array<Ban> = []
  let expired = 0
  let foreign = 0
  /** The row of a ban that is over protects no server. A server that never writes its list keeps it until it restarts. */
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

/** An account has one ban there, which is that of the book if the ledger says so. */
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
      // The account is banned, if not by the book. Another ban would replace that one.
      if (entry !== undefined) kept.add(entry.id)
    } else if (entry?.id === id) kept.add(entry.id)
    else if (entry === undefined && !unreadable.has(id)) remove.push(row)
  }
  const ids = new Set(Array.from(wanted.values(), ({ id }) => id))
  return { ...missing(situation, ids, kept), remove, kept, expired: 0, foreign, orphans: [] }
}

/** The bans that the server's list should have, the newest first. */
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

/** The wanted bans that are not in the list, or of which that is not known. */
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

/** A ban that is over in the book and has left it, while the server, which counts whole minutes, has its row a little longer. */
const isEnding = ({ remaining }: Ban): boolean =>
  Duration.isDuration(remaining) && Duration.toMillis(remaining) <= 2 * TOO_SHORT

/** Whether a list may have a row of a target that it does not show: cut off, or in a line that cannot be read. */
const hidden = ({ cut, rows, total, unparsed }: Table<Ban>): (target: BanTarget) => boolean => {
  if (cut || (total ?? 0) > new Set(rows.map(({ id }) => id)).size) return () => true
  const lines = unparsed.map(({ text }) => text.toLowerCase())
  return (target) => lines.some((line) => line.includes(target))
}
