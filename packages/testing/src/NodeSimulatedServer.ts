/**
 * The simulated server on real UDP, under Node.
 *
 * @since 0.1.0
 */
import * as NodeDatagramSocket from "@effect/platform-node-shared/NodeDatagramSocket"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as NetAddress from "effect/net/NetAddress"
import type * as Scope from "effect/Scope"
import type * as DatagramSocket from "effect/socket/DatagramSocket"
import { type Address, type Endpoint, EndpointError } from "./Endpoint.ts"
import * as Impaired from "./internal/impaired.ts"
import type * as ServerMachine from "./ServerMachine.ts"
import type * as SimulatedNetwork from "./SimulatedNetwork.ts"
import * as SimulatedServer from "./SimulatedServer.ts"

/**
 * The options of a server on real UDP.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends ServerMachine.Options {
  /** The local address to bind. Default `"127.0.0.1"`. */
  readonly host?: string | undefined
  /** The port to bind, from 0 to 65535. Default 0: any free one. */
  readonly port?: number | undefined
  /**
   * Faults of the network in front of the port, in addition to those of the real one. Default: none. The random choices start
   * again when the port opens after a downtime.
   */
  readonly network?: SimulatedNetwork.PathOptions | undefined
}

const failure = (address: Address) => (error: DatagramSocket.DatagramSocketError): EndpointError => {
  const reason = error.reason
  switch (reason._tag) {
    case "DatagramSocketOpenError":
      return new EndpointError({ kind: reason.kind, address, cause: reason.cause })
    case "DatagramSocketClosedError":
      return new EndpointError({ kind: "Closed", address })
    default:
      return new EndpointError({ kind: "Unknown", address, cause: error })
  }
}

const bind = Effect.fnUntraced(function*(host: string, port: number) {
  const socket = yield* NodeDatagramSocket.make({
    bind: { address: host, port },
    receiveBuffer: { capacity: 4096 },
    // Hundreds of clients log in at once after a restart.
    kernelReceiveBufferSize: 1 << 20
  })
  const reader = yield* Effect.mapError(socket.reader, failure({ host, port }))
  const writer = yield* socket.writer
  const address: Address = { host: NetAddress.formatIp(reader.address.address), port: reader.address.port }
  const endpoint: Endpoint = {
    address,
    pull: reader.pull.pipe(
      Effect.map(Arr.map((received) => ({
        from: NetAddress.formatInet(received.address),
        datagram: received.payload
      }))),
      Effect.mapError(failure(address))
    ),
    write: (to, payload) => {
      const colon = to.lastIndexOf(":")
      const host = to.slice(0, colon).replace(/^\[|\]$/g, "")
      const target = NetAddress.inetAddressFromIpStringUnsafe(host, Number(to.slice(colon + 1)))
      return Effect.mapError(writer.write({ payload, address: target }), failure(address))
    }
  }
  return endpoint
})

/**
 * A server on real UDP, in the caller's scope. Fails if the port cannot be bound.
 *
 * **Details**
 *
 * `address` has the port that it was given. After a restart with a downtime it binds the same one, and dies if another
 * process has taken it meanwhile. At most 4,096 datagrams wait to be read; more are dropped.
 *
 * Dies with a `RangeError` if an option is out of its range: the port is not from 0 to 65535, a fraction of `network` is not
 * from 0 to 1, a duration of it is infinite, and so on.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function*(
  options: Options = {}
): Effect.fn.Return<SimulatedServer.SimulatedServer["Service"], EndpointError, Scope.Scope> {
  const { host = "127.0.0.1", network } = options
  let port = options.port ?? 0
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new RangeError(`port must be an integer from 0 to 65535 (got ${port})`)
  }
  const bindAgain = Effect.gen(function*() {
    const endpoint = yield* bind(host, port)
    port = endpoint.address.port
    return network === undefined ? endpoint : yield* Impaired.make(endpoint, network)
  })
  return yield* SimulatedServer.fromEndpoint(bindAgain, options)
})

/**
 * Provides a server made with {@link make}.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options?: Options): Layer.Layer<SimulatedServer.SimulatedServer, EndpointError> =>
  Layer.effect(SimulatedServer.SimulatedServer, make(options))
