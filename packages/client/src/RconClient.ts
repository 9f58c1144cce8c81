/**
 * The client of an administrator: commands, events and the roster of one server.
 *
 * A client belongs to the scope in which it was made. {@link make} and {@link start} also open a session for it, and
 * close that session with the scope. {@link fromSession} uses an existing session and does not close it. A session logs
 * in again after an outage. All background fibers of a client live in its scope and end with it.
 *
 * Memory is bounded: the client keeps at most 1,024 players, `messageCapacity` events for each subscriber, and with
 * `banInterval` the last list of bans and up to 10,000 earlier rows. Its session has bounds of its own.
 *
 * **Example** (Answering every chat message)
 *
 * ```ts
 * import { RconClient, ServerEvent } from "@bercon/client"
 * import { Effect, Stream } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   const rcon = yield* RconClient.RconClient
 *   const players = yield* rcon.players
 *   yield* rcon.say(`${players.length} players are here`)
 *   yield* rcon.events.pipe(
 *     Stream.filter(ServerEvent.is("PlayerChat")),
 *     Stream.runForEach((chat) => rcon.whisper(chat.player.id, "hello"))
 *   )
 * })
 * ```
 *
 * @stability stable
 * @since 0.1.0
 */
import type { LoginFailure } from "@bercon/session/LoginFailure"
import * as Session from "@bercon/session/Session"
import type { Status } from "@bercon/session/Status"
import type { Transport } from "@bercon/session/Transport"
import type * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { AdminId } from "./Admin.ts"
import type { CommandError } from "./CommandError.ts"
import type { Commands } from "./Commands.ts"
import type { Flavour, ReplyWindow } from "./Flavour.ts"
import { makeClient } from "./internal/makeClient.ts"
import * as Settings from "./internal/settings.ts"
import type { Roster } from "./Roster.ts"
import type * as ServerEvent from "./ServerEvent.ts"

/** The type of the events with this tag. */
type EventOf<T extends ServerEvent.Tag> = Extract<ServerEvent.ServerEvent, { readonly _tag: T }>

/**
 * Options of `waitFor` of {@link RconClient}.
 *
 * @category models
 * @since 0.1.0
 */
export interface WaitOptions<in Event, out E = never, out R = never> {
  /** Returns whether an event of the kind is the awaited one. Default: the first event of the kind is. */
  readonly where?: ((event: Event) => boolean) | undefined
  /** Maximum time to wait, counted from the end of `trigger`. Default: no limit. */
  readonly timeout?: Duration.Input | undefined
  /** An effect that runs after the wait has begun, such as the command that causes the event. Default: nothing. */
  readonly trigger?: Effect.Effect<unknown, E, R> | undefined
}

/**
 * The service: a client of one server, with its {@link Commands} and events.
 *
 * @category services
 * @since 0.1.0
 */
export class RconClient extends Context.Service<RconClient, Service>()("@bercon/client/RconClient") {}

/**
 * The methods of a client.
 *
 * @category models
 * @since 0.1.0
 */
export interface Service extends Commands {
  /**
   * The events of the server from the subscription on, in the server's order. The exception is an event that arrives
   * late: it follows the `Gap` in which it was counted. Every subscriber gets all events. A subscriber that is too slow
   * loses its oldest events and finds a `Gap` in their place. The stream ends when the session's owner closes it, and
   * fails if the session ends by itself, for example because the server refuses a later login.
   *
   * The speaker of a chat message is looked up in the roster.
   */
  readonly events: Stream.Stream<ServerEvent.ServerEvent, LoginFailure>
  /**
   * Runs a handler for every event of a kind, from now on until the scope closes. Handlers run one after the other, or
   * up to `concurrency` at once. A handler that fails or dies is logged as an error, and stops neither the next event
   * nor other handlers. A handler that falls more than `messageCapacity` events (of all kinds) behind loses the oldest.
   * That is counted, and logged as a warning.
   *
   * The fiber ends when `events` ends; interrupting it removes the handler. Dies with a `RangeError` if `concurrency`
   * is invalid.
   */
  readonly on: <const T extends ServerEvent.Tag, E, R>(
    tag: T,
    handler: (event: EventOf<T>) => Effect.Effect<unknown, E, R>,
    options?: {
      /** Maximum number of events that are handled at once: at least 1, or `"unbounded"`. Default 1. */
      readonly concurrency?: number | "unbounded" | undefined
    }
  ) => Effect.Effect<Fiber.Fiber<void, LoginFailure>, never, R | Scope.Scope>
  /**
   * Waits for the first event of a kind. The wait begins before `trigger` runs, so an event caused by `trigger` is not
   * missed. If the wait is forked with `startImmediately`, no event after the fork is missed.
   *
   * Fails with `TimeoutError` after `timeout`, with the failure of `trigger` or `events`, and with `NoSuchElementError`
   * if the session's owner closes the session first.
   *
   * **Example** (An event that a command causes)
   *
   * ```ts
   * import type { Player } from "@bercon/client"
   * import { RconClient } from "@bercon/client"
   * import { Effect } from "effect"
   *
   * const kick = Effect.fn(function*(player: Player.Player) {
   *   const rcon = yield* RconClient.RconClient
   *   const kicked = yield* rcon.waitFor("PlayerKicked", {
   *     where: (event) => event.player.id === player.id,
   *     timeout: "5 seconds",
   *     trigger: rcon.kick(player.id, "be nice")
   *   })
   *   return kicked.guid
   * })
   * ```
   */
  readonly waitFor: <const T extends ServerEvent.Tag, E = never, R = never>(
    tag: T,
    options?: WaitOptions<EventOf<T>, E, R>
  ) => Effect.Effect<EventOf<T>, LoginFailure | Cause.TimeoutError | Cause.NoSuchElementError | E, R>
  /** The players on the server, kept up to date. */
  readonly roster: Roster
  /** The server's flavour. With the option `"auto"` it waits until the flavour is determined, as commands do. */
  readonly flavour: Effect.Effect<Flavour, CommandError>
  /**
   * This client's admin number. The server sends it right after each login. `None` before that, and if the message was
   * lost.
   */
  readonly adminId: Effect.Effect<Option.Option<AdminId>>
  /**
   * Number of logins so far, 0 before the first. It is the value for the option `epoch` of a command that is valid only
   * until the next login. Read it before the data from which the command is built.
   */
  readonly epoch: Effect.Effect<number>
  /** The current status of the session. */
  readonly status: Effect.Effect<Status>
  /**
   * The current status of the session, then every change. Ends after `Closed`. A subscriber that is more than 64 changes
   * behind loses the oldest ones.
   */
  readonly statusChanges: Stream.Stream<Status>
  /**
   * Waits for the end of the session, or of this client if that comes first. Succeeds if either is closed by its owner.
   * Fails if the session ends by itself, for example because the server refuses a login. As the last step of a bot that
   * only has handlers, it ends the program with that failure.
   *
   * **Example** (A bot that ends if its session does)
   *
   * ```ts
   * import { RconClient } from "@bercon/client"
   * import { Effect, Layer } from "effect"
   *
   * const bot = Effect.gen(function*() {
   *   const rcon = yield* RconClient.RconClient
   *   yield* rcon.on("PlayerConnected", ({ player }) => rcon.say(`${player.name} is joining`))
   *   yield* rcon.closed
   * })
   *
   * // `Layer.launch` of this, with a client provided, runs until the session ends.
   * const Bot = Layer.effectDiscard(bot)
   * ```
   */
  readonly closed: Effect.Effect<void, LoginFailure>
}

