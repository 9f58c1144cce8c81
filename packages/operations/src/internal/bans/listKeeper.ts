/**
 * Makes the list of bans of one server agree with the book: reads it, adds missing bans, removes excess rows, and reads it
 * again, until it agrees.
 *
 * Only the list itself is evidence. The command that adds a ban is sent once, and sent again only if the list does not show the
 * ban when it is read next. So a lost reply does not cause a second ban.
 *
 * `unbanAll` of the client removes rows by their numbers, so a removal can hit a wrong row if another client changes the list
 * at that moment. Therefore, if the list has rows of other owners, rows are removed one at a time.
 */
import type { ActionError, BansChanged } from "@bercon/client/ActionError"
import type { Ban } from "@bercon/client/Ban"
import type { CommandError } from "@bercon/client/CommandError"
import type { Service as RconClient } from "@bercon/client/RconClient"
import type { ReplyError } from "@bercon/client/ReplyError"
import { isComplete, type Table } from "@bercon/client/Table"
import { BanRows } from "@bercon/client/unstable"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { KeyValueStoreError } from "effect/persistence/KeyValueStore"
import type { Service as BanBook } from "../../BanBook.ts"
import { type BanEntry, type BanEntryId, endOf, isOn } from "../../BanEntry.ts"
import type { BanStatus } from "../../BanStatus.ts"
import { ListDisagrees } from "../../BanSyncError.ts"
import { decide, type Decision, ownerOf, type Situation } from "./banDecision.ts"
import type { Ledger } from "./ledger.ts"
import { markedReason } from "./mark.ts"
import type { BanSettings } from "./settings.ts"
import { victims } from "./victims.ts"

export type Failure = CommandError | ReplyError | ActionError | KeyValueStoreError | ListDisagrees

export interface ListKeeper {
  /** Reads the list, and decides the changes. Changes nothing. */
  readonly compare: Effect.Effect<Comparison, CommandError | ReplyError | KeyValueStoreError>
  /** Changes the list. Returns when the list, as it was last read, agrees with the book. */
  readonly converge: Effect.Effect<BanStatus & { readonly _tag: "Converged" }, Failure>
  /** Resets the count of tries of each ban. Run it after a login, because the server may have restarted. */
  readonly restarted: Effect.Effect<void>
}

export interface Comparison {
  readonly decision: Decision
  /** The server's list. */
  readonly table: Table<Ban>
  /** The bans in force that apply to the server. */
  readonly entries: ReadonlyArray<BanEntry>
  /** Whether the rows of the list have reasons. Those of Arma Reforger's own RCON have none. */
  readonly hasReasons: boolean
  /** The time of the comparison, in milliseconds since 1970. */
  readonly now: number
}

export interface Dependencies {
  readonly rcon: RconClient
  readonly server: string
  readonly book: BanBook
  readonly ledger: Ledger
  readonly settings: BanSettings
  /**
   * The bans of players who have tried to join. The keeper removes a ban from this set if the list shows it, or if it is no
   * longer in force.
   */
  readonly joined: Set<BanEntryId>
  /** Reports the number of missing bans and of excess rows, before they are added and removed. */
  readonly progress: (missing: number, excess: number) => Effect.Effect<void>
  readonly count: (change: "Add" | "Remove" | "Restore", by: number) => Effect.Effect<void>
}

/** How many bans are added at the same time. It is so low that other commands do not have to wait long. */
const AT_ONCE = 16

/** How long to wait for the reply to an addition. If it does not arrive, the list shows whether the ban was added. */
const ADDED_WITHIN = "3 seconds"

/** How long to wait for the reply to a removal. */
const REMOVED_WITHIN = "10 seconds"

/** How many rows are removed before the list is read again, if it has no rows of other owners. */
const BATCH = 50

/** How many times the list is read before `converge` fails. */
const PASSES = 50

/** How many times a ban is added between two logins, if the list does not show it. */
const TRIES = 8

/** The longest duration of a ban that the client accepts, in minutes. Longer bans are added as permanent ones. */
const LONGEST = 2 ** 31 - 1

/** The duration that is nearest to this one, and that the client accepts. */
const accepted = (duration: Duration.Duration): Duration.Duration | "permanent" => {
  const minutes = Duration.toMinutes(duration)
  return minutes > LONGEST ? "permanent" : Duration.minutes(Math.max(1, minutes))
}

/** A row of another owner that a removal may have hit, and how often it was added again. */
interface Owed {
  readonly row: Ban
  readonly tries: number
}

