/**
 * One authenticated RCON session that survives failures of the network and of the server.
 *
 * **Details**
 *
 * A session belongs to the scope in which it was made. It logs in, and logs in again after every outage. It ends when
 * that scope closes, if the first login fails, or if the server refuses a later one (unless `retryRefused` is set).
 * Closing settles every pending command, stops all fibers and closes the socket. The protocol itself is in
 * `SessionMachine`; this module connects it to the clock, the socket and the callers.
 *
 * Memory is bounded: 248 commands in flight, `queueCapacity` waiting commands (1.4 KiB each), 192 messages held back
 * for reordering (2 KiB each), 16 MiB of incomplete replies, and `messageCapacity` messages for each slow subscriber (2
 * KiB each, 8 MiB by default).
 *
 * **Gotchas**
 *
 * A second session with the same server is a second admin there. Share one session in a process, as the layer does.
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
 * @stability stable
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
   * Whether the command may be sent again if no answer arrives. Default `true`. It is unknown whether servers run a
   * repeated command twice, so set `false` if running it twice does harm. It is then sent only once.
   *
   * If the server runs a repeated query twice, and its reply has changed in between, parts of both replies can arrive.
   * If these parts contradict each other, the query is sent anew, at most 8 times; then it fails with
   * `IncompleteReply`. If they do not (each part arrived once), the reply is a mixture of both, which nothing in the
   * protocol reveals.
   */
  readonly repeatable?: boolean | undefined
  /**
   * The only `epoch` of the {@link Session} in which the command is valid. Use it for commands that contain a player's
   * slot, for example, because the slot may belong to another player after a restart. In a later epoch the command is
   * never sent; it fails with `NotConnected` or `SessionLost`. Before the first login, 1 is allowed. Default: any
   * epoch.
   */
  readonly epoch?: number | undefined
  /**
   * Checks right before each send, including retransmissions, whether the command is still valid. If it returns false
   * or throws, an unsent command fails with `Outdated`, and a sent one is not retransmitted. Default: always valid.
   */
  readonly isCurrent?: (() => boolean) | undefined
  /** The time limit for the whole reply, counted from the call. Default: the session's `commandTimeout`. */
  readonly timeout?: Duration.Input | undefined
}

/**
 * Options of a session.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The server's `RConPassword`: 1 to 1,392 bytes of UTF-8, without NUL. */
  readonly password: Redacted.Redacted
  /**
   * The time limit for the first login, which then fails with `LoginTimeout`. Default 10 seconds. If it is infinite,
   * the session waits for a server that has not started yet. It then also opens a socket again after a failure, unless
   * the address is invalid.
   */
  readonly loginTimeout?: Duration.Input | undefined
  /**
   * Whether to log in again after the server has refused the password. Some hosts change it during a redeploy.
   * At least 5 seconds pass between a refusal and the next try. If the server goes on refusing, the first login fails
   * with `LoginTimeout`. Default `false`: a refusal ends the session for good.
   */
  readonly retryRefused?: boolean | undefined
  /** The time limit for the reply to a command without its own `timeout`. Default 20 seconds. */
  readonly commandTimeout?: Duration.Input | undefined
  /**
   * Time without a command after which the session sends an empty one. 1 to 44 seconds, default 30. Servers drop a
   * client after 45 seconds without a command.
   */
  readonly keepaliveInterval?: Duration.Input | undefined
  /**
   * Maximum number of commands in flight at once, 1 to 256. Default 32. Further commands wait, first come, first
   * served.
   *
   * Replies are matched by 256 numbers, of which 8 are reserved for the session itself, so values above 248 count as
   * 248. A number is quarantined while a reply to its former use may still arrive. A network that loses datagrams
   * therefore carries fewer commands a second; the README of this package has figures.
   */
  readonly maxInFlight?: number | undefined
  /** Maximum number of waiting commands. A further command fails with `Overloaded`. Default 4,096. */
  readonly queueCapacity?: number | undefined
  /**
   * Maximum number of undelivered messages for each subscriber. A slower subscriber loses its oldest messages. Default
   * 4,096.
   */
  readonly messageCapacity?: number | undefined
  /**
   * Maximum silence of the server after a command or keepalive, before the session counts as lost and its status
   * becomes `Reconnecting`. At least 2 seconds, default 8. A restarted server is detected sooner: after 2.5 seconds of
   * silence on a network without loss, the session sends a login, and goes on listening for packets of the current
   * session. If this option is less than 2.5 seconds, the session counts as lost before any such login.
   */
  readonly silenceTimeout?: Duration.Input | undefined
  /**
   * Maximum time for which a message is held back if earlier messages are missing. Default 11 seconds, because servers
   * repeat a message for 10 seconds: with the default, a message is delivered in order if any of its repetitions
   * arrives. With a shorter time, a missing message delays the next ones less. If it arrives after that time, it is
   * delivered out of order, marked as `late`.
   */
  readonly reorderTimeout?: Duration.Input | undefined
  /**
   * Maximum delay between two login attempts. At least 1 second, default 30. After a refusal (see `retryRefused`), at
   * least 5 seconds pass, even if this limit is shorter.
   */
  readonly maxReconnectDelay?: Duration.Input | undefined
  /** The code page for text that is not UTF-8. Default `"windows-1251"`. */
  readonly textFallback?: string | undefined
}

