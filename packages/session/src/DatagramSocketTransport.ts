/**
 * A transport over UDP on Effect's `NodeDatagramSocket`.
 *
 * **Details**
 *
 * Use it if all sockets of a program should be Effect's; `NodeTransport` does the same at a lower cost. It needs the
 * package `@effect/platform-node-shared`, which a program that imports this module must install.
 *
 * Each opened socket belongs to the scope of its connection, and is closed with it. The socket is *connected*: the
 * kernel drops datagrams from any other address, and reports if the server's port is closed. The host name is resolved
 * each time a socket is opened, IPv4 first unless `bind` is an IPv6 address. At most 1,024 datagrams wait in each
 * direction (received ones take 64 MiB in the worst case); further ones are dropped, as a network would drop them.
 *
 * **Example** (A session on Effect's sockets)
 *
 * ```ts
 * import { Session } from "@bercon/session"
 * import * as DatagramSocketTransport from "@bercon/session/DatagramSocketTransport"
 * import { Layer, Redacted } from "effect"
 *
 * const SessionLive = Session.layer({ password: Redacted.make("secret") }).pipe(
 *   Layer.provide(DatagramSocketTransport.layer({ host: "127.0.0.1", port: 2306 }))
 * )
 * ```
 *
 * @stability experimental
 * @since 0.1.0
 */
import * as NodeDatagramSocket from "@effect/platform-node-shared/NodeDatagramSocket"
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import type * as DatagramSocket from "effect/socket/DatagramSocket"
import * as Peer from "./internal/peer.ts"
import type { Options } from "./NodeTransport.ts"
import { type Connection, IoFailed, OpenFailed, type Receiver, Transport, TransportError } from "./Transport.ts"

/**
 * Makes a `Transport` to one server. It opens no socket yet.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (options: Options): Transport["Service"] => {
  const peer = Peer.nameOf(options)
  return Transport.of({
    peer,
    open: Effect.gen(function*() {
      yield* Peer.validate(options)
      let receiver: Receiver | undefined
      const notSent = (error: DatagramSocket.DatagramSocketError) => receiver?.notSent(ioFailed(peer, error))
      const socket = yield* NodeDatagramSocket.make({
        connect: { address: options.host, port: options.port },
        bind: options.bind,
        kernelReceiveBufferSize: Peer.KERNEL_BUFFER_BYTES,
        // Failures that the kernel reports after it has accepted the datagrams.
        onError: notSent
      })
      const reader = yield* Effect.mapError(socket.reader, (error) => openFailed(peer, error))
      const writer = yield* socket.writer
      const outbox = yield* Queue.dropping<Uint8Array>(OUTBOX_CAPACITY)
      const write = Effect.flatMap(
        Queue.take(outbox),
        (payload) => Effect.catch(writer.write({ payload }), (error) => Effect.sync(() => notSent(error)))
      )
      // Added last, so that it runs before the socket is closed.
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          receiver = undefined
        })
      )
      const scope = yield* Effect.scope
      const context = yield* Effect.context()

      const connection: Connection = {
        listen: (listener) => {
          receiver = listener
          const read = Effect.map(reader.pull, Arr.forEach(({ payload }) => listener.receive(payload)))
          for (const loop of [Effect.forever(read), Effect.forever(write)]) {
            const fiber = Effect.runForkWith(context)(
              Effect.onError(
                Effect.mapError(loop, (error) => ioFailed(peer, error)),
                (cause) => Effect.sync(() => Cause.hasInterruptsOnly(cause) || listener.failed(cause))
              )
            )
            Fiber.runIn(fiber, scope)
          }
        },
        send: (datagram) => Queue.offerUnsafe(outbox, datagram)
      }
      return connection
    })
  })
}

/**
 * Provides the `Transport` that {@link make} returns.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options): Layer.Layer<Transport> => Layer.succeed(Transport, make(options))

/**
 * Maximum number of datagrams that wait to be written. As many can wait to be read, which is the default of
 * `NodeDatagramSocket`.
 */
const OUTBOX_CAPACITY = 1024

const openFailed = (peer: string, { reason }: DatagramSocket.DatagramSocketError): TransportError => {
  const cause = "cause" in reason ? reason.cause : undefined
  const kind = reason._tag !== "DatagramSocketOpenError" ? "Unknown" : isLookup(cause) ? "HostUnresolved" : reason.kind
  return new TransportError({ reason: new OpenFailed({ kind, peer, cause }) })
}

const ioFailed = (peer: string, { reason }: DatagramSocket.DatagramSocketError): TransportError => {
  switch (reason._tag) {
    case "DatagramSocketReadError":
    case "DatagramSocketWriteError": {
      const kind = reason.kind === "ConnectionRefused" ? "Refused" : reason.kind
      return new TransportError({ reason: new IoFailed({ kind, peer, cause: reason.cause }) })
    }
    default:
      return new TransportError({ reason: new IoFailed({ kind: "Closed", peer }) })
  }
}

const isLookup = (cause: unknown): boolean =>
  typeof cause === "object" && cause !== null && "syscall" in cause && cause.syscall === "getaddrinfo"
