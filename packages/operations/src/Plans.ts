/**
 * Restart plans and rotas (messages that are announced in turn), and the drivers that carry them out. A driver is the part of a
 * program that carries out all plans and rotas of one server.
 *
 * **Details**
 *
 * Everything that can be computed from the plans and the clock is computed. The rest is in the `KeyValueStore`: plans that were
 * added, calls of `abort` and `postpone`, and the progress of each plan on each server. So a process that starts again
 * continues the work of the last one, on this machine or on another one with the same store, and repeats no announcement.
 *
 * Drivers are fibers in the scope in which they were started, and end with it. A subscriber of `events` that is more than 1,024
 * events behind loses the oldest. A plan for one time (`once`) is kept for a day after that time.
 *
 * Run only one driver for a server at a time, because a `KeyValueStore` has no locks. `abort`, `postpone`, `add` and `remove`
 * can be called in any process. A driver in the same process reacts at once. A driver in another process reacts within
 * `refresh`, and in any case before its next step. A call of `abort` or `postpone` at the moment at which the command is sent
 * can be too late, although the call succeeds.
 *
 * An operation of the store that takes longer than 10 seconds fails with `PlanStoreError`. If it was a write, it may have taken
 * effect nevertheless: look at `list` or `next` before you try again.
 *
 * If no program drives a server that a plan names, a warning is logged once, because the id may be mistyped. It is no error,
 * because the server may be added later.
 *
 * A warning to players is sent at most once. If its datagram is lost, or the process ends while sending it, players do not get
 * this warning, and the next one follows at its time.
 *
 * **Example** (A fleet)
 *
 * ```ts
 * import { Plans } from "@bercon/operations"
 *
 * // `Operations` still needs a fleet and a `KeyValueStore`.
 * const Operations = Plans.layerFleet({
 *   restarts: [{ id: "nightly", at: { cron: "0 4 * * *", timeZone: "Europe/Berlin" } }],
 *   rotas: [{ id: "rules", every: "20 minutes", messages: ["No base raiding at night"] }]
 * })
 * ```
 *
 * @stability unstable
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
  /** The planned time of the restart. */
  readonly occurrence: DateTime.Utc
  /** The time at which it takes place. It differs from `occurrence` if it was postponed. */
  readonly time: DateTime.Utc
  /**
   * `"Restarting"`: the command was sent, or is being sent, and its outcome is not known yet. `"NotDriven"`: no program drives
   * this server, because its id is mistyped, or because it is not in the fleet now.
   */
  readonly state: "Planned" | "Restarting" | "NotDriven"
  /** The warnings that are still to come. `lead`: the time from the warning to the restart. `at`: the time of the warning. */
  readonly warnings: ReadonlyArray<{ readonly lead: Duration.Duration; readonly at: DateTime.Utc }>
}

