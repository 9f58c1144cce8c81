/**
 * Publishes values to any number of subscribers, each at its own pace.
 *
 * **Details**
 *
 * A subscriber that falls more than `capacity` values behind loses its oldest. If `overflow` is given, the subscriber
 * gets `overflow(count)` in their place. A slow subscriber delays no other. (`PubSub.sliding` does not count lost
 * values. It also drops, for all subscribers, values that the slowest has not read.)
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

/**
 * Options of a broadcast.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options<A> {
  /** Maximum number of undelivered values for each subscriber; at least 1. */
  readonly capacity: number
  /** Constructs the value that replaces lost ones, from their number. Default: lost values are not replaced. */
  readonly overflow?: (missed: number) => A
  /** Constructs the first value of each subscriber, if it returns one. Default: no such value. */
  readonly greeting?: () => A | undefined
}

/**
 * A value, and the number of values published before it. The difference of two such numbers shows how many values were
 * lost between them.
 */
interface Numbered<A> {
  readonly number: number
  readonly value: A
}

/**
 * Publishes values to subscribers.
 *
 * @category models
 * @since 0.1.0
 */
export class Broadcast<A, E = never> {
  readonly #options: Options<A>
  /** Allocated for the first subscriber, because most broadcasts have none. */
  #subscribers: Set<Queue.Queue<Numbered<A>, E | Cause.Done>> | undefined
  #published = 0
  #closed: Cause.Cause<E | Cause.Done> | undefined

  constructor(options: Options<A>) {
    this.#options = options
  }

  /** Publishes a value without waiting for subscribers. */
  publish(value: A): void {
    const number = this.#published++
    if (this.#subscribers === undefined) return
    for (const queue of this.#subscribers) Queue.offerUnsafe(queue, { number, value })
  }

  /**
   * Ends every subscription, present and future, after its pending values. A failed exit becomes the failure of the
   * streams.
   */
  close(exit: Exit.Exit<void, E>): void {
    this.#closed = Exit.isSuccess(exit) ? Cause.fail(Cause.Done()) : exit.cause
    for (const queue of this.#subscribers ?? []) Queue.failCauseUnsafe(queue, this.#closed)
    this.#subscribers = undefined
  }

  /**
   * The greeting if there is one, then the values that are published from the subscription on. The stages of the stream
   * are constructed only for a subscriber, because there may be thousands of broadcasts without one.
   */
  get values(): Stream.Stream<A, E> {
    return Stream.unwrap(Effect.suspend(() => this.#subscribe()))
  }

  #subscribe(): Effect.Effect<Stream.Stream<A, E>, never, Scope.Scope> {
    const { capacity, greeting, overflow } = this.#options
    const reportOverflow = (expected: number, { number, value }: Numbered<A>): readonly [number, Array<A>] => [
      number + 1,
      number === expected || overflow === undefined ? [value] : [overflow(number - expected), value]
    ]
    const subscription = Effect.map(Queue.sliding<Numbered<A>, E | Cause.Done>(capacity), (queue) => {
      const first = greeting?.()
      const from = first === undefined ? this.#published : this.#published - 1
      if (first !== undefined) Queue.offerUnsafe(queue, { number: from, value: first })
      if (this.#closed === undefined) (this.#subscribers ??= new Set()).add(queue)
      else Queue.failCauseUnsafe(queue, this.#closed)
      return { queue, from }
    })
    return Effect.map(
      Effect.acquireRelease(subscription, ({ queue }) => Effect.sync(() => this.#subscribers?.delete(queue))),
      ({ from, queue }) => Stream.mapAccum(Stream.fromQueue(queue), () => from, reportOverflow)
    )
  }
}
