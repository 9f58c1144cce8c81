/**
 * Arma Reforger's own RCON: few commands, whose outcomes the server tells in messages.
 */
import type { CommandError } from "@bercon/session/CommandError"
import type * as Session from "@bercon/session/Session"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import {
  type ActionError,
  BanNotFound,
  make as actionError,
  PlayerNotFound,
  Rejected,
  Unconfirmed
} from "../ActionError.ts"
import { Ban, type BanId, type BanTarget } from "../Ban.ts"
import type { ActionOptions, BanOptions } from "../Commands.ts"
import type { ReplyWindow } from "../Flavour.ts"
import { isIdentityId } from "../Identity.ts"
import type { PlayerId } from "../Player.ts"
import type { Table, UnparsedRow } from "../Table.ts"
import * as Exchange from "./exchange.ts"
import type { FlavourCommands } from "./flavourCommands.ts"
import { BOUND, executed, invalid, ONCE, oneLine, onePlayer, unsupported as unsupportedBy } from "./outgoing.ts"
import * as Replies from "./reforgerReplies.ts"
import { trusted } from "./trusted.ts"

export interface Reforger {
  readonly commands: FlavourCommands
  /** Offers a message of the server: `true` where it is part of a command's reply, and so no event. */
  readonly offer: (text: string) => boolean
  /** Some messages are missing for good, or the session is a new one. */
  readonly gap: () => void
  /** Frees the client's slot on the server, in a second at most, and never fails. */
  readonly logout: Effect.Effect<void>
}

/** How many pages of the list of bans are asked for at most: 25,000 bans. */
const MAX_PAGES = 1000

