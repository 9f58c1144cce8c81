/**
 * Reads the server's list of bans at an interval, and publishes its changes as events.
 */
import { Alarm } from "@bercon/session/unstable"
import * as Arr from "effect/Array"
import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { constVoid } from "effect/Function"
import type { Ban } from "../Ban.ts"
import type { CommandError } from "../CommandError.ts"
import type { ReplyError } from "../ReplyError.ts"
import * as ServerEvent from "../ServerEvent.ts"
import { isComplete, type Table } from "../Table.ts"
import { nameOf, unmatched } from "./banRows.ts"
import { complainer, reported } from "./reported.ts"

/** Precision of the remaining time that servers print, in milliseconds. */
const ROUNDING = 60_000

/** Maximum number of earlier rows that are remembered because the later lists were incomplete. */
const REMEMBERED = 10_000

export interface BanWatch {
  /** Reads the list now, and from then on at the interval. */
  readonly begin: () => void
  readonly close: () => void
}

/** A row and the time at which it was last read. */
interface Read {
  readonly ban: Ban
  readonly at: number
}

export const make = (options: {
  readonly query: Effect.Effect<Table<Ban>, CommandError | ReplyError>
  /** In milliseconds, at least 1000; `Infinity` for never. */
  readonly interval: number
  readonly now: () => number
  readonly context: Context.Context<never>
  readonly publish: (event: ServerEvent.ServerEvent) => void
}): BanWatch => {
  const { interval } = options
  if (interval === Infinity) return { begin: constVoid, close: constVoid }
  /** The rows of the last list, and remembered older ones; `undefined` before the first list. */
  let before: ReadonlyArray<Read> | undefined
  /** When the last reading ended. */
  let triedAt = Infinity

  let isClosed = false
  const take = (table: Table<Ban>): void => {
    if (isClosed) return
    const now = options.now()
    const read = table.rows.map((ban): Read => ({ ban, at: now }))
    if (before !== undefined) { for (const event of changes(before, table, now)) options.publish(event) }
    // Rows that an incomplete list does not contain are remembered.
    const unseen = isComplete(table) || before === undefined
      ? []
      : unmatched(before, ({ ban }) => nameOf(ban), table.rows.map(nameOf))
    before = [...read, ...unseen.slice(0, REMEMBERED)]
  }

  const complain = complainer("cannot read the list of bans")
  const read = options.query.pipe(
    Effect.map(take),
    Effect.catch(complain),
    Effect.andThen(Effect.sync(() => {
      triedAt = options.now()
    }))
  )
  const alarm: Alarm = new Alarm(options.context, {
    wakeAt: () => triedAt + interval,
    ring: () => reported("the watch of the ban list has died and will not be resumed", read)
  })
  return {
    begin: () => {
      triedAt = -Infinity
      alarm.reset()
    },
    close: () => {
      isClosed = true
      alarm.stop()
    }
  }
}

/**
 * The changes from one list to the next. Rows with the same key cannot be distinguished, so they are counted. An
 * incomplete list can show that bans have expired, but not that they were removed.
 */
const changes = (
  before: ReadonlyArray<Read>,
  table: Table<Ban>,
  now: number
): ReadonlyArray<ServerEvent.ServerEvent> => {
  const events: Array<ServerEvent.ServerEvent> = []
  const older = Arr.groupBy(before, ({ ban }) => nameOf(ban))
  const newer = Arr.groupBy(table.rows, nameOf)
  const provesAbsence = isComplete(table)
  for (const name of new Set([...Object.keys(older), ...Object.keys(newer)])) {
    const [expiredBefore, liveBefore] = parted(older[name] ?? [], ({ ban }) => ban.remaining === "expired")
    const [expiredAfter, liveAfter] = parted(newer[name] ?? [], ({ remaining }) => remaining === "expired")
    for (const ban of liveAfter.slice(liveBefore.length)) events.push(new ServerEvent.BanAdded({ ban }))
    const disappeared = Math.max(0, liveBefore.length - liveAfter.length)
    const expired = Math.min(disappeared, Math.max(0, expiredAfter.length - expiredBefore.length))
    // Assume that the bans that end first have disappeared.
    const gone = [...liveBefore].sort((a, b) => endOf(a) - endOf(b)).slice(0, provesAbsence ? disappeared : expired)
    gone.forEach((read, index) => {
      const hasExpired = index < expired || endOf(read) <= now + ROUNDING
      const { ban } = read
      events.push(hasExpired ? new ServerEvent.BanExpired({ ban }) : new ServerEvent.BanRemoved({ ban }))
    })
  }
  return events
}

/** When a ban ends; `Infinity` if it is permanent or the end is unknown. */
const endOf = ({ at, ban }: Read): number =>
  Duration.isDuration(ban.remaining) ? at + Duration.toMillis(ban.remaining) : Infinity

const parted = <A>(values: ReadonlyArray<A>, isFirst: (value: A) => boolean): readonly [Array<A>, Array<A>] => [
  values.filter(isFirst),
  values.filter((value) => !isFirst(value))
]
