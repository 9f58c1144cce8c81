/**
 * Restart plans and rotas, and what makes them true.
 *
 * **Details**
 *
 * Nothing is remembered that can be computed from the plans and the clock. What must be remembered is in the `KeyValueStore`:
 * plans that were added, orders of operators, and how far each plan has got on each server. So a process that starts again goes
 * on where the last one stopped, on this machine or on another with the same store, and says nothing twice.
 *
 * Each server must be driven by one driver at a time: the `KeyValueStore` does not keep two apart. `abort`, `postpone`, `add` and
 * `remove` may come from any process. A driver in this process knows at once; one in another finds out before its next step, and
 * looks every `refresh`.
 *
 * Players are told at most once. A text is sent once: if the datagram is lost, or the process ends while it sends, that warning is
 * missing, and the next one comes at its time.
 *
 * **Example** (A fleet)
 *
 * ```ts
 * import { Plans } from "@bercon/operations"
 *
 * // What is still to be provided is the fleet, and a `KeyValueStore`.
 * const Operations = Plans.layerFleet({
 *   restarts: [{ id: "nightly", at: { cron: "0 4 * * *", timeZone: "Europe/Berlin" } }],
 *   rotas: [{ id: "rules", every: "20 minutes", messages: ["No base raiding at night"] }]
 * })
 * ```
 *
 * @since 0.1.0
 */
import type { LoginFailure } from "@bercon/client/LoginFailure"
import * as RconClient from "@bercon/client/RconClient"
import * as Fleet from "@bercon/fleet/Fleet"
import * as Context from "effect/Context"
import type * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { KeyValueStore } from "effect/persistence/KeyValueStore"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import * as FleetDriver from "./internal/plans/fleetDriver.ts"
import { makePlans } from "./internal/plans/makePlans.ts"
import type { DuplicatePlan, InvalidPlan, PlanStoreError, UnknownPlan } from "./PlanError.ts"
import type { NotBack, PlanEvent } from "./PlanEvent.ts"
import type * as RestartPlan from "./RestartPlan.ts"
import type * as Rota from "./Rota.ts"

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * What comes next of a plan on a server.
 *
 * @category models
 * @since 0.1.0
 */
export interface Upcoming {
  /** The id of the plan. */
  readonly plan: string
  readonly server: string
  /** As the calendar has it. */
  readonly occurrence: DateTime.Utc
  /** When the server restarts: another time than `occurrence` if it was postponed. */
  readonly time: DateTime.Utc
  /** `"Restarting"`: the command was sent, or is being sent, and its end is not known yet. */
  readonly state: "Planned" | "Restarting"
  /** The warnings that are still to be said: how long before, and when. */
  readonly warnings: ReadonlyArray<{ readonly lead: Duration.Duration; readonly at: DateTime.Utc }>
}

/**
 * What an order has changed.
 *
 * @category models
 * @since 0.1.0
 */
export interface Ordered {
  /** What was aborted, or when it takes place now. */
  readonly changed: ReadonlyArray<Upcoming>
  /** Servers on which nothing was changed, since they are restarting already. */
  readonly restarting: ReadonlyArray<string>
}

/**
 * Which servers of a plan are meant.
 *
 * @category models
 * @since 0.1.0
 */
export interface OnServers {
  /** Default: all of the plan's. If these are `"all"`, those that have ever been driven. */
  readonly servers?: Iterable<string> | undefined
}

/**
 * By how much, or to when.
 *
 * @category models
 * @since 0.1.0
 */
export type NewTime = { readonly by: Duration.Input } | { readonly to: DateTime.Utc }

/**
 * What plans offer. All but `drive` and `events` fail with `PlanStoreError` if the store fails.
 *
 * @category models
 * @since 0.1.0
 */
export interface Service {
  /**
   * The plans in force: those of the program, those that were added, and those of other programs that drive servers with this
   * store. One-off plans stay until a day after their time.
   */
  readonly list: Effect.Effect<ReadonlyArray<RestartPlan.RestartPlan>, PlanStoreError>
  /**
   * Puts a plan in force, and keeps it in the store: a restart at one time, for example. A plan that comes late for its own
   * warnings leaves them out.
   */
  readonly add: (
    plan: RestartPlan.Input
  ) => Effect.Effect<RestartPlan.RestartPlan, InvalidPlan | DuplicatePlan | PlanStoreError>
  /**
   * Removes a plan that was added. It does nothing more from now on: a server that it has locked stays locked, and a restart that
   * was commanded is not watched. To prevent a restart, `abort` it first.
   */
  readonly remove: (id: string) => Effect.Effect<void, UnknownPlan | PlanStoreError>

