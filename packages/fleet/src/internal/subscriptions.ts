/**
 * Follows the clients of a fleet, including clients that are added later.
 */
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Queue from "effect/Queue"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

/**
 * Capacity of a subscriber's queue. If it is full, further values wait in the buffers of the clients, which count the values
 * that they drop. The array that was last taken from a client waits, too.
 */
const CAPACITY = 16

/** An effect to run for each client. */
export interface Follower<in Client, out R> {
  readonly each: (id: string, client: Client) => Effect.Effect<unknown, never, R>
  /** Whether to wait until the effect for the previous client of the same id has ended. */
  readonly inTurn: boolean
}

/** Selects the values that a subscriber gets from each client. */
export interface Subscription<in Client, in out A, out B, out E> {
  readonly of: (client: Client) => Stream.Stream<A, E>
  readonly tag: (id: string, value: A) => B
  /** Whether all values of the previous client of the same id come first. */
  readonly inTurn: boolean
}

/** The followers of the clients of a fleet. */
export interface Subscriptions<in out Client> {
  /** Adds a client for all followers. */
  readonly attach: (id: string, client: Client) => Effect.Effect<void>
  /** Declares that no more clients will be added. */
  readonly close: () => void
  /**
   * Runs an effect for each current and later client. Ends after `close`, when the effects for all clients have ended.
   * Interrupting it interrupts the effects for all clients.
   */
  readonly follow: <R>(follower: Follower<Client, R>) => Effect.Effect<void, never, R>
  /** The values of all clients from subscription on. */
  readonly stream: <A, B, E>(subscription: Subscription<Client, A, B, E>) => Stream.Stream<B>
}

interface Attached<in Client> {
  readonly attach: (id: string, client: Client) => Effect.Effect<void>
  readonly endIfDone: () => void
}

/** Makes the subscriptions to a fleet's clients. `current` returns the clients at the time of the call. */
export const make = <Client>(
  current: () => Iterable<readonly [id: string, client: Client]>
): Subscriptions<Client> => {
  const followers = new Set<Attached<Client>>()
  let isClosed = false

  const follow = Effect.fnUntraced(function*<R>({ each, inTurn }: Follower<Client, R>) {
    const context = yield* Effect.context<R>()
    const scope = yield* Effect.scope
    const done = Latch.makeUnsafe()
    /** The fiber of the latest client of an id. */
    const fibers = new Map<string, Fiber.Fiber<unknown, unknown>>()
    let running = 0

    const endIfDone = (): void => {
      if (isClosed && running === 0) done.openUnsafe()
    }

    const attach = Effect.fnUntraced(function*(id: string, client: Client): Effect.fn.Return<void> {
      const previous = inTurn ? fibers.get(id) : undefined
      const turn = previous === undefined ? Effect.void : Fiber.await(previous)
      running++
      const fiber = yield* turn.pipe(
        Effect.andThen(Effect.suspend(() => each(id, client))),
        Effect.provideContext(context),
        Effect.forkIn(scope, { startImmediately: true })
      )
      fibers.set(id, fiber)
      fiber.addObserver(() => {
        running--
        if (fibers.get(id) === fiber) fibers.delete(id)
        endIfDone()
      })
    })

    const attached: Attached<Client> = { attach, endIfDone }
    yield* Scope.addFinalizer(scope, Effect.sync(() => followers.delete(attached)))
    // No other fiber may run in between, or a client could be missed, or attached twice.
    const clients = [...current()]
    followers.add(attached)
    for (const [id, client] of clients) yield* attach(id, client)
    endIfDone()
    yield* done.await
  }, Effect.scoped)

  const subscribe = Effect.fnUntraced(function*<A, B, E>({ inTurn, of, tag }: Subscription<Client, A, B, E>) {
    const queue = yield* Queue.bounded<B, Cause.Done>(CAPACITY)
    const each = (id: string, client: Client) =>
      Stream.runForEachArray(of(client), (values) => Queue.offerAll(queue, values.map((value) => tag(id, value)))).pipe(
        // The status of the client and the log contain the failure.
        Effect.exit
      )
    yield* follow({ each, inTurn }).pipe(
      Effect.ensuring(Effect.sync(() => Queue.endUnsafe(queue))),
      Effect.forkScoped({ startImmediately: true })
    )
    return queue
  })

  return {
    attach: (id, client) =>
      Effect.forEach([...followers], (follower) => follower.attach(id, client), { discard: true }),
    close: () => {
      isClosed = true
      for (const { endIfDone } of followers) endIfDone()
    },
    follow: (follower) => follow(follower),
    stream: (subscription) => Stream.unwrap(Effect.map(subscribe(subscription), (queue) => Stream.fromQueue(queue)))
  }
}
