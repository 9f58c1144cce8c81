/**
 * The transport of a session: sockets that are connected to one server.
 *
 * **Details**
 *
 * A transport only sends and receives datagrams. It may lose, repeat and reorder them. A session opens one connection
 * at a time: the first for its login, and a new one when a connection fails or the server stays silent on it. Each
 * connection belongs to a scope, which the session closes. A transport should bound its buffers; the session bounds
 * everything that it keeps of the datagrams.
 *
 * `NodeTransport` and `DatagramSocketTransport` (on Effect's sockets) use real UDP. `@bercon/testing` has a transport
 * in memory. Your own transport, for example through a SOCKS proxy or from a recording, is a name (`peer`) and an
 * effect (`open`) that returns two functions.
 *
 * **Example** (A transport that records the datagrams of another one, except logins)
 *
 * ```ts
 * import type { Transport } from "@bercon/session"
 * import { Effect } from "effect"
 *
 * export interface Recorded {
 *   readonly direction: "sent" | "received"
 *   readonly datagram: Uint8Array
 * }
 *
 * export const recording = (
 *   { open, peer }: Transport.Transport["Service"],
 *   record: (datagram: Recorded) => void
 * ): Transport.Transport["Service"] => {
 *   const write = (direction: Recorded["direction"], datagram: Uint8Array) => {
 *     // Login packets (type 0) are left out: the client's contains the password in clear text.
 *     if (datagram[7] !== 0) record({ direction, datagram: datagram.slice() })
 *   }
 *   return {
 *     peer,
 *     open: Effect.map(open, ({ listen, send }) => ({
 *       listen: (receiver) =>
 *         listen({
 *           ...receiver,
 *           receive: (datagram) => {
 *             write("received", datagram)
 *             receiver.receive(datagram)
 *           }
 *         }),
 *       send: (datagram) => {
 *         write("sent", datagram)
 *         send(datagram)
 *       }
 *     }))
 *   }
 * }
 * ```
 *
 * @stability stable
 * @since 0.1.0
 */
import type * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"

/**
 * The functions that a connection calls. Each returns quickly and never throws. The connection may call them at any
 * time, even from within `send`, but not after its scope has closed.
 *
 * @category models
 * @since 0.1.0
 */
export interface Receiver {
  /** A datagram has arrived. The receiver may keep its bytes, and does not change them. */
  readonly receive: (datagram: Uint8Array) => void
  /**
   * A datagram could not be sent: the last one or an earlier one. The connection stays usable. An `IoFailed` of kind
   * `Refused` means that the server's host has reported the port closed.
   */
  readonly notSent: (error: TransportError) => void
  /**
   * The connection is lost. If the cause contains a `TransportError` or is an interruption, the session opens another
   * connection. Any other cause is a defect of the transport, and ends the session.
   */
  readonly failed: (cause: Cause.Cause<TransportError>) => void
}

/**
 * An open socket, connected to the server.
 *
 * @category models
 * @since 0.1.0
 */
export interface Connection {
  /** Sets the receiver. The session calls it once, right after opening the connection. */
  readonly listen: (receiver: Receiver) => void
  /**
   * Passes a datagram to the network and returns at once. Delivery is not guaranteed. Known failures are reported
   * through `notSent`. The bytes do not change afterwards. They can be a view into a buffer shared by all sessions of
   * the process: copy them before transferring them to another thread or keeping them for long.
   */
  readonly send: (datagram: Uint8Array) => void
}

/**
 * The service that opens connections to one server.
 *
 * @category services
 * @since 0.1.0
 */
export class Transport extends Context.Service<Transport, {
  /** The server's name, `host:port`, for errors, logs and metrics. */
  readonly peer: string
  /**
   * Opens a socket and resolves the host name anew. The socket belongs to the caller's scope, which closes it. The
   * session interrupts `open` after 30 seconds. Before it opens another socket, it waits at most 30 seconds until the
   * previous one is closed. A defect in closing a socket ends the session; a defect in closing its last socket is logged,
   * and closing the session dies with it.
   */
  readonly open: Effect.Effect<Connection, TransportError, Scope.Scope>
}>()("@bercon/session/Transport") {}

/**
 * The socket could not be opened. The `kind` is the reason: the host or port is invalid (`InvalidAddress`, explained by
 * `cause`), the host name has no address (`HostUnresolved`), the local address or port cannot be used, or opening took
 * longer than 30 seconds (`TimedOut`).
 *
 * @category errors
 * @since 0.1.0
 */
export class OpenFailed extends Schema.Error<OpenFailed>("@bercon/session/Transport/OpenFailed")({
  _tag: Schema.tag("OpenFailed"),
  kind: Schema.Literals([
    "InvalidAddress",
    "HostUnresolved",
    "AddressInUse",
    "AddressNotAvailable",
    "PermissionDenied",
    "TimedOut",
    "Unknown"
  ]),
  peer: Schema.String,
  cause: Schema.Defect()
}) {
  override get message(): string {
    switch (this.kind) {
      case "InvalidAddress":
        return `invalid server address ${this.peer}${detailOf(this.cause)}`
      case "HostUnresolved":
        return `the host name of ${this.peer} has no address: check its spelling and the DNS`
      case "AddressInUse":
        return `cannot open a socket to ${this.peer}: the local port is in use`
      case "AddressNotAvailable":
        return `cannot open a socket to ${this.peer}: this machine does not have the local address to bind`
      case "PermissionDenied":
        return `cannot open a socket to ${this.peer}: permission denied`
      case "TimedOut":
        return `cannot open a socket to ${this.peer}: it was not open after 30 seconds`
      case "Unknown":
        return `cannot open a socket to ${this.peer}${detailOf(this.cause)}`
    }
  }
}

/** The message of a cause, to be appended to another message. */
const detailOf = (cause: unknown): string => {
  const detail = cause instanceof Error ? cause.message : typeof cause === "string" ? cause : ""
  return detail === "" ? "" : `: ${detail}`
}

/**
 * A datagram could not be sent or received.
 *
 * @category errors
 * @since 0.1.0
 */
export class IoFailed extends Schema.Error<IoFailed>("@bercon/session/Transport/IoFailed")({
  _tag: Schema.tag("IoFailed"),
  kind: Schema.Literals(["Refused", "Unreachable", "MessageTooLarge", "PermissionDenied", "Closed", "Unknown"]),
  peer: Schema.String,
  cause: Schema.optional(Schema.Defect())
}) {
  override get message(): string {
    switch (this.kind) {
      case "Refused":
        return `the UDP port ${this.peer} is closed: check that the server is running, and its RConPort`
      case "Unreachable":
        return `${this.peer} is unreachable: check the network and the address`
      case "MessageTooLarge":
        return `the datagram is too large for the network to ${this.peer}`
      case "PermissionDenied":
        return `this machine does not allow sending to ${this.peer}: check its firewall`
      case "Closed":
        return `the socket to ${this.peer} was closed`
      case "Unknown":
        return `the socket to ${this.peer} failed`
    }
  }
}

/**
 * A transport failed: a socket could not be opened, or a datagram could not be sent or received. `reason` shows which,
 * and `reason.kind` is the cause.
 *
 * @category errors
 * @since 0.1.0
 */
export class TransportError extends Schema.TaggedError<TransportError>("@bercon/session/Transport/TransportError")(
  "TransportError",
  { reason: Schema.Union([OpenFailed, IoFailed]) }
) {
  override get message(): string {
    return this.reason.message
  }
}
