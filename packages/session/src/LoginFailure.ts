/**
 * Why there is no session.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { TransportError } from "./Transport.ts"

/**
 * An option has a value that is not allowed: the password is empty, say. Nothing was sent.
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

  /** Trying again with the same options does not help. */
  get isRetryable(): boolean {
    return false
  }
}

/**
 * The server refused the password. Final, unless the option `retryRefused` is set. `isPadded`: the password begins or ends
 * with white space, which is often a mistake in a file or variable that holds it.
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
      ? `${refused}. It begins or ends with a blank or a line break: is that part of the password?`
      : refused
  }

  /** Trying again with the same password does not help, unless the server's is about to change. */
  get isRetryable(): boolean {
    return false
  }
}

/**
 * The server has not answered a login so far.
 *
 * @category models
 * @since 0.1.0
 */
export class Silence extends Schema.TaggedClass<Silence>("@bercon/session/Silence")("Silence", {}) {
  get message(): string {
    return "no answer came (are host and port right, are RConPassword and RConPort in the server's BattlEye configuration, " +
      "has the server finished starting, does a firewall drop UDP?)"
  }
}

/**
 * The server's host has reported the port closed (ICMP).
 *
 * @category models
 * @since 0.1.0
 */
export class PortClosed extends Schema.TaggedClass<PortClosed>("@bercon/session/PortClosed")("PortClosed", {}) {
  get message(): string {
    return "nobody listens at the port (is the server running, is RConPort right?)"
  }
}

/**
 * Why there is no session at the moment, as far as it is known. Each has a `message`.
 *
 * - `Silence`: the server does not answer.
 * - `PortClosed`: its host has reported the port closed.
 * - `LoginRefused`: the server refuses the password. Only with `retryRefused`; otherwise a refusal ends the session.
 * - `TransportError`: no socket can be opened, because the host name has no address, say; or the socket failed.
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
 * The first login did not succeed within `loginTimeout`: `tries` login packets were sent in the course of `waited`. `cause`
 * is what was last known of the reason.
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

  /** The server may come up, or the network. */
  get isRetryable(): boolean {
    return true
  }
}

/**
 * The socket could not be opened at all. `cause` says why.
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

  /** A name may resolve later, a port may be free later. An address that is not valid remains so. */
  get isRetryable(): boolean {
    return this.cause.reason.kind !== "InvalidAddress"
  }
}

/**
 * The session could not be established. `reason` says why.
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

  /** Whether trying again with the same options may help. It is always safe: there is no session. */
  get isRetryable(): boolean {
    return this.reason.isRetryable
  }
}
