/**
 * Why a command has no reply, and whether the server may have executed it all the same.
 *
 * **Details**
 *
 * Every reason has an `execution`, and says with `isRetryable` whether trying again is safe and may help:
 *
 * | execution         | reasons                                                  | isRetryable                    | what the caller can do                       |
 * | ----------------- | -------------------------------------------------------- | ------------------------------ | -------------------------------------------- |
 * | `"NotExecuted"`   | `InvalidCommand`, `NotConnected`, `Overloaded`, `Outdated` | `NotConnected` and `Overloaded` | correct the command, or try again            |
 * | `"MaybeExecuted"` | `NoReply`, `SessionLost`                                 | no                             | check whether the command had its effect     |
 * | `"Executed"`      | `IncompleteReply`                                        | no                             | ask again, if the command has no side effect |
 *
 * `SessionClosed` is `"NotExecuted"`, or `"MaybeExecuted"` if the command had been sent.
 *
 * @since 0.1.0
 */
import * as Formatter from "effect/Formatter"
import * as Schema from "effect/Schema"
import { sentence } from "./internal/sentence.ts"
import { LoginFailure, OutageCause } from "./LoginFailure.ts"

/**
 * Whether the server executed a command or an action that failed, as far as the caller can know.
 *
 * @category models
 * @since 0.1.0
 */
export type Execution = "NotExecuted" | "MaybeExecuted" | "Executed"

/**
 * The text cannot be sent as a command: it contains a NUL or is too long; or an option of the command has a value that is
 * not allowed. Nothing was sent.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidCommand extends Schema.Error<InvalidCommand>("@bercon/session/InvalidCommand")({
  _tag: Schema.tag("InvalidCommand"),
  problem: Schema.String
}) {
  override get message(): string {
    return `the command cannot be sent: ${this.problem}`
  }

  /** Whether the server executed the command. */
  get execution(): "NotExecuted" {
    return "NotExecuted"
  }

  /** Whether trying again is safe and may help. */
  get isRetryable(): boolean {
    return false
  }
}

/**
 * There was no session until the command's deadline; `cause` is what was last known of the reason. Or the session that the
 * command was for (`epoch`) was over when it was submitted or its turn came; then there is no `cause`. Nothing was sent.
 *
 * @category errors
 * @since 0.1.0
 */
export class NotConnected extends Schema.Error<NotConnected>("@bercon/session/NotConnected")({
  _tag: Schema.tag("NotConnected"),
  peer: Schema.String,
  cause: Schema.optionalKey(OutageCause)
}) {
  override get message(): string {
    return this.cause === undefined
      ? `the session with ${this.peer} that the command was for is over, or has not begun. The command was not sent`
      : `no session with ${this.peer} yet: ${
        sentence(this.cause.message)
      } The command was not sent: trying again is safe`
  }

  /** Whether the server executed the command. */
  get execution(): "NotExecuted" {
    return "NotExecuted"
  }

  /** Whether trying again is safe and may help. */
  get isRetryable(): boolean {
    // An epoch that is over never comes again.
    return this.cause !== undefined
  }
}

/**
 * The queue of commands is full, or the command's turn did not come before its deadline; `waiting` others were waiting.
 * Nothing was sent.
 *
 * @category errors
 * @since 0.1.0
 */
export class Overloaded extends Schema.Error<Overloaded>("@bercon/session/Overloaded")({
  _tag: Schema.tag("Overloaded"),
  waiting: Schema.Int
}) {
  override get message(): string {
    return `the command's turn did not come (${this.waiting} ${
      this.waiting === 1 ? "other was" : "others were"
    } waiting). ` +
      "The command was not sent: trying again is safe, later or with fewer at once"
  }

  /** Whether the server executed the command. */
  get execution(): "NotExecuted" {
    return "NotExecuted"
  }

  /** Whether trying again is safe and may help. */
  get isRetryable(): boolean {
    return true
  }
}

/**
 * The command was sent `sends` times, and the server, though alive, did not answer before the deadline.
 *
 * @category errors
 * @since 0.1.0
 */
export class NoReply extends Schema.Error<NoReply>("@bercon/session/NoReply")({
  _tag: Schema.tag("NoReply"),
  peer: Schema.String,
  sends: Schema.Int
}) {
  override get message(): string {
    return `no reply came from ${this.peer} (sent ${this.sends} ${
      this.sends === 1 ? "time" : "times"
    }). The command may have been executed`
  }

  /** Whether the server executed the command. */
  get execution(): "MaybeExecuted" {
    return "MaybeExecuted"
  }

  /** Whether trying again is safe and may help. */
  get isRetryable(): boolean {
    return false
  }
}

