/**
 * Constructs the errors of commands.
 */
import { CommandErrors } from "@bercon/session/unstable"
import { CommandError } from "../CommandError.ts"

/** The reason of the error of a command whose session has ended. */
export const closedBy = CommandErrors.closedBy

/** The error of a command with this text. */
export const make = (text: string, reason: CommandError["reason"]): CommandError =>
  new CommandError({ command: CommandErrors.verbOf(text), reason })
