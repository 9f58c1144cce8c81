/**
 * What holds for a command of any flavour: what may go out, and what servers say that know it not.
 */
import {
  CommandDisallowed,
  type CommandError,
  InvalidCommand,
  make as commandError,
  UnknownCommand,
  Unsupported
} from "@bercon/session/CommandError"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { PlayerId } from "../Player.ts"

/** What is meant by a slot must not go over into another session, where the slot may be another player's. */
export const BOUND = { sessionBound: true } as const

/** What changes the world each time it is run. */
export const ONCE = { ...BOUND, repeatable: false } as const

export const invalid = (text: string, problem: string): Effect.Effect<never, CommandError> =>
  Effect.fail(commandError(text, new InvalidCommand({ problem })))

export const unsupported = (text: string, server: string): Effect.Effect<never, CommandError> =>
  Effect.fail(commandError(text, new Unsupported({ server })))

/** A command is one line: a second would be another command. */
export const oneLine = (text: string): Effect.Effect<string, CommandError> =>
  /[\r\n]/.test(text) ? invalid(text, "the text holds a line break") : Effect.succeed(text)

/** Types do not keep -1 out of a program in JavaScript, and servers take it for everybody. */
export const onePlayer = (text: string, player: number): Effect.Effect<PlayerId, CommandError> =>
  isPlayerId(player) ? Effect.succeed(player) : invalid(text, `${player} is not the number of a player`)

const isPlayerId = Schema.is(PlayerId)

/** The reply, unless it is that of a server which does not have the command. */
export const executed = (text: string, reply: string): Effect.Effect<string, CommandError> => {
  switch (reply.trim().toLowerCase()) {
    case "unknown command":
      return Effect.fail(commandError(text, new UnknownCommand({})))
    case "disallowed command":
      return Effect.fail(commandError(text, new CommandDisallowed({})))
    default:
      return Effect.succeed(reply)
  }
}
