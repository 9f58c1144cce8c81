/**
 * The commands of Arma Reforger's own RCON: few commands, whose output the server sends as messages.
 */
import * as Effect from "effect/Effect"
import {
  type ActionError,
  BanNotFound,
  LookupFailed,
  PlayerNotFound,
  Rejected,
  Unconfirmed
} from "../../ActionError.ts"
import { Ban, type BanId, type BanTarget } from "../../Ban.ts"
import type { CommandError } from "../../CommandError.ts"
import { isIdentityId } from "../../Identity.ts"
import type { Table, UnparsedRow } from "../../Table.ts"
import { banNotListed, make as actionError, ofStep } from "../actionError.ts"
import * as Arguments from "../arguments.ts"
import type { ClientSession } from "../clientSession.ts"
import { actions, lists, LOGOUT } from "../commandTable.ts"
import type { BanTerms, Call, FlavourCommands } from "../flavourCommands.ts"
import { about, executed, once, sendWith, unsupported } from "../outgoing.ts"
import { PlayerTarget } from "../playerTarget.ts"
import { trusted } from "../trusted.ts"
import * as BansReply from "./bansReply.ts"
import * as Driver from "./driver.ts"
import type { Window } from "./exchange.ts"
import type { Expectation } from "./expectation.ts"
import { expectationOf, looseExpectationOf } from "./expectationOf.ts"
import { join } from "./messages.ts"
import * as Outcomes from "./outcomes.ts"
import * as PlayersReply from "./playersReply.ts"

export interface Reforger {
  readonly commands: FlavourCommands
  /** Offers a message of the server. Returns `true` if it is part of a command's output, and so not an event. */
  readonly offer: (text: string) => boolean
  /** Records that some messages are lost for good. */
  readonly gap: () => void
  /** Records that a new session has begun. Commands of the previous session get no more output. */
  readonly restart: () => void
  /** Records that no more messages will arrive. */
  readonly close: () => void
}

/**
 * Logs out, so that the server frees this client's admin number. The session may be closed already, so this
 * never fails, and does not wait for the reply.
 */
export const logout = (session: ClientSession): Effect.Effect<void> =>
  session.command(LOGOUT, { repeatable: false }).pipe(
    Effect.ignore,
    // The command is settled by the session's end at the latest.
    Effect.forkDetach({ startImmediately: true }),
    // The session may be in the middle of a step, and sends the command only after that step.
    Effect.andThen(Effect.yieldNow)
  )

/** Maximum number of pages of the list of bans: 25,000 bans. */
const MAX_PAGES = 1000

