/**
 * Why there is no session.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { TransportError } from "./Transport.ts"

/**
 * The options cannot be used: the password is empty, say. Nothing was sent.
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
}

/**
 * The server refused the password. Final: trying again with the same password does not help. `isPadded`: the password begins
 * or ends with white space, which is often a mistake in a file or variable that holds it.
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
}

/**
 * Nobody answered: `tries` login packets were sent in the course of `waited`. Where the machine was there and said that
 * nobody listens at the port, `portClosed` is true. Where not even sending was possible, `error` says why.
 *
 * @category errors
 * @since 0.1.0
 */
export class LoginTimeout extends Schema.Error<LoginTimeout>("@bercon/session/LoginTimeout")({
  _tag: Schema.tag("LoginTimeout"),
  peer: Schema.String,
  tries: Schema.Int,
  waited: Schema.Duration,
  portClosed: Schema.Boolean,
  error: Schema.optionalKey(TransportError)
}) {
  override get message(): string {
    const seconds = Math.round(Duration.toSeconds(this.waited) * 10) / 10
    return this.error !== undefined
      ? this.error.message
      : this.portClosed
      ? `nobody listens at ${this.peer} (tried ${this.tries} times in ${seconds} s): the server is not up, ` +
        "or RConPort in its BattlEye configuration is another port"
      : `no answer from ${this.peer} (tried ${this.tries} times in ${seconds} s): check host and port, ` +
        "that RConPassword and RConPort stand in the server's BattlEye configuration, that the server has " +
        "finished starting, and that no firewall drops UDP"
  }
}

/**
 * The socket could not be opened at all. `error` says why.
 *
 * @category errors
 * @since 0.1.0
 */
export class TransportFailure extends Schema.Error<TransportFailure>("@bercon/session/TransportFailure")({
  _tag: Schema.tag("TransportFailure"),
  error: TransportError
}) {
  override get message(): string {
    return this.error.message
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
}
