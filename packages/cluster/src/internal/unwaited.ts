/**
 * Calls to Effect Cluster that a caller can interrupt without waiting.
 */
import * as Effect from "effect/Effect"

/**
 * Runs a call in a separate fiber. An interruption of the caller also interrupts the call, but does not wait for that: the
 * interruption of a call to a dead or frozen runner may never complete.
 */
export const unwaited = <A, E, R>(call: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(Effect.context<R>(), (context) =>
    Effect.callback<A, E>((resume) => {
      const fiber = Effect.runForkWith(context)(call)
      fiber.addObserver(resume)
      return Effect.sync(() => fiber.interruptUnsafe())
    }))
