/**
 * Errors of commands without a complete reply, and whether the server may have executed the command nevertheless.
 *
 * **Details**
 *
 * Every reason has an `execution` (whether the server executed the command) and an `isRetryable` (whether trying again
 * is safe and may help):
 *
 * | execution         | reasons                                                  | isRetryable                    | what the caller can do                       |
 * | ----------------- | -------------------------------------------------------- | ------------------------------ | -------------------------------------------- |
 * | `"NotExecuted"`   | `InvalidCommand`, `NotConnected`, `Overloaded`, `Outdated` | `NotConnected` with a `cause`, `Overloaded` | correct the command, or try again            |
 * | `"MaybeExecuted"` | `NoReply`, `SessionLost`                                 | no                             | check whether the command had its effect     |
 * | `"Executed"`      | `IncompleteReply`                                        | no                             | ask again, if the command has no side effect |
 *
 * `SessionClosed` is `"NotExecuted"`, or `"MaybeExecuted"` if the command had been sent. No error contains the
 * arguments of the command, which may be secret.
 *
 * **Example** (Trying again if nothing was sent)
 *
 * ```ts
 * import type { Session } from "@bercon/session"
 * import { Effect } from "effect"
 *
 * const version = (session: Session.Session["Service"]) =>
 *   Effect.retry(session.command("version"), { times: 2, while: (error) => error.isRetryable })
 * ```
 *
 * @stability stable
 * @since 0.1.0
 */
import * as Formatter from "effect/Formatter"
import * as Schema from "effect/Schema"
import { sentence } from "./internal/sentence.ts"
import { LoginFailure, OutageCause } from "./LoginFailure.ts"

/**
 * Whether the server executed a command or action that failed, as far as the client can determine.
 *
 * @category models
 * @since 0.1.0
 */
export type Execution = "NotExecuted" | "MaybeExecuted" | "Executed"

/**
 * The command cannot be sent: its text contains a NUL or is too long, or one of its options has an invalid value.
 * Nothing was sent.
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
 * There was no session for the command. Either no session was online before the command's deadline, or the session that
 * the command was for (`epoch`) has ended or has not begun. `cause` is the last known cause of the outage. It is absent
 * if that session has ended or another one is online, because trying again does not help then. Nothing was sent.
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
      ? `the session with ${this.peer} that the command was for has ended, or has not begun. The command was not sent`
      : `no session with ${this.peer}: ${sentence(this.cause.message)} The command was not sent: trying again is safe`
  }

  /** Whether the server executed the command. */
  get execution(): "NotExecuted" {
    return "NotExecuted"
  }

  /** Whether trying again is safe and may help. */
  get isRetryable(): boolean {
    // Without a cause, the command's session has ended for good, or another one is online.
    return this.cause !== undefined
  }
}

/**
 * The command was not sent because of too many others: the queue was full, or the command's turn did not come before
 * its deadline. `waiting` is the number of other commands that waited to be sent for the first time.
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
      "The command was not sent: trying again is safe, later or with fewer commands at once"
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
 * The command was sent `sends` times in a session that was not lost, but no reply came before the deadline.
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
 * `missing` of the reply's `total` parts had not arrived when the reply was given up: at the deadline, at the loss of
 * the session, or because its parts had contradicted each other too often. If `total` is 1, the reply has no numbered
 * parts, and the size of the missing rest is unknown.
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
 * The session was lost while the command was in flight. The command had been sent `sends` times.
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
 * The session was closed by its owner, ended for good because of `cause`, or died of a defect. The command had been sent
 * `sends` times. If a part of its reply had arrived, the reason is `IncompleteReply` instead.
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
 * The command was no longer valid when its turn came: `isCurrent` returned false, or threw `cause`. Nothing was sent.
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
      return `its option \`isCurrent\` threw ${JSON.stringify(thrown)}. The command was not sent`
    }
    return "the command is no longer valid (its option `isCurrent` returned false). It was not sent"
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
 * A command failed. `reason` describes why. `command` is the first word of the command, never its arguments, which may
 * be secret.
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
