/**
 * BattlEye's own commands: what a command replies is its reply, and what it did is seen in events and lists, if at all.
 */
import type { CommandError } from "@bercon/session/CommandError"
import type { LoginFailure } from "@bercon/session/LoginFailure"
import type * as Session from "@bercon/session/Session"
import * as Clock from "effect/Clock"
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
} from "../ActionError.ts"
import type { AdminId } from "../Admin.ts"
import type { Ban, BanTarget } from "../Ban.ts"
import { isIdentityId } from "../Identity.ts"
import type { Player, PlayerId, PlayerReference } from "../Player.ts"
import type { ReplyError } from "../ReplyError.ts"
import type { ServerEvent } from "../ServerEvent.ts"
import type { Table } from "../Table.ts"
import * as AdminsReply from "./adminsReply.ts"
import * as BansReply from "./bansReply.ts"
import * as CommandsReply from "./commandsReply.ts"
import type { Call, FlavourCommands, Sentence } from "./flavourCommands.ts"
import * as MissionsReply from "./missionsReply.ts"
import { bound, countOf, executed, invalid, once, oneLine, onePlayer, optionsOf, unsupported } from "./outgoing.ts"
import * as PlayersReply from "./playersReply.ts"
import * as Turn from "./turn.ts"
import * as VersionReply from "./versionReply.ts"

