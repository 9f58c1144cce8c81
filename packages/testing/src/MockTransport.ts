/**
 * A transport whose datagrams a test writes by hand.
 *
 * **When to use**
 *
 * To see what a session makes of datagrams that no server would send, or sends at another time. For the behaviour of a
 * server there is `SimulatedServer`.
 *
 * **Example** (A server that refuses)
 *
 * ```ts
 * import { Packet } from "@bercon/codec"
 * import { Session } from "@bercon/session"
 * import { MockTransport } from "@bercon/testing"
 * import { Effect, Fiber, Redacted } from "effect"
 *
 * const refused = Effect.gen(function*() {
 *   const { give, take } = yield* MockTransport.MockTransport
 *   const making = yield* Effect.forkChild(Effect.flip(Session.make({ password: Redacted.make("secret") })))
 *   yield* take
 *   yield* give(Packet.encode(Packet.loginResult(false)))
 *   return yield* Fiber.join(making)
 * }).pipe(Effect.scoped, Effect.provide(MockTransport.layer()))
 * ```
 *
 * @since 0.1.0
 */
import * as Transport from "@bercon/session/Transport"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"

/**
 * The other end of a transport, in a test's hands.
 *
 * @category services
 * @since 0.1.0
 */
export class MockTransport extends Context.Service<MockTransport, {
  /** The next datagram that the client has written, of those not taken yet (the last 10,000), or a wait for it. */
  readonly take: Effect.Effect<Uint8Array>
  /** All that it has written and that was not taken yet; perhaps none. */
  readonly takeAll: Effect.Effect<ReadonlyArray<Uint8Array>>
  /** Gives the client a datagram. Where no socket is open it is lost. */
  readonly give: (datagram: Uint8Array) => Effect.Effect<void>
  /** Fails the open socket's `pull`; the session then opens another. Where no socket is open nothing happens. */
  readonly fail: (error: Transport.TransportError) => Effect.Effect<void>
  /** What happens to what is opened or written from now on: a failure, or nothing. */
  readonly failing: (
    errors: {
      readonly open?: Transport.TransportError | undefined
      readonly write?: Transport.TransportError | undefined
    }
  ) => Effect.Effect<void>
  /** How many sockets were opened so far. */
  readonly opened: Effect.Effect<number>
  /** How many of them are open still. */
  readonly open: Effect.Effect<number>
}>()("@bercon/testing/MockTransport") {}

/** How many datagrams wait on each side; of more, the oldest are lost. */
const CAPACITY = 10_000

/**
 * Options of the transport.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** What errors and logs call the server. Default `"mock:2306"`. */
  readonly peer?: string | undefined
}

/**
 * Provides a `Transport` and, to the test, its other end.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options = {}): Layer.Layer<Transport.Transport | MockTransport> =>
  Layer.effectContext(Effect.gen(function*() {
    const peer = options.peer ?? "mock:2306"
    const written = yield* Queue.sliding<Uint8Array>(CAPACITY)
    const sockets = new Set<Queue.Queue<Uint8Array, Transport.TransportError>>()
    let opened = 0
    let failOpen: Transport.TransportError | undefined
    let failWrite: Transport.TransportError | undefined

    const closed = new Transport.TransportError({ reason: new Transport.IoFailed({ kind: "Closed", peer }) })

    const socket = Effect.acquireRelease(
      Effect.gen(function*() {
        if (failOpen !== undefined) return yield* failOpen
        const queue = yield* Queue.sliding<Uint8Array, Transport.TransportError>(CAPACITY)
        opened++
        sockets.add(queue)
        return queue
      }),
      (queue) => Effect.sync(() => sockets.delete(queue))
    )
    const each = (
      run: (queue: Queue.Queue<Uint8Array, Transport.TransportError>) => Effect.Effect<unknown>
    ) => Effect.suspend(() => Effect.forEach([...sockets], run, { discard: true }))

    const transport = Transport.Transport.of({
      peer,
      open: Effect.map(socket, (queue) => ({
        pull: Queue.takeAll(queue),
        write: (datagram) =>
          Effect.suspend(() =>
            failWrite ?? (sockets.has(queue) ? Effect.asVoid(Queue.offer(written, datagram.slice())) : closed)
          )
      }))
    })
    return Context.make(Transport.Transport, transport).pipe(
      Context.add(MockTransport, {
        take: Queue.take(written),
        takeAll: Queue.clear(written),
        give: (datagram) => each((queue) => Queue.offer(queue, datagram.slice())),
        fail: (error) =>
          each((queue) => {
            sockets.delete(queue)
            return Queue.fail(queue, error)
          }),
        failing: ({ open, write }) =>
          Effect.sync(() => {
            failOpen = open
            failWrite = write
          }),
        opened: Effect.sync(() => opened),
        open: Effect.sync(() => sockets.size)
      })
    )
  }))
