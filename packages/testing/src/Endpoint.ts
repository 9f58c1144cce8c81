/**
 * The narrow thing under a simulated server: datagrams from and to anybody, in memory or over real UDP.
 *
 * @since 0.1.0
 */
import type { NonEmptyReadonlyArray } from "effect/Array"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/**
 * A datagram that came, and the address (`ip:port`) it came from.
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
  /** Where it is bound, `ip:port`. */
  readonly address: string
  /**
   * All datagrams that have come since the last pull, or a wait for the next. Fails with `Closed` when the scope is
   * closed.
   */
  readonly pull: Effect.Effect<NonEmptyReadonlyArray<Received>, EndpointError>
  /** Hands one datagram for `to` (`ip:port`) to the network, which is no promise that it arrives. */
  readonly write: (to: string, datagram: Uint8Array) => Effect.Effect<void, EndpointError>
}

/**
 * A port cannot be bound, or one that was bound is of no more use.
 *
 * @category errors
 * @since 0.1.0
 */
export class EndpointError extends Schema.TaggedError<EndpointError>("@bercon/testing/EndpointError")("EndpointError", {
  kind: Schema.Literals(["AddressInUse", "AddressNotAvailable", "PermissionDenied", "Closed", "Unknown"]),
  address: Schema.String,
  cause: Schema.optional(Schema.Defect())
}) {
  override get message(): string {
    switch (this.kind) {
      case "AddressInUse":
        return `cannot listen at ${this.address}: the port is in use`
      case "AddressNotAvailable":
        return `cannot listen at ${this.address}: this machine does not have the address`
      case "PermissionDenied":
        return `cannot listen at ${this.address}: permission denied`
      case "Closed":
        return `the socket at ${this.address} was closed`
      case "Unknown":
        return `the socket at ${this.address} failed`
    }
  }
}