/** Where the evidence of an action's effect is, as far as it is not in a list. */
export interface Evidence {
  readonly events: Stream.Stream<ServerEvent, LoginFailure>
  /** This client's number, where it is known. */
  readonly adminId: () => AdminId | undefined
  /** Who is on the server, by slot; `undefined` while that is not known. */
  readonly players: () => ReadonlyMap<PlayerId, Player> | undefined
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
    optionsOf(text, call).pipe(
      Effect.flatMap((options) => session.command(text, options)),
      Effect.flatMap((reply) => executed(text, reply))
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
   * Who is meant by a slot; `undefined` where nobody is known to be there. Where evidence is wanted and it is not known who is
   * on the server, the list is asked.
   */
  const whoIs = (player: PlayerId, call: Call): Effect.Effect<Player | undefined> =>
    evidence.players() !== undefined || call.confirmWithin === undefined
      ? Effect.sync(() => evidence.players()?.get(player))
      : Effect.match(playerTable({ ...bound(call), repeatable: true }), {
        onFailure: () => undefined,
        onSuccess: ({ rows }) => rows.find(({ id }) => id === player)
      })

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
        Effect.orElseSucceed(() => Option.none<E>()),
        // Where the events end nothing can come any more, but the answer can.
        Effect.flatMap((event) => Option.isSome(event) ? Effect.succeed(event.value) : Effect.never),
        Effect.forkScoped({ startImmediately: true })
      )
      const answered = Effect.andThen(
        run,
        confirmWithin === undefined ? Effect.succeedNone : Effect.timeoutOption(Fiber.join(first), confirmWithin)
      )
      return yield* Effect.raceFirst(Effect.asSome(Fiber.join(first)), answered)
    }))

  const tell = Effect.fnUntraced(function*(
    action: "say" | "whisper",
    text: string,
    recipient: PlayerId | undefined,
    call: Call
  ) {
    const words = yield* oneLine(join("say", recipient ?? -1, text))
    const run = raw(words, recipient === undefined ? call : bound(call))
    if (call.confirmWithin === undefined) return yield* Effect.asVoid(run)
    const admin = evidence.adminId()
    const name = recipient === undefined ? undefined : (yield* whoIs(recipient, call))?.name
    const start = recipient === undefined ? "(Global) " : name === undefined ? /^\(To .*?\) / : `(To ${name}) `
    const isEcho = (event: ServerEvent): event is ServerEvent & { readonly _tag: "AdminChat" } => {
      if (event._tag !== "AdminChat" || (admin !== undefined && event.admin !== admin)) return false
      // Not by the name that was read from it: where another's name begins like this one, that may be the other's.
      const said = event.text.replace(/^RCon admin #\d+: /, "")
      const header = typeof start === "string" ? (said.startsWith(start) ? start : undefined) : start.exec(said)?.[0]
      if (header === undefined) return false
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
    text: string,
    player: PlayerId,
    who: Player | undefined,
    call: Call
  ): Effect.Effect<boolean, CommandError> => {
    const attempt: Effect.Effect<boolean, CommandError> = Effect.gen(function*() {
      const now = yield* Clock.currentTimeMillis
      const tried = who === undefined ? call.deadline : Math.min(call.deadline, now + LOOK_WHO)
      const answer = yield* Effect.result(raw(text, { ...once(call), deadline: tried }))
      if (Result.isSuccess(answer)) return true
      const error = answer.failure
      if (error.reason._tag !== "NoReply" || tried === call.deadline) return yield* error
      const { rows } = yield* Effect.mapError(playerTable(bound(call)), () => error)
      const there = rows.find(({ id }) => id === player)
      return there === undefined || !isSame(there, who) ? false : yield* attempt
    })
    return call.repeatable === undefined ? attempt : Effect.as(raw(text, bound(call)), true)
  }

  const kick = Effect.fnUntraced(function*(player: PlayerId, reason: string, call: Call) {
    const text = yield* oneLine(join("kick", yield* onePlayer("kick", player), reason))
    const who = yield* whoIs(player, call)
    const known = evidence.players() !== undefined
    const isGone = (
      event: ServerEvent
    ): event is ServerEvent & { readonly _tag: "PlayerKicked" | "PlayerDisconnected" } =>
      (event._tag === "PlayerKicked" || event._tag === "PlayerDisconnected") && isAbout(event.player, player, who)
    const send = sendToSlot(text, player, who, call)
    const seen = yield* untilEvent(isGone, send, call.confirmWithin)
    if (call.confirmWithin === undefined || Option.isSome(seen)) return
    // The event may be lost for good, so the list decides.
    const { rows } = yield* Effect.mapError(
      playerTable(yield* callWithin(call, call.confirmWithin)),
      unconfirmed("kick", "whether the player is gone")
    )
    const there = rows.find(({ id }) => id === player)
    if (there !== undefined && isSame(there, who)) {
      return yield* actionError("kick", new Unconfirmed({ expected: "that the player is gone" }))
    }
    // Nobody was there before and nobody is there now; where it is not known who was, somebody may have been.
    if (who === undefined) {
      return yield* actionError(
        "kick",
        known ? new PlayerNotFound({ player }) : new Unconfirmed({ expected: "that a player left" })
      )
    }
  })

  // ---------------------------------------------------------------------------
  // bans
  // ---------------------------------------------------------------------------

  const ban = Effect.fnUntraced(function*(target: PlayerId | BanTarget, { duration, reason }: Sentence, call: Call) {
    const verb = typeof target === "number" ? "ban" : "addBan"
    if (isIdentityId(target)) return yield* unsupported(verb, SERVER)
    const minutes = countOf(duration, "1 minute")
    if (minutes === undefined) return yield* invalid(verb, "a ban does not last that long, or that short")
    if (typeof target === "number") yield* onePlayer(verb, target)
    const text = yield* oneLine(join(verb, target, minutes, reason))
    const who = typeof target === "number" ? yield* whoIs(target, call) : undefined
    const { confirmWithin } = call
    /** Rows that can be this ban. One more must be there afterwards. */
    const alike = (rows: ReadonlyArray<Ban>, guid: BanTarget | undefined) =>
      rows.filter((row) => row.target === guid && lasts(row, minutes) && (reason === "" || isSaid(row.reason, reason)))
        .length
    const look = Effect.flatMap(callWithin(call, confirmWithin ?? 0), banTable)
    const before = confirmWithin === undefined
      ? undefined
      : yield* Effect.mapError(banTable(call), (failure) => actionError("ban", new LookupFailed({ failure })))

    if (typeof target === "number") {
      const isBanned = (event: ServerEvent): event is ServerEvent & { readonly _tag: "PlayerKicked" } =>
        event._tag === "PlayerKicked" && event.reason._tag === "AdminBan" && isAbout(event.player, target, who)
      const run = Effect.flatMap(sendToSlot(text, target, who, call), (there) =>
        // He has gone, with or without the ban.
        there ? Effect.void : Effect.fail(actionError("ban", new Unconfirmed({ expected: "the ban" }))))
      // The kick is the evidence: the server has given the ban before.
      const seen = yield* untilEvent(isBanned, run, confirmWithin)
      if (before === undefined || Option.isSome(seen)) return
      if (who?.guid === undefined) {
        return yield* actionError("ban", new Unconfirmed({ expected: "the event of the ban" }))
      }
    } else {
      yield* raw(text, call)
    }
    if (before === undefined || confirmWithin === undefined) return
    const listed = typeof target === "number" ? who?.guid : target
    const until = (yield* Clock.currentTimeMillis) + Duration.toMillis(confirmWithin)
    const count = alike(before.rows, listed)
    while (true) {
      const { rows } = yield* Effect.mapError(look, unconfirmed("ban", "whether it is in the list"))
      if (alike(rows, listed) > count) return
      if ((yield* Clock.currentTimeMillis) >= until) {
        return yield* actionError("ban", new Unconfirmed({ expected: "a new row in the list" }))
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
    const before = yield* Effect.mapError(
      banTable(call),
      (failure) => actionError("unban", new LookupFailed({ failure }))
    )
    let { rows } = before
    let row = rows.findLast(isWanted)
    if (row === undefined) return yield* actionError("unban", new BanNotFound({ target, cut: before.cut }))
    while (row !== undefined) {
      const removal: Result.Result<string, CommandError> = yield* Effect.result(
        // Sent once, and to the session that was asked for the list, whatever the caller says.
        raw(`removeBan ${row.id}`, { ...call, epoch: call.calledIn, repeatable: false })
      )
      if (Result.isFailure(removal) && removal.failure.execution === "NotExecuted") return yield* removal.failure
      const after: Table<Ban> = yield* Effect.mapError(
        Effect.flatMap(callWithin(call, "5 seconds"), banTable),
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
    say: (text, call) => tell("say", text, undefined, call),
    whisper: (player, text, call) =>
      Effect.flatMap(onePlayer("say", player), (player) => tell("whisper", text, player, call)),
    kick,
    ban: (target, sentence, call) => bansTurn("ban", call.deadline, ban(target, sentence, call)),
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

/** The call goes on looking for evidence, for so long from now; a moment at least. */
const callWithin = (call: Call, within: Duration.Input): Effect.Effect<Call> =>
  Effect.map(Clock.currentTimeMillis, (now) => ({
    calledIn: call.calledIn,
    deadline: now + Math.max(1000, Duration.toMillis(within))
  }))

/** What a failure to look for evidence means for the action. */
const unconfirmed = (action: string, expected: string) => (failure: CommandError | ReplyError): ActionError =>
  actionError(action, new Unconfirmed({ expected, failure }))

/** Whether an event is about who was meant, and not the one before in the slot, of whom the server may speak yet. */
const isAbout = (player: PlayerReference, slot: PlayerId, who: Player | undefined): boolean =>
  player.id === slot && (who === undefined || player.name.trimEnd() === who.name.trimEnd())

/** Whether who is in a slot is who was meant; where nobody knows who that was, he is. */
const isSame = (there: Player, who: Player | undefined): boolean =>
  isAbout(there, there.id, who) &&
  (there.guid === undefined || who?.guid === undefined || there.guid === who.guid)

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
