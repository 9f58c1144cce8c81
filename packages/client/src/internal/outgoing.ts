/**
 * Sends the commands of either flavour, and recognises replies to unknown or disallowed commands.
 */
import type * as Session from "@bercon/session/Session"
import { Monotonic } from "@bercon/session/unstable"
import * as Effect from "effect/Effect"
import { CommandDisallowed, type CommandError, Overloaded, UnknownCommand, Unsupported } from "../CommandError.ts"
import { make as commandError } from "./commandError.ts"
import type { Call } from "./flavourCommands.ts"
import type { PlayerTarget } from "./playerTarget.ts"

/** Restricts a command to the session of its call, because in another session its slot may be another player's. */
export const bound = (call: Call): Call => ({ ...call, epoch: call.epoch ?? call.calledIn })

/** Lets a command be sent only while the slot belongs to the player and the caller's own `isCurrent` returns true. */
export const about = (target: PlayerTarget, call: Call): Call => ({
  ...call,
  isCurrent: () => target.isCurrent() && (call.isCurrent?.() ?? true)
})

/** Like `bound`, for a command that has an effect each time it is executed. It is sent once, unless it is `repeatable`. */
export const once = (call: Call): Call => ({ ...bound(call), repeatable: call.repeatable ?? false })

/** Sends a command with the options for the session. Fails if the call's deadline has passed. */
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

/** Fails because servers of this flavour have no such command. `server` is the name of the flavour. */
export const unsupported = (text: string, server: string): Effect.Effect<never, CommandError> =>
  Effect.fail(commandError(text, new Unsupported({ server })))

/** Maximum length of a reply that can be a refusal, including white space. */
const LONGEST_REFUSAL = 64

/** Returns the reply, or fails if it reports that the server does not have or does not allow the command. */
export const executed = (text: string, reply: string): Effect.Effect<string, CommandError> => {
  // A list of 100 KB need not be examined.
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
