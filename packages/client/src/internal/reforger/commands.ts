/**
 * Arma Reforger's own RCON: few commands, whose outcomes the server tells in messages.
 */
import type { CommandError } from "@bercon/session/CommandError"
import type * as Session from "@bercon/session/Session"
import * as Effect from "effect/Effect"
import {
  type ActionError,
  BanNotFound,
  make as actionError,
  PlayerNotFound,
  Rejected,
  Unconfirmed
} from "../../ActionError.ts"
import { Ban, type BanId, type BanTarget } from "../../Ban.ts"
import type { ReplyWindow } from "../../Flavour.ts"
import { isIdentityId } from "../../Identity.ts"
import type { PlayerId } from "../../Player.ts"
import type { Table, UnparsedRow } from "../../Table.ts"
import type { Call, FlavourCommands, Occupant, Sentence } from "../flavourCommands.ts"
import { isStill, outdated } from "../occupant.ts"
import { countOf, executed, invalid, once, oneLine, onePlayer, sendWith, unsupported } from "../outgoing.ts"
import { trusted } from "../trusted.ts"
import * as Exchange from "./exchange.ts"
import * as Replies from "./replies.ts"

export interface Reforger {
  readonly commands: FlavourCommands
  /** Offers a message of the server: `true` where it is part of a command's reply, and so no event. */
  readonly offer: (text: string) => boolean
  /** Some messages are missing for good. */
  readonly gap: () => void
  /** The session is another: of what was asked in the one before nothing is said any more. */
  readonly restart: () => void
  /** Nothing is said any more: what is waited for does not come. */
  readonly close: () => void
}

/** Frees the client's slot on the server. Never fails, and waits for nobody: the session may be closed then. */
export const logout = (session: Session.Session["Service"]): Effect.Effect<void> =>
  session.command("@logout", { repeatable: false }).pipe(
    Effect.ignore,
    // It is settled by the session's end at the latest.
    Effect.forkDetach({ startImmediately: true }),
    // What ends the client may be what the session does just now, which then sends nothing before it is done with it.
    Effect.andThen(Effect.yieldNow)
  )

/** How many pages of the list of bans are asked for at most: 25,000 bans. */
const MAX_PAGES = 1000

