/**
 * Enforces the bans of a `BanBook` on servers.
 *
 * **Details**
 *
 * On each server it does two things, for as long as the session with the server lasts:
 *
 * - It compares the server's list of bans with the book: after each login, after each change of the book, and every
 *   `checkInterval`. It adds missing bans, removes excess rows, and reads the list again, until the list agrees with the book.
 * - It checks every player by GUID, address and account as soon as these are known, and the players on the server when a ban is
 *   added. It kicks a banned player, with the reason and the remaining time, until the player is gone.
 *
 * A row of the list belongs to the book if its reason has the mark, and the number of a ban that the book has or has lifted.
 * Two kinds of rows stay: foreign rows, which have no such mark, and orphans, which have the mark and a number that the book has
 * no record of (see `orphans` of `BanPolicy`).
 *
 * A fiber enforces the bans on each server. All of them belong to the scope in which the enforcement was made. A subscriber of
 * the changes of status that is more than 1,024 changes behind loses the oldest.
 *
 * The enforcement stores no state: each step follows from the book, the list and the clock. So a program that starts again
 * continues the work of the last one. (Lists of Arma Reforger's own RCON have no reasons. For these, the store records which
 * rows belong to the book.)
 *
 * Servers remove bans by their place in the list. If another admin changes the list at the same moment, a removal can hit a
 * foreign row. The list shows this when it is read next. Then the ban is added again, and a warning is logged.
 *
 * **Example** (One book for all servers of a fleet)
 *
 * ```ts
 * import { BanBook, BanEnforcement } from "@bercon/operations"
 * import { Layer } from "effect"
 *
 * // It still needs a `Fleet`, and the platform's file system. It enforces the bans for as long as it is running.
 * const Bans = BanEnforcement.layerFleet({ servers: { event: { enforcement: "Kick" } } }).pipe(
 *   Layer.provideMerge(BanBook.layerFolder("bans"))
 * )
 * ```
 *
 * In a cluster, give the layer to `ClusterSingleton.layer` of `@bercon/cluster`. It then runs on one of the runners, the
 * machines of the cluster, and on another one if that runner ends. Give the book a store that all runners share, and a
 * `refreshInterval`, such as 5 seconds.
 *
 * @stability unstable
 * @since 0.1.0
 */
import type * as RconClient from "@bercon/client/RconClient"
import type * as Fleet from "@bercon/fleet/Fleet"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as KeyValueStore from "effect/persistence/KeyValueStore"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { BanBook } from "./BanBook.ts"
import type { BanPolicy, InvalidPolicy } from "./BanPolicy.ts"
import type { BanStatus } from "./BanStatus.ts"
import { makeOnClient, makeOnFleet } from "./internal/bans/makeEnforcement.ts"

/**
 * A new status of the server with this id.
 *
 * @category models
 * @since 0.1.0
 */
export interface StatusChange {
  readonly server: string
  readonly status: BanStatus
}

/**
 * The status of the enforcement, which runs in the background.
 *
 * @category services
 * @since 0.1.0
 */
export class BanEnforcement extends Context.Service<BanEnforcement, {
  /** How the list of each server compares with the book. */
  readonly status: Effect.Effect<ReadonlyMap<string, BanStatus>>
  /**
   * The current status of each server, and then every change of status. A subscriber that is 1,024 changes behind loses the
   * oldest. Ends when the enforcement is closed.
   */
  readonly statusChanges: Stream.Stream<StatusChange>
  /**
   * Compares the lists of all servers with the book now, changes them if necessary, and returns the status of each server:
   * `Converged`, `Failing`, `Waiting` if there is no session, or `Ended`. Ids that only policies and bans name are `Absent`.
   */
  readonly check: Effect.Effect<ReadonlyMap<string, BanStatus>>
}>()("@bercon/operations/BanEnforcement") {}

/**
 * How bans are enforced on the servers of a fleet: a policy for all servers. `servers` has, by id, the options that differ on
 * some of them. An id that the fleet does not have is no error, because the server may be added later. It is logged as a
 * warning, and its status is `Absent`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends BanPolicy {
  readonly servers?: Readonly<Record<string, BanPolicy>> | undefined
}

/**
 * Enforces the book on every server of the fleet, for as long as the scope is open. It follows the fleet when servers are
 * added, replaced or removed. Fails with `InvalidPolicy` if a policy is not valid.
 *
 * @category constructors
 * @since 0.1.0
 */
export const makeFleet: (
  options?: Options
) => Effect.Effect<
  BanEnforcement["Service"],
  InvalidPolicy,
  Fleet.Fleet | BanBook | KeyValueStore.KeyValueStore | Scope.Scope
> = makeOnFleet

/**
 * Enforces the book on the server of one client, for as long as the scope is open. `server` is the id of the server in the
 * book. Fails with `InvalidPolicy` if the policy is not valid.
 *
 * @category constructors
 * @since 0.1.0
 */
export const makeClient: (
  server: string,
  policy?: BanPolicy
) => Effect.Effect<
  BanEnforcement["Service"],
  InvalidPolicy,
  RconClient.RconClient | BanBook | KeyValueStore.KeyValueStore | Scope.Scope
> = makeOnClient

/**
 * Enforces the book on every server of the fleet. See {@link makeFleet}.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerFleet = (
  options?: Options
): Layer.Layer<BanEnforcement, InvalidPolicy, Fleet.Fleet | BanBook | KeyValueStore.KeyValueStore> =>
  Layer.effect(BanEnforcement, makeFleet(options))

/**
 * Enforces the book on the server of one client. See {@link makeClient}.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerClient = (
  server: string,
  policy?: BanPolicy
): Layer.Layer<BanEnforcement, InvalidPolicy, RconClient.RconClient | BanBook | KeyValueStore.KeyValueStore> =>
  Layer.effect(BanEnforcement, makeClient(server, policy))
