/**
 * A fleet of clients and their simulated servers in one layer. Each server has a separate network.
 *
 * Servers, networks and clients live in the scope of the layer. Their modules document the bounds of their buffers.
 *
 * **Example** (A server that is down)
 *
 * ```ts
 * import { Fleet } from "@bercon/fleet"
 * import { TestFleet, TestRcon } from "@bercon/testing"
 * import { assert, it } from "@effect/vitest"
 * import { Effect, Exit } from "effect"
 *
 * it.effect("a server answers although another one is down", () =>
 *   Effect.gen(function*() {
 *     const fleet = yield* Fleet.Fleet
 *     const simulation = yield* TestFleet.TestFleet
 *     const altis = yield* simulation.get("altis")
 *     yield* altis.server.stop()
 *     const results = yield* TestRcon.passTime(fleet.players({ timeout: "5 seconds" }))
 *     assert.deepStrictEqual(Array.from(results, ([id, exit]) => [id, Exit.isSuccess(exit)]), [
 *       ["altis", false],
 *       ["stratis", true]
 *     ])
 *   }).pipe(Effect.provide(TestFleet.layer({ servers: { altis: {}, stratis: {} } }))))
 * ```
 *
 * @stability stable
 * @since 0.1.0
 */
import * as RconClient from "@bercon/client/RconClient"
import * as Fleet from "@bercon/fleet/Fleet"
import type { InvalidServer } from "@bercon/fleet/FleetError"
import * as Transport from "@bercon/session/Transport"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { formatAddress } from "./Endpoint.ts"
import { DEFAULT_PASSWORD } from "./ServerMachine.ts"
import * as SimulatedNetwork from "./SimulatedNetwork.ts"
import * as SimulatedServer from "./SimulatedServer.ts"
import * as TestRcon from "./TestRcon.ts"

/**
 * Options of a server, its network and its client. Everything has a default.
 *
 * @category models
 * @since 0.1.0
 */
export interface ServerOptions {
  /** Default: at 10.0.0.1, 10.0.0.2 and so on, in the order of the servers. */
  readonly server?: SimulatedServer.Options | undefined
  /** Default: a network without faults. Its default seed is the server's id. */
  readonly network?: SimulatedNetwork.Options | undefined
  /** Default: the server's address and password. */
  readonly client?: Partial<Fleet.Server> | undefined
}

/**
 * Options of the layer.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The servers by id, or their number: the ids are then `server-1`, `server-2`, and so on. Default: no servers. */
  readonly servers?: number | Readonly<Record<string, ServerOptions>> | undefined
  /** Options of all servers, including those made by `simulate`. A server's own options take precedence. */
  readonly each?: ServerOptions | undefined
}

/**
 * A simulated server, its network, and the options with which a fleet reaches it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Simulated {
  readonly server: SimulatedServer.SimulatedServer["Service"]
  readonly network: SimulatedNetwork.SimulatedNetwork["Service"]
  /** The options for `add` and `replace` of the fleet. */
  readonly options: Fleet.Server
}

/**
 * The service that controls the simulated servers of a fleet.
 *
 * @category services
 * @since 0.1.0
 */
export class TestFleet extends Context.Service<TestFleet, {
  /**
   * The server with an id. It exists until the layer is closed, even after the fleet has removed it. Dies if the id is
   * unknown.
   */
  readonly get: (id: string) => Effect.Effect<Simulated>
  /** All servers by id. */
  readonly all: Effect.Effect<ReadonlyMap<string, Simulated>>
  /** Makes another server. It is not in the fleet until the test or the program adds it. Dies if the id is taken. */
  readonly simulate: (id: string, options?: ServerOptions) => Effect.Effect<Simulated>
}>()("@bercon/testing/TestFleet") {}

/** The default address of the server with a number: 10.0.0.1, 10.0.0.2, and so on. */
const addressOf = (index: number) => ({
  host: `10.${index >> 16 & 255}.${index >> 8 & 255}.${index & 255}`,
  port: SimulatedServer.DEFAULT_ADDRESS.port
})

/** Merges options. Later ones take precedence, unless they are `undefined`. */
const merged = <A extends object>(...options: ReadonlyArray<A | undefined>): Partial<A> => {
  const given = options.flatMap((some) => Object.entries(some ?? {}))
  return Object.fromEntries(given.filter(([, value]) => value !== undefined)) as Partial<A>
}

