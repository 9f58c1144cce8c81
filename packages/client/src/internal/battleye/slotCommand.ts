/**
 * Sends commands with a player's slot, without retransmissions: one may find another player in the slot. If no reply
 * arrives, the list of players is read, and the command is sent again only if the same player is still in the slot.
 */
import { Monotonic } from "@bercon/session/unstable"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { type ActionError, LookupFailed, PlayerNotFound, Unconfirmed } from "../../ActionError.ts"
import type { CommandError } from "../../CommandError.ts"
import type { Player } from "../../Player.ts"
import type { ReplyError } from "../../ReplyError.ts"
import type { Table } from "../../Table.ts"
import { make as actionError } from "../actionError.ts"
import type { Call } from "../flavourCommands.ts"
import { about, bound, once } from "../outgoing.ts"
import type { PlayerTarget } from "../playerTarget.ts"
import { accepted } from "./confirmation.ts"

/** Sends commands and queries for the list of players. */
export interface Sender {
  readonly raw: (text: string, call: Call) => Effect.Effect<string, CommandError>
  readonly playerTable: (call: Call) => Effect.Effect<Table<Player>, CommandError | ReplyError>
}

/** Time without a reply after which the list is read, in milliseconds. */
const LOOK_AFTER = 2000

/**
 * Reads the list if an action needs confirmation and the occupant of the slot is unknown. Fails with `PlayerNotFound`
 * if the list shows that the slot is empty; then nothing need be sent.
 */
export const identify = (
  { playerTable }: Sender,
  action: string,
  target: PlayerTarget,
  call: Call
): Effect.Effect<void, ActionError> =>
  target.player !== undefined || call.confirmWithin === undefined
    ? Effect.void
    : playerTable({ ...bound(call), repeatable: true }).pipe(
      Effect.mapError((cause) => actionError(action, new LookupFailed({ cause }))),
      Effect.flatMap((table) =>
        target.lookIn(table) === "Gone"
          ? Effect.fail(actionError(action, new PlayerNotFound({ player: target.slot })))
          : Effect.void
      )
    )

/** An action, its command, and the player in the slot. */
interface SlotCommand {
  readonly action: string
  readonly text: string
  readonly target: PlayerTarget
}

/**
 * Sends a command, and succeeds with its reply. Fails with `Unconfirmed` if the player left before the reply came,
 * because the departure proves nothing about the effect.
 */
export const sendToReply = (
  sender: Sender,
  command: SlotCommand,
  call: Call
): Effect.Effect<string, CommandError | ActionError> =>
  Effect.flatMap(send(sender, command, call), (reply) =>
    reply === undefined
      ? Effect.fail(actionError(command.action, new Unconfirmed({ expected: "a reply before the player left" })))
      : Effect.succeed(reply))

/** Sends a command. Succeeds with the reply, or with `undefined` if the player has left before the reply. */
export const send = (
  { playerTable, raw }: Sender,
  { action, target, text }: SlotCommand,
  given: Call
): Effect.Effect<string | undefined, CommandError | ActionError> => {
  const call = about(target, given)
  const attempt = (sent: CommandError | undefined): Effect.Effect<string | undefined, CommandError | ActionError> =>
    Effect.gen(function*() {
      const isKnown = target.player !== undefined
      const tried = isKnown ? Math.min(call.deadline, (yield* Monotonic.now) + LOOK_AFTER) : call.deadline
      const answer = yield* Effect.result(raw(text, { ...once(call), deadline: tried }))
      if (Result.isSuccess(answer)) return yield* accepted(action)(answer.success)
      const error = answer.failure
      if (error.reason._tag === "Outdated" && sent !== undefined) return undefined
      // The command's turn did not come by `tried`, but the call has more time. (A full queue fails at once.)
      const now = yield* Monotonic.now
      if (error.reason._tag === "Overloaded" && now >= tried && now < call.deadline) return yield* attempt(sent)
      // A command that was sent may have been executed, whatever happens to the next attempt.
      if (error.reason._tag !== "NoReply" || tried === call.deadline || !isKnown) {
        return yield* error.execution === "NotExecuted" ? sent ?? error : error
      }
      const table = yield* Effect.mapError(playerTable({ ...bound(given), repeatable: true }), () => error)
      switch (target.lookIn(table)) {
        case "Here":
          return yield* attempt(error)
        case "Gone":
          return undefined
        case "Unsure":
          return yield* error
      }
    })
  const run = call.repeatable === undefined
    ? attempt(undefined)
    : Effect.flatMap(raw(text, bound(call)), accepted(action))
  return outdated(action, target, run)
}

/** Fails with `PlayerNotFound` if the command was not sent because the occupant of the slot has changed. */
const outdated = <A, E extends CommandError | ActionError>(
  action: string,
  target: PlayerTarget,
  run: Effect.Effect<A, E>
): Effect.Effect<A, CommandError | ActionError> =>
  Effect.catch(run, (error): Effect.Effect<never, CommandError | ActionError> =>
    Effect.fail(
      error.reason._tag === "Outdated" && !target.isCurrent()
        ? actionError(action, new PlayerNotFound({ player: target.slot }))
        : error
    ))
