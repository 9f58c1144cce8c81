/**
 * BattlEye's own commands. The output of a command is its reply. The effect of an action can be seen only in events and
 * lists.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { Unconfirmed } from "../../ActionError.ts"
import type { CommandError } from "../../CommandError.ts"
import { ReplyError } from "../../ReplyError.ts"
import type { ServerEvent } from "../../ServerEvent.ts"
import { make as actionError } from "../actionError.ts"
import type { ClientSession } from "../clientSession.ts"
import { lists, words } from "../commandTable.ts"
import type { Call, FlavourCommands } from "../flavourCommands.ts"
import { executed, once, sendWith } from "../outgoing.ts"
import { namesOf, type PlayerTarget } from "../playerTarget.ts"
import * as Turn from "../turn.ts"
import * as Bans from "./bans.ts"
import * as BansReply from "./bansReply.ts"
import { accepted, afterwards, type Evidence, saying, unconfirmed, untilEcho, untilEvent } from "./confirmation.ts"
import * as PlayersReply from "./playersReply.ts"
import * as SlotCommand from "./slotCommand.ts"

/** Commands that change the list of bans, and possibly the positions of its rows. */
const CHANGES_BANS = /^\s*(?:ban|addban|removeban|loadbans|writebans)\b/i

export const make = (session: ClientSession, evidence: Evidence): FlavourCommands => {
  const raw = (text: string, call: Call): Effect.Effect<string, CommandError> =>
    Effect.flatMap(
      sendWith(text, call, (options) => session.command(text, options)),
      (reply) => executed(text, reply)
    )

  const query =
    <A>(text: string, parse: (reply: string, isCut: boolean) => Result.Result<A, ReplyError>) =>
    (call: Call): Effect.Effect<A, CommandError | ReplyError> =>
      sendWith(text, call, (options) => session.commandBytes(text, options)).pipe(
        Effect.flatMap((bytes) =>
          Effect.flatMap(
            executed(text, session.decode(bytes)),
            (reply) => Effect.fromResult(hinted(parse(reply, bytes.length >= CUT_FROM)))
          )
        )
      )

  /** Adds the server's flavour to a `ReplyError`, because the cause of an empty reply depends on it. */
  const hinted = <A, E>(result: Result.Result<A, E>): Result.Result<A, E> =>
    Result.mapError(result, (error): E => {
      if (!(error instanceof ReplyError) || !evidence.isBattlEye()) return error
      // @effect-diagnostics-next-line unsafeEffectTypeAssertion:off -- it is of the same class
      return error.of("BattlEye") as E & ReplyError
    })

  // Bans are removed by their position in the list, so no other command may change the list between the look-up and the
  // removal.
  const bansTurn = Turn.make()
  const command = (text: string, call: Call): Effect.Effect<string, CommandError> =>
    CHANGES_BANS.test(text) ? bansTurn(text, call.deadline, raw(text, call)) : raw(text, call)

  const playerTable = query(lists.BattlEye.players, PlayersReply.parse)
  const banTable = query(lists.BattlEye.bans, BansReply.parse)
  const sender = { raw, playerTable }
  // Constructed at the first change of the list, because most clients never change it.
  let bansMade: Bans.Bans | undefined
  const bans = () => bansMade ??= Bans.make({ ...sender, banTable, evidence, session, bansTurn })

  const say = (text: string, call: Call) =>
    untilEcho(
      evidence,
      { action: "say", text, headers: ["(Global) "] },
      Effect.flatMap(raw(words("say", -1, text), call), accepted("say")),
      call
    )

  const whisper = Effect.fnUntraced(function*(target: PlayerTarget, text: string, call: Call) {
    yield* SlotCommand.identify(sender, "whisper", target, call)
    const command = { action: "whisper", text: words("say", target.slot, text), target }
    const run = SlotCommand.sendToReply(sender, command, call)
    const headers = target.player === undefined ? undefined : namesOf(target.player).map((name) => `(To ${name}) `)
    return yield* untilEcho(evidence, { action: "whisper", text, headers }, run, call)
  })

  const kick = Effect.fnUntraced(function*(target: PlayerTarget, reason: string, call: Call) {
    yield* SlotCommand.identify(sender, "kick", target, call)
    const command = { action: "kick", text: words("kick", target.slot, reason), target }
    const run = SlotCommand.send(sender, command, call)
    const isGone = (
      event: ServerEvent
    ): event is ServerEvent & { readonly _tag: "PlayerKicked" | "PlayerDisconnected" } =>
      (event._tag === "PlayerKicked" || event._tag === "PlayerDisconnected") && target.isNamedBy(event.player)
    const { event, reply } = yield* untilEvent(
      evidence,
      isGone,
      Effect.map(run, (reply) => reply ?? ""),
      call.confirmWithin
    )
    if (call.confirmWithin === undefined || event !== undefined) return reply
    // The event may be lost for good, so the list decides.
    const table = yield* Effect.mapError(
      Effect.flatMap(afterwards(call), playerTable),
      unconfirmed("kick", "the player to be gone")
    )
    if (target.lookIn(table) === "Gone") return reply
    return yield* actionError("kick", new Unconfirmed({ expected: "the player to be gone", ...saying(reply) }))
  })

  return {
    playerTable,
    banTable,
    simple: ({ parse, repeatable, text }, given) =>
      Effect.flatMap(
        command(text, repeatable ? given : once(given)),
        (reply) => Effect.fromResult(hinted(parse(reply)))
      ),
    supports: () => true,
    say,
    whisper,
    kick,
    ban: (target, terms, call) => bans().ban(target, terms, call),
    banAll: (targets, terms, call) => bans().banAll(targets, terms, call),
    unban: (targets, call) => bans().unban(targets, call),
    command
  }
}

/**
 * Size in bytes from which a reply may be cut: the maximum of the protocol is 255 parts of 1,024 bytes, and up to 3
 * bytes of the last character may be missing.
 */
const CUT_FROM = 255 * 1024 - 3
