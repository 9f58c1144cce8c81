/**
 * Bans that hold on every BattlEye server and restarts that are announced.
 *
 * @since 0.1.0
 */

export * as FolderStore from "./FolderStore.ts"

export * as PlanError from "./PlanError.ts"

export * as PlanEvent from "./PlanEvent.ts"

export * as PlanMetrics from "./PlanMetrics.ts"

export * as Plans from "./Plans.ts"

export * as RestartPlan from "./RestartPlan.ts"

export * as Rota from "./Rota.ts"
