/**
 * What holds for a command of any flavour: what may go out, how, and what servers say that know it not.
 */
import {
  CommandDisallowed,
  type CommandError,
  InvalidCommand,
  make as commandError,
  Overloaded,
  UnknownCommand,
  Unsupported
} from "@bercon/session/CommandError"
import type * as Session from "@bercon/session/Session"
import { Monotonic } from "@bercon/session/unstable"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { PlayerId } from "../Player.ts"
import type { Call } from "./flavourCommands.ts"

/** A call for the session it was made in alone: what it names by number is something else in another. */
export const bound = (call: Call): Call => ({ ...call, epoch: call.epoch ?? call.calledIn })

/** The same for what changes the world each time it is run, and so is sent once. */
export const once = (call: Call): Call => ({ ...bound(call), repeatable: call.repeatable ?? false })

/** Does something with the options for the session of a command that is sent now. Fails if the call's time is over. */
export const sendWith = <A, E>(
  text: string,
  call: Call,
  send: (options: Session.CommandOptions) => Effect.Effect<A, E>
): Effect.Effect<A, E | CommandError> =>
  Effect.clockWith((clock): Effect.Effect<A, E | CommandError> => {
    const timeout = call.deadline - Monotonic.millis(clock)
    return timeout > 0
      ? send({ repeatable: call.repeatable, epoch: call.epoch, isCurrent: call.isCurrent, timeout })
      : Effect.fail(commandError(text, new Overloaded({ waiting: 0 })))
  })

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

/** The longest time that servers can be trusted to count, in whichever unit: a signed number of 32 bits. */
const MAX_UNITS = 2 ** 31 - 1

/**
 * How long a ban lasts as servers count it: in whole units, 0 for ever; `undefined` for what is no time, or too long to
 * count.
 */
export const countOf = (duration: Duration.Input | "permanent", unit: Duration.Input): number | undefined => {
  if (duration === "permanent") return 0
  const count = Math.ceil(Duration.toMillis(duration) / Duration.toMillis(unit))
  return count === Infinity ? 0 : count >= 1 && count <= MAX_UNITS ? count : undefined
}

/** The longest reply that can be one of these words, white space around it included. */
const LONGEST_REFUSAL = 64

/** The reply, unless it is that of a server which does not have the command. */
export const executed = (text: string, reply: string): Effect.Effect<string, CommandError> => {
  // A list of 100 KB need not be read for that.
  if (reply.length > LONGEST_REFUSAL) return Effect.succeed(reply)
  switch (reply.trim().toLowerCase()) {
    case "unknown command":
      return Effect.fail(commandError(text, new UnknownCommand({})))
    case "disallowed command":
      return Effect.fail(commandError(text, new CommandDisallowed({})))
    default:
      return Effect.succeed(reply)
  }
}
