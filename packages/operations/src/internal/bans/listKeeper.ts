/**
 * Makes the list of bans of one server agree with the book: reads it, adds missing bans, removes excess rows, and reads it again,
 * until it agrees.
 *
 * Only the list is evidence. An addition is sent once, whatever its outcome, and sent again if the next print does not show it, so
 * that a lost reply does not ban twice. Removals are the client's `unban`, one at a time if the list has rows of others, because
 * the numbers of rows move.
 */
import type { ActionError, BansChanged } from "@bercon/client/ActionError"
import type { Ban } from "@bercon/client/Ban"
import type { CommandError } from "@bercon/client/CommandError"
import type { Service as RconClient } from "@bercon/client/RconClient"
import type { ReplyError } from "@bercon/client/ReplyError"
import { isComplete, type Table } from "@bercon/client/Table"
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
  /** Reads the list, and decides what is to be changed. Changes nothing. */
  readonly compare: Effect.Effect<Comparison, CommandError | ReplyError | KeyValueStoreError>
  /** Returns when a print of the list agrees with the book. */
  readonly converge: Effect.Effect<BanStatus & { readonly _tag: "Converged" }, Failure>
  /** To be run after a login: the server may have restarted and forgotten additions. */
  readonly restarted: Effect.Effect<void>
}

export interface Comparison {
  readonly decision: Decision
  readonly table: Table<Ban>
  /** The bans in force that hold on the server. */
  readonly entries: ReadonlyArray<BanEntry>
  readonly hasReasons: boolean
  readonly now: number
}

export interface Dependencies {
  readonly rcon: RconClient
  readonly server: string
  readonly book: BanBook
  readonly ledger: Ledger
  readonly settings: BanSettings
  /** Bans of players who have tried to join. Those that the list has are taken out. */
  readonly joined: Set<BanEntryId>
  readonly progress: (missing: number, excess: number) => Effect.Effect<void>
  readonly count: (change: "Add" | "Remove" | "Restore", by: number) => Effect.Effect<void>
}

/** How many bans are sent at once, so that other commands have room beside them. */
const AT_ONCE = 16

/** How long to wait for the reply to an addition. The next print of the list shows whether it was executed. */
const ADDED_WITHIN = "3 seconds"

const REMOVED_WITHIN = "10 seconds"

/** How many rows are removed between two prints of a list that has no rows of others. */
const BATCH = 50

/** How often the list is read before the book gives up for now. */
const PASSES = 50

/** How often a ban is added that the list does not show afterwards, until the next login. */
const TRIES = 8

/** The longest ban that servers can be trusted to count, in minutes. Longer ones are permanent. */
const LONGEST = 2 ** 31 - 1

interface Owed {
  readonly row: Ban
  readonly tries: number
}

export const make = (dependencies: Dependencies): ListKeeper => {
  const { book, count, joined, ledger, progress, rcon, server, settings } = dependencies
  /** How often a ban was added since the list has last shown it. */
  const tries = new Map<BanEntryId, number>()
  /** Whether the list was changed since the server last wrote it to its file. */
  let isUnwritten = false
  /** How many rows of the book that are over the list had when it was last written. */
  let expiredThen = 0
  /** Rows of others to be put back, and how often that was tried. */
  let owed: ReadonlyArray<Owed> = []
  /** The numbers that the book knew when the list was last compared with it. */
  let numbers: Pick<Situation, "targetOf" | "unreadable"> = { targetOf: () => undefined, unreadable: new Set() }

  /** Whether a row is not the book's: if a removal hits it, it must be put back. */
  const isForeign = (row: Ban): boolean => ownerOf(row, { settings, ...numbers })._tag !== "Book"

  const add = Effect.fnUntraced(function*(entry: BanEntry, now: number) {
    const minutes = Math.ceil((endOf(entry) - now) / 60_000)
    yield* rcon.ban(entry.target, {
      duration: minutes > LONGEST ? "permanent" : Duration.minutes(minutes),
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

  /** Bans of others are given again as the list had them. */
  const restore = Effect.suspend(() => {
    owed = owed.map(({ row, tries }) => ({ row, tries: tries + 1 }))
    return Effect.forEach(owed, ({ row: { reason, remaining, target } }) =>
      rcon.ban(target, {
        duration: Duration.isDuration(remaining) ? Duration.max(remaining, Duration.minutes(1)) : "permanent",
        reason,
        repeatable: false,
        timeout: ADDED_WITHIN
      }).pipe(mayHaveWorked), { concurrency: AT_ONCE, discard: true })
  })

  /** Strikes off what has been put back, and what the list does not show however often it is added. */
  const settle = Effect.fnUntraced(function*(rows: ReadonlyArray<Ban>) {
    // Once it has been sent, its words may be printed differently.
    const isBack = ({ row, tries }: Owed) =>
      rows.some((one) => one.target === row.target && isForeign(one) && (tries > 0 || one.reason === row.reason))
    owed = owed.filter((one) => !isBack(one))
    const hopeless = owed.filter(({ tries }) => tries >= TRIES)
    if (hopeless.length === 0) return
    owed = owed.filter(({ tries }) => tries < TRIES)
    yield* Effect.logError("bans that a removal may have hit cannot be put back: the list does not show them", {
      bans: hopeless.map(({ row }) => row.toString())
    })
  })

  const remove = (rows: ReadonlyArray<Ban>) => {
    isUnwritten = true
    return rcon.unbanAll(rows, { timeout: REMOVED_WITHIN }).pipe(
      Effect.andThen(count("Remove", rows.length)),
      Effect.as(true),
      Effect.catchReason("ActionError", "BanNotFound", () => Effect.succeed(false)),
      Effect.catchReason("ActionError", "BansChanged", (change) => Effect.as(collided(change), false))
    )
  }

  /** Removes rows until one is not at its place in the list. */
  const removeAll = Effect.fnUntraced(function*({ foreign, orphans, remove: rows }: Decision) {
    const size = foreign + orphans.length === 0 ? BATCH : 1
    for (let start = 0; start < rows.length; start += size) {
      if (!(yield* remove(rows.slice(start, start + size)))) return
    }
  })

  /** A removal met with a change of another admin. */
  const collided = (change: BansChanged) => {
    const found = victims(change).filter(isForeign)
    owed = [...owed, ...found.map((row) => ({ row, tries: 0 }))]
    const what = found.length > 0
      ? "may have hit these bans: they are put back"
      : "has hit what was meant; these bans are gone, too"
    return Effect.andThen(
      count("Restore", found.length),
      Effect.logWarning(`a change of another admin met with a removal, which ${what}`, {
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

  /** Reads the list and changes it. Returns what was found if nothing had to be changed. */
  const pass = Effect.fnUntraced(function*() {
    const { decision, entries, hasReasons, now, table } = yield* compare
    yield* settle(table.rows)
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
        problem: `the list is not complete, so it is not known whether ${decision.unknown.length} bans are in it`
      })
    }
    if (decision.add.length > 0) {
      return yield* new ListDisagrees({
        problem: `the list does not show ${decision.add.length} bans that were added ${TRIES} times`
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
    return yield* new ListDisagrees({ problem: `the list changes all the time: it was read ${PASSES} times` })
  })

  return {
    compare,
    converge,
    restarted: Effect.sync(() => {
      tries.clear()
    })
  }
}

/** A command that may have been executed has not failed: the list will show. */
const mayHaveWorked = <A>(
  command: Effect.Effect<A, CommandError | ActionError>
): Effect.Effect<unknown, CommandError | ActionError> =>
  Effect.catchIf(command, ({ execution }) => execution !== "NotExecuted", () => Effect.void)
