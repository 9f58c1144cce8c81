/**
 * Wraps an effect in a span if a tracer is installed. Otherwise there is no span, because a span costs as much as the rest
 * of a command.
 */
import * as Effect from "effect/Effect"
import * as Tracer from "effect/Tracer"

/** Wraps `effect` in a span. `options` is called only if a tracer is installed. */
export const within = <A, E>(
  name: string,
  effect: Effect.Effect<A, E>,
  options?: () => Tracer.SpanOptions
): Effect.Effect<A, E> =>
  Effect.withFiber((fiber) =>
    fiber.getRef(Tracer.Tracer) === Tracer.nativeTracer ? effect : Effect.withSpan(effect, name, options?.())
  )