  /** What comes next: of each plan on each of its servers, the earliest first. */
  readonly next: (
    options?: OnServers & {
      /** Default: all plans. */
      readonly plan?: string | undefined
    }
  ) => Effect.Effect<ReadonlyArray<Upcoming>, UnknownPlan | PlanStoreError>
  /**
   * Orders that the next occurrence does not take place. The one after it does. A server that was locked for it is unlocked.
   * Players are not told: they may have been warned.
   */
  readonly abort: (id: string, options?: OnServers) => Effect.Effect<Ordered, UnknownPlan | PlanStoreError>
  /**
   * Orders that the next occurrence takes place at another time. Players are warned anew, before the new time. Fails with
   * `InvalidPlan` if that is not in the future.
   */
  readonly postpone: (
    id: string,
    time: NewTime,
    options?: OnServers
  ) => Effect.Effect<Ordered, UnknownPlan | InvalidPlan | PlanStoreError>

  /**
   * Makes the plans and rotas true on one server, for as long as it runs. Ends when the client's session is closed, and fails if
   * that ends for good by itself. While the store fails nothing is done, and it is tried again.
   */
  readonly drive: (server: string, rcon: RconClient.Service) => Effect.Effect<void, LoginFailure>
  /** What happens, from now on, on the servers that are driven from here. A subscriber that is slow loses the oldest. */
  readonly events: Stream.Stream<PlanEvent>
}

/**
 * Restart plans and rotas, and what makes them true.
 *
 * @category services
 * @since 0.1.0
 */
export class Plans extends Context.Service<Plans, Service>()("@bercon/operations/Plans") {}

/**
 * The plans and rotas of a program.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options<out E = never, out R = never> {
  /** When servers restart. Default: none, but those that are added. */
  readonly restarts?: ReadonlyArray<RestartPlan.Input> | undefined
  /** What is said in turn. Default: none. */
  readonly rotas?: ReadonlyArray<Rota.Input> | undefined
  /** The text of a warning. Several lines are several announcements. Default: the plan's template (`RestartPlan.textOf`). */
  readonly text?: ((warning: RestartPlan.Warning) => string) | undefined
  /**
   * What to do if a server does not come back within the plan's `backWithin`, and each time that this has passed again: have its
   * host start it, wake somebody. It runs beside the plan. A failure is logged. Default: nothing.
   */
  readonly notBack?: ((event: NotBack) => Effect.Effect<unknown, E, R>) | undefined
  /**
   * How often to look for changes by other processes: 1 second to 1 day, otherwise `make` dies with a `RangeError`. Default 30
   * seconds.
   */
  readonly refresh?: Duration.Input | undefined
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/**
 * Plans that nobody drives yet: for a command that shows or aborts what another process drives, or to call `drive`.
 *
 * Fails with `InvalidPlan` if a plan or a rota is not valid, or an id is there twice.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <E = never, R = never>(
  options?: Options<E, R>
): Effect.Effect<Service, InvalidPlan, KeyValueStore | Scope.Scope | R> => makePlans(options ?? {})

/**
 * Drives every server of the fleet, also those that are added later, for as long as it runs.
 *
 * **Example** (Once in a cluster)
 *
 * ```ts
 * import { Plans } from "@bercon/operations"
 * import { Singleton } from "effect/cluster"
 *
 * // On every runner: Effect Cluster runs it on one of them, and on another one if that ends. The fleet's clients are
 * // `ClusterRcon.start` of @bercon/cluster (`Fleet.fromClients`), and the store is `KeyValueStore.layerSql`, say.
 * const Driver = Singleton.make("plans", Plans.driveFleet)
 * ```
 *
 * @category driving
 * @since 0.1.0
 */
export const driveFleet: Effect.Effect<void, never, Plans | Fleet.Fleet> = Effect.gen(function*() {
  const plans = yield* Plans
  yield* FleetDriver.driveFleet(plans, yield* Fleet.Fleet)
})

/**
 * Provides the plans that {@link make} makes.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = <E = never, R = never>(
  options?: Options<E, R>
): Layer.Layer<Plans, InvalidPlan, KeyValueStore | R> => Layer.effect(Plans, make(options))

/**
 * Provides plans, and drives every server of the fleet.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerFleet = <E = never, R = never>(
  options?: Options<E, R>
): Layer.Layer<Plans, InvalidPlan, Fleet.Fleet | KeyValueStore | R> =>
  Layer.effect(
    Plans,
    Effect.gen(function*() {
      const plans = yield* make(options)
      yield* Effect.forkScoped(FleetDriver.driveFleet(plans, yield* Fleet.Fleet))
      return plans
    })
  )

/**
 * Provides plans, and drives one server. `server`: its id, under which is kept what was done.
 *
 * In a cluster this can be in each server's own program, with `ClusterRcon.layerStart(server)` as its client, if that program runs
 * once.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerClient = <E = never, R = never>(
  server: string,
  options?: Options<E, R>
): Layer.Layer<Plans, InvalidPlan, RconClient.RconClient | KeyValueStore | R> =>
  Layer.effect(
    Plans,
    Effect.gen(function*() {
      const plans = yield* make(options)
      yield* Effect.forkScoped(FleetDriver.supervised(plans, server, yield* RconClient.RconClient))
      return plans
    })
  )
