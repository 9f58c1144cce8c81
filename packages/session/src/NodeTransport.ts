/**
 * The transport over real UDP on Node.
 *
 * **Details**
 *
 * An adapter over Effect's `NodeDatagramSocket`, and the only file that knows it. `NodeDgramTransport` does the same with
 * less, and is what `NodeRcon` uses; this one is for programs whose sockets are to be Effect's. The socket is *connected*: the kernel
 * drops datagrams from anybody but the server, and reports when nobody listens at its port. The host name is resolved
 * each time a socket is opened, IPv4 first. At most 1,024 received datagrams wait to be pulled (64 MiB at the very
 * worst); more are dropped, as the network would.
 *
 * @since 0.1.0
 */
import * as NodeDatagramSocket from "@effect/platform-node-shared/NodeDatagramSocket"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as DatagramSocket from "effect/socket/DatagramSocket"
import * as Peer from "./internal/peer.ts"
import { type Connection, IoFailed, OpenFailed, Transport, TransportError } from "./Transport.ts"

/**
 * Where the server is.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** Host name or IP address. */
  readonly host: string
  /** The server's `RConPort`, 1 to 65535. Not the port that players connect to. */
  readonly port: number
  /** The local address to send from, for machines with several. Default: the system decides. */
  readonly bind?: { readonly address?: string | undefined; readonly port?: number | undefined } | undefined
}

/**
 * A `Transport` to one server.
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
      // What the kernel says of an earlier datagram has no write to fail any more: the next one reports it.
      let reported: TransportError | undefined
      const socket = yield* NodeDatagramSocket.make({
        connect: { address: options.host, port: options.port },
        bind: options.bind,
        kernelReceiveBufferSize: Peer.KERNEL_BUFFER_BYTES,
        onError: (error) => {
          reported = ioFailed(peer, error)
        }
      })
      const reader = yield* Effect.mapError(socket.reader, (error) => openFailed(peer, error))
      const writer = yield* socket.writer
      const takeReported = Effect.suspend(() => {
        if (reported === undefined) return Effect.void
        const error = reported
        reported = undefined
        return Effect.fail(error)
      })
      const connection: Connection = {
        pull: reader.pull.pipe(
          Effect.map((datagrams) => {
            // Somebody is there: what was said of earlier datagrams is over.
            reported = undefined
            return Arr.map(datagrams, (datagram) => datagram.payload)
          }),
          Effect.mapError((error) => ioFailed(peer, error))
        ),
        write: (payload) =>
          writer.write({ payload }).pipe(
            Effect.mapError((error) => ioFailed(peer, error)),
            Effect.andThen(takeReported)
          )
      }
      return connection
    })
  })
}

/**
 * Provides the `Transport` that {@link make} makes.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options): Layer.Layer<Transport> => Layer.succeed(Transport, make(options))

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
