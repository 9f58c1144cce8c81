/**
 * Makes the bans of a `BanBook` hold on servers, after every login, change, crash and move.
 *
 * **Details**
 *
 * On each server it does two things, for as long as its session lasts:
 *
 * - It compares the server's list of bans with the book, after each login, after each change of the book, and every
 *   `checkInterval`: adds missing bans, removes excess rows, and reads the list again, until it agrees. Rows of the book are known by
 *   the mark and the number in their reason. All others are somebody else's, and are left alone; so are orphans, rows with the mark
 *   and a number that the book never had (see `orphans` of `BanPolicy`).
 * - It checks every player by GUID, address and account as soon as these are known, and those who are there already when a ban
 *   is added. It kicks a banned player, with the reason and the remaining time, until the player is gone.
 *
 * It needs no memory: the next step follows from the book, the list and the clock. (Lists of Arma Reforger's own RCON have no
 * reasons. There the store remembers which rows are the book's.)
 *
 * Servers remove bans by their place in the list. If another admin changes the list in the same moment, a removal can hit a ban of
 * somebody else. The next print of the list shows it; the ban is put back, and a warning is logged.
 *
 * **Example** (Three servers, one book)
 *
 * ```ts
 * import { BanBook, BanEnforcement } from "@bercon/operations"
 * import { Layer } from "effect"
 *
 * // With a `Fleet`, and files of the platform, this holds the bans for as long as it is running.
 * const Bans = BanEnforcement.layerFleet({ servers: { event: { enforcement: "Kick" } } }).pipe(
 *   Layer.provideMerge(BanBook.layerFolder("bans"))
 * )
 * ```
 *
 * In a cluster give the layer to `ClusterSingleton.layer` of `@bercon/cluster`: it then runs on one of the runners, and on another
 * one if that runner ends. The book is then `BanBook.layer({ refreshInterval: "5 seconds" })` on a store that all runners share.
 *
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
 * The status of a server, and its id.
 *
 * @category models
 * @since 0.1.0
 */
export interface StatusChange {
  readonly server: string
  readonly status: BanStatus
}

/**
 * The state of the enforcement, which works by itself.
 *
 * @category services
 * @since 0.1.0
 */
export class BanEnforcement extends Context.Service<BanEnforcement, {
  /** How the list of each server compares with the book. */
  readonly status: Effect.Effect<ReadonlyMap<string, BanStatus>>
  /**
   * How the list of each server compares with the book: now, and every change. A subscriber that is 1,024 changes behind
   * loses the oldest. Ends when the enforcement is closed.
   */
  readonly statusChanges: Stream.Stream<StatusChange>
  /**
   * Compares the lists of all servers now, and returns how they are when each has succeeded or failed: `Converged`, `Failing`,
   * or `Waiting` if there is no session. Ids that only policies and bans have are `Absent`.
   */
  readonly check: Effect.Effect<ReadonlyMap<string, BanStatus>>
}>()("@bercon/operations/BanEnforcement") {}

/**
 * How bans are enforced on the servers of a fleet: a policy, and the differences on some servers, by their ids. An id that the
 * fleet does not have is logged as a warning and is `Absent` in the status, because the server may be added later.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends BanPolicy {
  readonly servers?: Readonly<Record<string, BanPolicy>> | undefined
}

/**
 * Enforces the book on every server of the fleet, for as long as the scope is open. Servers that are added or replaced while it is
 * running are enforced, too; those that are removed are let go. Fails if a policy is not valid.
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
 * Enforces the book on the server of one client, for as long as the scope is open. `server` is the id that bans name it by. Fails
 * if the policy is not valid.
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
 * Enforces the book on every server of the fleet, see {@link makeFleet}.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerFleet = (
  options?: Options
): Layer.Layer<BanEnforcement, InvalidPolicy, Fleet.Fleet | BanBook | KeyValueStore.KeyValueStore> =>
  Layer.effect(BanEnforcement, makeFleet(options))

/**
 * Enforces the book on the server of one client, see {@link makeClient}.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerClient = (
  server: string,
  policy?: BanPolicy
): Layer.Layer<BanEnforcement, InvalidPolicy, RconClient.RconClient | BanBook | KeyValueStore.KeyValueStore> =>
  Layer.effect(BanEnforcement, makeClient(server, policy))
