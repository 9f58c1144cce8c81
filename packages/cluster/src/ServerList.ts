/**
 * The list of game servers: data in the cluster, which any member reads, follows and changes while programs run.
 *
 * **Details**
 *
 * One entity of the cluster keeps the list and stores it in a `KeyValueStore` of Effect's before anybody is told of a change. If
 * its runner dies it goes on at another one. So all runners must share one store: `KeyValueStore.layerSql()` over the database
 * of the cluster, say. In a cluster of one process it can be one in memory, as `Embedded.layer` has it.
 *
 * The list has ids and settings, and no passwords: runners find those in their own configuration, with `Servers.layerList`.
 *
 * A member keeps the list as it last knew it while no runner can be reached. It does not take over a list that has begun anew
 * (a store that was emptied, or that each runner has its own of): it logs that, and keeps its servers.
 *
 * **Example** (A server more)
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
 * @since 0.1.0
 */
import type { Changes, ServerSettings } from "@bercon/fleet/Fleet"
import type { DuplicateServer, FleetUnavailable, InvalidServer, UnknownServer } from "@bercon/fleet/FleetError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as KeyValueStore from "effect/persistence/KeyValueStore"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as ListChanges from "./internal/listChanges.ts"
import * as ListKeeper from "./internal/listKeeper.ts"
import * as ListMember from "./internal/listMember.ts"
import * as Settings from "./internal/serverSettings.ts"
import type { Sharding } from "./internal/sharding.ts"
import type { ListedServer, Listing } from "./Wire.ts"

/**
 * Servers by id, in the order in which they were added.
 *
 * @category models
 * @since 0.1.0
 */
export type Listed = ReadonlyMap<string, ListedServer>

/**
 * What the list offers. Everything fails with `FleetUnavailable` if no runner has answered in time.
 *
 * @category models
 * @since 0.1.0
 */
export interface Service {
  /** The servers as they were last known. Waits for the list if it has not arrived yet. */
  readonly servers: Effect.Effect<Listed, FleetUnavailable>
  /** The servers, as soon as they are known, and again after each change. A slow subscriber may miss a change, not the last. */
  readonly changes: Stream.Stream<Listed>
  /** Adds a server. An option that cannot be used fails with `InvalidServer`. */
  readonly add: (
    id: string,
    settings: ServerSettings
  ) => Effect.Effect<void, DuplicateServer | InvalidServer | FleetUnavailable>
  /** Removes a server: its session is closed. */
  readonly remove: (id: string) => Effect.Effect<void, UnknownServer | FleetUnavailable>
  /**
   * Changes the settings of a server, and has another session begin with it, also if they are the same. Its password is read
   * anew.
   */
  readonly replace: (
    id: string,
    settings: ServerSettings
  ) => Effect.Effect<void, UnknownServer | InvalidServer | FleetUnavailable>
  /** Makes the list have exactly these servers, in one change. Servers with equal settings are not touched. */
  readonly reconcile: (
    servers: Readonly<Record<string, ServerSettings>>
  ) => Effect.Effect<Changes, InvalidServer | FleetUnavailable>
  /** As `reconcile`, but only if the list has never been changed. */
  readonly begin: (
    servers: Readonly<Record<string, ServerSettings>>
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
 * Follows the list, in the caller's scope. It does not wait for it. A look at the list, or a change, may take 20 seconds.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make: Effect.Effect<Service, never, Sharding | Scope.Scope> = Effect.gen(function*() {
  const { change, changes, current } = yield* ListMember.make
  const listed = ({ servers }: Listing): Listed => new Map(servers.map((server) => [server.id, server]))
  return {
    servers: Effect.map(current, listed),
    changes: Stream.map(changes, listed),
    add: (id, server) => Effect.flatMap(Settings.make(id, server), (settings) => change(ListChanges.add(id, settings))),
    remove: (id) => change(ListChanges.remove(id)),
    replace: (id, server) =>
      Effect.flatMap(Settings.make(id, server), (settings) => change(ListChanges.replace(id, settings))),
    reconcile: (servers) =>
      Effect.flatMap(Settings.makeAll(servers), (wanted) => change(ListChanges.reconcile(wanted))),
    begin: (servers) => Effect.flatMap(Settings.makeAll(servers), (wanted) => change(ListChanges.begin(wanted)))
  }
})

/**
 * Provides the list to a member of the cluster, a runner or one that only uses the cluster. It does not wait for the list.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<ServerList, never, Sharding> = Layer.effect(ServerList, make)

/**
 * Makes this runner one that can keep the list. Each runner needs it, and the same store.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerKeeper: Layer.Layer<never, never, Sharding | KeyValueStore.KeyValueStore> = ListKeeper.layer