export const make = Effect.fnUntraced(function*(
  session: Session.Session["Service"],
  window: ReplyWindow | undefined
): Effect.fn.Return<Reforger> {
  const { gap, offer, send } = yield* Exchange.make(session, window, Replies.expectationOf)

  const ask = (
    text: string,
    expectation: Exchange.Expectation,
    options?: Exchange.SendOptions
  ): Effect.Effect<string, CommandError> =>
    Effect.flatMap(send(text, expectation, options), (texts) => executed(text, Replies.join(texts)))

  const query = (text: string): Effect.Effect<string, CommandError> => ask(text, Replies.expectationOf(text))

  const tell = (text: string): Effect.Effect<void, CommandError> =>
    Effect.asVoid(ask(text, Replies.expectationOf(text), ONCE))

  /** An action, and what the server has to say of it. */
  const act = (
    action: string,
    text: string,
    { confirmWithin, repeatable, sessionBound, timeout }: ActionOptions
  ): Effect.Effect<string, CommandError | ActionError> =>
    oneLine(text).pipe(
      Effect.flatMap((text) =>
        ask(text, Replies.expectationOf(text), { longest: confirmWithin, repeatable, sessionBound, timeout })
      ),
      Effect.catchReason("CommandError", "IncompleteReply", () => Effect.fail(unconfirmed(action)))
    )

  const banTable = Effect.gen(function*() {
    const rows = new Map<BanTarget, Ban>()
    const unparsed: Array<UnparsedRow> = []
    let total: number | undefined
    let lines = 0
    let pages = 1
    // The list may change between two pages. What comes twice then is there once.
    for (let number = 1; number <= Math.min(pages, MAX_PAGES); number++) {
      const page = yield* Effect.fromResult(Replies.parseBans(yield* query(`#ban list ${number}`), lines))
      const before = rows.size
      for (const { name, target } of page.rows) {
        if (rows.has(target)) continue
        rows.set(target, trusted(Ban, { id: rows.size as BanId, target, remaining: "unknown", reason: "", name }))
      }
      unparsed.push(...page.unparsed)
      total = page.total ?? total
      lines += page.lines
      pages = rows.size === before ? 0 : page.pages
    }
    const table: Table<Ban> = { rows: [...rows.values()], unparsed, total }
    return table
  })

  const kick = Effect.fnUntraced(function*(player: PlayerId, reason: string, options: ActionOptions = {}) {
    yield* oneLine(`#kick ${reason}`)
    const reply = yield* act("kick", `#kick ${yield* onePlayer("#kick", player)}`, {
      ...options,
      ...boundUnless(options)
    })
    if (Replies.isKicked(reply)) return
    return yield* actionError(
      "kick",
      Replies.isNoPlayer(reply) ? new PlayerNotFound({ player }) : unconfirmed("kick").reason
    )
  })

  const ban = Effect.fnUntraced(function*(target: PlayerId | BanTarget, options: BanOptions = {}) {
    const { duration = "permanent", reason = "" } = options
    const player = typeof target === "number" ? target : undefined
    if (typeof target !== "number" && !isIdentityId(target)) return yield* unsupported("#ban")
    if (player !== undefined) yield* onePlayer("#ban", player)
    const seconds = secondsOf(duration)
    if (seconds === undefined) return yield* invalid("#ban", "a ban lasts longer than that, or for ever")
    const text = `#ban create ${target} ${seconds}${reason === "" ? "" : ` ${reason}`}`
    const reply = yield* act("ban", text, player === undefined ? options : { ...options, ...boundUnless(options) })
    if (Replies.isBanned(reply)) return
    return yield* actionError(
      "ban",
      player !== undefined && Replies.isNoPlayer(reply) ? new PlayerNotFound({ player }) : refused("ban", reply)
    )
  })

  const unban = Effect.fnUntraced(function*(wanted: BanTarget | Ban, options: Session.CommandOptions = {}) {
    const target = typeof wanted === "string" ? wanted : wanted.target
    if (!isIdentityId(target)) return yield* unsupported("#ban")
    const reply = yield* act("unban", `#ban remove ${target}`, { ...options, repeatable: false })
    if (Replies.isUnbanned(reply)) return
    return yield* actionError(
      "unban",
      Replies.isNoBan(reply) ? new BanNotFound({ target }) : refused("unban", reply)
    )
  })

  const commands: FlavourCommands = {
    playerTable: Effect.flatMap(query("#players"), (reply) => Effect.fromResult(Replies.parsePlayers(reply))),
    banTable,
    adminTable: unsupported("admins"),
    missions: unsupported("missions"),
    version: unsupported("version"),
    commands: unsupported("commands"),
    say: () => unsupported("say"),
    whisper: () => unsupported("say"),
    kick: (player, reason = "", options) => kick(player, reason, options),
    ban,
    unban,
    loadBans: () => unsupported("loadBans"),
    writeBans: unsupported("writeBans"),
    loadScripts: unsupported("loadScripts"),
    loadEvents: unsupported("loadEvents"),
    maxPing: () => unsupported("maxPing"),
    lock: unsupported("#lock"),
    unlock: unsupported("#unlock"),
    restart: tell("#restart"),
    reassign: unsupported("#reassign"),
    restartServer: unsupported("#restartserver"),
    shutdown: tell("#shutdown"),
    selectMission: () => unsupported("#mission"),
    command: (text, options) => ask(text, Replies.looseExpectationOf(text), options)
  }

  return {
    commands,
    offer,
    gap,
    // Where no answer comes, the session's own clock ends it: this is run where nothing can be interrupted.
    logout: Effect.ignore(send("@logout", Exchange.SILENT, { ...BOUND, timeout: "1 second" }))
  }
})

const boundUnless = ({ sessionBound = true }: Session.CommandOptions) => ({ sessionBound })

const unsupported = (verb: string): Effect.Effect<never, CommandError> =>
  unsupportedBy(verb, "Arma Reforger's own RCON")

const unconfirmed = (action: string): ActionError =>
  actionError(action, new Unconfirmed({ expected: "the server's word on it" }))

/** What a reply other than that of success means. */
const refused = (action: string, reply: string): ActionError["reason"] =>
  Replies.isRefusal(reply) ? new Rejected({ text: reply }) : unconfirmed(action).reason

/** How long a ban lasts as servers count it: whole seconds, 0 for ever; `undefined` for what is no time. */
const secondsOf = (duration: Duration.Input | "permanent"): number | undefined => {
  if (duration === "permanent") return 0
  const seconds = Math.ceil(Duration.toSeconds(duration))
  return seconds === Infinity ? 0 : seconds >= 1 && Number.isSafeInteger(seconds) ? seconds : undefined
}
