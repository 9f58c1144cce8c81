/**
 * The ordinary `Fleet` on sessions that are anywhere in the cluster.
 *
 * **Details**
 *
 * A program that was written for a fleet in one process runs on many machines with another layer. Each process that provides
 * `ClusterFleet.layer` is a member: all members have the same servers, those in the cluster's `ServerList`, and use the same
 * session of each. What differs from a fleet in one process:
 *
 * - `add`, `remove`, `replace` and `reconcile` change the list, and with it the fleets of all members. They fail with
 *   `FleetUnavailable` if no runner has answered within 20 seconds. They can be interrupted; the list then may have changed.
 * - The password that a server is added with is not used, and goes nowhere. Runners find it in their own configuration, by the
 *   server's id. With `replace` they look it up again.
 * - Settings must be data: durations come back as `Duration`s.
 * - If the runners cannot be reached, the fleet has the servers that it last knew, with status `Reconnecting`.
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
  /** The servers to begin with. They count only if the list of the cluster has never been changed. Default: none. */
  readonly servers?: Readonly<Record<string, Fleet.ServerSettings>> | undefined
}

/**
 * Options of a runner.
 *
 * @category models
 * @since 0.1.0
 */
export interface RunnerOptions extends Servers.ListOptions, ServerEntity.Options {}

/** A server of the fleet of this member. */
interface Member extends Fleet.ServerSettings {
  readonly generation: string
}

const memberOf = ({ generation, settings }: ListedServer): Member => ({ ...settings, generation })

/**
 * A fleet of the servers in the cluster's list, in the caller's scope. It is ready when the list has arrived; clients are
 * started, not logged in.
 *
 * Fails with `InvalidServer` if an option of a server is not valid, and with `FleetUnavailable` if the list has not arrived in
 * 20 seconds.
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
    // Two clients of a server never meet in it: its sessions follow one another on their runner.
    start: (server, id) =>
      Effect.provideContext(ClusterRcon.start(id, { ...server, silenceTimeout: undefined }), cluster)
  })

  const takeOver = (servers: Readonly<Record<string, Member>>): Effect.Effect<void> =>
    Effect.catch(local.reconcile(servers), ({ id, message }) =>
      // Another release of this package has put it into the list.
      Effect.andThen(
        Effect.logError(`the fleet is without a server that this member cannot use: ${message}`),
        takeOver(Struct.omit(servers, [id]))
      ))
  /** Makes the fleet have the servers of the list as it is known now. */
  const sync = lock.withPermit(
    Effect.flatMap(
      list.servers,
      (listed) => takeOver(Object.fromEntries(Array.from(listed, ([id, server]) => [id, memberOf(server)])))
    )
  )

  yield* sync
  yield* list.changes.pipe(
    Stream.runForEach(() => sync),
    Effect.tapCause((cause) => Effect.logError("the fleet does not follow the list of servers any more", cause)),
    Effect.forkScoped
  )

  /** The client of a server that has been put into the list. */
  const clientOf = (id: string) =>
    Effect.andThen(
      sync,
      Effect.mapError(local.get(id), () =>
        new InvalidServer({ id, problem: "another member of the cluster has removed it meanwhile" }))
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
 * Provides the fleet that {@link make} makes, and the list that it is of, to a member of the cluster.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  options?: Options
): Layer.Layer<Fleet.Fleet | ServerList.ServerList, InvalidServer | FleetUnavailable, ServerEntity.Sharding> =>
  Layer.provideMerge(Layer.effect(Fleet.Fleet, make(options)), ServerList.layer)

/**
 * Makes this runner one that keeps the list of servers and has their sessions. Each runner needs it, with the same store.
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
