/**
 * What an administrator of a BattlEye server does and sees.
 *
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

/** The event with a tag. */
type EventOf<T extends ServerEvent.Tag> = Extract<ServerEvent.ServerEvent, { readonly _tag: T }>

/**
 * What to wait for, see `waitFor` of {@link RconClient}.
 *
 * @category models
 * @since 0.1.0
 */
export interface WaitOptions<in Event, out E = never, out R = never> {
  /** Which of the events it must be. Default: any. */
  readonly where?: ((event: Event) => boolean) | undefined
  /** How long to wait, from when `trigger` is through. Default: for ever. */
  readonly timeout?: Duration.Input | undefined
  /** What to do once the wait has begun, say the command that is to set the event off. Default: nothing. */
  readonly trigger?: Effect.Effect<unknown, E, R> | undefined
}

/**
 * A client logged in to one server: its {@link Commands}, and what happens there.
 *
 * **Example** (Greeting whoever speaks)
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
 * @category services
 * @since 0.1.0
 */
export class RconClient extends Context.Service<RconClient, Service>()("@bercon/client/RconClient") {}

/**
 * What a client offers.
 *
 * @category models
 * @since 0.1.0
 */
export interface Service extends Commands {
  /**
   * What happens on the server from now on, in the server's order. Every subscriber gets everything; one that is too
   * slow loses its oldest events and finds a `Gap` in their place. Ends when the session's owner closes it, and fails where
   * it ends for good by itself, for example because the server refuses a later login.
   *
   * Who speaks in chat is looked up in the roster.
   */
  readonly events: Stream.Stream<ServerEvent.ServerEvent, LoginFailure>
  /**
   * Runs a handler for every event of a kind from now on, until the scope closes: one after the other, or as many at once as
   * `concurrency` says. A handler that fails, in whatever way, is logged as an error and stops neither the next event nor
   * other handlers. One that is more than `messageCapacity` events (of all kinds) behind loses the oldest: that is logged as
   * a warning and counted.
   *
   * The fiber ends as `events` ends; interrupting it removes the handler. Dies with a `RangeError` if `concurrency` is not
   * allowed.
   */
  readonly on: <const T extends ServerEvent.Tag, E, R>(
    tag: T,
    handler: (event: EventOf<T>) => Effect.Effect<unknown, E, R>,
    options?: {
      /** How many events are handled at once: from 1, or `"unbounded"`. Default 1. */
      readonly concurrency?: number | "unbounded" | undefined
    }
  ) => Effect.Effect<Fiber.Fiber<void, LoginFailure>, never, R | Scope.Scope>
  /**
   * Waits for the first event of a kind. It listens before `trigger` runs, so that what that sets off is not missed; nor is,
   * if the wait is forked with `startImmediately`, anything after the fork.
   *
   * Fails with `TimeoutError` after `timeout`, as `trigger` fails, as `events` fails, and with `NoSuchElementError` if the
   * session's owner closes it before.
   *
   * **Example** (What a command sets off)
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
  /** Who is on the server, kept up to date. */
  readonly roster: Roster
  /** What the server speaks. With `"auto"`, waits until that is known, as commands do. */
  readonly flavour: Effect.Effect<Flavour, CommandError>
  /**
   * This client's admin number, which the server sends right after each login. `None` before that, and if the message was
   * lost.
   */
  readonly adminId: Effect.Effect<Option.Option<AdminId>>
  /**
   * The number of logins so far, 0 before the first. For the option `epoch` of a command that is valid until the next login
   * only: read it before what the command is made from.
   */
  readonly epoch: Effect.Effect<number>
  /** How the session is doing now. */
  readonly status: Effect.Effect<Status>
  /** How the session is doing: now, and every change. Ends after `Closed`. */
  readonly statusChanges: Stream.Stream<Status>
  /**
   * Waits for the end of the session. Fails if the session ends for good by itself, because the server refuses to log it in,
   * say. Succeeds if its owner closes it. As the last step of a bot that only has handlers it lets the program end with the
   * failure.
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
 * Options of a client on a session that is there already.
 *
 * @category models
 * @since 0.1.0
 */
export interface ClientOptions extends Pick<Session.Options, "messageCapacity" | "commandTimeout"> {
  /**
   * What the server speaks. Default `"auto"`: found out after each login from its greeting, or from its reply to
   * `players`, whichever comes first. Commands wait until it is known, for their timeout at most.
   */
  readonly flavour?: Flavour | "auto" | undefined
  /**
   * How often to ask who is on the server, beside after each login and gap. While it is less than the session's
   * `keepaliveInterval` no keepalives are needed. Default 25 seconds. Infinite: only after logins and gaps.
   */
  readonly rosterInterval?: Duration.Input | undefined
  /**
   * How often to read the list of bans, to publish what has changed in it as `BanAdded`, `BanRemoved` and `BanExpired`.
   * Default `"never"`: a list can have 255 KiB.
   */
  readonly banInterval?: Duration.Input | "never" | undefined
  /** How the outcomes of commands are recognised on Arma Reforger's own RCON. */
  readonly replyWindow?: ReplyWindow | undefined
}

/**
 * Options of a client and the session under it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends Session.Options, ClientOptions {}

/**
 * `on` and `waitFor` for a stream of events: for those who implement the service themselves, as mocks do.
 *
 * @category constructors
 * @since 0.1.0
 */
export { listeners } from "./internal/listeners.ts"

/**
 * A client on the session in context. It listens for as long as the scope is open.
 *
 * **Details**
 *
 * It does what a client does that {@link make} makes, but for one thing: the session remains its owner's. So this client
 * does not log out of Arma Reforger's own RCON when its scope closes; a server notices the end of the session after 45
 * seconds.
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

const onSessionOfItsOwn = Effect.fnUntraced(function*(options: Options) {
  // Before anything is sent.
  yield* Settings.make(options)
  const session = yield* Session.start(options)
  // Listening before the login: what the server says first is who we are.
  const { client, logout } = yield* Effect.provideService(makeClient(options), Session.Session, session)
  yield* Effect.addFinalizer(() => logout)
  return { client, session }
})

/**
 * Begins to log in, and returns the client at once. Commands wait until it has logged in, or for their timeout. If it cannot
 * log in, `status` and `events` show why, and commands fail with reason `SessionClosed`.
 *
 * Fails only with `InvalidOptions`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const start = (
  options: Options
): Effect.Effect<RconClient["Service"], LoginFailure, Transport | Scope.Scope> =>
  Effect.map(onSessionOfItsOwn(options), ({ client }) => client)

/**
 * Logs in, and returns the client once the server has accepted the password. It stays logged in, through outages, for as
 * long as the scope is open. Use it in place of {@link layer} for several servers in one program.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (
  options: Options
): Effect.Effect<RconClient["Service"], LoginFailure, Transport | Scope.Scope> =>
  Effect.flatMap(onSessionOfItsOwn(options), ({ client, session }) => Effect.as(session.online, client))

/**
 * Provides the client that {@link make} makes. The layer is built once the server has accepted the password.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options): Layer.Layer<RconClient, LoginFailure, Transport> =>
  Layer.effect(RconClient, make(options))

/**
 * Provides the client that {@link start} begins. The layer is built at once.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerStart = (options: Options): Layer.Layer<RconClient, LoginFailure, Transport> =>
  Layer.effect(RconClient, start(options))

/**
 * Provides a client on the session in context, see {@link fromSession}.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerFromSession = (options?: ClientOptions): Layer.Layer<RconClient, LoginFailure, Session.Session> =>
  Layer.effect(RconClient, fromSession(options))
