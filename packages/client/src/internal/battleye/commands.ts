/**
 * BattlEye's own commands: what a command replies is its reply, and what it did is seen in events and lists, if at all.
 */
import type { CommandError } from "@bercon/session/CommandError"
import type { LoginFailure } from "@bercon/session/LoginFailure"
import type * as Session from "@bercon/session/Session"
import { Monotonic } from "@bercon/session/unstable"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import {
  type ActionError,
  BanNotFound,
  BansChanged,
  LookupFailed,
  make as actionError,
  PlayerNotFound,
  Unconfirmed
} from "../../ActionError.ts"
import type { AdminId } from "../../Admin.ts"
import type { Ban, BanTarget } from "../../Ban.ts"
import { isIdentityId } from "../../Identity.ts"
import type { PlayerId } from "../../Player.ts"
import type { ReplyError } from "../../ReplyError.ts"
import type { ServerEvent } from "../../ServerEvent.ts"
import type { Table } from "../../Table.ts"
import type { Call, FlavourCommands, Occupant, Sentence } from "../flavourCommands.ts"
import { compare, isAbout, isStill, outdated } from "../occupant.ts"
import { bound, countOf, executed, invalid, once, oneLine, onePlayer, sendWith, unsupported } from "../outgoing.ts"
import * as Turn from "../turn.ts"
import * as AdminsReply from "./adminsReply.ts"
import * as BansReply from "./bansReply.ts"
import * as CommandsReply from "./commandsReply.ts"
import * as MissionsReply from "./missionsReply.ts"
import * as PlayersReply from "./playersReply.ts"
import * as VersionReply from "./versionReply.ts"

/** Where the evidence of an action's effect is, as far as it is not in a list. */
export interface Evidence {
  readonly events: Stream.Stream<ServerEvent, LoginFailure>
  /** This client's number, where it is known. */
  readonly adminId: () => AdminId | undefined
  /** Who is in a slot now, as far as events and lists have told. */
  readonly occupantOf: (player: PlayerId) => Occupant
}

const SERVER = "BattlEye"

/** How long to wait before looking into a list again. */
const LOOK_AGAIN = "1 second"

/** How long a command about a slot goes unanswered before it is looked who is in the slot. */
const LOOK_WHO = 2000

/** Servers cut long texts where they echo them, at 128 characters and more, it seems: a shorter echo is of another text. */
const SHORTEST_CUT = 100

/** Commands that change the list of bans, and so perhaps the places in it. */
const CHANGES_BANS = /^\s*(?:ban|addban|removeban|loadbans|writebans)\b/i

