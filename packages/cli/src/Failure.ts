/**
 * Why a command of `bercon` failed: an exit code for scripts, and a sentence with the next step for people.
 */
import type { ActionError } from "@bercon/client/ActionError"
import type { CommandError } from "@bercon/client/CommandError"
import type { Flavour } from "@bercon/client/Flavour"
import type { LoginFailure, OutageCause } from "@bercon/client/LoginFailure"
import type { ReplyError } from "@bercon/client/ReplyError"
import type { ServersFileError } from "@bercon/fleet/FleetError"
import type { EndpointError } from "@bercon/testing/Endpoint"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type { DemoFailed } from "./demo/DemoFailed.ts"
import { ExitCode } from "./ExitCode.ts"

/**
 * The command line, a variable or a file is invalid. Nothing was sent. `message` contains the next step, unless it is obvious.
 */
export class UsageError extends Data.TaggedError("UsageError")<{ readonly message: string }> {}

/** Fails with a {@link UsageError}. */
export const usage = (message: string): Effect.Effect<never, UsageError> => Effect.fail(new UsageError({ message }))

/**
 * A player, ban or plan that was named on the command line is ambiguous, is not there, or cannot be changed any more; or a
 * list of bans could not be made to agree with the book.
 */
export class TargetError extends Data.TaggedError("TargetError")<{ readonly message: string }> {}

/** Failures that have been printed already. `code` is their exit code. */
export class Reported extends Data.TaggedError("Reported")<{ readonly code: ExitCode }> {}

/**
 * The reader of standard output has closed it (`bercon events | head -1`). By itself this is no failure, because the reader has
 * all that it needs. If a server had failed before, `code` is the exit code of that failure, which has been printed already.
 */
export class OutputClosed extends Data.TaggedError("OutputClosed")<{ readonly code?: ExitCode }> {}

/** Standard output cannot be written. `code` is the system's error code, such as `ENOSPC`. */
export class OutputFailed extends Data.TaggedError("OutputFailed")<{ readonly code: string }> {
  override get message(): string {
    return `the result could not be written completely to standard output (${this.code})`
  }
}

/** Why a result could not be printed. */
export type OutputError = OutputClosed | OutputFailed

/** A command failed for some or all of several players or bans. `message` has a line for each failure. */
export class SomeFailed extends Data.TaggedError("SomeFailed")<{ readonly message: string; readonly code: ExitCode }> {}

/**
 * The output of a command did not come, and the flavour was set to Reforger. A BattlEye server acknowledges a
 * command of Reforger, but sends no output. So the flavour is probably wrong.
 */
export class NoOutput extends Data.TaggedError("NoOutput")<{ readonly error: CommandError }> {
  override get message(): string {
    return `${this.error.message}. Probably the server is not of the flavour Reforger: leave out --flavour, BERCON_FLAVOUR, or ` +
      "the flavour of the profile"
  }
}

/** Failures of a command on one server. */
export type ServerFailure =
  | LoginFailure
  | CommandError
  | ActionError
  | ReplyError
  | NoOutput
  | ServersFileError
  | SomeFailed
  | TargetError
  | UsageError

/** Failures of a command. */
export type Failure = ServerFailure | DemoFailed | EndpointError | Reported | OutputError

/** Explains a failure that a wrong `flavour` has probably caused. Returns any other failure unchanged. */
export const explained = (flavour: Flavour | "auto" | undefined) => (failure: ServerFailure): ServerFailure =>
  flavour === "Reforger" && failure._tag === "CommandError" && failure.reason._tag === "IncompleteReply"
    ? new NoOutput({ error: failure })
    : failure

const ofOutage = (cause: OutageCause | undefined): ExitCode => {
  switch (cause?._tag) {
    case "LoginRefused":
      return ExitCode.refused
    case "TransportError":
      return ExitCode.transport
    default:
      return ExitCode.noAnswer
  }
}

const ofLogin = ({ reason }: LoginFailure): ExitCode => {
  switch (reason._tag) {
    case "InvalidOptions":
      return ExitCode.usage
    case "LoginRefused":
      return ExitCode.refused
    case "LoginTimeout":
      return ofOutage(reason.cause)
    case "TransportFailure":
      return reason.cause.reason.kind === "InvalidAddress" ? ExitCode.usage : ExitCode.transport
  }
}

