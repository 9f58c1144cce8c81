/**
 * Why a command has no reply, and whether the server may have run it all the same.
 *
 * **Details**
 *
 * Every reason falls into one of three cases, see {@link CommandError.execution}:
 *
 * | execution         | reasons                                                            | what the caller may do                     |
 * | ----------------- | ------------------------------------------------------------------ | ------------------------------------------ |
 * | `"NotExecuted"`   | `InvalidCommand`, `NotConnected`, `Overloaded`, `CommandDisallowed`, `UnknownCommand`, `Unsupported`, `FlavourUnknown`, `Outdated` | correct it, or try again safely |
 * | `"MaybeExecuted"` | `NoReply`, `SessionLost`                                           | look whether it had its effect             |
 * | `"Executed"`      | `IncompleteReply`                                                  | ask again, if asking has no effect         |
 *
 * `SessionClosed` is `"NotExecuted"` or `"MaybeExecuted"`, by whether the command had been sent.
 *
 * @since 0.1.0
 */
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { LoginFailure } from "./LoginFailure.ts"

/**
 * The text cannot be sent as a command: it holds a NUL or is too long. Nothing was sent.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidCommand extends Schema.Error<InvalidCommand>("@bercon/session/InvalidCommand")({
  _tag: Schema.tag("InvalidCommand"),
  problem: Schema.String
}) {
  override get message(): string {
    return `cannot be sent: ${this.problem}`
  }
}

/**
 * There was no session until the command's deadline, or, for one bound to its session, none when it was submitted or its
 * turn came. Nothing was sent: trying again is safe.
 *
 * @category errors
 * @since 0.1.0
 */
export class NotConnected extends Schema.Error<NotConnected>("@bercon/session/NotConnected")({
  _tag: Schema.tag("NotConnected"),
  peer: Schema.String
}) {
  override get message(): string {
    return `was not sent: there was no session with ${this.peer}. Trying again is safe`
  }
}

/**
 * More commands wait than the queue holds, or the command's turn did not come before its deadline; `waiting` others were
 * waiting. Nothing was sent: trying again later is safe.
 *
 * @category errors
 * @since 0.1.0
 */
export class Overloaded extends Schema.Error<Overloaded>("@bercon/session/Overloaded")({
  _tag: Schema.tag("Overloaded"),
  waiting: Schema.Int
}) {
  override get message(): string {
    return `was not sent: its turn did not come (${this.waiting} others were waiting). Trying again is safe, later or with fewer at once`
  }
}

/**
 * The command was sent `sends` times and the server, though alive, did not answer before the deadline. It may have been
 * executed.
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
    return `got no reply from ${this.peer} (sent ${this.sends} ${this.sends === 1 ? "time" : "times"}). ` +
      "It may have been executed"
  }
}

/**
 * `missing` of the reply's `total` parts did not come before the deadline. The command was executed. `total` is 1 where the
 * reply is not sent in parts, and nobody can say how much of it is missing.
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
      ? "was executed, but its reply did not arrive whole"
      : `was executed, but ${this.missing} of the ${this.total} parts of its reply did not arrive`
  }
}

/**
 * The session ended while the command was in flight (sent `sends` times). It may have been executed.
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
    return `lost its session with ${this.peer} while it was in flight. It may have been executed`
  }
}

/**
 * The session was closed by its owner, or ended for good because of `failure`. The command may have been executed if it
 * had been sent (`sends` is not 0).
 *
 * @category errors
 * @since 0.1.0
 */
export class SessionClosed extends Schema.Error<SessionClosed>("@bercon/session/SessionClosed")({
  _tag: Schema.tag("SessionClosed"),
  sends: Schema.Int,
  failure: Schema.optionalKey(LoginFailure)
}) {
  override get message(): string {
    const why = this.failure === undefined ? "" : `: ${this.failure.message}`
    return this.sends === 0
      ? `was not sent: the session is closed${why}`
      : `was in flight when the session was closed, and may have been executed${why}`
  }
}

