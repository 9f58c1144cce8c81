/**
 * The ordinary `RconClient`, on a session that any runner of the cluster may own.
 *
 * The client belongs to the scope of its layer. Closing the scope does not close the session, which a runner owns and ends some
 * time after its last use. The bounds are those of `RconClient` and `RemoteSession`.
 *
 * **Example** (The same bot as in one process, with another layer)
 *
 * ```ts
 * import { RconClient } from "@bercon/client"
 * import { ClusterRcon } from "@bercon/cluster"
 * import { Effect } from "effect"
 *
 * const bot = Effect.gen(function*() {
 *   const rcon = yield* RconClient.RconClient
 *   yield* rcon.on("PlayerConnected", ({ player }) => rcon.say(`welcome, ${player.name}`))
 *   yield* rcon.closed
 * })
 *
 * // It still needs the cluster, `NodeClusterSocket.layer` of `@effect/platform-node` for example.
 * const program = bot.pipe(Effect.scoped, Effect.provide(ClusterRcon.layer("altis-1")))
 * ```
 *
 * @stability unstable
 * @since 0.1.0
 */
import * as RconClient from "@bercon/client/RconClient"
import type { LoginFailure } from "@bercon/session/LoginFailure"
import { Session } from "@bercon/session/Session"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as RemoteSession from "./RemoteSession.ts"
import type { Sharding } from "./ServerEntity.ts"

/**
 * Options of a client in the cluster. Runners have the options of the login, see `Servers`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends RconClient.ClientOptions, RemoteSession.Options {}

const onSession = (
  session: Effect.Effect<Session["Service"], LoginFailure, Sharding | Scope.Scope>,
  options: Options | undefined
) => Effect.provideServiceEffect(RconClient.fromSession(options), Session, session)

/**
 * Makes a client of the server with this id, in the caller's scope. Returns when the server's session is online.
 *
 * Fails if an option is invalid, if the first login fails, or if the runner cannot find a server with this id.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (
  id: string,
  options?: Options
): Effect.Effect<RconClient.RconClient["Service"], LoginFailure, Sharding | Scope.Scope> =>
  onSession(RemoteSession.make(id, options), options)

/**
 * As {@link make}, but returns at once. Fails only with reason `InvalidOptions`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const start = (
  id: string,
  options?: Options
): Effect.Effect<RconClient.RconClient["Service"], LoginFailure, Sharding | Scope.Scope> =>
  onSession(RemoteSession.start(id, options), options)

/**
 * Provides the client of the server with this id. Building it completes when the server's session is online.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  id: string,
  options?: Options
): Layer.Layer<RconClient.RconClient, LoginFailure, Sharding> => Layer.effect(RconClient.RconClient, make(id, options))

/**
 * As {@link layer}, but building it completes at once.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerStart = (
  id: string,
  options?: Options
): Layer.Layer<RconClient.RconClient, LoginFailure, Sharding> => Layer.effect(RconClient.RconClient, start(id, options))
