/**
 * Reads a feed of an entity on any runner, until the feed ends or is lost.
 *
 * **Details**
 *
 * A feed contains heartbeats. If its runner dies, Effect Cluster neither ends nor fails the feed, so a silent feed counts as
 * lost. The reader does not wait for the end of the call, because the interruption of a call to a dead or frozen runner may
 * never complete.
 */
import { Monotonic } from "@bercon/session/unstable"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"

/** Default interval of the heartbeats of a feed, in milliseconds. */
export const HEARTBEAT = 1000

/** How long to wait before a lost feed or call is requested again, in milliseconds. */
export const RETRY_DELAY = 250

export interface Feed<A, E> {
  /** Requests the feed from the entity. */
  readonly open: Effect.Effect<Queue.Dequeue<A, E>, E, Scope.Scope>
  /** Processes elements of the feed. Returns whether to continue reading. Never called after the feed is lost. */
  readonly take: (items: ReadonlyArray<A>) => Effect.Effect<boolean>
  /** Receives the error if the feed fails. */
  readonly failed?: (error: E) => void
  /** How long the feed may be silent before it counts as lost, in milliseconds. */
  readonly silenceTimeout: () => number
}

/** Reads the feed until it ends, fails or falls silent, or until `take` returns false. */
export const read = Effect.fnUntraced(function*<A, E>({ failed, open, silenceTimeout, take }: Feed<A, E>) {
  const now = yield* Monotonic.make
  let heardAt = now()
  let isCurrent = true
  // Completed as soon as the feed has ended. The reading fiber may end much later, because it first notifies the runner.
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
