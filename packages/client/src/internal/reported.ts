/**
 * Logs failures of background work, because no caller waits for it.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type { CommandError } from "../CommandError.ts"
import type { ReplyError } from "../ReplyError.ts"

/** Logs `message` if the effect dies. */
export const reported = <A, E>(message: string, effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.onError(effect, (cause) => Cause.hasDies(cause) ? Effect.logError(message, cause) : Effect.void)

const OUTAGES = new Set(["NotConnected", "NoReply", "SessionLost", "SessionClosed", "Overloaded"])

/**
 * Logs failures of a query that is repeated forever. A failure of the same kind as the last logged one is omitted.
 * A failure that an outage can cause is omitted, because the session logs outages.
 */
export const complainer = (message: string) => {
  let complaint: string | undefined
  return (error: CommandError | ReplyError): Effect.Effect<void> => {
    const tag = error._tag === "CommandError" ? error.reason._tag : error._tag
    if (OUTAGES.has(tag) || tag === complaint) return Effect.void
    complaint = tag
    return Effect.logWarning(`${message}: ${error.message}`)
  }
}
