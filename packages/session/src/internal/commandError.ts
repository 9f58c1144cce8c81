/**
 * Constructs the errors of commands.
 */
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { CommandError, SessionClosed } from "../CommandError.ts"
import type { LoginFailure } from "../LoginFailure.ts"

/** The first word of a command, at most 32 characters. The rest is never shown, because arguments can be secret. */
export const verbOf = (text: string): string => text.trimStart().split(/\s/, 1)[0]!.slice(0, 32)

/** The error of a command with this text. */
export const make = (text: string, reason: CommandError["reason"]): CommandError =>
  new CommandError({ command: verbOf(text), reason })

/** The error of a command that had been sent `sends` times when its session ended with `exit`. */
export const closedBy = (exit: Exit.Exit<void, LoginFailure>, sends: number): SessionClosed =>
  Option.match(Exit.findErrorOption(exit), {
    onNone: () => new SessionClosed({ sends }),
    onSome: (cause) => new SessionClosed({ sends, cause })
  })
