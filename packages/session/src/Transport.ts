/**
 * The narrow service under a session: datagrams to and from one server.
 *
 * **Details**
 *
 * Opening gives a {@link Connection} owned by the scope it was opened in: closing that scope closes the socket. A
 * session opens one connection an outage, and has at most one open. What a transport implements is datagrams and
 * nothing more: it may lose, repeat and reorder them.
 *
 * Over real UDP there are `NodeDgramTransport`, and `NodeTransport` on Effect's own sockets; `@bercon/testing` has one in
 * memory.
 *
 * @since 0.1.0
 */
import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"

/**
 * An open socket, connected to the server.
 *
 * @category models
 * @since 0.1.0
 */
export interface Connection {
  /**
   * All datagrams that have come since the last pull, or a wait for the next. The bytes are the caller's to keep.
   *
   * Fails when the socket is of no more use; the session then opens another.
   */
  readonly pull: Effect.Effect<NonEmptyReadonlyArray<Uint8Array>, TransportError>
  /**
   * Hands one datagram to the network, which is no promise that it arrives. It must not wait for long: the session, and
   * the caller of a command, wait for it.
   *
   * Fails with an `IoFailed` of kind `Refused` where the server's machine has said, to this or an earlier datagram, that
   * nobody listens at the port; the datagram is sent all the same. A failed write does not end the connection.
   */
  readonly write: (datagram: Uint8Array) => Effect.Effect<void, TransportError>
}

/**
 * Opens connections to one server.
 *
 * @category services
 * @since 0.1.0
 */
export class Transport extends Context.Service<Transport, {
  /** Who is at the other end, `host:port`, for messages to people. */
  readonly peer: string
  /**
   * Opens a new socket, resolving the host name anew. Acquired in the caller's scope, which owns it. What takes longer
   * than 30 seconds is given up.
   */
  readonly open: Effect.Effect<Connection, TransportError, Scope.Scope>
}>()("@bercon/session/Transport") {}

/**
 * The socket could not be opened: host and port are none (`InvalidAddress`), the host name has no address
 * (`HostUnresolved`), or the local address or port cannot be had.
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
    "Unknown"
  ]),
  peer: Schema.String,
  cause: Schema.Defect()
}) {
  override get message(): string {
    switch (this.kind) {
      case "InvalidAddress":
        return `${this.peer} is no address of a server: it takes a host and a port from 1 to 65535, and no local port beyond`
      case "HostUnresolved":
        return `no address was found for ${this.peer}: check the host name and the DNS`
      case "AddressInUse":
        return `cannot open a socket to ${this.peer}: the local port is in use`
      case "AddressNotAvailable":
        return `cannot open a socket to ${this.peer}: this machine does not have the local address to bind`
      case "PermissionDenied":
        return `cannot open a socket to ${this.peer}: permission denied`
      case "Unknown":
        return `cannot open a socket to ${this.peer}`
    }
  }
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
        return `nobody listens at ${this.peer}: the server is not up, or its RConPort is another`
      case "Unreachable":
        return `${this.peer} cannot be reached: check the network`
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
 * What can go wrong under a session. `reason` says what, its `kind` why.
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