/**
 * Options of a client on an existing session.
 *
 * @category models
 * @since 0.1.0
 */
export interface ClientOptions extends Pick<Session.Options, "messageCapacity" | "commandTimeout"> {
  /**
   * The server's flavour. Default `"auto"`: it is determined after each login from the server's greeting or its reply
   * to `players`, whichever comes first. Commands wait until it is determined, at most for their timeout.
   */
  readonly flavour?: Flavour | "auto" | undefined
  /**
   * Time between two readings of the list of players: at least 1 second, default 25 seconds. The list is also read
   * after each login, after each gap, and if an event contradicts the roster; with an infinite interval only then. If
   * the interval is shorter than the session's `keepaliveInterval`, no keepalives are needed.
   */
  readonly rosterInterval?: Duration.Input | undefined
  /**
   * Time between two readings of the list of bans, whose changes are published as `BanAdded`, `BanRemoved` and
   * `BanExpired`. At least 1 second. Default `"never"`, because a list can have 255 KiB.
   */
  readonly banInterval?: Duration.Input | "never" | undefined
  /** Times to wait for the output of a command on Arma Reforger's own RCON. */
  readonly replyWindow?: ReplyWindow | undefined
}

/**
 * Options of a client and its session.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends Session.Options, ClientOptions {}

/**
 * Implements `on` and `waitFor` for a stream of events. Use it to implement the service yourself, as mocks do.
 *
 * @category constructors
 * @since 0.1.0
 */
export { listeners } from "./internal/listeners.ts"

/**
 * Makes a client on the session in the context. The client lives until the scope closes.
 *
 * **Details**
 *
 * The client differs from one made by {@link make} in one way: it does not own the session. So it does not log out of
 * Arma Reforger's own RCON when its scope closes. That RCON then detects the end of the session only after 45 seconds.
 *
 * Fails only with `InvalidOptions`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromSession = (
  options?: ClientOptions
): Effect.Effect<RconClient["Service"], LoginFailure, Session.Session | Scope.Scope> =>
  Effect.map(makeClient(options), ({ client }) => client)

const withOwnSession = Effect.fnUntraced(function*(options: Options) {
  // Validate the options before anything is sent.
  yield* Settings.make(options)
  const session = yield* Session.start(options)
  // Subscribe before the login, because the server's first message contains this client's admin number.
  const { client, logout } = yield* Effect.provideService(makeClient(options), Session.Session, session)
  yield* Effect.addFinalizer(() => logout)
  return { client, session }
})

/**
 * Starts the login and returns the client at once. Commands wait for the login, at most for their timeout. If the login
 * fails, `status` and `events` show the reason, and commands fail with `SessionClosed`.
 *
 * Fails only with `InvalidOptions`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const start = (
  options: Options
): Effect.Effect<RconClient["Service"], LoginFailure, Transport | Scope.Scope> =>
  Effect.map(withOwnSession(options), ({ client }) => client)

/**
 * Logs in and returns the client. The client logs in again after an outage, until the scope closes. Use `make` instead
 * of {@link layer} for several servers in one program.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (
  options: Options
): Effect.Effect<RconClient["Service"], LoginFailure, Transport | Scope.Scope> =>
  Effect.flatMap(withOwnSession(options), ({ client, session }) => Effect.as(session.online, client))

/**
 * Provides the client that {@link make} returns. The layer is built after the first login.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options): Layer.Layer<RconClient, LoginFailure, Transport> =>
  Layer.effect(RconClient, make(options))

/**
 * Provides the client that {@link start} returns. The layer is built at once.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerStart = (options: Options): Layer.Layer<RconClient, LoginFailure, Transport> =>
  Layer.effect(RconClient, start(options))

/**
 * Provides a client on the session in the context, see {@link fromSession}.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerFromSession = (options?: ClientOptions): Layer.Layer<RconClient, LoginFailure, Session.Session> =>
  Layer.effect(RconClient, fromSession(options))