/**
 * `missing` of the reply's `total` parts did not come before the deadline. `total` is 1 if the reply is not sent in numbered
 * parts, and it is unknown how much of it is missing.
 *
 * @category errors
 * @since 0.1.0
 */
export class IncompleteReply extends Schema.Error<IncompleteReply>("@bercon/session/IncompleteReply")({
  _tag: Schema.tag("IncompleteReply"),
  missing: Schema.Int,
  total: Schema.Int
}) {
  override get message(): string {
    return this.total === 1
      ? "the reply is incomplete. The command was executed"
      : `${this.missing} of the ${this.total} parts of the reply ${
        this.missing === 1 ? "is" : "are"
      } missing. The command was executed`
  }

  /** Whether the server executed the command. */
  get execution(): "Executed" {
    return "Executed"
  }

  /** Whether trying again is safe and may help. */
  get isRetryable(): boolean {
    return false
  }
}

/**
 * The session was lost while the command was in flight (sent `sends` times).
 *
 * @category errors
 * @since 0.1.0
 */
export class SessionLost extends Schema.Error<SessionLost>("@bercon/session/SessionLost")({
  _tag: Schema.tag("SessionLost"),
  peer: Schema.String,
  sends: Schema.Int
}) {
  override get message(): string {
    return `the session with ${this.peer} was lost after the command was sent ${this.sends} ${
      this.sends === 1 ? "time" : "times"
    }. It may have been executed`
  }

  /** Whether the server executed the command. */
  get execution(): "MaybeExecuted" {
    return "MaybeExecuted"
  }

  /** Whether trying again is safe and may help. */
  get isRetryable(): boolean {
    return false
  }
}

/**
 * The session was closed by its owner, or ended for good because of `cause`. The command had been sent `sends` times.
 *
 * @category errors
 * @since 0.1.0
 */
export class SessionClosed extends Schema.Error<SessionClosed>("@bercon/session/SessionClosed")({
  _tag: Schema.tag("SessionClosed"),
  sends: Schema.Int,
  cause: Schema.optionalKey(LoginFailure)
}) {
  override get message(): string {
    const why = this.cause === undefined ? "" : ` (${this.cause.message})`
    return this.sends === 0
      ? `the session is closed${why}. The command was not sent`
      : `the session was closed${why} after the command was sent ${this.sends} ${
        this.sends === 1 ? "time" : "times"
      }. It may have been executed`
  }

  /** Whether the server executed the command. */
  get execution(): Execution {
    return this.sends === 0 ? "NotExecuted" : "MaybeExecuted"
  }

  /** Whether trying again is safe and may help. */
  get isRetryable(): boolean {
    return false
  }
}

/**
 * When the command's turn came, `isCurrent` returned false: what the command was for has changed. Nothing was sent. If
 * `isCurrent` threw, `cause` is what it threw.
 *
 * @category errors
 * @since 0.1.0
 */
export class Outdated extends Schema.Error<Outdated>("@bercon/session/Outdated")({
  _tag: Schema.tag("Outdated"),
  cause: Schema.optional(Schema.Defect())
}) {
  override get message(): string {
    if (this.cause !== undefined) {
      const thrown = this.cause instanceof Error ? this.cause.message : Formatter.format(this.cause)
      return `the function \`isCurrent\` of its caller threw ${JSON.stringify(thrown)}. The command was not sent`
    }
    return "what the command was for has changed meanwhile. The command was not sent"
  }

  /** Whether the server executed the command. */
  get execution(): "NotExecuted" {
    return "NotExecuted"
  }

  /** Whether trying again is safe and may help. */
  get isRetryable(): boolean {
    return false
  }
}

/**
 * A command failed. `reason` says why; `command` is its first word, never its arguments, which may be secret.
 *
 * @category errors
 * @since 0.1.0
 */
export class CommandError extends Schema.TaggedError<CommandError>("@bercon/session/CommandError")("CommandError", {
  command: Schema.String,
  reason: Schema.Union([
    InvalidCommand,
    NotConnected,
    Overloaded,
    NoReply,
    IncompleteReply,
    SessionLost,
    SessionClosed,
    Outdated
  ])
}) {
  override get message(): string {
    return `command ${JSON.stringify(this.command)}: ${this.reason.message}`
  }

  /** Whether the server executed the command. */
  get execution(): Execution {
    return this.reason.execution
  }

  /** Whether trying again is safe and may help. */
  get isRetryable(): boolean {
    return this.reason.isRetryable
  }
}
