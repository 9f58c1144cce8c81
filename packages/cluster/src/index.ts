/**
 * One RCON session per game server over many machines, on Effect Cluster.
 *
 * @since 0.1.0
 */
export * as ClusterRcon from "./ClusterRcon.ts"
export * as RemoteSession from "./RemoteSession.ts"
export * as RunnerWatch from "./RunnerWatch.ts"
export * as ServerEntity from "./ServerEntity.ts"
export * as Servers from "./Servers.ts"
export * as ShardLocks from "./ShardLocks.ts"
export * as Wire from "./Wire.ts"
