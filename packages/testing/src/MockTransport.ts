/**
 * A transport whose datagrams a test writes by hand.
 *
 * **When to use**
 *
 * Use it to test how a session handles datagrams that a server would never send, or would send at another time. For
 * the behaviour of a server use `SimulatedServer`.
 *
 * The transport lives in the scope of its layer. It keeps the last 10,000 datagrams that the client has sent.
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
 * @stability stable
 * @since 0.1.0
 */
import * as Transport from "@bercon/session/Transport"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"

/**
 * The service with which the test acts as the other side of the transport.
 *
 * @category services
 * @since 0.1.0
 */
export class MockTransport extends Context.Service<MockTransport, {
  /** Takes the oldest datagram that the client has sent, or waits for one. At most 10,000 are kept. */
  readonly take: Effect.Effect<Uint8Array>
  /** Takes all datagrams that the client has sent; an empty array if there are none. */
  readonly takeAll: Effect.Effect<ReadonlyArray<Uint8Array>>
  /** Gives the client a copy of a datagram. Without an open socket it is lost. */
  readonly give: (datagram: Uint8Array) => Effect.Effect<void>
  /** Makes the open socket fail; the session then opens another. Without an open socket it has no effect. */
  readonly fail: (error: Transport.TransportError) => Effect.Effect<void>
  /**
   * From now on, opening a socket fails with `open`, and sending a datagram with `write`. An error that is left out ends such
   * failures.
   */
  readonly failing: (
    errors: {
      readonly open?: Transport.TransportError | undefined
      readonly write?: Transport.TransportError | undefined
    }
  ) => Effect.Effect<void>
  /** Number of sockets opened so far. */
  readonly opened: Effect.Effect<number>
  /** Number of open sockets to which a session listens. */
  readonly open: Effect.Effect<number>
}>()("@bercon/testing/MockTransport") {}

/** Maximum number of datagrams that wait to be taken. Beyond that the oldest are lost. */
const CAPACITY = 10_000

/**
 * Options of the transport.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The name of the server in errors and logs. Default `"mock:2306"`. */
  readonly peer?: string | undefined
}

/**
 * Provides a `Transport` and its other side for the test.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options = {}): Layer.Layer<Transport.Transport | MockTransport> =>
  Layer.effectContext(Effect.gen(function*() {
    const peer = options.peer ?? "mock:2306"
    const written = yield* Queue.sliding<Uint8Array>(CAPACITY)
    /** The open sockets and their receivers. */
    const receivers = new Map<Transport.Connection, Transport.Receiver>()
    let opened = 0
    let failOpen: Transport.TransportError | undefined
    let failWrite: Transport.TransportError | undefined

    const closed = new Transport.TransportError({ reason: new Transport.IoFailed({ kind: "Closed", peer }) })

    const socket = Effect.sync((): Transport.Connection => {
      opened++
      const connection: Transport.Connection = {
        listen: (receiver) => {
          receivers.set(connection, receiver)
        },
        send: (datagram) => {
          const receiver = receivers.get(connection)
          if (failWrite === undefined && receiver !== undefined) Queue.offerUnsafe(written, datagram.slice())
          else receiver?.notSent(failWrite ?? closed)
        }
      }
      return connection
    })

    const transport = Transport.Transport.of({
      peer,
      open: Effect.acquireRelease(
        Effect.suspend(() => failOpen ?? socket),
        (connection) => Effect.sync(() => receivers.delete(connection))
      )
    })
    return Context.make(Transport.Transport, transport).pipe(
      Context.add(MockTransport, {
        take: Queue.take(written),
        takeAll: Queue.clear(written),
        give: (datagram) =>
          Effect.sync(() => {
            for (const receiver of receivers.values()) receiver.receive(datagram.slice())
          }),
        fail: (error) =>
          Effect.sync(() => {
            for (const [connection, receiver] of receivers) {
              receivers.delete(connection)
              receiver.failed(Cause.fail(error))
            }
          }),
        failing: ({ open, write }) =>
          Effect.sync(() => {
            failOpen = open
            failWrite = write
          }),
        opened: Effect.sync(() => opened),
        open: Effect.sync(() => receivers.size)
      })
    )
  }))