export const make = (
  session: ClientSession,
  window: Window,
  runtime: Driver.Runtime
): Reforger => {
  const { close, gap, offer, restart, send } = Driver.make(session, window, expectationOf, runtime)

  const ask = (text: string, expectation: Expectation, call: Call): Effect.Effect<Reply, CommandError> =>
    Effect.flatMap(
      send(text, expectation, call),
      ({ repeated, texts }) => Effect.map(executed(text, join(texts)), (text) => ({ text, repeated }))
    )

  const query = (text: string, call: Call): Effect.Effect<string, CommandError> =>
    Effect.map(ask(text, expectationOf(text), call), (reply) => reply.text)

  /** Runs an action whose success the server reports. */
  const act = (
    { action, isDone, missing, text }: Action,
    call: Call
  ): Effect.Effect<string, CommandError | ActionError> =>
    ask(text, expectationOf(text), call).pipe(
      Effect.catchReason("CommandError", "IncompleteReply", () => Effect.fail(actionError(action, unconfirmed()))),
      Effect.flatMap(({ repeated, text }) => {
        if (isDone(text)) return Effect.succeed(text)
        const reason = repeated
          ? undefined
          : missing(text) ?? (Outcomes.isRefusal(text) ? new Rejected({ text }) : undefined)
        return Effect.fail(actionError(action, reason ?? unconfirmed(text)))
      })
    )

  /** Runs an action on a player. It is not sent if the player is known to have left the slot. */
  const actOn = (
    target: PlayerTarget,
    { action, isDone, text }: Omit<Action, "missing">,
    call: Call
  ): Effect.Effect<string, CommandError | ActionError> => {
    const notFound = () => new PlayerNotFound({ player: target.slot })
    const missing = (reply: string) => Outcomes.isNoPlayer(reply) ? notFound() : undefined
    return act({ action, text, isDone, missing }, about(target, once(call))).pipe(
      Effect.catchReason(
        "CommandError",
        "Outdated",
        (_, error) => Effect.fail(target.isCurrent() ? error : actionError(action, notFound()))
      )
    )
  }

  const banTable = Effect.fnUntraced(function*(call: Call) {
    const rows = new Map<BanTarget, Ban>()
    const unparsed: Array<UnparsedRow> = []
    let total: number | undefined
    let lines = 0
    let pages = 1
    // The list may change between two pages. A ban that occurs twice is listed once.
    for (let number = 1; number <= Math.min(pages, MAX_PAGES); number++) {
      const page = yield* Effect.flatMap(
        query(`${lists.Reforger.bans} ${number}`, call),
        (reply) => Effect.fromResult(BansReply.parse(reply, lines))
      ).pipe(
        // An older server does not send the number of pages. Its reply to a query for a missing page is unknown.
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

  const kick = (target: PlayerTarget, _reason: string, call: Call) =>
    actOn(target, { action: "kick", text: `#kick ${target.slot}`, isDone: Outcomes.isKicked }, call)

  const ban = Effect.fnUntraced(function*(target: PlayerTarget | BanTarget, terms: BanTerms, call: Call) {
    const isPlayer = target instanceof PlayerTarget
    if (!isPlayer && !isIdentityId(target)) return yield* unsupported("#ban", SERVER)
    const length = { unit: "second", unlimited: "permanent" } as const
    const seconds = yield* Arguments.count("#ban", "duration", terms.duration, length)
    const reason = terms.reason === "" ? "" : ` ${terms.reason}`
    const text = `#ban create ${isPlayer ? target.slot : target} ${seconds}${reason}`
    const action = { action: "ban", text, isDone: Outcomes.isBanned }
    return yield* isPlayer
      ? actOn(target, action, call)
      // An account is the same in every session, so the command may be sent in a later one. By default it is sent once: if
      // it were executed again after a removal, it would restore the ban.
      : act({ ...action, missing: () => undefined }, { ...call, repeatable: call.repeatable ?? false })
  })

  const banAll = (targets: ReadonlyArray<BanTarget>, terms: BanTerms, call: Call) =>
    oneByOne("ban", targets, (target) => ban(target, terms, call))

  const removeBan = (target: BanTarget, call: Call) =>
    act({
      action: "unban",
      text: `#ban remove ${target}`,
      isDone: Outcomes.isUnbanned,
      missing: (reply) => Outcomes.isNoBan(reply) ? new BanNotFound({ target }) : undefined
    }, { ...call, repeatable: false })

  const unban = Effect.fnUntraced(function*(wanted: ReadonlyArray<BanTarget | Ban>, call: Call) {
    const targets = [...new Set(wanted.map((one) => typeof one === "string" ? one : one.target))]
    if (!targets.every(isIdentityId)) return yield* unsupported("#ban", SERVER)
    // For a single ban the server reports whether it exists. Before several are removed, the list is read.
    if (targets.length > 1) {
      const table = yield* Effect.mapError(
        banTable(call),
        (cause) => actionError("unban", new LookupFailed({ cause }))
      )
      const absent = targets.find((target) => !table.rows.some((row) => row.target === target))
      if (absent !== undefined) {
        return yield* actionError("unban", banNotListed(table, absent))
      }
    }
    return yield* oneByOne("unban", targets, (target) => removeBan(target, call))
  })

  const commands: FlavourCommands = {
    playerTable: (call) =>
      Effect.flatMap(query(lists.Reforger.players, call), (reply) => Effect.fromResult(PlayersReply.parse(reply))),
    banTable,
    simple: ({ parse, text }, call) =>
      SIMPLE.has(text)
        ? Effect.flatMap(
          ask(text, expectationOf(text), once(call)),
          (reply) => Effect.fromResult(parse(reply.text))
        )
        : unsupported(text, SERVER),
    supports: ({ text }) => SIMPLE.has(text),
    say: () => unsupported("say", SERVER),
    whisper: () => unsupported("say", SERVER),
    kick,
    ban,
    banAll,
    unban,
    command: (text, call) =>
      // The empty command has no effect and no output.
      text === ""
        ? sendWith(text, call, (options) => session.command(text, options))
        : Effect.map(ask(text, looseExpectationOf(text), call), (reply) => reply.text)
  }

  return {
    commands,
    offer,
    gap,
    restart,
    close
  }
}

/** An action, its command, and the meaning of its reply. */
interface Action {
  readonly action: string
  readonly text: string
  readonly isDone: (reply: string) => boolean
  /** Returns the reason of the failure if the reply means that the target does not exist. */
  readonly missing: (reply: string) => ActionError["reason"] | undefined
}

/** The output of a command as one text; `repeated` as in `Exchange.Answer`. */
interface Reply {
  readonly text: string
  readonly repeated: boolean
}

const SERVER = "Arma Reforger's own RCON"

/** The simple commands that this flavour has. */
const SIMPLE: ReadonlySet<string> = new Set([actions.restart.text, actions.shutdown.text])

const unconfirmed = (text = ""): Unconfirmed =>
  new Unconfirmed({ expected: "a known reply of the server", ...(text !== "" && { text }) })

/** Runs actions one after the other. After the first success, a failure no longer means that nothing was executed. */
const oneByOne = (
  action: string,
  targets: ReadonlyArray<BanTarget>,
  run: (target: BanTarget) => Effect.Effect<string, CommandError | ActionError>
): Effect.Effect<string, CommandError | ActionError> =>
  Effect.map(
    Effect.forEach(targets, (target, index) =>
      index === 0 ? run(target) : Effect.mapError(
        run(target),
        ofStep(action, `the ${action} of ${target} and the following ones (${index} of ${targets.length} done)`)
      )),
    (replies) => replies.at(-1) ?? ""
  )
