/**
 * Clients of many servers in one process.
 *
 * `NodeFleet`, a fleet over real UDP on Node, has its own entry point, `@bercon/fleet/NodeFleet`.
 *
 * @since 0.1.0
 */
export * as ActionError from "./ActionError.ts"
export * as CommandError from "./CommandError.ts"
export * as Fleet from "./Fleet.ts"
export * as FleetError from "./FleetError.ts"
export * as LoginFailure from "./LoginFailure.ts"
export * as Player from "./Player.ts"
export * as RconClient from "./RconClient.ts"
export * as ReplyError from "./ReplyError.ts"
export * as ServerEvent from "./ServerEvent.ts"
export * as Status from "./Status.ts"
export * as Transport from "./Transport.ts"
