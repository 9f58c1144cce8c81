/**
 * The port that a simulated server listens on: datagrams from and to any client, in memory or over real UDP.
 *
 * @since 0.1.0
 */
import type { NonEmptyReadonlyArray } from "effect/Array"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/**
 * Where a server listens.
 *
 * @category models
 * @since 0.1.0
 */
export interface Address {
  /** An IP address; on a `SimulatedNetwork` any name. */
  readonly host: string
  readonly port: number
}

/**
 * An address as text: `127.0.0.1:2306`, `[::1]:2306`.
 *
 * @category formatting
 * @since 0.1.0
 */
export const formatAddress = ({ host, port }: Address): string =>
  host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`

/**
 * A datagram that was received, and the client's address (`ip:port`).
 *
 * @category models
 * @since 0.1.0
 */
export interface Received {
  readonly from: string
  readonly datagram: Uint8Array
}

/**
 * A bound port. Owned by the scope it was bound in: closing that scope frees the port.
 *
 * @category models
 * @since 0.1.0
 */
export interface Endpoint {
  /** The address that it is bound to. */
  readonly address: Address
  /**
   * All datagrams received since the last pull; waits for one if there are none. Fails with `Closed` when the scope is
   * closed.
   */
  readonly pull: Effect.Effect<NonEmptyReadonlyArray<Received>, EndpointError>
  /** Hands one datagram for the client at `to` (`ip:port`) to the network. It may get lost. */
  readonly write: (to: string, datagram: Uint8Array) => Effect.Effect<void, EndpointError>
}

/**
 * A port cannot be bound, or one that was bound has failed.
 *
 * @category errors
 * @since 0.1.0
 */
export class EndpointError extends Schema.TaggedError<EndpointError>("@bercon/testing/EndpointError")("EndpointError", {
  kind: Schema.Literals(["AddressInUse", "AddressNotAvailable", "PermissionDenied", "Closed", "Unknown"]),
  address: Schema.Struct({ host: Schema.String, port: Schema.Int }),
  cause: Schema.optional(Schema.Defect())
}) {
  override get message(): string {
    const address = formatAddress(this.address)
    switch (this.kind) {
      case "AddressInUse":
        return `cannot listen at ${address}: the port is in use`
      case "AddressNotAvailable":
        return `cannot listen at ${address}: this machine does not have the address`
      case "PermissionDenied":
        return `cannot listen at ${address}: permission denied`
      case "Closed":
        return `the socket at ${address} was closed`
      case "Unknown":
        return `the socket at ${address} failed`
    }
  }
}
