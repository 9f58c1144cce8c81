/**
 * One authenticated RCON session that survives the network and the server.
 *
 * **Details**
 *
 * A session belongs to the scope it was made in: it stays logged in until that scope closes, and then settles every
 * pending command, stops its fibers and closes its socket. The protocol itself lives in `SessionMachine`; here it meets
 * the clock, the socket and the callers.
 *
 * What is kept in memory is bounded: 248 commands in flight, `queueCapacity` waiting (1.4 KiB each), 192 messages held
 * (2 KiB each), 16 MiB of replies of which parts are missing, and `messageCapacity` messages (2 KiB each, 8 MiB by
 * default) for each subscriber that is slow.
 *
 * **Example** (Asking a server for its version)
 *
 * ```ts
 * import { Session } from "@bercon/session"
 * import * as DatagramSocketTransport from "@bercon/session/DatagramSocketTransport"
 * import { Effect, Redacted } from "effect"
 *
 * const version = Effect.gen(function*() {
 *   const session = yield* Session.make({ password: Redacted.make("secret") })
 *   return yield* session.command("version")
 * }).pipe(
 *   Effect.scoped,
 *   Effect.provide(DatagramSocketTransport.layer({ host: "127.0.0.1", port: 2306 }))
 * )
 * ```
 *
 * @since 0.1.0
 */
import * as Text from "@bercon/codec/Text"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type * as CommandError from "./CommandError.ts"
import * as CommandErrors from "./internal/commandError.ts"
import * as Driver from "./internal/driver.ts"
import * as Series from "./internal/series.ts"
import * as Settings from "./internal/settings.ts"
import * as Span from "./internal/span.ts"
import type { LoginFailure } from "./LoginFailure.ts"
import type { Gap, Message } from "./Message.ts"
import type { Status } from "./Status.ts"
import { Transport } from "./Transport.ts"

/**
 * Options of one command.
 *
 * @category models
 * @since 0.1.0
 */
export interface CommandOptions {
  /**
   * Whether the command may be sent again when no answer comes. It is unknown whether servers run a repeated command
   * twice, so say `false` if running it twice does harm; it is then sent once. Default `true`.
   *
   * If the server runs a repeated query twice, and its reply has changed in between, parts of both replies can arrive. If
   * they contradict each other the query is sent anew, or fails with `IncompleteReply` at its deadline. If they do not
   * (each part arrived once), the reply is a mixture of both, which nothing in the protocol shows.
   */
  readonly repeatable?: boolean | undefined
  /**
   * The `epoch` of the {@link Session} in which the command is valid. For commands that name a player's slot, say, which
   * may be another player's after a restart. The command is never sent in a later epoch; it fails with
   * `NotConnected` or `SessionLost` instead. Before the first login, 1 is possible. Default: any.
   */
  readonly epoch?: number | undefined
  /**
   * Called right before the command is sent, and before each time it is sent again: whether it is still valid. If not, a
   * command that was never sent fails with `Outdated`; one that was is not sent again. If it throws, the
   * command counts as not valid. Default: always valid.
   */
  readonly isCurrent?: (() => boolean) | undefined
  /** How long to wait for the whole reply, from the call on. Default: the session's `commandTimeout`. */
  readonly timeout?: Duration.Input | undefined
}

/**
 * Options of a session.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The server's `RConPassword`. UTF-8, not empty, without NUL. */
  readonly password: Redacted.Redacted
  /**
   * How long the first login may take before it fails with `LoginTimeout`. Default 10 seconds. Infinite waits for a
   * server that is still to come up; then a socket that cannot be opened is tried again, too, unless the address is not
   * valid.
   */
  readonly loginTimeout?: Duration.Input | undefined
  /**
   * Whether to go on trying after the server has refused the password: some hosts change it during a redeploy. The first
   * login then fails with `LoginTimeout` if the server goes on refusing. At least 5 seconds lie between a refusal and the
   * next try. Default `false`: a refusal ends the session for good.
   */
  readonly retryRefused?: boolean | undefined
  /** How long a command waits for its reply unless it says otherwise. Default 20 seconds. */
  readonly commandTimeout?: Duration.Input | undefined
  /**
   * An empty command is sent when no command has been for this long. Default 30 seconds; 1 to 44. After 45
   * servers drop a silent client.
   */
  readonly keepaliveInterval?: Duration.Input | undefined
  /**
   * How many commands may be in flight at once, 1 to 256. Default 32. More wait, first come first served.
   *
   * Replies are told apart by 256 numbers, of which 8 are kept for the session's own use, so values above 248 count as
   * 248. A number is not used again while a reply to its former use may still come, so a line that loses datagrams carries
   * fewer commands a second; the README of this package has figures.
   */
  readonly maxInFlight?: number | undefined
  /** How many commands may wait; more fail with `Overloaded`. Default 4,096. */
  readonly queueCapacity?: number | undefined
  /** How many messages a slow subscriber may be behind before it loses its oldest. Default 4,096. */
  readonly messageCapacity?: number | undefined
  /**
   * How long the server may be silent after a command or keepalive before the session counts as lost, and its status is
   * `Reconnecting`. Default 8 seconds; at least 2. A server that has restarted is noticed sooner: after 2.5 seconds of
   * silence on a line that loses nothing, the session asks for a login while it still listens.
   */
  readonly silenceTimeout?: Duration.Input | undefined
  /**
   * How long a message is held if the ones before it are missing, so that the server can repeat those. Default 11 seconds:
   * servers repeat a message for 10 seconds, so that with the default none is lost and all are in order. With a shorter
   * time a missing message delays the next ones by less; if it comes later than that, it is delivered out of order, marked
   * as `late`.
   */
  readonly reorderTimeout?: Duration.Input | undefined
  /** The longest time between two tries to log in again. Default 30 seconds; at least 1. */
  readonly maxReconnectDelay?: Duration.Input | undefined
  /** Code page of text that is not UTF-8. Default `"windows-1251"`. */
  readonly textFallback?: string | undefined
}

