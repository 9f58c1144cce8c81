/**
 * Gives commands their turn, with a deadline: first come, first served. A command runs alone, or beside others.
 *
 * On BattlEye servers only changes of the list of bans wait for a turn. Additions run beside each other. A removal runs
 * alone, because it identifies a ban by its position in the list. On Arma Reforger's own RCON every command with output
 * runs alone.
 */
import { Monotonic } from "@bercon/session/unstable"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import { type CommandError, Overloaded } from "../CommandError.ts"
import { make as commandError } from "./commandError.ts"

/** Maximum number of waiting commands. */
const MAX_WAITING = 1024

/** Maximum number of commands that run beside each other. */
const BESIDE = 64

/**
 * Runs the effect of the command `text` when its turn comes. Fails with `Overloaded` if the turn does not come by
 * `deadline` (in milliseconds of the monotonic clock), or if too many commands wait.
 */
export type Turn = <A, E, R>(
  text: string,
  deadline: number,
  run: Effect.Effect<A, E, R>,
  kind?: "Alone" | "Beside others"
) => Effect.Effect<A, E | CommandError, R>

export const make = (): Turn => {
  const places = Semaphore.makeUnsafe(BESIDE)
  // Only the first in the queue waits for places: others would overtake a command that waits for all of them.
  const queue = Semaphore.makeUnsafe(1)
  const enter = (kind: "Alone" | "Beside others"): Effect.Effect<void, never, Scope.Scope> =>
    queue.withPermit(places.takeScoped(kind === "Alone" ? BESIDE : 1))
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
        Effect.scopedWith((scope) =>
          Effect.andThen(
            Scope.provide(enter(kind), scope),
            Effect.suspend(() => {
              begin()
              return run
            })
          )
        ),
        Effect.delay(Effect.suspend(() => started ? Effect.never : overloaded), Math.max(0, deadline - now))
      ).pipe(Effect.ensuring(Effect.sync(begin)))
    })
}
