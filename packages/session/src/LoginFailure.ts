/**
 * Errors of a session that could not log in.
 *
 * A `LoginFailure` has a tagged `reason` with details, and a `message` that can be shown to a person. It never contains
 * the password. Trying again is always safe, because a login executes no command. `isRetryable` is true if trying
 * again may help.
 *
 * **Example** (Trying again as long as that may help)
 *
 * ```ts
 * import type { LoginFailure } from "@bercon/session"
 * import { Effect, Schedule } from "effect"
 *
 * const patiently = <A, R>(login: Effect.Effect<A, LoginFailure.LoginFailure, R>) =>
 *   Effect.retry(login, { while: (failure) => failure.isRetryable, schedule: Schedule.spaced("1 minute") })
 * ```
 *
 * @stability stable
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { TransportError } from "./Transport.ts"

/**
 * An option has an invalid value, such as an empty password. Nothing was sent.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidOptions extends Schema.Error<InvalidOptions>("@bercon/session/InvalidOptions")({
  _tag: Schema.tag("InvalidOptions"),
  problem: Schema.String
}) {
  override get message(): string {
    return this.problem
  }

  /** `false`: trying again with the same options does not help. */
  get isRetryable(): boolean {
    return false
  }
}

/**
 * The server refused the password. This is final unless the option `retryRefused` is set. `isPadded` is true if the
 * password begins or ends with white space, often a mistake in the file or variable that contains it.
 *
 * @category errors
 * @since 0.1.0
 */
export class LoginRefused extends Schema.Error<LoginRefused>("@bercon/session/LoginRefused")({
  _tag: Schema.tag("LoginRefused"),
  peer: Schema.String,
  isPadded: Schema.optionalKey(Schema.Boolean)
}) {
  override get message(): string {
    const refused = `${this.peer} refused the login: the password is not the server's RConPassword`
    return this.isPadded === true
      ? `${refused}. The given password begins or ends with white space: check that it belongs there`
      : refused
  }

  /** `false`: trying again with the same password does not help, unless the server's password changes. */
  get isRetryable(): boolean {
    return false
  }
}

/**
 * The server does not answer: it has sent no login reply, and no other cause is known.
 *
 * @category models
 * @since 0.1.0
 */
export class Silence extends Schema.TaggedClass<Silence>("@bercon/session/Silence")("Silence", {}) {
  get message(): string {
    return "no answer came: check host and port, RConPassword and RConPort in the server's BattlEye configuration, " +
      "that the server has finished starting, and that no firewall drops UDP"
  }
}

/**
 * The server's host has reported that the port is closed (ICMP).
 *
 * @category models
 * @since 0.1.0
 */
export class PortClosed extends Schema.TaggedClass<PortClosed>("@bercon/session/PortClosed")("PortClosed", {}) {
  get message(): string {
    return "the port is closed: check that the server is running, and its RConPort"
  }
}

/**
 * The last known cause of an outage. Every cause has a `message`.
 *
 * - `Silence`: the server does not answer.
 * - `PortClosed`: the server's host has reported that the port is closed.
 * - `LoginRefused`: the server refuses the password. Only with `retryRefused`; otherwise a refusal ends the session.
 * - `TransportError`: no socket can be opened, for example because the host name has no address, or the socket failed.
 *
 * @category models
 * @since 0.1.0
 */
export const OutageCause = Schema.Union([Silence, PortClosed, LoginRefused, TransportError])

/**
 * The type of {@link OutageCause}.
 *
 * @category models
 * @since 0.1.0
 */
export type OutageCause = typeof OutageCause.Type

/**
 * The first login did not succeed within `loginTimeout`: `tries` login packets were sent within `waited`. `cause` is
 * the last known cause.
 *
 * @category errors
 * @since 0.1.0
 */
export class LoginTimeout extends Schema.Error<LoginTimeout>("@bercon/session/LoginTimeout")({
  _tag: Schema.tag("LoginTimeout"),
  peer: Schema.String,
  tries: Schema.Int,
  waited: Schema.Duration,
  cause: OutageCause
}) {
  override get message(): string {
    const seconds = Math.round(Duration.toSeconds(this.waited) * 10) / 10
    const tries = `tried ${this.tries} ${this.tries === 1 ? "time" : "times"} in ${seconds} s`
    return `no session with ${this.peer} (${tries}): ${this.cause.message}`
  }

  /** `true`: the server or the network may come up. */
  get isRetryable(): boolean {
    return true
  }
}

/**
 * The socket could not be opened. `cause` describes why.
 *
 * @category errors
 * @since 0.1.0
 */
export class TransportFailure extends Schema.Error<TransportFailure>("@bercon/session/TransportFailure")({
  _tag: Schema.tag("TransportFailure"),
  cause: TransportError
}) {
  override get message(): string {
    return this.cause.message
  }

  /** `false` for an invalid address only: a name may resolve later, and a port may be free later. */
  get isRetryable(): boolean {
    return this.cause.reason.kind !== "InvalidAddress"
  }
}

/**
 * The session could not log in, for the first time or after an outage. `reason` describes why.
 *
 * @category errors
 * @since 0.1.0
 */
export class LoginFailure extends Schema.TaggedError<LoginFailure>("@bercon/session/LoginFailure")("LoginFailure", {
  reason: Schema.Union([InvalidOptions, LoginRefused, LoginTimeout, TransportFailure])
}) {
  override get message(): string {
    return this.reason.message
  }

  /** Whether trying again with the same options may help. It is always safe. */
  get isRetryable(): boolean {
    return this.reason.isRetryable
  }
}
