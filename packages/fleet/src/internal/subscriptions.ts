/**
 * Streams of what happens in the clients of a fleet, with clients that come later, too.
 */
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

/** How many values wait for a subscriber here. The rest waits in the clients, which count what they drop. */
const CAPACITY = 16

/** What a subscriber is told of the clients, and in which form. */
export interface Subscription<in Client, in out A, out B, out E> {
  readonly of: (client: Client) => Stream.Stream<A, E>
  readonly tag: (id: string, value: A) => B
  /**
   * Whether the values of a client come after all of its predecessor of the same id. If not, a client is listened to at once.
   */
  readonly inTurn: boolean
}

/** The streams of the clients of a fleet. */
export interface Subscriptions<in out Client> {
  /** Adds a client to every stream. */
  readonly attach: (id: string, client: Client) => Effect.Effect<void>
  /** No more clients will come: a stream ends when those of all its clients have ended. */
  readonly close: () => void
  /**
   * The values of all clients, from the moment on at which the stream is run. The end or failure of one client's stream is
   * not the end of this one.
   */
  readonly stream: <A, B, E>(subscription: Subscription<Client, A, B, E>) => Stream.Stream<B>
}

interface Subscriber<in Client> {
  readonly attach: (id: string, client: Client) => Effect.Effect<void>
  readonly endIfDone: () => void
}

/** `current` are the clients that a new subscriber begins with. */
export const make = <Client>(
  current: () => Iterable<readonly [id: string, client: Client]>
): Subscriptions<Client> => {
  const subscribers = new Set<Subscriber<Client>>()
  let isClosed = false

  const subscribe = Effect.fnUntraced(function*<A, B, E>(
    { inTurn, of, tag }: Subscription<Client, A, B, E>
  ): Effect.fn.Return<Queue.Dequeue<B, Cause.Done>, never, Scope.Scope> {
    const scope = yield* Effect.scope
    const queue = yield* Queue.bounded<B, Cause.Done>(CAPACITY)
    /** The fiber that forwards the values of the latest client of an id. */
    const forwarders = new Map<string, Fiber.Fiber<unknown, unknown>>()
    let running = 0

    const endIfDone = (): void => {
      if (isClosed && running === 0) Queue.endUnsafe(queue)
    }

    const forward = (id: string, client: Client) =>
      Stream.runForEachArray(of(client), (values) => Queue.offerAll(queue, values.map((value) => tag(id, value))))

    const attach = Effect.fnUntraced(function*(id: string, client: Client): Effect.fn.Return<void> {
      const previous = inTurn ? forwarders.get(id) : undefined
      const turn = previous === undefined ? Effect.void : Fiber.await(previous)
      running++
      const fiber = yield* turn.pipe(
        Effect.andThen(forward(id, client)),
        // A failure stays in the fiber: it is in the client's status and in the log.
        Effect.forkIn(scope, { startImmediately: true })
      )
      forwarders.set(id, fiber)
      fiber.addObserver(() => {
        running--
        if (forwarders.get(id) === fiber) forwarders.delete(id)
        endIfDone()
      })
    })

    const subscriber: Subscriber<Client> = { attach, endIfDone }
    yield* Scope.addFinalizer(scope, Effect.sync(() => subscribers.delete(subscriber)))
    // Without a turn in between: a client that comes meanwhile would be missed, or attached twice.
    const clients = [...current()]
    subscribers.add(subscriber)
    for (const [id, client] of clients) yield* attach(id, client)
    endIfDone()
    return queue
  })

  return {
    attach: (id, client) =>
      Effect.forEach([...subscribers], (subscriber) => subscriber.attach(id, client), { discard: true }),
    close: () => {
      isClosed = true
      for (const { endIfDone } of subscribers) endIfDone()
    },
    stream: (subscription) => Stream.unwrap(Effect.map(subscribe(subscription), (queue) => Stream.fromQueue(queue)))
  }
}
