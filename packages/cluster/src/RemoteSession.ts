/**
 * A `Session` with a game server whose real session is somewhere in the cluster.
 *
 * **Details**
 *
 * It is a `Session` as any other, so that the client on it, and the program on that, do not change. What differs:
 *
 * - `peer` is the server's id. Errors of the real session name its address.
 * - The status is `Reconnecting` also while the runner with the session cannot be reached, or has none yet.
 * - Closing it closes nothing but itself. The real session ends when nobody has used it for a while.
 *
 * **When the session moves** to another runner, because its own has ended, died or lost the lock:
 *
 * - `epoch` goes up with the login there, and `messages` has a `Gap` with cause `"Reconnected"`.
 * - Commands that are repeatable are asked again within their deadline, those that were not sent, too.
 * - Others fail with `SessionLost`. They are given to one activation of the entity and are not sent by another.
 *
 * If only the connection to the runner was lost for a while, the gap's cause is `"Lost"`, with `missed` unknown.
 *
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
  /** How long a command waits for its reply unless it says otherwise. Default 20 seconds. */
  readonly commandTimeout?: Duration.Input | undefined
  /** How many messages a slow subscriber may be behind before it loses its oldest. Default 4,096. */
  readonly messageCapacity?: number | undefined
  /**
   * How long the runner may be silent before it counts as lost. Default 4 seconds; at least 2, and at least two signs of life,
   * see `heartbeat` of `ServerEntity`.
   */
  readonly silenceTimeout?: Duration.Input | undefined
  /**
   * Which definition of the server the session must be of, if servers are defined in a `ServerList`: it waits until the runner
   * has taken over that one. Default: any.
   */
  readonly generation?: string | undefined
}

/**
 * Begins a session with the server that has this id, and returns at once.
 *
 * Fails only with `InvalidOptions`.
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
 * Begins a session with the server that has this id, and returns it once it is online.
 *
 * Fails if the server refuses the password, and if no runner has a server with this id.
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
 * Provides the `Session` that {@link start} begins. The layer is built at once.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerStart = (id: string, options?: Options): Layer.Layer<Session, LoginFailure, ServerEntity.Sharding> =>
  Layer.effect(Session, start(id, options))