/**
 * The server does not allow this command over RCON (`RestrictRCon`). It was not executed.
 *
 * @category errors
 * @since 0.1.0
 */
export class CommandDisallowed extends Schema.Error<CommandDisallowed>("@bercon/session/CommandDisallowed")({
  _tag: Schema.tag("CommandDisallowed")
}) {
  override get message(): string {
    return "is not allowed over RCON on this server (RestrictRCon in its BattlEye configuration)"
  }
}

/**
 * The server does not know this command. It was not executed.
 *
 * @category errors
 * @since 0.1.0
 */
export class UnknownCommand extends Schema.Error<UnknownCommand>("@bercon/session/UnknownCommand")({
  _tag: Schema.tag("UnknownCommand")
}) {
  override get message(): string {
    return "is not known to this server"
  }
}

/**
 * The command was for something that is no more as it was when its turn came (`isCurrent`). Nothing was sent.
 *
 * @category errors
 * @since 0.1.0
 */
export class Outdated extends Schema.Error<Outdated>("@bercon/session/Outdated")({
  _tag: Schema.tag("Outdated")
}) {
  override get message(): string {
    return "was not sent: what it was for has changed meanwhile"
  }
}

/**
 * The server's flavour could not be determined in time, so it is not known how to put the command. Nothing was sent: trying
 * again is safe.
 *
 * @category errors
 * @since 0.1.0
 */
export class FlavourUnknown extends Schema.Error<FlavourUnknown>("@bercon/session/FlavourUnknown")({
  _tag: Schema.tag("FlavourUnknown")
}) {
  override get message(): string {
    return "was not sent: the server's flavour could not be determined in time. Trying again is safe"
  }
}

/**
 * Servers of this kind have no such command. Nothing was sent.
 *
 * @category errors
 * @since 0.1.0
 */
export class Unsupported extends Schema.Error<Unsupported>("@bercon/session/Unsupported")({
  _tag: Schema.tag("Unsupported"),
  server: Schema.String
}) {
  override get message(): string {
    return `was not sent: ${this.server} has nothing of the kind`
  }
}

/**
 * What the caller knows about a command that failed.
 *
 * @category models
 * @since 0.1.0
 */
export type Execution = "NotExecuted" | "MaybeExecuted" | "Executed"

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
    CommandDisallowed,
    UnknownCommand,
    Unsupported,
    FlavourUnknown,
    Outdated
  ])
}) {
  override get message(): string {
    return `command ${JSON.stringify(this.command)} ${this.reason.message}`
  }

  /** Whether the server ran the command, as far as anyone can know. */
  get execution(): Execution {
    switch (this.reason._tag) {
      case "InvalidCommand":
      case "NotConnected":
      case "Overloaded":
      case "CommandDisallowed":
      case "UnknownCommand":
      case "Unsupported":
      case "FlavourUnknown":
      case "Outdated":
        return "NotExecuted"
      case "NoReply":
      case "SessionLost":
        return "MaybeExecuted"
      case "IncompleteReply":
        return "Executed"
      case "SessionClosed":
        return this.reason.sends === 0 ? "NotExecuted" : "MaybeExecuted"
    }
  }
}

/**
 * A command's first word, cut after 32 characters: all of it that may be told, since arguments can be secret.
 *
 * @category getters
 * @since 0.1.0
 */
export const verbOf = (text: string): string => text.trimStart().split(/\s/, 1)[0]!.slice(0, 32)

/**
 * The error of a command with this text.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (text: string, reason: CommandError["reason"]): CommandError =>
  new CommandError({ command: verbOf(text), reason })

/**
 * Why a command fails that had been sent `sends` times when its session ended with `exit`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const closedBy = (exit: Exit.Exit<void, LoginFailure>, sends: number): SessionClosed =>
  Option.match(Exit.findErrorOption(exit), {
    onNone: () => new SessionClosed({ sends }),
    onSome: (failure) => new SessionClosed({ sends, failure })
  })