const simulation = Effect.fnUntraced(function*(options: Options) {
  const { each, servers = {} } = options
  if (typeof servers === "number" && !(Number.isInteger(servers) && servers >= 0)) {
    return yield* Effect.die(new RangeError(`servers must be an integer from 0 (got ${servers})`))
  }
  const scope = yield* Effect.scope
  const simulated = new Map<string, Simulated>()

  const simulate = Effect.fnUntraced(
    function*(id: string, given: ServerOptions = {}): Effect.fn.Return<Simulated, never, Scope.Scope> {
      if (simulated.has(id)) return yield* Effect.die(new RangeError(`there is a server ${JSON.stringify(id)} already`))
      const network = yield* SimulatedNetwork.make(
        merged<SimulatedNetwork.Options>({ seed: id }, each?.network, given.network)
      )
      const chosen = merged<SimulatedServer.Options>(addressOf(simulated.size + 1), each?.server, given.server)
      const server = yield* SimulatedServer.make(chosen).pipe(
        Effect.provideService(SimulatedNetwork.SimulatedNetwork, network),
        Effect.orDie
      )
      const entry: Simulated = {
        server,
        network,
        options: {
          ...server.address,
          password: chosen.password ?? DEFAULT_PASSWORD,
          ...merged(each?.client, given.client)
        }
      }
      simulated.set(id, entry)
      return entry
    },
    Scope.provide(scope),
    Effect.uninterruptible
  )

  /** A transport to the server with this id if it is at this address, or else to the first server there. */
  const transport = (server: Fleet.Server, id: string): Transport.Transport["Service"] => {
    const peer = formatAddress(server)
    const found = [simulated.get(id), ...simulated.values()].find((entry) =>
      entry !== undefined && formatAddress(entry.server.address) === peer
    )
    return found?.network.transport(server) ?? {
      peer,
      open: Effect.fail(
        new Transport.TransportError({
          reason: new Transport.OpenFailed({
            kind: "HostUnresolved",
            peer,
            cause: new Error("there is no simulated server at this address")
          })
        })
      )
    }
  }

  const entries = typeof servers === "number"
    ? Array.from({ length: servers }, (_, index) => [`server-${index + 1}`, {}] as const)
    : Object.entries(servers)
  for (const [id, given] of entries) yield* simulate(id, given)

  const service = TestFleet.of({
    get: (id) =>
      Effect.suspend(() => {
        const entry = simulated.get(id)
        return entry === undefined
          ? Effect.die(new RangeError(`there is no simulated server ${JSON.stringify(id)}`))
          : Effect.succeed(entry)
      }),
    all: Effect.sync(() => new Map(simulated)),
    simulate
  })
  return { service, simulated, transport }
})

/** Starts a client whose random choices are reproducible. */
const start = (transport: (server: Fleet.Server, id: string) => Transport.Transport["Service"]) =>
(
  server: Fleet.Server,
  id: string,
  released: Effect.Effect<void>
): ReturnType<Fleet.ClientsOptions["start"]> => {
  const { open, peer } = transport(server, id)
  const client = RconClient.start({ loginTimeout: "Infinity", ...server })
  return Effect.provideService(
    Random.withSeed(client, `${id} ${peer}`),
    Transport.Transport,
    Transport.Transport.of({ peer, open: Effect.andThen(released, open) })
  )
}

/**
 * Provides a `Fleet` of clients that are logged in to simulated servers, and the `TestFleet` that controls the servers.
 *
 * **Details**
 *
 * Each server has a separate `SimulatedNetwork`, so a test can give one server a worse network, or cut it off. Two
 * servers may have the same address. A client reaches the simulated server of its own id if that server has the address
 * in the client's options, or else the first server with this address. So `add` with the options of another server
 * makes a second client of that server.
 *
 * Under `TestClock` the layer passes as much time as the logins take: none if the networks neither delay nor lose
 * datagrams. After a minute it stops waiting, and the clients continue to log in. The same seeds give the same run.
 *
 * Fails with `InvalidServer` if an option of a client is invalid. Dies if an option of a server or a network is
 * invalid.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options = {}): Layer.Layer<Fleet.Fleet | TestFleet, InvalidServer> =>
  Layer.effectContext(Effect.gen(function*() {
    const { service, simulated, transport } = yield* simulation(options)
    const fleet = yield* Fleet.fromClients({
      servers: Object.fromEntries(Array.from(simulated, ([id, { options }]) => [id, options])),
      start: start(transport)
    })
    const settled = fleet.forEach((rcon) =>
      rcon.statusChanges.pipe(Stream.filter(({ _tag }) => _tag !== "Connecting"), Stream.runHead)
    )
    yield* Effect.ignore(TestRcon.passTime(settled))
    return Context.make(Fleet.Fleet, fleet).pipe(Context.add(TestFleet, service))
  }))
