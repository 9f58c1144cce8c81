/**
 * Decides the next message of a rota, from the rota, its record in the store, the clock and the known state of the server.
 * Pure.
 */
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import type { Rota } from "../../Rota.ts"
import { EMPTY_PAUSE, type Known } from "./decide.ts"

/** The record of a rota on one server. */
export const Turns = Schema.Struct({
  /**
   * The time of the last message, in milliseconds since 1970; before the first message, the time at which the record began. It
   * is a time and not a count of intervals, so that it stays right if `every` is changed.
   */
  time: Schema.Finite,
  /** The number of messages announced so far. */
  said: Schema.Int
})

export type Turns = typeof Turns.Type

export type Turn =
  | { readonly _tag: "Wait"; readonly until: number }
  /** There is no record, or its time is after the next time: begin one, and announce the next message at the next time. */
  | { readonly _tag: "Begin"; readonly record: Turns }
  /**
   * Announce a message, until the time `until` at the latest. `before`: the record to be restored if the message was not sent.
   */
  | {
    readonly _tag: "Say"
    readonly message: string
    readonly until: number
    readonly record: Turns
    readonly before: Turns
  }

export const decide = (rota: Rota, recorded: Turns | undefined, now: number, known: Known): Turn => {
  const every = Duration.toMillis(rota.every)
  const time = Math.floor(now / every) * every
  const next = time + every
  // A time after the next one was recorded with a wrong clock. The record begins anew, so that messages do not stop until then.
  if (recorded === undefined || recorded.time > next) {
    return { _tag: "Begin", record: { time, said: recorded?.said ?? 0 } }
  }
  const until = time + every / 2
  if (time <= recorded.time || now > until) return { _tag: "Wait", until: next }
  if (!known.online || (rota.onlyWithPlayers && (known.players ?? 0) === 0)) {
    return { _tag: "Wait", until: Math.min(next, now + EMPTY_PAUSE) }
  }
  const message = rota.messages[recorded.said % rota.messages.length]!
  return { _tag: "Say", message, until, record: { time, said: recorded.said + 1 }, before: recorded }
}