export const make = (session: Session.Session["Service"], evidence: Evidence): FlavourCommands => {
  const raw = (text: string, call: Call): Effect.Effect<string, CommandError> =>
    Effect.flatMap(
      sendWith(text, call, (options) => session.command(text, options)),
      (reply) => executed(text, reply)
    )

  // Bans are removed by their place in the list: nothing may move it between looking and removing.
  const bansTurn = Turn.make()
  const command = (text: string, call: Call): Effect.Effect<string, CommandError> =>
    CHANGES_BANS.test(text) ? bansTurn(text, call.deadline, raw(text, call)) : raw(text, call)

  const send = (text: string, call: Call): Effect.Effect<void, CommandError> =>
    Effect.flatMap(oneLine(text), (text) => Effect.asVoid(command(text, call)))

  const query =
    <A>(text: string, parse: (reply: string) => Result.Result<A, ReplyError>) =>
    (call: Call): Effect.Effect<A, CommandError | ReplyError> =>
      Effect.flatMap(raw(text, call), (reply) => Effect.fromResult(parse(reply)))

  const playerTable = query("players", PlayersReply.parse)
  const banTable = query("bans", BansReply.parse)

  // ---------------------------------------------------------------------------
  // evidence
  // ---------------------------------------------------------------------------

  /**
   * Who is in a slot, asked of the list where evidence is wanted and nobody is known to be there. Fails where nobody is: then
   * nothing need be sent.
   */
  const look = (action: string, player: PlayerId, who: Occupant, call: Call): Effect.Effect<Occupant, ActionError> =>
    typeof who !== "string" || call.confirmWithin === undefined
      ? Effect.succeed(who)
      : Effect.flatMap(
        Effect.mapError(
          playerTable({ ...bound(call), repeatable: true }),
          (failure) => actionError(action, new LookupFailed({ failure }))
        ),
        ({ rows }) => {
          const there = rows.find(({ id }) => id === player)
          return there === undefined
            ? Effect.fail(actionError(action, new PlayerNotFound({ player })))
            : Effect.succeed(there)
        }
      )

  /**
   * Runs a command until it is answered, or until an event shows that it need not be: that the event has come, however lost
   * the answer is. With `confirmWithin` it waits for the event after the answer, too; `None` where it did not come.
   */
  const untilEvent = <E extends ServerEvent, E2>(
    isEvidence: (event: ServerEvent) => event is E,
    run: Effect.Effect<unknown, E2>,
    confirmWithin: Duration.Input | undefined
  ): Effect.Effect<Option.Option<E>, E2> =>
    Effect.scoped(Effect.gen(function*() {
      const first = yield* evidence.events.pipe(
        Stream.filter(isEvidence),
        Stream.runHead,
        // Where the events end there is none.
        Effect.orElseSucceed(() => Option.none<E>()),
        Effect.forkScoped({ startImmediately: true })
      )
      const seen = Effect.flatMap(Fiber.join(first), (event) =>
        Option.isSome(event) ? Effect.succeed(event) : Effect.never)
      const answered = Effect.andThen(
        run,
        confirmWithin === undefined
          ? Effect.succeedNone
          : Effect.map(Effect.timeoutOption(Fiber.join(first), confirmWithin), Option.flatten)
      )
      return yield* Effect.raceFirst(seen, answered)
    }))

  const say = Effect.fnUntraced(function*(text: string, call: Call) {
    const run = raw(yield* oneLine(join("say", -1, text)), call)
    yield* untilEcho("say", text, "(Global) ", run, call)
  })

  const whisper = Effect.fnUntraced(function*(player: PlayerId, before: Occupant, text: string, call: Call) {
    const words = yield* oneLine(join("say", yield* onePlayer("say", player), text))
    const who = yield* look("whisper", player, before, call)
    const run = Effect.flatMap(
      sendToSlot("whisper", words, player, before, who, call),
      (there) => there ? Effect.void : Effect.fail(actionError("whisper", new Unconfirmed({ expected: "the player" })))
    )
    yield* untilEcho("whisper", text, typeof who === "string" ? undefined : `(To ${who.name}) `, run, call)
  })

  /** Runs a command that says something, and waits for its echo, which begins so. */
  const untilEcho = Effect.fnUntraced(function*<E>(
    action: string,
    text: string,
    start: string | undefined,
    run: Effect.Effect<unknown, E>,
    call: Call
  ) {
    if (call.confirmWithin === undefined) return yield* Effect.asVoid(run)
    const admin = evidence.adminId()
    const isEcho = (event: ServerEvent): event is ServerEvent & { readonly _tag: "AdminChat" } => {
      if (event._tag !== "AdminChat" || (admin !== undefined && event.admin !== admin)) return false
      // Not by the name that was read from it: where another's name begins like this one, that may be the other's.
      const said = event.text.replace(/^RCon admin #\d+: /, "")
      const header = start ?? /^\(To .*?\) /.exec(said)?.[0]
      if (header === undefined || !said.startsWith(header)) return false
      const echo = said.slice(header.length).trimEnd()
      return echo === text.trimEnd() || (echo.length >= SHORTEST_CUT && text.startsWith(echo))
    }
    if (Option.isNone(yield* untilEvent(isEcho, run, call.confirmWithin))) {
      return yield* actionError(action, new Unconfirmed({ expected: "its echo" }))
    }
  })

  /**
   * Sends a command about a slot, once: repeated, it may find another player there. Where no answer comes, it is looked who
   * is in the slot, and it is sent again if that is surely the player who was meant. `false`: he is not there any more.
   */
  const sendToSlot = (
    action: string,
    text: string,
    player: PlayerId,
    before: Occupant,
    who: Occupant,
    given: Call
  ): Effect.Effect<boolean, CommandError | ActionError> => {
    const call = { ...given, isCurrent: isStill(player, before, who, evidence.occupantOf) }
    const attempt = (sent: CommandError | undefined): Effect.Effect<boolean, CommandError | ActionError> =>
      Effect.gen(function*() {
        const tried = typeof who === "string"
          ? call.deadline
          : Math.min(call.deadline, (yield* Monotonic.now) + LOOK_WHO)
        const answer = yield* Effect.result(raw(text, { ...once(call), deadline: tried }))
        if (Result.isSuccess(answer)) return true
        const error = answer.failure
        if (error.reason._tag === "Outdated" && sent !== undefined) return false
        // Not even sent in that time: its turn may come yet. (A queue that is full says so at once.)
        const time = yield* Monotonic.now
        if (error.reason._tag === "Overloaded" && time >= tried && time < call.deadline) return yield* attempt(sent)
        // Once it was sent, it may have been executed, whatever becomes of the next.
        if (error.reason._tag !== "NoReply" || tried === call.deadline || typeof who === "string") {
          return yield* error.execution === "NotExecuted" ? sent ?? error : error
        }
        const { rows } = yield* Effect.mapError(playerTable({ ...bound(given), repeatable: true }), () => error)
        const there = rows.find(({ id }) => id === player)
        const verdict = there === undefined ? "Other" : compare(there, who)
        return verdict === "Other" ? false : yield* verdict === "Same" ? attempt(error) : error
      })
    const run = call.repeatable === undefined ? attempt(undefined) : Effect.as(raw(text, bound(call)), true)
    return outdated(action, player)(run)
  }

  const kick = Effect.fnUntraced(function*(player: PlayerId, before: Occupant, reason: string, call: Call) {
    const text = yield* oneLine(join("kick", yield* onePlayer("kick", player), reason))
    const who = yield* look("kick", player, before, call)
    const isGone = (
      event: ServerEvent
    ): event is ServerEvent & { readonly _tag: "PlayerKicked" | "PlayerDisconnected" } =>
      (event._tag === "PlayerKicked" || event._tag === "PlayerDisconnected") && isAbout(event.player, player, who)
    const seen = yield* untilEvent(isGone, sendToSlot("kick", text, player, before, who, call), call.confirmWithin)
    if (call.confirmWithin === undefined || Option.isSome(seen)) return
    // The event may be lost for good, so the list decides.
    const { rows } = yield* Effect.mapError(
      Effect.flatMap(afterwards(call), playerTable),
      unconfirmed("kick", "whether the player is gone")
    )
    const there = rows.find(({ id }) => id === player)
    if (there !== undefined && (typeof who === "string" || compare(there, who) !== "Other")) {
      return yield* actionError("kick", new Unconfirmed({ expected: "that the player is gone" }))
    }
  })

  // ---------------------------------------------------------------------------
  // bans
  // ---------------------------------------------------------------------------

  const ban = Effect.fnUntraced(function*(
    target: PlayerId | BanTarget,
    before: Occupant,
    { duration, reason }: Sentence,
    call: Call
  ) {
    const verb = typeof target === "number" ? "ban" : "addBan"
    if (isIdentityId(target)) return yield* unsupported(verb, SERVER)
    const minutes = countOf(duration, "1 minute")
    if (minutes === undefined) return yield* invalid(verb, "a ban does not last that long, or that short")
    if (typeof target === "number") yield* onePlayer(verb, target)
    const text = yield* oneLine(join(verb, target, minutes, reason))
    const who = typeof target === "number" ? yield* look("ban", target, before, call) : before
    const listed = typeof target === "number" ? typeof who === "string" ? undefined : who.guid : target
    const { confirmWithin } = call
    /** How many rows can be this ban. One more must be there afterwards. */
    const alike = ({ rows }: Table<Ban>): number =>
      rows.filter((row) =>
        row.target === listed && lasts(row, minutes) && (reason === "" || isSaid(row.reason, reason))
      )
        .length

    let count = 0
    const run = bansTurn(
      text,
      call.deadline,
      Effect.gen(function*() {
        if (confirmWithin !== undefined) {
          count = alike(
            yield* Effect.mapError(banTable(call), (failure) => actionError("ban", new LookupFailed({ failure })))
          )
        }
        if (typeof target === "number") return yield* sendToSlot("ban", text, target, before, who, call)
        yield* raw(text, call)
        return true
      })
    )
    // The kick is the evidence: the server has given the ban before.
    const isBanned = (event: ServerEvent): event is ServerEvent & { readonly _tag: "PlayerKicked" } =>
      event._tag === "PlayerKicked" && event.reason._tag === "AdminBan" && typeof target === "number" &&
      isAbout(event.player, target, who)
    const sent = yield* Effect.result(
      typeof target === "number"
        ? untilEvent(isBanned, Effect.filterOrFail(run, (there) => there, () => gone), confirmWithin)
        : Effect.as(run, Option.none())
    )
    if (Result.isSuccess(sent) && (confirmWithin === undefined || Option.isSome(sent.success))) return
    // It may be in the list though the answer and the event are lost.
    if (Result.isFailure(sent) && (confirmWithin === undefined || sent.failure.execution === "NotExecuted")) {
      return yield* sent.failure
    }
    const error = Result.isFailure(sent) ? sent.failure : actionError("ban", new Unconfirmed({ expected: "the ban" }))
    if (confirmWithin === undefined || listed === undefined) return yield* error
    const until = (yield* Monotonic.now) + (typeof target === "number" ? 0 : Duration.toMillis(confirmWithin))
    while (true) {
      const table = yield* Effect.result(Effect.flatMap(afterwards(call), banTable))
      if (Result.isSuccess(table) && alike(table.success) > count) return
      if ((yield* Monotonic.now) >= until) {
        return yield* Result.isSuccess(table)
          ? error
          : unconfirmed("ban", "whether it is in the list")(table.failure)
      }
      yield* Effect.sleep(LOOK_AGAIN)
    }
  })

  const unban = Effect.fnUntraced(function*(wanted: BanTarget | Ban, call: Call) {
    const target = typeof wanted === "string" ? wanted : wanted.target
    if (isIdentityId(target)) return yield* unsupported("removeBan", SERVER)
    const isWanted = typeof wanted === "string"
      ? (row: Ban) => row.target === wanted
      : (row: Ban) => keyOf(row) === keyOf(wanted)
    // A target is the same in every session, but its place is not: the list and the removal must be of one.
    const listOfOneSession: Effect.Effect<readonly [Table<Ban>, number], CommandError | ReplyError> = Effect.gen(
      function*() {
        const epoch = yield* session.epoch
        const table = yield* banTable(call)
        return epoch === (yield* session.epoch) ? [table, epoch] as const : yield* listOfOneSession
      }
    )
    const [before, epoch] = yield* Effect.mapError(
      listOfOneSession,
      (failure) => actionError("unban", new LookupFailed({ failure }))
    )
    let removals = 0
    let { rows } = before
    let row = rows.findLast(isWanted)
    if (row === undefined) return yield* actionError("unban", new BanNotFound({ target, cut: before.cut }))
    while (row !== undefined) {
      const removal: Result.Result<string, CommandError> = yield* Effect.result(
        // Sent once, and to the session whose list it was, whatever the caller says.
        raw(`removeBan ${row.id}`, { ...call, epoch, repeatable: false })
      )
      if (Result.isFailure(removal) && removal.failure.execution === "NotExecuted") {
        return yield* removals === 0
          ? removal.failure
          : unconfirmed("unban", "that all of them are gone")(removal.failure)
      }
      removals++
      const after: Table<Ban> = yield* Effect.mapError(
        Effect.flatMap(afterwards(call), banTable),
        (failure) => Result.isFailure(removal) ? removal.failure : unconfirmed("unban", "whether it is gone")(failure)
      )
      const missing = missingFrom(rows, after.rows)
      const removed = missing.findIndex((other) => keyOf(other) === keyOf(row!))
      const others = missing.filter((other, index) => index !== removed && other.remaining !== "expired")
      if (others.length > 0) return yield* actionError("unban", new BansChanged({ missing: others }))
      if (removed === -1) {
        return yield* Result.isFailure(removal)
          ? removal.failure
          : actionError("unban", new Unconfirmed({ expected: "that it is gone from the list" }))
      }
      rows = after.rows
      row = typeof wanted === "string" ? rows.findLast(isWanted) : undefined
    }
  })

  return {
    playerTable,
    banTable,
    adminTable: query("admins", AdminsReply.parse),
    missions: query("missions", MissionsReply.parse),
    version: query("version", VersionReply.parse),
    commands: query("commands", CommandsReply.parse),
    say,
    whisper,
    kick,
    ban,
    unban: (target, call) => bansTurn("removeBan", call.deadline, unban(target, call)),
    loadBans: (file, call) => send(join("loadBans", file), call),
    writeBans: (call) => send("writeBans", call),
    loadScripts: (call) => send("loadScripts", call),
    loadEvents: (call) => send("loadEvents", call),
    maxPing: (limit, call) => {
      const millis = limit === "unlimited" ? -1 : countOf(limit, "1 millis")
      return millis === undefined || millis === 0
        ? invalid("maxPing", "a limit is longer than nothing, and not that long")
        : send(join("maxPing", millis), call)
    },
    lock: (call) => send("#lock", call),
    unlock: (call) => send("#unlock", call),
    restart: (call) => send("#restart", once(call)),
    reassign: (call) => send("#reassign", once(call)),
    restartServer: (call) => send("#restartserver", once(call)),
    shutdown: (call) => send("#shutdown", once(call)),
    selectMission: (mission, difficulty, call) => {
      const name = mission.trim().replace(/\.pbo$/i, "")
      return name === ""
        ? invalid("#mission", "the name of the mission is missing")
        : send(join("#mission", name, difficulty), once(call))
    },
    command
  }
}

/** Words with a blank between them. An empty one leaves no trace. */
const join = (...words: ReadonlyArray<string | number>): string => words.filter((word) => word !== "").join(" ")

/** How long a look into a list takes at most, after what is to be seen there. */
const AFTERWARDS = 5000

/** A look into a list after the command, whatever is left of the time of the call. */
const afterwards = ({ calledIn }: Call): Effect.Effect<Call> =>
  Effect.map(Monotonic.now, (now) => ({ calledIn, deadline: now + AFTERWARDS }))

/** What a failure to look for evidence means for the action. */
const unconfirmed = (action: string, expected: string) => (failure: CommandError | ReplyError): ActionError =>
  actionError(action, new Unconfirmed({ expected, failure }))

/** He has left before it was known whether he is banned. */
const gone = actionError("ban", new Unconfirmed({ expected: "the ban" }))

/** Whether a row can be the ban that was given for so many minutes a moment ago. */
const lasts = ({ remaining }: Ban, minutes: number): boolean =>
  minutes === 0 || remaining === "permanent"
    ? minutes === 0 && remaining === "permanent"
    : Duration.isDuration(remaining) && Math.abs(Duration.toMinutes(remaining) - minutes) <= 2

/** Whether a server prints a reason so: without the blanks around it, and cut where it is long. */
const isSaid = (printed: string, reason: string): boolean =>
  printed.trim() === reason.trim() || (printed.length >= SHORTEST_CUT && reason.startsWith(printed.trim()))

/** What of a row stays the same when the list is printed again. */
const keyOf = ({ reason, remaining, target }: Ban): string =>
  `${target} ${remaining === "permanent" ? "permanent" : "limited"} ${reason}`

/** Those of `before` that are not in `after`, counting those that look the same. */
const missingFrom = (before: ReadonlyArray<Ban>, after: ReadonlyArray<Ban>): ReadonlyArray<Ban> => {
  const left = new Map<string, number>()
  for (const row of after) left.set(keyOf(row), (left.get(keyOf(row)) ?? 0) + 1)
  return before.filter((row) => {
    const count = left.get(keyOf(row)) ?? 0
    left.set(keyOf(row), count - 1)
    return count <= 0
  })
}
