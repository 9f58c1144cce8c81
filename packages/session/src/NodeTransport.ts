/**
 * The transport over real UDP on Node, straight on `node:dgram`.
 *
 * **Details**
 *
 * A datagram goes to the kernel, and from the kernel to the session, in one step: nothing waits in between but what the
 * kernel's buffer holds, 1 MiB if the system allows. `DatagramSocketTransport` does the same on Effect's own sockets; in the
 * benchmarks a session over that takes a fourth to a half more processor time, and a third more memory.
 *
 * The socket is *connected*: the kernel drops datagrams from anybody but the server, and reports if nobody listens at
 * its port. The host name is resolved each time a socket is opened, IPv4 first unless `bind` has an IPv6 address.
 *
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
  /** The local address or name to send from, for machines with several. Default: the system decides. */
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
      // Not part of acquiring: a name that takes long to resolve can be interrupted, a socket must not get lost.
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
 * Provides the `Transport` that {@link make} makes.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options): Layer.Layer<Transport> => Layer.succeed(Transport, make(options))

/** The first address of a name. `family`: 4, 6, or 0 for both, IPv4 first. */
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

// What reaches the socket is an address already; Node's default would take a turn of the event loop to see that.
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
  // What the kernel reports of datagrams that it had taken.
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
          // Node throws if the socket is closed already.
          report(cause)
        }
      }
    },
    close: () => {
      // Node reports failed sends a tick later, when nobody must hear of them any more.
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
