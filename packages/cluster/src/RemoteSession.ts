/**
 * A `Session` with a game server whose real session is owned by a runner of the cluster.
 *
 * **Details**
 *
 * It implements the ordinary `Session` service, so that the client and the program on top do not change. Differences:
 *
 * - `peer` is the server's id. Errors of the real session contain the server's address.
 * - The status is also `Reconnecting` (before the first login `Connecting`) while the server's runner cannot be reached or has
 *   no session yet.
 * - It belongs to the scope in which it was made. Closing the scope does not close the real session, which ends some time after
 *   its last user has left.
 * - At most 4,096 commands can be pending at once. One more fails with `Overloaded`.
 *
 * **When the session moves** to another runner, because its runner has stopped, died or lost the lock:
 *
 * - `epoch` increases with the login there, and `messages` contains a `Gap` with cause `"Reconnected"`.
 * - A command is sent again within its deadline if it is repeatable, or if the runner reports that it was not sent.
 * - Any other command fails with `SessionLost`, and the next runner does not send it.
 *
 * If only the connection to the runner was lost for a while, the gap's cause is `"Lost"`, and `missed` is unknown.
 *
 * **Example** (The text of a query)
 *
 * ```ts
 * import { RemoteSession } from "@bercon/cluster"
 * import { Session } from "@bercon/session"
 * import { Effect } from "effect"
 *
 * const version = Effect.gen(function*() {
 *   const session = yield* Session.Session
 *   return yield* session.command("version")
 * }).pipe(Effect.provide(RemoteSession.layer("altis")))
 * ```
 *
 * @stability unstable
 * @since 0.1.0
 */
import { InvalidOptions, LoginFailure } from "@bercon/session/LoginFailure"
import { Session } from "@bercon/session/Session"
import { Monotonic } from "@bercon/session/unstable"
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Formatter from "effect/Formatter"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Feed from "./internal/feed.ts"
import { Remote } from "./internal/remote.ts"
import { uniqueName } from "./internal/sharding.ts"
import * as ServerEntity from "./ServerEntity.ts"

/**
 * Options of a remote session.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The time limit for the reply to a command without its own `timeout`. Default 20 seconds. */
  readonly commandTimeout?: Duration.Input | undefined
  /** Maximum number of undelivered messages for each subscriber. If there are more, the oldest are dropped. Default 4,096. */
  readonly messageCapacity?: number | undefined
  /**
   * After this time without a heartbeat the connection to the runner counts as lost. Default 4 seconds, at least 2 seconds.
   * The time that is used is at least twice the `heartbeat` of `ServerEntity`.
   */
  readonly silenceTimeout?: Duration.Input | undefined
  /**
   * The required `generation` of a server in a `ServerList`. The session waits until its runner uses the definition with this
   * generation. Default: any.
   */
  readonly generation?: string | undefined
}

/**
 * Starts a session with the server that has this id, and returns at once.
 *
 * Fails only with reason `InvalidOptions`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const start: (
  id: string,
  options?: Options
) => Effect.Effect<Session["Service"], LoginFailure, ServerEntity.Sharding | Scope.Scope> = Effect.fnUntraced(
  function*(id, options) {
    const commandTimeout = Monotonic.duration(options?.commandTimeout ?? 20_000)
    const silenceTimeout = Monotonic.duration(options?.silenceTimeout ?? 4000)
    const messageCapacity = options?.messageCapacity ?? 4096
    const problem = !(commandTimeout > 0)
      ? `commandTimeout must be a positive duration (got ${Formatter.format(options?.commandTimeout)})`
      : !(silenceTimeout >= 2 * Feed.HEARTBEAT)
      ? `silenceTimeout must be at least 2 seconds (got ${Formatter.format(options?.silenceTimeout)})`
      : !(Number.isInteger(messageCapacity) && messageCapacity > 0)
      ? `messageCapacity must be a positive integer (got ${Formatter.format(messageCapacity)})`
      : undefined
    if (problem !== undefined) return yield* new LoginFailure({ reason: new InvalidOptions({ problem }) })
    const remote = new Remote({
      id,
      generation: options?.generation,
      name: yield* uniqueName,
      entity: (yield* ServerEntity.client)(id),
      commandTimeout,
      silenceTimeout,
      messageCapacity,
      clock: yield* Clock.Clock,
      context: yield* Effect.context()
    })
    yield* Effect.addFinalizer(() => remote.close)
    yield* Effect.forkScoped(remote.follow, { startImmediately: true })
    return remote.service
  }
)

/**
 * Starts a session with the server that has this id, and returns when it is online.
 *
 * Fails if an option is invalid, if the first login fails, or if the runner cannot find a server with this id.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make: (
  id: string,
  options?: Options
) => Effect.Effect<Session["Service"], LoginFailure, ServerEntity.Sharding | Scope.Scope> = Effect.fnUntraced(
  function*(id, options) {
    const session = yield* start(id, options)
    yield* session.online
    return session
  }
)

/**
 * Provides the `Session` that {@link make} makes.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (id: string, options?: Options): Layer.Layer<Session, LoginFailure, ServerEntity.Sharding> =>
  Layer.effect(Session, make(id, options))

/**
 * Provides the `Session` that {@link start} starts. Building it completes at once.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerStart = (id: string, options?: Options): Layer.Layer<Session, LoginFailure, ServerEntity.Sharding> =>
  Layer.effect(Session, start(id, options))
