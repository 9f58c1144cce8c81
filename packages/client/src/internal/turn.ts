/**
 * One at a time, first come first served, and nobody waits past a deadline.
 */
import { Monotonic } from "@bercon/session/unstable"
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import { type CommandError, Overloaded } from "../CommandError.ts"
import { make as commandError } from "./commandError.ts"

/** How many can wait for their turn. */
export const MAX_WAITING = 1024

/** Runs what is done for the command `text` when its turn comes. Fails as `Overloaded` where it does not by `deadline`. */
export type Turn = <A, E, R>(
  text: string,
  deadline: number,
  run: Effect.Effect<A, E, R>
) => Effect.Effect<A, E | CommandError, R>

export const make = (): Turn => {
  const semaphore = Semaphore.makeUnsafe(1)
  let waiting = 0
  return (text, deadline, run) =>
    Effect.flatMap(Monotonic.now, (now) => {
      const overloaded = Effect.suspend(() => Effect.fail(commandError(text, new Overloaded({ waiting: waiting - 1 }))))
      if (waiting === MAX_WAITING) return Effect.fail(commandError(text, new Overloaded({ waiting })))
      waiting++
      let started = false
      const begin = () => {
        if (!started) waiting--
        started = true
      }
      return Effect.raceFirst(
        semaphore.withPermit(Effect.suspend(() => {
          begin()
          return run
        })),
        Effect.delay(Effect.suspend(() => started ? Effect.never : overloaded), Math.max(0, deadline - now))
      ).pipe(Effect.ensuring(Effect.sync(begin)))
    })
}
