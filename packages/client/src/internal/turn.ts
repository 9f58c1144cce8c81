/**
 * Orders the changes of the list of bans: first come, first served, with a deadline. Additions run concurrently. A
 * removal runs alone, because it identifies a ban by its position in the list.
 */
import { Monotonic } from "@bercon/session/unstable"
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import { type CommandError, Overloaded } from "../CommandError.ts"
import { make as commandError } from "./commandError.ts"

/** Maximum number of waiting changes. */
const MAX_WAITING = 1024

/** Maximum number of concurrent additions. */
const BESIDE = 64

/**
 * Runs a change for the command `text` when its turn comes. Fails with `Overloaded` if the turn does not come by
 * `deadline`.
 */
export type Turn = <A, E, R>(
  text: string,
  deadline: number,
  run: Effect.Effect<A, E, R>,
  kind?: "Alone" | "Beside others"
) => Effect.Effect<A, E | CommandError, R>

export const make = (): Turn => {
  const semaphore = Semaphore.makeUnsafe(BESIDE)
  let waiting = 0
  return (text, deadline, run, kind = "Alone") =>
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
        semaphore.withPermits(kind === "Alone" ? BESIDE : 1)(Effect.suspend(() => {
          begin()
          return run
        })),
        Effect.delay(Effect.suspend(() => started ? Effect.never : overloaded), Math.max(0, deadline - now))
      ).pipe(Effect.ensuring(Effect.sync(begin)))
    })
}
