/**
 * Calls to the engine whose end cannot be waited for.
 */
import * as Effect from "effect/Effect"

/**
 * Runs a call in a fiber of its own. If the caller is interrupted, it does not wait until the call is, too: the interruption of
 * a call to a runner that has died can take very long.
 */
export const unwaited = <A, E, R>(call: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(Effect.context<R>(), (context) =>
    Effect.callback<A, E>((resume) => {
      const fiber = Effect.runForkWith(context)(call)
      fiber.addObserver(resume)
      return Effect.sync(() => fiber.interruptUnsafe())
    }))