export const make = (dependencies: Dependencies): ListKeeper => {
  const { book, count, joined, ledger, progress, rcon, server, settings } = dependencies
  /** How often each ban was added since the list last showed it. */
  const tries = new Map<BanEntryId, number>()
  /** Whether the list was changed since the server last wrote it to its file. */
  let isUnwritten = false
  /**
   * The number of rows that had expired when the list last agreed. If there are more of them, the server writes the list again.
   */
  let expiredThen = 0
  /** The rows of other owners that must be added again. */
  let owed: ReadonlyArray<Owed> = []
  /** The rows of the last list. After a removal that may have hit other rows, without those that are missing. */
  let shown: ReadonlyArray<Ban> = []
  /** The bans of the book at the last comparison, by the numbers in the marks of their rows. */
  let numbers: Pick<Situation, "targetOf" | "unreadable"> = { targetOf: () => undefined, unreadable: new Set() }

  /** Whether a row has another owner than the book: it must be added again if a removal hits it. */
  const isOthers = (row: Ban): boolean => ownerOf(row, { settings, ...numbers })._tag !== "Book"

  const add = Effect.fnUntraced(function*(entry: BanEntry, now: number) {
    const minutes = Math.ceil((endOf(entry) - now) / 60_000)
    yield* rcon.ban(entry.target, {
      duration: accepted(Duration.minutes(minutes)),
      reason: markedReason(entry, settings.mark),
      repeatable: false,
      timeout: ADDED_WITHIN
    }).pipe(mayHaveWorked)
    tries.set(entry.id, (tries.get(entry.id) ?? 0) + 1)
    yield* count("Add", 1)
  })

  const addAll = Effect.fnUntraced(function*(entries: ReadonlyArray<BanEntry>, now: number) {
    isUnwritten = true
    yield* ledger.put(entries)
    yield* Effect.forEach(entries, (entry) => add(entry, now), { concurrency: AT_ONCE, discard: true })
  })

  /** Adds the rows of other owners again, with the target, reason and remaining time that they had in the list. */
  const restore = Effect.suspend(() => {
    owed = owed.map(({ row, tries }) => ({ row, tries: tries + 1 }))
    return Effect.forEach(owed, ({ row: { reason, remaining, target } }) =>
      rcon.ban(target, {
        duration: Duration.isDuration(remaining) ? accepted(remaining) : "permanent",
        reason,
        repeatable: false,
        timeout: ADDED_WITHIN
      }).pipe(mayHaveWorked), { concurrency: AT_ONCE, discard: true })
  })

  /** Removes from `owed` the rows that are in the list again, and those that the list does not show after `TRIES` additions. */
  const settle = Effect.fnUntraced(function*(rows: ReadonlyArray<Ban>) {
    // A row that was in the list before is another ban, even if it has the same target.
    const left = [...BanRows.unmatched(rows.filter(isOthers), BanRows.nameOf, shown.map(BanRows.nameOf))]
    const without = (isBack: (one: Owed, row: Ban) => boolean) =>
      owed.filter((one) => {
        const index = left.findIndex((row) => row.target === one.row.target && isBack(one, row))
        if (index >= 0) left.splice(index, 1)
        return index < 0
      })
    owed = without(({ row }, { reason }) => reason === row.reason)
    // After an addition only targets are compared, because servers may change the text of a reason.
    owed = without(({ tries }) => tries > 0)
    const hopeless = owed.filter(({ tries }) => tries >= TRIES)
    if (hopeless.length === 0) return
    owed = owed.filter(({ tries }) => tries < TRIES)
    yield* Effect.logError("bans that a removal may have hit cannot be restored: the list does not show them", {
      bans: hopeless.map(({ row }) => row.toString())
    })
  })

  /** Removes rows. Returns whether all of them were at their places in the list. */
  const remove = (rows: ReadonlyArray<Ban>) => {
    isUnwritten = true
    return rcon.unbanAll(rows, { timeout: REMOVED_WITHIN }).pipe(
      Effect.andThen(count("Remove", rows.length)),
      Effect.as(true),
      Effect.catchReason("ActionError", "BanNotFound", () => Effect.succeed(false)),
      Effect.catchReason("ActionError", "BansChanged", (change) => Effect.as(collided(change), false))
    )
  }

  /** Removes the excess rows. Stops when a row is no longer at its place in the list. */
  const removeAll = Effect.fnUntraced(function*({ foreign, orphans, remove: rows }: Decision) {
    const size = foreign + orphans.length === 0 ? BATCH : 1
    for (let start = 0; start < rows.length; start += size) {
      if (!(yield* remove(rows.slice(start, start + size)))) return
    }
  })

  /** Handles a removal during which another admin changed the list. */
  const collided = (change: BansChanged) => {
    const found = victims(change).filter(isOthers)
    owed = [...owed, ...found.map((row) => ({ row, tries: 0 }))]
    shown = BanRows.unmatched(shown, BanRows.nameOf, change.missing.map(BanRows.nameOf))
    const effect = found.length > 0
      ? "the removal may have hit these bans, which are added again"
      : "the removal has probably hit no ban of another admin; these bans are missing now"
    return Effect.andThen(
      count("Restore", found.length),
      Effect.logWarning(`another admin changed the list of bans at the moment of a removal: ${effect}`, {
        bans: (found.length > 0 ? found : change.missing).map(String)
      })
    )
  }

  const compare = Effect.gen(function*(): Effect.fn.Return<Comparison, CommandError | ReplyError | KeyValueStoreError> {
    const hasReasons = (yield* rcon.flavour) !== "Reforger"
    const table = yield* rcon.banTable
    const all = yield* book.list
    const inForce = new Map(all.map(({ id, target }) => [id, target]))
    const entries = all.filter((entry) => isOn(entry, server))
    const lifted = yield* book.lifted
    numbers = { targetOf: (id) => inForce.get(id) ?? lifted.get(id), unreadable: yield* book.unreadable }
    const now = yield* Clock.currentTimeMillis
    const decision = decide({
      entries,
      ...numbers,
      table,
      now,
      settings,
      joined,
      ledger: hasReasons ? undefined : yield* ledger.get
    })
    return { decision, table, entries, hasReasons, now }
  })

  /** Reads the list once, and changes it. Returns the status if no change was necessary, otherwise `undefined`. */
  const pass = Effect.fnUntraced(function*() {
    const { decision, entries, hasReasons, now, table } = yield* compare
    yield* settle(table.rows)
    shown = table.rows
    const inForce = new Set(entries.map(({ id }) => id))
    for (const id of tries.keys()) if (decision.kept.has(id) || !inForce.has(id)) tries.delete(id)
    for (const id of joined) if (decision.kept.has(id) || !inForce.has(id)) joined.delete(id)
    const add = decision.add.filter(({ id }) => (tries.get(id) ?? 0) < TRIES)
    if (owed.length > 0 || add.length > 0) {
      yield* progress(add.length, decision.remove.length)
      isUnwritten = true
      yield* restore
      yield* addAll(add, now)
      return undefined
    }
    if (decision.remove.length > 0) {
      yield* progress(0, decision.remove.length)
      yield* removeAll(decision)
      return undefined
    }
    if (decision.unknown.length > 0) {
      return yield* new ListDisagrees({
        problem: `the list is not complete, so it does not show whether it has ${
          counted(decision.unknown.length)
        } of the book`
      })
    }
    if (decision.add.length > 0) {
      return yield* new ListDisagrees({
        problem: `the list does not show ${counted(decision.add.length)} of the book after ${TRIES} additions`
      })
    }
    if (settings.write && hasReasons && (isUnwritten || decision.expired > expiredThen)) {
      yield* rcon.writeBans
      isUnwritten = false
    }
    if (!hasReasons && isComplete(table)) yield* ledger.retain(new Set(table.rows.map(({ target }) => target)))
    expiredThen = decision.expired
    const { foreign, kept, orphans } = decision
    return { _tag: "Converged" as const, at: now, rows: kept.size, foreign, orphans: orphans.length }
  })

  const converge = Effect.gen(function*() {
    for (let number = 0; number < PASSES; number++) {
      const agreed = yield* pass()
      if (agreed !== undefined) return agreed
    }
    return yield* new ListDisagrees({
      problem: `the list changes all the time: it was read ${PASSES} times, and never agreed with the book`
    })
  })

  return {
    compare,
    converge,
    restarted: Effect.sync(() => {
      tries.clear()
    })
  }
}

const counted = (bans: number): string => bans === 1 ? "1 ban" : `${bans} bans`

/** Ignores the failure of a command that may have been executed: the list will show whether it was. */
const mayHaveWorked = <A>(
  command: Effect.Effect<A, CommandError | ActionError>
): Effect.Effect<unknown, CommandError | ActionError> =>
  Effect.catchIf(command, ({ execution }) => execution !== "NotExecuted", () => Effect.void)
