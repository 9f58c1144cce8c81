/**
 * The ordinary `Fleet`, with sessions that any runner of the cluster may own.
 *
 * **Details**
 *
 * With this layer, a program that was written for a fleet in one process runs on many machines. Each process that
 * provides `ClusterFleet.layer` is a member. All members have the same servers, those in the cluster's `ServerList`, and share
 * one session for each. Differences from a fleet in one process:
 *
 * - `add`, `remove`, `replace` and `reconcile` change the list, and so the fleets of all members. A member makes its changes
 *   one after another. A change fails with `FleetUnavailable` if no runner answers within 20 seconds after its turn has come.
 *   If a change is interrupted, the list may have been changed.
 * - The password in the options of a server is ignored: it is neither stored nor sent. Runners find the password in their own
 *   configuration, by the server's id. `replace` makes them read it again.
 * - Settings must be plain data, because they are stored and sent. `servers` returns durations as `Duration`s.
 * - If no runner can be reached, the fleet keeps its last known servers, with status `Reconnecting`, or `Connecting` before the
 *   first login.
 *
 * The fleet and its clients belong to the scope of the layer; runners own the sessions. The list has at most 4,096 servers.
 *
 * **Example** (An announcement in a cluster, of which this process is the only runner)
 *
 * ```ts
 * import { ClusterFleet, Embedded, Fleet } from "@bercon/cluster"
 * import * as NodeTransport from "@bercon/cluster/NodeTransport"
 * import { Config, Effect, Layer } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   const fleet = yield* Fleet.Fleet
 *   yield* fleet.say("Restart in five minutes")
 * })
 *
 * const runner = ClusterFleet.layerRunner({
 *   transport: NodeTransport.make,
 *   password: (id) => Config.Redacted(`${id}_PASSWORD`)
 * })
 *
 * const main = program.pipe(
 *   Effect.provide(ClusterFleet.layer({ servers: { altis: { host: "203.0.113.7", port: 2306 } } })),
 *   Effect.provide(runner.pipe(Layer.provideMerge(Embedded.layer)))
 * )
 * ```
 *
 * @stability unstable
 * @since 0.1.0
 */
import * as Fleet from "@bercon/fleet/Fleet"
import { type FleetUnavailable, InvalidServer } from "@bercon/fleet/FleetError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as KeyValueStore from "effect/persistence/KeyValueStore"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import * as Struct from "effect/Struct"
import * as ClusterRcon from "./ClusterRcon.ts"
import * as ServerEntity from "./ServerEntity.ts"
import * as ServerList from "./ServerList.ts"
import * as Servers from "./Servers.ts"
import type { ListedServer } from "./Wire.ts"

/**
 * Options of a member's fleet.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The initial servers. Ignored if the list of the cluster has ever been changed. Default: none. */
  readonly servers?: Fleet.Servers<Fleet.ServerSettings> | undefined
}

/**
 * Options of a runner.
 *
 * @category models
 * @since 0.1.0
 */
export interface RunnerOptions extends Servers.ListOptions, ServerEntity.Options {}

/** A server in this member's fleet. */
interface Member extends Fleet.ServerSettings {
  readonly generation: string
}

const memberOf = ({ generation, settings }: ListedServer): Member => ({ ...settings, generation })

/**
 * Makes a fleet of the servers in the cluster's list, in the caller's scope. Returns when the list has arrived. The clients
 * have started by then, but need not be logged in.
 *
 * Fails with `InvalidServer` if an option of a server is invalid, and with `FleetUnavailable` if the list has not arrived
 * within 20 seconds.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function*(
  options?: Options
): Effect.fn.Return<
  Fleet.Service,
  InvalidServer | FleetUnavailable,
  ServerEntity.Sharding | ServerList.ServerList | Scope.Scope
> {
  const list = yield* ServerList.ServerList
  // Each client has a scope of its own.
  const cluster = Context.omit(Scope.Scope)(yield* Effect.context<ServerEntity.Sharding>())
  const lock = Semaphore.makeUnsafe(1)
  if (options?.servers !== undefined) yield* list.begin(options.servers)

  const local = yield* Fleet.fromClients<Member>({
    // A client need not wait for the client that it replaces: the runner closes the old session before it starts the new one.
    start: (server, id) =>
      Effect.provideContext(ClusterRcon.start(id, { ...server, silenceTimeout: undefined }), cluster)
  })

  const takeOver = (servers: ReadonlyMap<string, Member>): Effect.Effect<void> =>
    Effect.catch(local.reconcile(servers), ({ id, message }) =>
      // A member with another release of this package may have added a server that is invalid here.
      Effect.andThen(
        Effect.logError(`this member leaves out a server with invalid options: ${message}`),
        takeOver(new Map([...servers].filter(([other]) => other !== id)))
      ))
  /** Gives this member's fleet the servers of the last known list. */
  const sync = lock.withPermit(
    Effect.flatMap(
      list.servers,
      (listed) => takeOver(new Map(Array.from(listed, ([id, server]) => [id, memberOf(server)])))
    )
  )

  yield* sync
  yield* list.changes.pipe(
    Stream.runForEach(() => sync),
    Effect.tapCause((cause) => Effect.logError("the fleet no longer follows the list of servers", cause)),
    Effect.forkScoped
  )

  /** The client of a server that was added to the list. */
  const clientOf = (id: string) =>
    Effect.andThen(
      sync,
      Effect.mapError(local.get(id), () =>
        new InvalidServer({ id, problem: "another member of the cluster has removed it" }))
    )

  return {
    ...local,
    servers: Effect.map(
      local.servers,
      (servers) => new Map(Array.from(servers, ([id, server]) => [id, Struct.omit(server as Member, ["generation"])]))
    ),
    add: (id, server) => Effect.andThen(list.add(id, server), clientOf(id)),
    remove: (id) => Effect.andThen(list.remove(id), sync),
    replace: (id, server) => Effect.andThen(list.replace(id, server), clientOf(id)),
    reconcile: (servers) => Effect.tap(list.reconcile(servers), sync)
  }
})

/**
 * Provides the fleet that {@link make} makes, and its `ServerList`, to a member of the cluster.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  options?: Options
): Layer.Layer<Fleet.Fleet | ServerList.ServerList, InvalidServer | FleetUnavailable, ServerEntity.Sharding> =>
  Layer.provideMerge(Layer.effect(Fleet.Fleet, make(options)), ServerList.layer)

/**
 * Lets this runner keep the list of servers, and own their sessions. Each runner needs this layer, with the same store.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerRunner = (
  options: RunnerOptions
): Layer.Layer<never, never, ServerEntity.Sharding | KeyValueStore.KeyValueStore> =>
  ServerEntity.layer(options).pipe(
    Layer.provide(Servers.layerList(options)),
    Layer.provide(ServerList.layer),
    Layer.merge(ServerList.layerKeeper)
  )
