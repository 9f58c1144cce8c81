/**
 * Makes the bans of a `BanBook` hold on servers, after every login, change, crash and move.
 *
 * **Details**
 *
 * On each server it does two things, for as long as its session lasts:
 *
 * - It compares the server's list of bans with the book, after each login, after each change of the book, and every
 *   `checkInterval`: adds what is missing, removes what is too much, and reads the list again, until it agrees. Rows of the book are
 *   known by the mark in their reason. All others are somebody else's, and are left alone.
 * - It checks every player by GUID, address and account as soon as these are known, and those who are there already when a ban
 *   is added. Who is banned is kicked, with the reason and the remaining time, until the player is gone.
 *
 * Nothing of it is remembered: what is to be done follows from the book, the list and the clock. (Lists of Arma Reforger's own RCON
 * have no reasons. There the book remembers in the store what it has put in.)
 *
 * Servers remove bans by their place in the list. If another admin changes the list in the same moment, a removal can hit a ban of
 * somebody else. The book sees that in the next print of the list, puts the ban back and logs a warning.
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
 * **Example** (Once in a cluster)
 *
 * ```ts
 * import { BanBook, BanEnforcement } from "@bercon/operations"
 * import { Layer } from "effect"
 * import { Singleton } from "effect/cluster"
 *
 * // On every runner: Effect Cluster runs it on one of them, and on another one if that ends. The fleet is the cluster's own
 * // (`ClusterFleet` of @bercon/cluster), the store `KeyValueStore.layerSql`. Other programs on that store may change the book.
 * const Bans = BanEnforcement.layerFleet().pipe(
 *   Layer.provide(BanBook.layer({ refreshInterval: "5 seconds" }))
 * )
 * const Enforcement = Singleton.make("bans", Layer.launch(Bans))
 * ```
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
 * What the enforcement offers. It works by itself; this is to watch it.
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
   * or `Waiting` if there is no session.
   */
  readonly check: Effect.Effect<ReadonlyMap<string, BanStatus>>
}>()("@bercon/operations/BanEnforcement") {}

/**
 * How bans are enforced on the servers of a fleet: a policy, and what is different on some servers, by their ids.
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
