/**
 * Hands values on to any number of subscribers, each at its own pace.
 *
 * **Details**
 *
 * A subscriber that is `capacity` values behind loses its oldest. If `overflow` is given, the subscriber gets
 * `overflow(count)` in their place. A slow subscriber delays no other. (`PubSub.sliding` does not count lost values, and drops
 * for all subscribers what the slowest has not read.)
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"

/**
 * Options of a broadcast.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options<A> {
  /** How many values a subscriber may be behind; at least 1. */
  readonly capacity: number
  /** Makes the value that a subscriber gets in place of those it lost, from their number. Default: none. */
  readonly overflow?: (missed: number) => A
  /** Makes the value that each subscriber gets first. Default: none. */
  readonly greeting?: () => A
}

/** A value and how many were published before it: a subscriber counts lost values by this number. */
interface Numbered<A> {
  readonly number: number
  readonly value: A
}

/**
 * A broadcast of values to subscribers.
 *
 * @category models
 * @since 0.1.0
 */
export class Broadcast<A, E = never> {
  readonly #options: Options<A>
  /** Made for the first subscriber: most of a thousand broadcasts have none. */
  #subscribers: Set<Queue.Queue<Numbered<A>, E | Cause.Done>> | undefined
  #published = 0
  #closed: Cause.Cause<E | Cause.Done> | undefined

  constructor(options: Options<A>) {
    this.#options = options
  }

  /** Hands a value on. It never waits for a subscriber. */
  publish(value: A): void {
    const number = this.#published++
    if (this.#subscribers === undefined) return
    for (const queue of this.#subscribers) Queue.offerUnsafe(queue, { number, value })
  }

  /** Ends every subscription, present and future, once its values are read. If the exit is a failure, it fails with that. */
  close(exit: Exit.Exit<void, E>): void {
    this.#closed = Exit.isSuccess(exit) ? Cause.fail(Cause.Done()) : exit.cause
    for (const queue of this.#subscribers ?? []) Queue.failCauseUnsafe(queue, this.#closed)
    this.#subscribers = undefined
  }

  /** The greeting, if there is one, and everything published from the moment on at which the stream is run. */
  get values(): Stream.Stream<A, E> {
    const { overflow } = this.#options
    const reportOverflow = (expected: number, { number, value }: Numbered<A>): readonly [number, Array<A>] => [
      number + 1,
      number === expected || overflow === undefined ? [value] : [overflow(number - expected), value]
    ]
    return Stream.unwrap(
      Effect.map(
        this.#subscribe,
        ({ from, queue }) => Stream.mapAccum(Stream.fromQueue(queue), () => from, reportOverflow)
      )
    )
  }

  get #subscribe() {
    const { capacity, greeting } = this.#options
    return Effect.acquireRelease(
      Effect.map(Queue.sliding<Numbered<A>, E | Cause.Done>(capacity), (queue) => {
        const from = greeting === undefined ? this.#published : this.#published - 1
        if (greeting !== undefined) Queue.offerUnsafe(queue, { number: from, value: greeting() })
        if (this.#closed === undefined) (this.#subscribers ??= new Set()).add(queue)
        else Queue.failCauseUnsafe(queue, this.#closed)
        return { queue, from }
      }),
      ({ queue }) => Effect.sync(() => this.#subscribers?.delete(queue))
    )
  }
}
