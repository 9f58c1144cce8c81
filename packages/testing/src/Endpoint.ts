/**
 * The port of a simulated server: datagrams from and to any client, in memory or over real UDP.
 *
 * A bound port belongs to the scope in which it was bound. Implement `Endpoint` to run a simulated server on another
 * network (see `SimulatedServer.fromEndpoint`).
 *
 * **Example** (An endpoint that drops every second datagram to clients)
 *
 * ```ts
 * import type { Endpoint } from "@bercon/testing"
 * import { Effect } from "effect"
 *
 * const half = (endpoint: Endpoint.Endpoint): Endpoint.Endpoint => {
 *   let count = 0
 *   return { ...endpoint, write: (to, datagram) => count++ % 2 === 0 ? endpoint.write(to, datagram) : Effect.void }
 * }
 * ```
 *
 * @stability stable
 * @since 0.1.0
 */
import type { NonEmptyReadonlyArray } from "effect/Array"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/**
 * The address at which a server listens.
 *
 * @category models
 * @since 0.1.0
 */
export interface Address {
  /** An IP address. On a `SimulatedNetwork` any name is allowed. */
  readonly host: string
  readonly port: number
}

/**
 * Formats an address: `127.0.0.1:2306`, `[::1]:2306`.
 *
 * @category formatting
 * @since 0.1.0
 */
export const formatAddress = ({ host, port }: Address): string =>
  host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`

/**
 * A received datagram, and the client's address (`ip:port`).
 *
 * @category models
 * @since 0.1.0
 */
export interface Received {
  readonly from: string
  readonly datagram: Uint8Array
}

/**
 * A bound port. It belongs to the scope in which it was bound; closing the scope frees the port.
 *
 * @category models
 * @since 0.1.0
 */
export interface Endpoint {
  /** The address to which it is bound. */
  readonly address: Address
  /**
   * Returns all datagrams received since the last pull, and waits for one if there are none. Fails with `Closed` after
   * the scope has closed.
   */
  readonly pull: Effect.Effect<NonEmptyReadonlyArray<Received>, EndpointError>
  /** Sends one datagram to the client at `to` (`ip:port`). It may be lost. */
  readonly write: (to: string, datagram: Uint8Array) => Effect.Effect<void, EndpointError>
}

/**
 * A port cannot be bound, or a bound port has failed.
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