const ofCommand = ({ reason }: CommandError): ExitCode => {
  switch (reason._tag) {
    case "InvalidCommand":
      return ExitCode.usage
    case "NotConnected":
      return ofOutage(reason.cause)
    case "SessionClosed":
      return reason.cause === undefined ? ExitCode.noAnswer : ofLogin(reason.cause)
    case "NoReply":
    case "IncompleteReply":
    case "SessionLost":
    case "FlavourUnknown":
      return ExitCode.noAnswer
    case "CommandDisallowed":
    case "UnknownCommand":
    case "Unsupported":
    case "Overloaded":
    case "Outdated":
      return ExitCode.failed
  }
}

const ofAction = ({ reason }: ActionError): ExitCode => {
  switch (reason._tag) {
    case "LookupFailed":
      return reason.cause._tag === "CommandError" ? ofCommand(reason.cause) : ExitCode.failed
    case "Unconfirmed":
    case "BansChanged":
      return ExitCode.unconfirmed
    case "PlayerNotFound":
    case "BanNotFound":
    case "ListIncomplete":
    case "Rejected":
      return ExitCode.failed
  }
}

/** The exit code for a failure. */
export const exitCode = (failure: Failure): ExitCode => {
  switch (failure._tag) {
    case "UsageError":
    case "ServersFileError":
      return ExitCode.usage
    case "LoginFailure":
      return ofLogin(failure)
    case "CommandError":
      return ofCommand(failure)
    case "NoOutput":
      return ofCommand(failure.error)
    case "ActionError":
      return ofAction(failure)
    case "TargetError":
    case "ReplyError":
      return ExitCode.failed
    case "EndpointError":
      return ExitCode.transport
    case "DemoFailed":
      return ExitCode.noAnswer
    case "Reported":
    case "SomeFailed":
      return failure.code
    case "OutputFailed":
      return ExitCode.output
    case "OutputClosed":
      return failure.code ?? ExitCode.done
  }
}

/** The failures to which no next step is added: the message contains it already, or no step would help. */
const COMPLETE: ReadonlySet<Failure["_tag"]> = new Set([
  "UsageError",
  "TargetError",
  "SomeFailed",
  "NoOutput",
  "DemoFailed"
])

/** The next step, if the message of a failure lacks it. */
const nextStep = (failure: Failure): string | undefined => {
  if (COMPLETE.has(failure._tag)) return undefined
  switch (exitCode(failure)) {
    case ExitCode.refused:
      return "Check the password: --password-file, BERCON_PASSWORD or the password of the profile"
    case ExitCode.noAnswer:
      return failure._tag === "LoginFailure"
        ? "`--wait 2m` waits for a server that is still starting, and `bercon doctor` looks for the cause"
        : "Look at the server's state before you try again, or give it more time with --timeout"
    case ExitCode.transport:
      return failure._tag === "EndpointError"
        ? "Use another --host or --port"
        : "Check the host and this machine's network"
    case ExitCode.output:
      return "Check the disk or device that it is written to"
    case ExitCode.unconfirmed:
      return "Look with `bercon players` or `bercon bans` before you try again"
    default:
      return undefined
  }
}

/** Describes a failure in a sentence or two: the problem, and the next step. */
export const describe = (failure: Failure): string => {
  const next = nextStep(failure)
  return next === undefined ? failure.message : `${failure.message.replace(/\.$/, "")}. ${next}.`
}

/** The lines on standard error for a failure, labelled with `server` if it is given. */
export const lines = (failure: Failure, server?: string): string => {
  const prefix = server === undefined ? "bercon: " : `bercon: ${server}: `
  return failure._tag === "SomeFailed" ? failure.message.replaceAll(/^/gm, prefix) : prefix + describe(failure)
}

/**
 * The exit code of `total` servers, steps, commands or rounds, given the exit codes of those that failed: `done` if none failed,
 * their common code if all failed with the same one, otherwise `someFailed`.
 */
export const ofSeveral = (total: number, codes: ReadonlyArray<ExitCode>): ExitCode => {
  const [first] = codes
  if (first === undefined) return ExitCode.done
  return codes.length === total && codes.every((code) => code === first) ? first : ExitCode.someFailed
}
