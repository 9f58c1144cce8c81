/**
 * One RCON session per game server over many machines, on Effect Cluster.
 *
 * `NodeTransport`, the way to a server over real UDP on Node, has its own entry point, `@bercon/cluster/NodeTransport`.
 *
 * @since 0.1.0
 */
export * as ActionError from "./ActionError.ts"
export * as ClusterFleet from "./ClusterFleet.ts"
export * as ClusterRcon from "./ClusterRcon.ts"
export * as ClusterSingleton from "./ClusterSingleton.ts"
export * as CommandError from "./CommandError.ts"
export * as Embedded from "./Embedded.ts"
export * as Fleet from "./Fleet.ts"
export * as FleetError from "./FleetError.ts"
export * as LoginFailure from "./LoginFailure.ts"
export * as Player from "./Player.ts"
export * as RconClient from "./RconClient.ts"
export * as RemoteSession from "./RemoteSession.ts"
export * as ReplyError from "./ReplyError.ts"
export * as RunnerWatch from "./RunnerWatch.ts"
export * as ServerEntity from "./ServerEntity.ts"
export * as ServerEvent from "./ServerEvent.ts"
export * as ServerList from "./ServerList.ts"
export * as Servers from "./Servers.ts"
export * as ShardLocks from "./ShardLocks.ts"
export * as Status from "./Status.ts"
export * as Transport from "./Transport.ts"
export * as Wire from "./Wire.ts"
