/**
 * Reads a feed of an entity, wherever the entity is, until the feed is lost.
 *
 * **Details**
 *
 * A feed gives signs of life. When its runner dies, the engine neither ends nor fails it, so silence counts as the
 * loss of the feed. Fibers of the engine are never waited for: one that calls a runner which has died, or is stopped, can take
 * for ever even to be interrupted.
 */
import { Monotonic } from "@bercon/session/unstable"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"

/** How often a feed gives a sign of life unless it says otherwise, in milliseconds. */
export const HEARTBEAT = 1000

/** How long to wait before a lost feed, or a lost call, is asked for again, in milliseconds. */
export const RETRY_DELAY = 250

export interface Feed<A, E> {
  /** Asks the entity for the feed. */
  readonly open: Effect.Effect<Queue.Dequeue<A, E>, E, Scope.Scope>
  /** Takes what the feed brings. Returns whether the feed can go on. It is not called any more once the feed is lost. */
  readonly take: (items: ReadonlyArray<A>) => Effect.Effect<boolean>
  /** Called with the error if the feed fails. */
  readonly failed?: (error: E) => void
  /** How long the feed may be silent before it counts as lost, in milliseconds. */
  readonly silenceTimeout: () => number
}

/** Reads the feed until it ends, fails, falls silent or cannot go on. */
export const read = Effect.fnUntraced(function*<A, E>({ failed, open, silenceTimeout, take }: Feed<A, E>) {
  const now = yield* Monotonic.make
  let heardAt = now()
  let isCurrent = true
  // Opened as soon as the feed has ended. Its fiber goes on until the runner has been told, which can take long.
  const ended = Deferred.makeUnsafe<void>()
  const end = Effect.sync(() => Deferred.doneUnsafe(ended, Exit.void))

  const drain = (queue: Queue.Dequeue<A, E>): Effect.Effect<void, E> =>
    Effect.flatMap(Queue.takeAll(queue), (items) => {
      if (!isCurrent) return Effect.void
      heardAt = now()
      return Effect.flatMap(take(items), (goesOn) => goesOn ? drain(queue) : Effect.void)
    })
  const silence: Effect.Effect<void> = Effect.suspend(() => {
    const left = heardAt + silenceTimeout() - now()
    return left <= 0 ? Effect.void : Effect.andThen(Effect.sleep(left), silence)
  })

  const reading = Effect.runForkWith(yield* Effect.context())(
    Effect.scoped(Effect.flatMap(open, (queue) => Effect.ensuring(drain(queue), end))).pipe(
      Effect.tapError((error) => Effect.sync(() => failed?.(error))),
      Effect.ensuring(end)
    )
  )
  yield* Effect.ensuring(
    Effect.raceFirst(Deferred.await(ended), silence),
    Effect.sync(() => {
      isCurrent = false
      reading.interruptUnsafe()
    })
  )
})
