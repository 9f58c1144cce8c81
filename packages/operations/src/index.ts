/**
 * Bans that are enforced on all BattlEye servers of a community, and restarts that are announced to players.
 *
 * @since 0.1.0
 */
export * as Ban from "./Ban.ts"
export * as BanBook from "./BanBook.ts"
export * as BanBookError from "./BanBookError.ts"
export * as BanEnforcement from "./BanEnforcement.ts"
export * as BanEntry from "./BanEntry.ts"
export * as BanMetrics from "./BanMetrics.ts"
export * as BanPolicy from "./BanPolicy.ts"
export * as BansFile from "./BansFile.ts"
export * as BanStatus from "./BanStatus.ts"
export * as BanSync from "./BanSync.ts"
export * as BanSyncError from "./BanSyncError.ts"
export * as FolderStore from "./FolderStore.ts"
export * as Guid from "./Guid.ts"
export * as PlanError from "./PlanError.ts"
export * as PlanEvent from "./PlanEvent.ts"
export * as PlanMetrics from "./PlanMetrics.ts"
export * as Plans from "./Plans.ts"
export * as RestartPlan from "./RestartPlan.ts"
export * as Rota from "./Rota.ts"