/**
 * The service: an authenticated session with one server.
 *
 * @category services
 * @since 0.1.0
 */
export class Session extends Context.Service<Session, {
  /** The server's name, `host:port`, for errors, logs and metrics. */
  readonly peer: string
  /** Sends a command and returns the whole reply as text. */
  readonly command: (text: string, options?: CommandOptions) => Effect.Effect<string, CommandError.CommandError>
  /** Sends a command and returns the bytes of the whole reply. */
  readonly commandBytes: (
    text: string,
    options?: CommandOptions
  ) => Effect.Effect<Uint8Array, CommandError.CommandError>
  /** Decodes the bytes of a reply as `command` does: each line as UTF-8, or with `textFallback` if it is not UTF-8. */
  readonly decode: (bytes: Uint8Array) => string
  /**
   * The messages that the server sends, from the subscription on. Each is delivered once to every subscriber, in the
   * server's order unless it is marked as `late`. The stream ends when the session's scope closes. Like `closed`, it
   * fails if the session ends by itself.
   */
  readonly messages: Stream.Stream<Message | Gap, LoginFailure>
  /**
   * The first message since the last login, if one has arrived. Servers greet each client with a message; a later
   * subscriber of `messages` reads it here.
   */
  readonly greeting: Effect.Effect<Option.Option<Message>>
  /**
   * Number of logins so far, 0 before the first. For a command with data that is valid only until the next login, such
   * as a player's slot, read the epoch before the data, and pass it as the option `epoch`.
   */
  readonly epoch: Effect.Effect<number>
  /** The current status. */
  readonly status: Effect.Effect<Status>
  /**
   * The current status, then every change. Ends after `Closed`. A subscriber that is more than 64 changes behind loses
   * the oldest ones.
   */
  readonly statusChanges: Stream.Stream<Status>
  /**
   * Waits for the first login. Fails if the first login fails. Interrupts the caller if the session's scope closes
   * before the login.
   */
  readonly online: Effect.Effect<void, LoginFailure>
  /**
   * Waits for the end of the session. Succeeds if the owner closes the session. Fails if it ends by itself: if the
   * first login fails, or the server refuses a later one.
   */
  readonly closed: Effect.Effect<void, LoginFailure>
}>()("@bercon/session/Session") {}

/**
 * Maximum size of a command in bytes of UTF-8: 1,391. Its datagram has 1,400 bytes, so networks need not
 * fragment it.
 *
 * @category constants
 * @since 0.1.0
 */
export const MAX_COMMAND_BYTES: number = Driver.MAX_COMMAND_BYTES

/**
 * Starts a session in the current scope and returns at once, before the login. `online` waits for the login. Use
 * `start` to subscribe to `messages` before the first message arrives, for example.
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
 * Starts a session and returns it after the first login.
 *
 * **Details**
 *
 * Fails with `LoginRefused` as soon as the server refuses the password (unless `retryRefused` is set), with
 * `LoginTimeout` if it does not answer within `loginTimeout`, with `TransportFailure` if no socket can be opened, and
 * with `InvalidOptions`. Later outages are not failures of this effect: the session logs in again.
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
 * Provides the {@link Session} that {@link make} returns. The layer is built after the first login.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options): Layer.Layer<Session, LoginFailure, Transport> =>
  Layer.effect(Session, make(options))

/**
 * Provides the {@link Session} that {@link start} returns. The layer is built at once.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerStart = (options: Options): Layer.Layer<Session, LoginFailure, Transport> =>
  Layer.effect(Session, start(options))
