/**
 * Lets the other fibers run.
 */
import * as Effect from "effect/Effect"
import * as Scheduler from "effect/Scheduler"

/**
 * Number of scheduler turns after which all fibers wait for something. A login, which takes the most, needs a few
 * dozen.
 */
const TURNS = 500

/**
 * Schedules a turn as Effect does. 500 turns take half a millisecond; a fiber that yields 500 times would take 5 ms.
 */
const { setImmediate } = new Scheduler.MixedScheduler()

/** Lets all fibers run as far as they can without passing time. */
export const settle: Effect.Effect<void> = Effect.callback<void>((resume) => {
  let left = TURNS
  let cancel: () => void
  const turn = (): void => {
    if (left-- === 0) resume(Effect.void)
    else cancel = setImmediate(turn)
  }
  cancel = setImmediate(turn)
  return Effect.sync(() => cancel())
})
