/**
 * Compares the server's list of bans with the one before, and publishes what has changed as events.
 */
import type { CommandError } from "@bercon/session/CommandError"
import { Alarm, Monotonic } from "@bercon/session/unstable"
import type * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Ban } from "../Ban.ts"
import type { ReplyError } from "../ReplyError.ts"
import * as ServerEvent from "../ServerEvent.ts"
import { isComplete, type Table } from "../Table.ts"
import { missingFrom } from "./banRows.ts"
import { reported } from "./reported.ts"

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
  /** The last list; `undefined` before the first. */
  let before: ReadonlyArray<Ban> | undefined
  let readAt = Infinity

  const compare = (table: Table<Ban>): void => {
    const rows = isComplete(table) ? table.rows : undefined
    if (before !== undefined) {
      for (const ban of missingFrom(table.rows, before)) options.publish(new ServerEvent.BanAdded({ ban }))
      // A row may be missing only because it could not be read.
      for (const ban of rows === undefined ? [] : missingFrom(before, rows)) {
        const hasExpired = ban.remaining === "expired" ||
          table.rows.some((row) =>
            row.target === ban.target && row.reason === ban.reason && row.remaining === "expired"
          )
        options.publish(hasExpired ? new ServerEvent.BanExpired({ ban }) : new ServerEvent.BanRemoved({ ban }))
      }
    }
    before = rows ?? (before === undefined ? undefined : [...before, ...missingFrom(table.rows, before)])
  }

  const read = options.query.pipe(
    Effect.map(compare),
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
