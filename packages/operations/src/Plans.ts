/**
 * Restart plans and rotas, and the drivers that carry them out.
 *
 * **Details**
 *
 * Everything that can be computed from the plans and the clock is computed. The rest is in the `KeyValueStore`: plans that were
 * added, orders of operators, and the progress of each plan on each server. So a process that starts again continues the work of
 * the last one, on this machine or on another with the same store, and repeats no announcement.
 *
 * Only one driver at a time may drive a server: the `KeyValueStore` has no locks. `abort`, `postpone`, `add` and `remove` may be
 * called in any process. A driver in the same process follows at once; a driver in another process follows before its next step,
 * and within `refresh`. An order that arrives in the moment of the command can be too late, although it was accepted.
 *
 * A server that a plan names, and that no program drives with this store, is logged as a warning, once: its id may be mistyped. It
 * is no error, because the server may be added later.
 *
 * A warning is sent at most once. If its datagram is lost, or the process ends while it sends, that warning is missing, and the
 * next one follows at its own time.
 *
 * **Example** (A fleet)
 *
 * ```ts
 * import { Plans } from "@bercon/operations"
 *
 * // It still needs a fleet and a `KeyValueStore`.
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
 * The next occurrence of a plan on a server.
 *
 * @category models
 * @since 0.1.0
 */
export interface Upcoming {
  /** The id of the plan. */
  readonly plan: string
  readonly server: string
  /** The time in the calendar. */
  readonly occurrence: DateTime.Utc
  /** The time of the restart: differs from `occurrence` if it was postponed. */
  readonly time: DateTime.Utc
  /**
   * `"Restarting"`: the command was sent, or is being sent, and its outcome is not known yet. `"NotDriven"`: no program drives this
   * server. Its id is mistyped, or it is not in the fleet yet, or not any more.
   */
  readonly state: "Planned" | "Restarting" | "NotDriven"
  /** The warnings that are still to come: how long before the restart, and when. */
  readonly warnings: ReadonlyArray<{ readonly lead: Duration.Duration; readonly at: DateTime.Utc }>
}

/**
 * The result of an order.
 *
 * @category models
 * @since 0.1.0
 */
export interface Ordered {
  /** The restarts that were aborted, or their new times. */
  readonly changed: ReadonlyArray<Upcoming>
  /** The servers on which nothing was changed, because they are restarting already. */
  readonly restarting: ReadonlyArray<string>
}

/**
 * A selection of a plan's servers.
 *
 * @category models
 * @since 0.1.0
 */
export interface OnServers {
  /** Default: all servers of the plan. For a plan of `"all"` servers, these are the servers that are driven. */
  readonly servers?: Iterable<string> | undefined
}

/**
 * A delay, or a new time.
 *
 * @category models
 * @since 0.1.0
 */
export type NewTime = { readonly by: Duration.Input } | { readonly to: DateTime.Utc }

/**
 * The operations of plans. All except `drive` and `events` fail with `PlanStoreError` if the store fails.
 *
 * @category models
 * @since 0.1.0
 */
export interface Service {
  /**
   * The plans in force: those of the program, those that were added, and those of other programs that drive servers with this
   * store. One-off plans are removed by the first `add` a day after their time.
   */
  readonly list: Effect.Effect<ReadonlyArray<RestartPlan.RestartPlan>, PlanStoreError>
  /**
   * Puts a plan in force, and keeps it in the store: a restart at one time, for example. Warnings that are too late by then are
   * left out.
   */
  readonly add: (
    plan: RestartPlan.Input
  ) => Effect.Effect<RestartPlan.RestartPlan, InvalidPlan | DuplicatePlan | PlanStoreError>
  /**
   * Removes a plan that was added, with all records of it. It does nothing more after the step that is under way: a server that it
   * has locked stays locked, and a restart that was commanded is not watched. To prevent a restart, `abort` it first.
   */
  readonly remove: (id: string) => Effect.Effect<void, UnknownPlan | PlanStoreError>

  /** The next occurrence of each plan on each of its servers, the earliest first. */
  readonly next: (
    options?: OnServers & {
      /** Default: all plans. */
      readonly plan?: string | undefined
    }
  ) => Effect.Effect<ReadonlyArray<Upcoming>, UnknownPlan | PlanStoreError>
  /**
   * Cancels the next occurrence. The one after it takes place. A server that was locked for it is unlocked. This is not
   * announced, although players may have been warned.
   */
  readonly abort: (id: string, options?: OnServers) => Effect.Effect<Ordered, UnknownPlan | PlanStoreError>
  /**
   * Moves the next occurrence to another time. Players are warned again, before the new time. Fails with `InvalidPlan` if that is
   * not in the future.
   */
  readonly postpone: (
    id: string,
    time: NewTime,
    options?: OnServers
  ) => Effect.Effect<Ordered, UnknownPlan | InvalidPlan | PlanStoreError>

  /**
   * Carries out the plans and rotas on one server, for as long as it runs. Ends when the client's session is closed, and fails if
   * the session ends for good by itself. While the store fails, it does nothing but retry.
   */
  readonly drive: (server: string, rcon: RconClient.Service) => Effect.Effect<void, LoginFailure>
  /**
   * Records that a server is not driven any more: plans for all servers do not count it, and its other restarts are `"NotDriven"`.
   * Call it after the end of `drive` if the server is gone for good; a fleet does it for servers that are removed. The progress of
   * plans stays in the store: if the server comes back, no warning is repeated.
   */
  readonly forget: (server: string) => Effect.Effect<void, PlanStoreError>
  /**
   * Events from now on, on the servers that this process drives. A subscriber that is 1,024 events behind loses the oldest. Ends
   * when the plans are closed.
   */
  readonly events: Stream.Stream<PlanEvent>
}

/**
 * Restart plans and rotas, and the drivers that carry them out.
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
  /** The restart plans. Default: only those that are added later. */
  readonly restarts?: ReadonlyArray<RestartPlan.Input> | undefined
  /** The rotas. Default: none. */
  readonly rotas?: ReadonlyArray<Rota.Input> | undefined
  /** The text of a warning. Several lines are several announcements. Default: the plan's template (`RestartPlan.textOf`). */
  readonly text?: ((warning: RestartPlan.Warning) => string) | undefined
  /**
   * Runs if a server is not back within the plan's `backWithin`, and again after each such time: it can have the host start the
   * server, or wake somebody. It runs beside the plan. A failure is logged. Default: nothing.
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
 * Plans without a driver: for a command that shows or aborts the restarts of another process, or to call `drive`.
 *
 * Fails with `InvalidPlan` if a plan or a rota is not valid, or two have the same id.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <E = never, R = never>(
  options?: Options<E, R>
): Effect.Effect<Service, InvalidPlan, KeyValueStore | Scope.Scope | R> => makePlans(options ?? {})

/**
 * Drives every server of the fleet, including those that are added later, for as long as it runs.
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
 * Provides plans, and drives every server of the fleet. In a cluster give this layer to `ClusterSingleton.layer` of
 * `@bercon/cluster`: it then runs on one of the runners, and on another one if that runner ends.
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
 * Provides plans, and drives one server. `server`: its id, under which its progress is kept.
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
