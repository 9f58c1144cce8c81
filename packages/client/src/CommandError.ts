/**
 * Errors of a client's commands. Each states whether the server may have executed the command nevertheless.
 *
 * **Details**
 *
 * Every reason has an `execution`, and an `isRetryable`: whether trying again is safe and may help. A client adds four
 * reasons to those of its session: `CommandDisallowed`, `UnknownCommand`, `Unsupported` and `FlavourUnknown`. All four
 * are `"NotExecuted"`, and only `FlavourUnknown` is retryable.
 *
 * Arguments may be secret, so no error contains the text of the command after its first word. Only `InvalidCommand` may
 * contain an argument: the invalid one.
 *
 * **Example** (Trying again if nothing was sent)
 *
 * ```ts
 * import { RconClient } from "@bercon/client"
 * import { Effect } from "effect"
 *
 * const players = Effect.gen(function*() {
 *   const rcon = yield* RconClient.RconClient
 *   return yield* Effect.retry(rcon.players, { times: 2, while: (error) => error.isRetryable })
 * })
 * ```
 *
 * @stability stable
 * @since 0.1.0
 */
import * as Session from "@bercon/session/CommandError"
import * as Schema from "effect/Schema"

export {
  /** @since 0.1.0 */
  type Execution,
  /** @since 0.1.0 */
  IncompleteReply,
  /** @since 0.1.0 */
  InvalidCommand,
  /** @since 0.1.0 */
  NoReply,
  /** @since 0.1.0 */
  NotConnected,
  /** @since 0.1.0 */
  Outdated,
  /** @since 0.1.0 */
  Overloaded,
  /** @since 0.1.0 */
  SessionClosed,
  /** @since 0.1.0 */
  SessionLost
} from "@bercon/session/CommandError"

/**
 * The server does not allow this command over RCON (`RestrictRCon`).
 *
 * @category errors
 * @since 0.1.0
 */
export class CommandDisallowed extends Schema.Error<CommandDisallowed>("@bercon/client/CommandDisallowed")({
  _tag: Schema.tag("CommandDisallowed")
}) {
  override get message(): string {
    return "the server does not allow this command over RCON (RestrictRCon in its BattlEye configuration). " +
      "It was not executed"
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
 * The server does not have this command.
 *
 * @category errors
 * @since 0.1.0
 */
export class UnknownCommand extends Schema.Error<UnknownCommand>("@bercon/client/UnknownCommand")({
  _tag: Schema.tag("UnknownCommand")
}) {
  override get message(): string {
    return "the server does not have this command. It was not executed"
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
 * Servers of this flavour have no such command. Nothing was sent.
 *
 * @category errors
 * @since 0.1.0
 */
export class Unsupported extends Schema.Error<Unsupported>("@bercon/client/Unsupported")({
  _tag: Schema.tag("Unsupported"),
  server: Schema.String
}) {
  override get message(): string {
    return `${this.server} has no such command. Nothing was sent`
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
 * The server's flavour could not be determined in time, so the form of the command is unknown. The command was not
 * sent.
 *
 * @category errors
 * @since 0.1.0
 */
export class FlavourUnknown extends Schema.Error<FlavourUnknown>("@bercon/client/FlavourUnknown")({
  _tag: Schema.tag("FlavourUnknown")
}) {
  override get message(): string {
    return "the server's flavour could not be determined in time. The command was not sent: trying again is safe"
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
 * A command failed. `reason` describes why. `command` is the first word of the command, never its arguments, which may
 * be secret.
 *
 * @category errors
 * @since 0.1.0
 */
export class CommandError extends Schema.TaggedError<CommandError>("@bercon/client/CommandError")("CommandError", {
  command: Schema.String,
  reason: Schema.Union([
    ...Session.CommandError.fields.reason.members,
    CommandDisallowed,
    UnknownCommand,
    Unsupported,
    FlavourUnknown
  ])
}) {
  override get message(): string {
    return `command ${JSON.stringify(this.command)}: ${this.reason.message}`
  }

  /** Whether the server executed the command. */
  get execution(): Session.Execution {
    return this.reason.execution
  }

  /** Whether trying again is safe and may help. */
  get isRetryable(): boolean {
    return this.reason.isRetryable
  }
}
