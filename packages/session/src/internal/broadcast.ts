/**
 * Hands values on to any number of subscribers, each at its own pace.
 *
 * **Details**
 *
 * A subscriber that is `capacity` values behind loses its oldest, and finds in their place what `overflow`, if given,
 * makes of their number; it holds up nobody. (`PubSub.sliding` does not count, and drops for all what the slowest has not read.)
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"

/**
 * A broadcast of values to subscribers.
 *
 * @category models
 * @since 0.1.0
 */
export interface Broadcast<A, E = never> {
  /** Hands a value on. Synchronous: it never waits for a subscriber. */
  readonly publish: (value: A) => void
  /** Ends every subscription, present and future, after what is still to be read; with the cause of a failed exit. */
  readonly close: (exit: Exit.Exit<void, E>) => void
  /** The greeting, if there is one, and everything published from the moment on at which the stream is run. */
  readonly values: Stream.Stream<A, E>
}

/** A value and how many were published before it, by which a subscriber sees what it lost. */
interface Numbered<A> {
  readonly number: number
  readonly value: A
}

/**
 * A broadcast without subscribers. `capacity` is what each subscriber may be behind, at least 1; `greeting` is what each
 * gets first.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <A, E = never>(options: {
  readonly capacity: number
  readonly overflow?: (missed: number) => A
  readonly greeting?: () => A
}): Broadcast<A, E> => {
  const subscribers = new Set<Queue.Queue<Numbered<A>, E | Cause.Done>>()
  let published = 0
  let closed: Cause.Cause<E | Cause.Done> | undefined

  const subscribe = Effect.acquireRelease(
    Effect.map(Queue.sliding<Numbered<A>, E | Cause.Done>(options.capacity), (queue) => {
      const from = options.greeting === undefined ? published : published - 1
      if (options.greeting !== undefined) Queue.offerUnsafe(queue, { number: from, value: options.greeting() })
      if (closed === undefined) subscribers.add(queue)
      else Queue.failCauseUnsafe(queue, closed)
      return { queue, from }
    }),
    ({ queue }) => Effect.sync(() => subscribers.delete(queue))
  )

  const reportOverflow = (expected: number, { number, value }: Numbered<A>): readonly [number, Array<A>] => [
    number + 1,
    number === expected || options.overflow === undefined ? [value] : [options.overflow(number - expected), value]
  ]

  return {
    publish: (value) => {
      const numbered = { number: published++, value }
      for (const queue of subscribers) Queue.offerUnsafe(queue, numbered)
    },
    close: (exit) => {
      closed = Exit.isSuccess(exit) ? Cause.fail(Cause.Done()) : exit.cause
      for (const queue of subscribers) Queue.failCauseUnsafe(queue, closed)
      subscribers.clear()
    },
    values: Stream.unwrap(
      Effect.map(subscribe, ({ from, queue }) => Stream.mapAccum(Stream.fromQueue(queue), () => from, reportOverflow))
    )
  }
}
