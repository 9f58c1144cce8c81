/**
 * Compares the server's list of bans with the one before, and publishes what has changed as events.
 */
import { Alarm, Monotonic } from "@bercon/session/unstable"
import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Ban } from "../Ban.ts"
import type { CommandError } from "../CommandError.ts"
import type { ReplyError } from "../ReplyError.ts"
import * as ServerEvent from "../ServerEvent.ts"
import { isComplete, type Table } from "../Table.ts"
import { missingFrom } from "./banRows.ts"
import { reported } from "./reported.ts"

/** Servers print whole minutes. */
const ROUNDING = 60_000

export interface BanWatch {
  /** Reads the list now, and from then on at the interval. */
  readonly begin: () => void
  readonly close: () => void
}

export const make = (options: {
  readonly query: Effect.Effect<Table<Ban>, CommandError | ReplyError>
  readonly interval: Duration.Input | "never"
  readonly now: () => number
  readonly context: Context.Context<never>
  readonly publish: (event: ServerEvent.ServerEvent) => void
}): BanWatch => {
  if (options.interval === "never") return { begin: () => {}, close: () => {} }
  const interval = Monotonic.duration(options.interval)
  /** The last list, and what incomplete ones did not show; `undefined` before the first. */
  let before: ReadonlyArray<Ban> | undefined
  let readAt = Infinity

  /** Publishes what has changed since the last list, which is `elapsed` milliseconds old. */
  const compare = (before: ReadonlyArray<Ban>, table: Table<Ban>, elapsed: number): void => {
    for (const ban of missingFrom(table.rows, before)) options.publish(new ServerEvent.BanAdded({ ban }))
    const expired = before.filter((ban) => ban.remaining !== "expired" && isNowExpired(ban, table.rows))
    for (const ban of expired) options.publish(new ServerEvent.BanExpired({ ban }))
    // A row may be missing only because it could not be read.
    if (!isComplete(table)) return
    for (const ban of missingFrom(before, table.rows)) {
      // That it has expired was published when the list showed it.
      if (ban.remaining === "expired") continue
      const isOver = Duration.isDuration(ban.remaining) && Duration.toMillis(ban.remaining) <= elapsed + ROUNDING
      options.publish(isOver ? new ServerEvent.BanExpired({ ban }) : new ServerEvent.BanRemoved({ ban }))
    }
  }

  const take = (table: Table<Ban>): void => {
    const now = options.now()
    if (before !== undefined) compare(before, table, now - readAt)
    // What an incomplete list does not show is remembered.
    before = isComplete(table) ? table.rows : [...table.rows, ...missingFrom(before ?? [], table.rows)]
  }

  const read = options.query.pipe(
    Effect.map(take),
    // The session logs outages. The next reading compares with the last list that came.
    Effect.catch((error) => Effect.logDebug("cannot read the list of bans", error)),
    Effect.andThen(Effect.sync(() => {
      readAt = options.now()
    }))
  )
  const alarm: Alarm = new Alarm(options.context, {
    now: options.now,
    wakeAt: () => readAt + interval,
    ring: () => reported("watching the list of bans failed, and will not be done any more", read)
  })
  return {
    begin: () => {
      readAt = -Infinity
      alarm.reset()
    },
    close: () => alarm.stop()
  }
}

const isNowExpired = (ban: Ban, rows: ReadonlyArray<Ban>): boolean =>
  rows.some((row) => row.remaining === "expired" && row.target === ban.target && row.reason === ban.reason)