/**
 * The result of `abort` or `postpone`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Ordered {
  /** The restarts that were aborted, or that were postponed, with their new times. */
  readonly changed: ReadonlyArray<Upcoming>
  /** The servers for which it was too late, because they are restarting already. */
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
 * A new time: a delay after the current time of the restart (`by`), or the new time itself (`to`).
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
   * The plans in force: the plans of this program, those that were added, and those of other programs that drive servers with
   * this store. An added plan for one time is removed by the first `add` that is called a day or more after its restart.
   */
  readonly list: Effect.Effect<ReadonlyArray<RestartPlan.RestartPlan>, PlanStoreError>
  /**
   * Puts a plan in force and stores it: for example, a restart at one time. Warnings that would be too late are left out. Fails
   * with `InvalidPlan` if a value is not allowed or the time is not in the future, and with `DuplicatePlan` if the id is in
   * use, even if the stored plan with this id cannot be read. Such a plan is not in `list`, and is logged as an error.
   */
  readonly add: (
    plan: RestartPlan.Input
  ) => Effect.Effect<RestartPlan.RestartPlan, InvalidPlan | DuplicatePlan | PlanStoreError>
  /**
   * Removes a plan that was added, even if it cannot be read, with all its records. The current step of the plan ends, and no
   * other follows: a server that the plan has locked stays locked, and the outcome of a command that was sent is not reported.
   * To cancel a restart in good order, call `abort` first.
   *
   * The removal is not one operation of the store. If this process ends before all records are removed, or if another process is
   * in a step of the plan, records can stay. They have no effect, and `add` of a plan with the same id removes them.
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
   * Cancels the next occurrence. Later ones take place, except those whose time has come while this one was postponed. A server
   * that was locked for it is unlocked. Nothing is announced, although players may have been warned: use `say` of the client.
   */
  readonly abort: (id: string, options?: OnServers) => Effect.Effect<Ordered, UnknownPlan | PlanStoreError>
  /**
   * Moves the next occurrence to another time. Players are warned again before the new time. Fails with `InvalidPlan` if the
   * new time is not in the future, or not before the year 275760.
   */
  readonly postpone: (
    id: string,
    time: NewTime,
    options?: OnServers
  ) => Effect.Effect<Ordered, UnknownPlan | InvalidPlan | PlanStoreError>

  /**
   * Carries out the plans and rotas on one server. Ends when the client's session is closed, and fails with `LoginFailure` if
   * the session ends for good because of an error. While the store fails, nothing is done except to try the store again.
   */
  readonly drive: (server: string, rcon: RconClient.Service) => Effect.Effect<void, LoginFailure>
  /**
   * Records that a server is no longer driven: a plan for `"all"` servers no longer includes it, and in plans that name it, it
   * is `"NotDriven"`. Call it after the end of `drive` if the server was removed for good. (`driveFleet` calls it for servers
   * that are removed from the fleet.) The progress of plans stays in the store, so no warning is repeated if the server comes
   * back.
   */
  readonly forget: (server: string) => Effect.Effect<void, PlanStoreError>
  /**
   * The events from now on, on the servers that this process drives. A subscriber that is 1,024 events behind loses the oldest.
   * Ends when the scope of the plans is closed.
   */
  readonly events: Stream.Stream<PlanEvent>
}

/**
 * The service of restart plans and rotas.
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
  /** Makes the text of a warning. Each line of it is one announcement. Default: the plan's template (`RestartPlan.textOf`). */
  readonly text?: ((warning: RestartPlan.Warning) => string) | undefined
  /**
   * Runs when a server has been offline for `backWithin` in a restart, and each time that another `backWithin` has passed. It
   * can call a person, or make the host start the server. The plan does not wait for it. Its failures are logged. Default:
   * nothing.
   */
  readonly notBack?: ((event: NotBack) => Effect.Effect<unknown, E, R>) | undefined
  /**
   * The interval at which drivers read the changes of other processes from the store: 1 second to 1 day, otherwise `make` dies
   * with a `RangeError`. Default 30 seconds.
   */
  readonly refresh?: Duration.Input | undefined
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/**
 * Makes plans without a driver: for a command that shows or aborts the restarts of another process, or for a program that calls
 * `drive`.
 *
 * Fails with `InvalidPlan` if a plan or a rota is not valid, or if two plans or two rotas have the same id.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <E = never, R = never>(
  options?: Options<E, R>
): Effect.Effect<Service, InvalidPlan, KeyValueStore | Scope.Scope | R> => makePlans(options ?? {})

/**
 * Carries out the plans in context on every server of the fleet, also on servers that are added later. Ends when the fleet is
 * closed.
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
 * Provides plans, and carries them out on every server of the fleet. In a cluster, give this layer to `ClusterSingleton.layer`
 * of `@bercon/cluster`: it then runs on one runner of the cluster, and on another one if that runner ends.
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
 * Provides plans, and carries them out on one server. `server`: its id, under which the progress of plans is stored.
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
