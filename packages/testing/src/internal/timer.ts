/**
 * One fiber for all the deadlines of something.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"

/** The monotonic clock, in milliseconds. */
export const now: Effect.Effect<number> = Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos) / 1e6)

export interface Timer {
  /** Runs `fire` whenever the deadline has come. To be forked by the owner. */
  readonly run: Effect.Effect<never>
  /** To be called when the deadline may have changed. */
  readonly reschedule: () => void
}

/** Deadlines are on the clock `time`, by default the monotonic one. */
export const make = (
  deadline: () => number | undefined,
  fire: Effect.Effect<void>,
  time: Effect.Effect<number> = now
): Timer => {
  const changed = Latch.makeUnsafe(false)
  // The deadline the fiber waits for. A later one is found out when this one has passed: `fire` then has nothing to do.
  let armed = -Infinity
  const wait = Effect.fnUntraced(function*() {
    const due = deadline() ?? Infinity
    armed = due
    changed.closeUnsafe()
    // Clocks sleep in whole milliseconds. Rounding up keeps the fiber from waking too early again and again.
    if (due === Infinity) yield* changed.await
    else yield* Effect.timeoutOption(changed.await, Math.max(0, Math.ceil(due - (yield* time))))
    armed = -Infinity
  })
  return {
    run: Effect.forever(Effect.andThen(Effect.suspend(wait), fire)),
    reschedule: () => {
      if ((deadline() ?? Infinity) < armed) changed.openUnsafe()
    }
  }
}
