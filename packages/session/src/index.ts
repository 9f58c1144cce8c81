/**
 * One authenticated BattlEye RCON session over datagrams.
 *
 * @since 0.1.0
 */
export * as CommandError from "./CommandError.ts"
export * as LoginFailure from "./LoginFailure.ts"
export * as Message from "./Message.ts"
export * as Metrics from "./Metrics.ts"
export * as Session from "./Session.ts"
export * as SessionMachine from "./SessionMachine.ts"
export * as Status from "./Status.ts"
export * as Transport from "./Transport.ts"
