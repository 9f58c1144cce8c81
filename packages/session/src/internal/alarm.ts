/**
 * Waits for the next of many deadlines with one fiber.
 */
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"

/** A wait for a deadline that can be cut short. For one fiber at a time. */
export interface Alarm {
  /** Waits until the deadline has come, or until `wake`. */
  readonly wait: Effect.Effect<void>
  /** To be called after the deadline may have become earlier. Ends the wait if it has. */
  readonly reset: () => void
  /** Ends the wait. */
  readonly wake: () => void
}

/**
 * By how many milliseconds a wait may end late before the process counts as having stood still: a blocked event loop, or
 * a machine that was suspended.
 */
const LATE = 50

/** Waits for one deadline after the other, and does each time what is due then. Never ends; to be owned by the caller. */
export const run = (alarm: Alarm, ring: Effect.Effect<void>): Effect.Effect<never> =>
  Effect.forever(Effect.andThen(alarm.wait, ring))

export const make = (options: {
  /** The time, in milliseconds. */
  readonly now: () => number
  /** The deadline, in milliseconds; `Infinity` for never. */
  readonly wakeAt: () => number
  /** What to do before anything else after the process stood still. Default: nothing. */
  readonly afterStandstill?: Effect.Effect<void>
}): Alarm => {
  const { afterStandstill = Effect.void, now, wakeAt } = options
  const woken = Latch.makeUnsafe(false)
  /** The deadline that is waited for; `-Infinity` if nothing waits. */
  let armedFor = -Infinity

  const judge = Effect.suspend(() => {
    const due = armedFor
    armedFor = -Infinity
    return now() - due > LATE ? afterStandstill : Effect.void
  })

  return {
    wait: Effect.suspend(() => {
      const due = wakeAt()
      armedFor = due
      woken.closeUnsafe()
      if (due === Infinity) return Effect.andThen(woken.await, judge)
      // Clocks sleep for whole milliseconds. Rounding up keeps the fiber from waking too early again and again.
      const wait = Math.max(0, Math.ceil(due - now()))
      return Effect.andThen(Effect.raceFirst(Effect.sleep(wait), woken.await), judge)
    }),
    reset: () => {
      if (wakeAt() < armedFor) woken.openUnsafe()
    },
    wake: () => woken.openUnsafe()
  }
}
