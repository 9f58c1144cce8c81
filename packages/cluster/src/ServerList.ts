/**
 * The list of game servers: data in the cluster, which any member can read, follow and change while programs run.
 *
 * **Details**
 *
 * One entity of the cluster keeps the list. It stores each change in a `KeyValueStore` of Effect before it publishes the
 * change. If its runner dies, another runner takes over. So all runners must share one store, for example that of
 * {@link layerStoreSql} in the database of the cluster. A cluster of one process can use the store in memory of
 * `Embedded.layer`.
 *
 * The list contains ids and settings, but no passwords. Runners find these in their own configuration, with
 * `Servers.layerList`.
 *
 * While no runner can be reached, a member keeps its last known list. If the store was emptied, or
 * if runners have separate stores, another list appears. A member ignores it, logs an error and keeps its servers.
 *
 * The copy of a member belongs to the scope of its layer. The list has at most 4,096 servers.
 *
 * A change is made once, even if the reply with its outcome is lost and other members change the list in the meantime. The list
 * contains the names of its last 100 changes, and a member searches them for the name of its own change.
 *
 * **Example** (Add a server)
 *
 * ```ts
 * import { ServerList } from "@bercon/cluster"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   const list = yield* ServerList.ServerList
 *   yield* list.add("altis", { host: "203.0.113.7", port: 2306 })
 * }).pipe(Effect.provide(ServerList.layer))
 * ```
 *
 * @stability unstable
 * @since 0.1.0
 */
import type { Changes, Servers, ServerSettings } from "@bercon/fleet/Fleet"
import type { DuplicateServer, FleetUnavailable, InvalidServer, UnknownServer } from "@bercon/fleet/FleetError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as KeyValueStore from "effect/persistence/KeyValueStore"
import type * as Scope from "effect/Scope"
import type { SqlClient } from "effect/sql/SqlClient"
import * as Stream from "effect/Stream"
import { builtAgain } from "./internal/builtAgain.ts"
import * as ListChanges from "./internal/listChanges.ts"
import * as ListKeeper from "./internal/listKeeper.ts"
import * as ListMember from "./internal/listMember.ts"
import * as Settings from "./internal/serverSettings.ts"
import type { Sharding } from "./internal/sharding.ts"
import type { ListedServer, Listing } from "./Wire.ts"

/**
 * Servers by id, in their order in the list. `add` puts a server at the end, and `reconcile` sets the order of all.
 *
 * @category models
 * @since 0.1.0
 */
export type Listed = ReadonlyMap<string, ListedServer>

/**
 * The operations on the list. A member makes its changes one after another. An operation fails with `FleetUnavailable` if no
 * runner answers within 20 seconds after the operation's turn has come. The error's `execution` is `"MaybeExecuted"` if the
 * list may have been changed.
 *
 * @category models
 * @since 0.1.0
 */
export interface Service {
  /** The last known servers. Waits for the list if it has not arrived yet. */
  readonly servers: Effect.Effect<Listed, FleetUnavailable>
  /** The current servers, from the runner that keeps the list. `servers` may lack changes that have not reached this member. */
  readonly latest: Effect.Effect<Listed, FleetUnavailable>
  /** The servers as soon as they are known, and after each change. A slow subscriber may miss changes, except the last. */
  readonly changes: Stream.Stream<Listed>
  /** Adds a server. Fails with `InvalidServer` if an option is invalid. */
  readonly add: (
    id: string,
    settings: ServerSettings
  ) => Effect.Effect<void, DuplicateServer | InvalidServer | FleetUnavailable>
  /** Removes a server. Its session is closed. */
  readonly remove: (id: string) => Effect.Effect<void, UnknownServer | FleetUnavailable>
  /**
   * Replaces the settings of a server, and starts a new session even if the settings are equal. The runner reads the password
   * again.
   */
  readonly replace: (
    id: string,
    settings: ServerSettings
  ) => Effect.Effect<void, UnknownServer | InvalidServer | FleetUnavailable>
  /**
   * Makes the list have exactly these servers, in this order, in one change. Servers with equal settings keep their sessions.
   */
  readonly reconcile: (
    servers: Servers<ServerSettings>
  ) => Effect.Effect<Changes, InvalidServer | FleetUnavailable>
  /** As `reconcile`, but only if the list has never been changed. */
  readonly begin: (
    servers: Servers<ServerSettings>
  ) => Effect.Effect<void, InvalidServer | FleetUnavailable>
}

/**
 * The list of game servers in the cluster.
 *
 * @category services
 * @since 0.1.0
 */
export class ServerList extends Context.Service<ServerList, Service>()("@bercon/cluster/ServerList") {}

/**
 * Follows the list in the caller's scope. Returns at once, before the list has arrived.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make: Effect.Effect<Service, never, Sharding | Scope.Scope> = Effect.gen(function*() {
  const { change, changes, current, latest } = yield* ListMember.make
  const listed = ({ servers }: Listing): Listed => new Map(servers.map((server) => [server.id, server]))
  return {
    servers: Effect.map(current, listed),
    latest: Effect.map(latest, listed),
    changes: Stream.map(changes, listed),
    add: (id, server) => Effect.flatMap(Settings.make(id, server), (settings) => change(ListChanges.add(id, settings))),
    remove: (id) => change(ListChanges.remove(id)),
    replace: (id, server) =>
      Effect.flatMap(Settings.make(id, server), (settings) => change(ListChanges.replace(id, settings))),
    reconcile: (servers) =>
      Effect.flatMap(Settings.makeAll(servers), (wanted) => change(ListChanges.reconcile(wanted))),
    begin: Effect.fnUntraced(function*(servers) {
      const wanted = yield* Settings.makeAll(servers)
      // Only a list that was never changed gets these servers. With any other, a member starts even while no change is possible.
      if ((yield* current).revision === 0) yield* change(ListChanges.begin(wanted))
    })
  }
})

/**
 * Provides the list to a member of the cluster: a runner, or a process that only uses the cluster. It does not wait for the
 * list.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<ServerList, never, Sharding> = Layer.effect(ServerList, make)

/**
 * Lets this runner keep the list. Each runner needs this layer, with the same store.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerKeeper: Layer.Layer<never, never, Sharding | KeyValueStore.KeyValueStore> = ListKeeper.layer

/**
 * Provides the store of the list in a SQL database, in a table of key-value pairs that it creates if necessary. All runners can
 * start at once. With `KeyValueStore.layerSql` alone, some of them would die, because Postgres does not let two connections
 * create a table at the same time. Needs a `SqlClient`, of `@effect/sql-pg` for example.
 *
 * **Details**
 *
 * `options` are those of `KeyValueStore.layerSql`. Dies if the table cannot be created.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerStoreSql = (
  options?: KeyValueStore.LayerSqlOptions
): Layer.Layer<KeyValueStore.KeyValueStore, never, SqlClient> => builtAgain(KeyValueStore.layerSql(options))
