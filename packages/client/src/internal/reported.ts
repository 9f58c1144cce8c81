/**
 * Lets the log hear of a defect in what goes on beside: nobody waits for that, so nobody else would.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"

/** `message` says in the log what has failed. */
export const reported = <A, E>(message: string, effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.onError(effect, (cause) => Cause.hasDies(cause) ? Effect.logError(message, cause) : Effect.void)