/**
 * An authenticated session.
 *
 * @category services
 * @since 0.1.0
 */
export class Session extends Context.Service<Session, {
  /** The server's name, `host:port`, for messages and metrics. */
  readonly peer: string
  /** Sends a command and returns the server's whole reply, decoded. */
  readonly command: (text: string, options?: CommandOptions) => Effect.Effect<string, CommandError.CommandError>
  /** As `command`, but the reply's bytes. */
  readonly commandBytes: (
    text: string,
    options?: CommandOptions
  ) => Effect.Effect<Uint8Array, CommandError.CommandError>
  /** Decodes the bytes of a reply as `command` does: UTF-8, and `textFallback` for lines that are not UTF-8. */
  readonly decode: (bytes: Uint8Array) => string
  /**
   * The server's messages from the moment on at which the stream is run, each once. They come in the server's order, except
   * for those marked as `late`. Every subscriber gets all of them. The stream ends when the session's scope closes. It fails
   * if the server refuses to log the session in again.
   */
  readonly messages: Stream.Stream<Message | Gap, LoginFailure>
  /**
   * The first message since the last login, if one has come: servers greet each client with one. For those who subscribe to
   * `messages` later.
   */
  readonly greeting: Effect.Effect<Option.Option<Message>>
  /**
   * The number of logins so far, 0 before the first. It tells one login from the next: a command that uses something which
   * is only valid until the next login, such as a player's slot, takes the epoch of the moment at which that was read.
   */
  readonly epoch: Effect.Effect<number>
  /** How the session is doing now. */
  readonly status: Effect.Effect<Status>
  /** How the session is doing: now, and every change. Ends after `Closed`. */
  readonly statusChanges: Stream.Stream<Status>
  /**
   * Waits until the session has logged in for the first time. Fails if the first login fails; interrupted if the session's
   * scope closes before.
   */
  readonly online: Effect.Effect<void, LoginFailure>
  /**
   * Waits for the end of the session. Fails if the session ends for good by itself: if the first login fails, or the server
   * refuses a later one. Succeeds if its owner closes it.
   */
  readonly closed: Effect.Effect<void, LoginFailure>
}>()("@bercon/session/Session") {}

/**
 * The longest command in bytes of UTF-8: 1,391. With it the datagram is 1,400 bytes, which every network carries whole.
 *
 * @category constants
 * @since 0.1.0
 */
export const MAX_COMMAND_BYTES: number = Driver.MAX_COMMAND_BYTES

/**
 * Begins a session in the current scope, and returns at once: to subscribe to `messages` before the first one comes, say.
 * `online` waits for the login.
 *
 * Fails only with `InvalidOptions`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const start: (
  options: Options
) => Effect.Effect<Session["Service"], LoginFailure, Transport | Scope.Scope> = Effect.fnUntraced(function*(options) {
  const transport = yield* Transport
  const random = yield* Random.Random
  const settings = yield* Settings.make(options, transport.peer, () => random.nextDoubleUnsafe())
  const driver = new Driver.Driver(transport, settings, yield* Clock.Clock, yield* Effect.context())
  yield* Effect.addFinalizer(() => driver.close)
  driver.start()
  const decode = (reply: Uint8Array): string => Text.decode(reply, settings.machine.textFallback)
  const attributes = Series.attributesOf(transport.peer)
  const traced = <A, E>(text: string, command: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Span.within("bercon.command", command, () => ({
      kind: "client",
      attributes: { ...attributes, "bercon.command": CommandErrors.verbOf(text) }
    }))
  return Session.of({
    peer: transport.peer,
    command: (text, options) => traced(text, driver.request(text, options, decode)),
    commandBytes: (text, options) => traced(text, driver.request<Uint8Array>(text, options, identity)),
    decode,
    messages: driver.messages,
    greeting: Effect.sync(() => Option.fromUndefinedOr(driver.greeting)),
    epoch: Effect.sync(() => driver.epoch),
    status: Effect.sync(() => driver.status),
    statusChanges: driver.statusChanges,
    online: driver.online,
    closed: driver.closed
  })
})

/**
 * Logs in, and returns the session once the server has accepted the password.
 *
 * **Details**
 *
 * Fails with `LoginRefused` as soon as the server refuses the password, with `LoginTimeout` if it does not answer within
 * `loginTimeout`, with `TransportFailure` if no socket can be opened, and with `InvalidOptions`. Later outages
 * are no failure of this effect: the session logs in again by itself for as long as its scope is open.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make: (
  options: Options
) => Effect.Effect<Session["Service"], LoginFailure, Transport | Scope.Scope> = Effect.fnUntraced(function*(options) {
  const session = yield* start(options)
  yield* session.online
  return session
})

/**
 * Provides the {@link Session} that {@link make} makes. The layer is built once the server has accepted the password.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options): Layer.Layer<Session, LoginFailure, Transport> =>
  Layer.effect(Session, make(options))

/**
 * Provides the {@link Session} that {@link start} begins. The layer is built at once.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerStart = (options: Options): Layer.Layer<Session, LoginFailure, Transport> =>
  Layer.effect(Session, start(options))
