/**
 * A transport over UDP on Node, built directly on `node:dgram`.
 *
 * **Details**
 *
 * Datagrams pass between the kernel and the session without a queue in between. They wait only in the kernel's receive
 * buffer, of 1 MiB if the system allows. `DatagramSocketTransport` does the same on Effect's sockets; in the benchmarks
 * it costs a session a quarter to a half more processor time, and a third more memory.
 *
 * Each opened socket belongs to the scope of its connection, and is closed with it. The socket is *connected*: the
 * kernel drops datagrams from any other address, and reports if the server's port is closed. The host name is resolved
 * each time a socket is opened, IPv4 first unless `bind` is an IPv6 address.
 *
 * **Example** (A session on Node)
 *
 * ```ts
 * import { Session } from "@bercon/session"
 * import * as NodeTransport from "@bercon/session/NodeTransport"
 * import { Effect, Layer, Redacted } from "effect"
 *
 * const SessionLive = Session.layer({ password: Redacted.make("secret") }).pipe(
 *   Layer.provide(NodeTransport.layer({ host: "127.0.0.1", port: 2306 }))
 * )
 * const players = Session.Session.pipe(
 *   Effect.flatMap((session) => session.command("players")),
 *   Effect.provide(SessionLive)
 * )
 * ```
 *
 * @stability stable
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { constVoid } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Dgram from "node:dgram"
import * as Dns from "node:dns"
import * as Net from "node:net"
import * as Peer from "./internal/peer.ts"
import { type Connection, IoFailed, OpenFailed, type Receiver, Transport, TransportError } from "./Transport.ts"

/**
 * The addresses of a transport.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The server's host name or IP address. */
  readonly host: string
  /** The server's `RConPort`, 1 to 65535. It is not the port that players connect to. */
  readonly port: number
  /**
   * The local address or host name, and the local port, to send from. Use it on machines with several addresses.
   * Default: the system chooses.
   */
  readonly bind?: { readonly address?: string | undefined; readonly port?: number | undefined } | undefined
}

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
      // Names are resolved before the socket is acquired. A slow lookup can be interrupted; acquiring the socket
      // cannot, so that no socket leaks.
      const remote = yield* resolve(options.host, Net.isIP(options.bind?.address ?? ""), "HostUnresolved", peer)
      const { address, family } = remote
      const local = options.bind?.address === undefined
        ? undefined
        : yield* resolve(options.bind.address, family, "AddressNotAvailable", peer)
      if (local !== undefined && local.family !== family) {
        const problem =
          `the local address ${local.address} and the server's, ${address}, are not both IPv4 or both IPv6`
        return yield* openFailed("Unknown", peer, new Error(problem))
      }
      const { connection } = yield* Effect.acquireRelease(
        Effect.map(
          connect(
            Dgram.createSocket({
              type: family === 6 ? "udp6" : "udp4",
              lookup: literal,
              recvBufferSize: Peer.KERNEL_BUFFER_BYTES
            }),
            { address: local?.address, port: options.bind?.port ?? 0 },
            { address, port: options.port },
            peer
          ),
          (socket) => connectionOf(socket, peer)
        ),
        ({ close }) => Effect.sync(close)
      )
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

/** The first address of a name. `family` is 4, 6, or 0 for both (IPv4 first). */
const resolve = (
  name: string,
  family: number,
  kind: OpenFailed["kind"],
  peer: string
): Effect.Effect<Dns.LookupAddress, TransportError> =>
  Effect.callback((resume) => {
    Dns.lookup(name, { all: true, family, order: "ipv4first" }, (cause, addresses) => {
      const first = cause === null ? addresses[0] : undefined
      resume(first === undefined ? openFailed(kind, peer, cause) : Effect.succeed(first))
    })
  })

// The socket gets only addresses, never names. Node's default lookup takes a turn of the event loop even for an
// address.
const literal: Dgram.SocketOptions["lookup"] = (address, _options, callback) =>
  callback(null, address, Net.isIPv6(address) ? 6 : 4)

const connect = (
  socket: Dgram.Socket,
  local: Dgram.BindOptions,
  remote: { readonly address: string; readonly port: number },
  peer: string
): Effect.Effect<Dgram.Socket, TransportError> =>
  Effect.callback((resume) => {
    const failed = (cause: unknown) => {
      // Later errors of this socket are ignored.
      socket.off("error", failed).on("error", constVoid).close()
      resume(openFailed(openKinds.get(codeOf(cause)) ?? "Unknown", peer, cause))
    }
    socket.once("error", failed)
    try {
      socket.bind(local, () =>
        socket.connect(remote.port, remote.address, (cause?: unknown) => {
          if (cause !== undefined && cause !== null) {
            return failed(cause)
          }
          socket.off("error", failed)
          resume(Effect.succeed(socket))
        }))
    } catch (cause) {
      failed(cause)
    }
  })

const connectionOf = (socket: Dgram.Socket, peer: string): {
  readonly connection: Connection
  readonly close: () => void
} => {
  let receiver: Receiver | undefined
  const report = (cause: unknown): void => {
    if (cause !== null && cause !== undefined) receiver?.notSent(ioFailed(peer, cause))
  }
  // Failures that the kernel reports after it has accepted the datagrams.
  socket.on("error", report)
  return {
    connection: {
      listen: (listener) => {
        receiver = listener
        socket.on("message", listener.receive)
      },
      send: (datagram) => {
        try {
          socket.send(datagram, report)
        } catch (cause) {
          // Node throws if the socket is already closed.
          report(cause)
        }
      }
    },
    close: () => {
      // Node reports failed sends one tick later. By then the connection must not report anything.
      receiver = undefined
      socket.removeAllListeners("message").close()
    }
  }
}

const codeOf = (cause: unknown): unknown =>
  typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined

const openKinds: ReadonlyMap<unknown, OpenFailed["kind"]> = new Map([
  ["EADDRINUSE", "AddressInUse"],
  ["EADDRNOTAVAIL", "AddressNotAvailable"],
  ["EACCES", "PermissionDenied"],
  ["EPERM", "PermissionDenied"]
])

const ioKinds: ReadonlyMap<unknown, IoFailed["kind"]> = new Map([
  ["ECONNREFUSED", "Refused"],
  ["EHOSTUNREACH", "Unreachable"],
  ["ENETUNREACH", "Unreachable"],
  ["EHOSTDOWN", "Unreachable"],
  ["ENETDOWN", "Unreachable"],
  ["EMSGSIZE", "MessageTooLarge"],
  ["EACCES", "PermissionDenied"],
  ["EPERM", "PermissionDenied"],
  ["ERR_SOCKET_DGRAM_NOT_RUNNING", "Closed"]
])

const openFailed = (kind: OpenFailed["kind"], peer: string, cause: unknown): Effect.Effect<never, TransportError> =>
  Effect.fail(new TransportError({ reason: new OpenFailed({ kind, peer, cause }) }))

const ioFailed = (peer: string, cause: unknown): TransportError =>
  new TransportError({ reason: new IoFailed({ kind: ioKinds.get(codeOf(cause)) ?? "Unknown", peer, cause }) })