export const make = (
  session: Session.Session["Service"],
  window: ReplyWindow | undefined,
  occupantOf: (player: PlayerId) => Occupant,
  runtime: Exchange.Runtime
): Reforger => {
  const { close, gap, offer, restart, send } = Exchange.make(session, window, Replies.expectationOf, runtime)

  const ask = (text: string, expectation: Exchange.Expectation, call: Call): Effect.Effect<Reply, CommandError> =>
    Effect.flatMap(
      send(text, expectation, call),
      ({ repeated, texts }) => Effect.map(executed(text, Replies.join(texts)), (text) => ({ text, repeated }))
    )

  const query = (text: string, call: Call): Effect.Effect<string, CommandError> =>
    Effect.map(ask(text, Replies.expectationOf(text), call), (reply) => reply.text)

  const tell = (text: string) => (call: Call): Effect.Effect<void, CommandError> =>
    Effect.asVoid(ask(text, Replies.expectationOf(text), once(call)))

  /** An action that is done where the server says so. `missing` is what some words mean: that there is nothing to do it to. */
  const act = (
    action: string,
    text: string,
    call: Call,
    isDone: (reply: string) => boolean,
    missing: (reply: string) => ActionError["reason"] | undefined
  ): Effect.Effect<void, CommandError | ActionError> =>
    oneLine(text).pipe(
      Effect.flatMap((text) => ask(text, Replies.expectationOf(text), call)),
      Effect.catchReason("CommandError", "IncompleteReply", () => Effect.fail(actionError(action, unconfirmed()))),
      Effect.flatMap(({ repeated, text }) => {
        if (isDone(text)) return Effect.void
        const reason = repeated
          ? undefined
          : missing(text) ?? (Replies.isRefusal(text) ? new Rejected({ text }) : undefined)
        return Effect.fail(actionError(action, reason ?? unconfirmed(text)))
      })
    )

  const banTable = Effect.fnUntraced(function*(call: Call) {
    const rows = new Map<BanTarget, Ban>()
    const unparsed: Array<UnparsedRow> = []
    let total: number | undefined
    let lines = 0
    let pages = 1
    // The list may change between two pages. A ban that comes twice then is listed once.
    for (let number = 1; number <= Math.min(pages, MAX_PAGES); number++) {
      const page = yield* Effect.flatMap(
        query(`#ban list ${number}`, call),
        (reply) => Effect.fromResult(Replies.parseBans(reply, lines))
      ).pipe(
        // An older server may have no more pages, and no reply that is known for that.
        Effect.catchIf(
          (error) => pages === Infinity && (error._tag === "ReplyError" || error.reason._tag === "IncompleteReply"),
          () => Effect.undefined
        )
      )
      if (page === undefined) break
      const before = rows.size
      for (const row of page.rows) {
        if (rows.has(row.target)) continue
        rows.set(row.target, trusted(Ban, { id: rows.size as BanId, reason: "", ...row }))
      }
      unparsed.push(...page.unparsed)
      total = page.total ?? total
      lines += page.lines
      pages = rows.size === before ? 0 : page.pages
    }
    const table: Table<Ban> = { rows: [...rows.values()], unparsed, total, cut: pages > MAX_PAGES }
    return table
  })

  const kick = Effect.fnUntraced(function*(player: PlayerId, who: Occupant, reason: string, call: Call) {
    yield* oneLine(`#kick ${reason}`)
    const text = `#kick ${yield* onePlayer("#kick", player)}`
    yield* act(
      "kick",
      text,
      { ...once(call), isCurrent: isStill(player, who, who, occupantOf) },
      Replies.isKicked,
      noPlayer(player)
    ).pipe(outdated("kick", player))
  })

  const ban = Effect.fnUntraced(function*(
    target: PlayerId | BanTarget,
    who: Occupant,
    { duration, reason }: Sentence,
    call: Call
  ) {
    if (typeof target === "number") yield* onePlayer("#ban", target)
    else if (!isIdentityId(target)) return yield* unsupported("#ban", SERVER)
    const seconds = countOf(duration, "1 second")
    if (seconds === undefined) {
      return yield* invalid("#ban", "a ban lasts from one second to 68 years, or for ever")
    }
    const text = `#ban create ${target} ${seconds}${reason === "" ? "" : ` ${reason}`}`
    yield* typeof target === "number"
      ? act(
        "ban",
        text,
        { ...once(call), isCurrent: isStill(target, who, who, occupantOf) },
        Replies.isBanned,
        noPlayer(target)
      ).pipe(outdated("ban", target))
      // An account is the same in every session. But run again, and later than a removal, the ban would be back.
      : act("ban", text, { ...call, repeatable: call.repeatable ?? false }, Replies.isBanned, () => undefined)
  })

  const unban = Effect.fnUntraced(function*(wanted: BanTarget | Ban, call: Call) {
    const target = typeof wanted === "string" ? wanted : wanted.target
    if (!isIdentityId(target)) return yield* unsupported("#ban", SERVER)
    yield* act(
      "unban",
      `#ban remove ${target}`,
      { ...call, repeatable: false },
      Replies.isUnbanned,
      (reply) => Replies.isNoBan(reply) ? new BanNotFound({ target, cut: false }) : undefined
    )
  })

  const none = (verb: string) => () => unsupported(verb, SERVER)

  const commands: FlavourCommands = {
    playerTable: (call) =>
      Effect.flatMap(query("#players", call), (reply) => Effect.fromResult(Replies.parsePlayers(reply))),
    banTable,
    adminTable: none("admins"),
    missions: none("missions"),
    version: none("version"),
    commands: none("commands"),
    say: none("say"),
    whisper: none("say"),
    kick,
    ban,
    unban,
    loadBans: none("loadBans"),
    writeBans: none("writeBans"),
    loadScripts: none("loadScripts"),
    loadEvents: none("loadEvents"),
    maxPing: none("maxPing"),
    lock: none("#lock"),
    unlock: none("#unlock"),
    restart: tell("#restart"),
    reassign: none("#reassign"),
    restartServer: none("#restartserver"),
    shutdown: tell("#shutdown"),
    selectMission: none("#mission"),
    command: (text, call) =>
      // Nothing is an order to the server, but a keepalive: there is a reply, and no word of it.
      text === ""
        ? sendWith(text, call, (options) => session.command(text, options))
        : Effect.map(ask(text, Replies.looseExpectationOf(text), call), (reply) => reply.text)
  }

  return {
    commands,
    offer,
    gap,
    restart,
    close
  }
}

/** The reply to a command, as one text; `repeated` as in `Exchange.Answer`. */
interface Reply {
  readonly text: string
  readonly repeated: boolean
}

const SERVER = "Arma Reforger's own RCON"

const unconfirmed = (text = ""): Unconfirmed =>
  new Unconfirmed({ expected: "the server's word on it", ...(text !== "" && { text }) })

const noPlayer = (player: PlayerId) => (reply: string): PlayerNotFound | undefined =>
  Replies.isNoPlayer(reply) ? new PlayerNotFound({ player }) : undefined
