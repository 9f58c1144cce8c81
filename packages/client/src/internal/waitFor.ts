/**
 * Waiting for one event.
 */
import type * as Cause from "effect/Cause"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Option from "effect/Option"
import * as Stream from "effect/Stream"

/**
 * Listens, then runs `trigger`, then waits for the first event that passes `filter`: none that `trigger` sets off is missed.
 * `timeout` counts from when `trigger` is through. `None` where the stream ends before.
 */
export const waitFor = <A, B extends A, E, E2, R2>(
  events: Stream.Stream<A, E>,
  filter: (event: A) => event is B,
  { timeout, trigger }: {
    readonly trigger: Effect.Effect<unknown, E2, R2>
    readonly timeout: Duration.Input | undefined
  }
): Effect.Effect<Option.Option<B>, E | E2 | Cause.TimeoutError, R2> =>
  Effect.scoped(Effect.gen(function*() {
    const first = yield* events.pipe(
      Stream.filter(filter),
      Stream.runHead,
      Effect.forkScoped({ startImmediately: true })
    )
    yield* trigger
    return yield* timeout === undefined ? Fiber.join(first) : Effect.timeout(Fiber.join(first), timeout)
  }))
