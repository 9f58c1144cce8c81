/**
 * How commands of either flavour are sent, and the replies by which servers refuse a command they do not know.
 */
import type * as Session from "@bercon/session/Session"
import { Monotonic } from "@bercon/session/unstable"
import * as Effect from "effect/Effect"
import { CommandDisallowed, type CommandError, Overloaded, UnknownCommand, Unsupported } from "../CommandError.ts"
import { make as commandError } from "./commandError.ts"
import type { Call } from "./flavourCommands.ts"
import type { PlayerTarget } from "./playerTarget.ts"

/** A command for the session of its call alone: in another session its slot is another player's. */
export const bound = (call: Call): Call => ({ ...call, epoch: call.epoch ?? call.calledIn })

/** A call that is current as long as the slot is the player's, and the caller agrees. */
export const about = (target: PlayerTarget, call: Call): Call => ({
  ...call,
  isCurrent: () => target.isCurrent() && (call.isCurrent?.() ?? true)
})

/** The same as `bound` for a command that changes the world each time it is run. It is sent once. */
export const once = (call: Call): Call => ({ ...bound(call), repeatable: call.repeatable ?? false })

/** Sends a command with the options for the session. Fails if the call's time is over. */
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

export const unsupported = (text: string, server: string): Effect.Effect<never, CommandError> =>
  Effect.fail(commandError(text, new Unsupported({ server })))

/** The longest reply that can be a refusal, white space included. */
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
