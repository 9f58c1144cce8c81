/**
 * The simulated server on real UDP, under Node.
 *
 * The server lives in the scope in which it was made; closing the scope closes the port. At most 4,096 datagrams wait
 * to be read.
 *
 * **Example** (A server for another process)
 *
 * ```ts
 * import * as NodeSimulatedServer from "@bercon/testing/NodeSimulatedServer"
 * import { Console, Effect } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   const server = yield* NodeSimulatedServer.make({ port: 2306 })
 *   yield* server.join({ name: "Miller" })
 *   yield* Console.log(`listening on port ${server.address.port}`)
 *   yield* Effect.never
 * }).pipe(Effect.scoped)
 * ```
 *
 * @stability stable
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
  /** The port to bind, from 0 to 65535. Default 0: any free port. */
  readonly port?: number | undefined
  /**
   * Faults of a network in front of the port, in addition to those of the real network. Default: no faults. After
   * each downtime the random choices are repeated from the seed.
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
    // Room for hundreds of clients that log in at the same time after a restart.
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
 * Makes a server on real UDP, in the caller's scope. Fails if the port cannot be bound.
 *
 * **Details**
 *
 * `address` contains the actual port. After a restart with a downtime the server binds the same port, and dies if
 * another process has taken it meanwhile. At most 4,096 datagrams wait to be read; further ones are dropped.
 *
 * Dies with a `RangeError` if an option is out of range: the port is not from 0 to 65535, a fraction in `network` is
 * not from 0 to 1, a duration in `network` is infinite, and so on.
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
 * Provides the server that {@link make} returns.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options?: Options): Layer.Layer<SimulatedServer.SimulatedServer, EndpointError> =>
  Layer.effect(SimulatedServer.SimulatedServer, make(options))
