/**
 * Retries a layer whose building dies.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"

/** Builds a layer. If that dies, builds it again, at most three times, after increasing pauses. */
export const builtAgain = <A, E, R>(layer: Layer.Layer<A, E, R>): Layer.Layer<A, E, R> =>
  Layer.effectContext(
    Layer.build(Layer.fresh(layer)).pipe(
      Effect.sandbox,
      Effect.retry({ while: Cause.hasDies, times: 3, schedule: Schedule.exponential("100 millis") }),
      Effect.catch(Effect.failCause)
    )
  )
