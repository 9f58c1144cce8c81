/**
 * Whose turn it is in a rota: a function of the rota, of what is recorded, of the clock and of what is known of the server.
 */
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import type { Rota } from "../../Rota.ts"
import type { Known } from "./decide.ts"

/** What is recorded of a rota on one server. */
export const Turns = Schema.Struct({
  /** The last time at which something was said, counted from 1970. */
  slot: Schema.Int,
  /** How many messages were said. */
  said: Schema.Int
})

export type Turns = typeof Turns.Type

export type Turn =
  | { readonly _tag: "Wait"; readonly until: number }
  /** From the next time on: nothing is recorded yet. */
  | { readonly _tag: "Begin"; readonly record: Turns }
  /** `before`: what is recorded now, for a message that was not sent. */
  | {
    readonly _tag: "Say"
    readonly message: string
    readonly until: number
    readonly record: Turns
    readonly before: Turns
  }

export const decide = (rota: Rota, recorded: Turns | undefined, now: number, known: Known): Turn => {
  const every = Duration.toMillis(rota.every)
  const slot = Math.floor(now / every)
  if (recorded === undefined) return { _tag: "Begin", record: { slot, said: 0 } }
  const next = (slot + 1) * every
  const until = slot * every + every / 2
  // Clocks that are put back do not repeat a time.
  if (slot <= recorded.slot || now > until) return { _tag: "Wait", until: next }
  if (!known.online || (rota.onlyWithPlayers && (known.players ?? 0) === 0)) return { _tag: "Wait", until: next }
  const message = rota.messages[recorded.said % rota.messages.length]!
  return { _tag: "Say", message, until, record: { slot, said: recorded.said + 1 }, before: recorded }
}
