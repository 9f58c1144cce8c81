/**
 * A client for administrators of BattlEye servers.
 *
 * `NodeRcon`, the client over real UDP on Node, has a separate entry point: `@bercon/client/NodeRcon`.
 *
 * @since 0.1.0
 */
export * as ActionError from "./ActionError.ts"
export * as Address from "./Address.ts"
export * as Admin from "./Admin.ts"
export * as Ban from "./Ban.ts"
export * as CommandError from "./CommandError.ts"
export * as Commands from "./Commands.ts"
export * as Flavour from "./Flavour.ts"
export * as Guid from "./Guid.ts"
export * as Identity from "./Identity.ts"
export * as KickReason from "./KickReason.ts"
export * as LoginFailure from "./LoginFailure.ts"
export * as Metrics from "./Metrics.ts"
export * as Player from "./Player.ts"
export * as RconClient from "./RconClient.ts"
export * as ReplyError from "./ReplyError.ts"
export * as Roster from "./Roster.ts"
export * as ServerEvent from "./ServerEvent.ts"
export * as Session from "./Session.ts"
export * as Status from "./Status.ts"
export * as Table from "./Table.ts"
export * as Transport from "./Transport.ts"
export * as Version from "./Version.ts"
