/**
 * Reads the monotonic clock. Setting the system's time does not change it.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

/** Milliseconds, with fractions, since an origin that is fixed for the life of the process. */
export const millis = (clock: Clock.Clock): number => Number(clock.monotonicTimeNanosUnsafe()) / 1e6

/** The current time in milliseconds. */
export const now: Effect.Effect<number> = Effect.clockWith((clock) => Effect.sync(() => millis(clock)))

/** Returns a function that reads the clock in the context, in milliseconds. */
export const make: Effect.Effect<() => number> = Effect.map(Clock.Clock, (clock) => () => millis(clock))

/** A duration in milliseconds; `NaN` if the input is not a duration. */
export const duration = (input: Duration.Input): number =>
  typeof input === "number" ? input : Option.match(Duration.fromInput(input), {
    onNone: () => NaN,
    onSome: Duration.toMillis
  })
