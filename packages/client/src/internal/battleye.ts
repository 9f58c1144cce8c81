/**
 * BattlEye's own commands: what a command replies is its reply, and what it did is seen in events and lists, if at all.
 */
import type { CommandError } from "@bercon/session/CommandError"
import type { LoginFailure } from "@bercon/session/LoginFailure"
import type * as Session from "@bercon/session/Session"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Semaphore from "effect/Semaphore"
import type * as Stream from "effect/Stream"
import {
  type ActionError,
  BanNotFound,
  BansChanged,
  make as actionError,
  PlayerNotFound,
  Unconfirmed
} from "../ActionError.ts"
import type { AdminId } from "../Admin.ts"
import type { Ban, BanTarget } from "../Ban.ts"
import type { ActionOptions, BanOptions } from "../Commands.ts"
import { isIdentityId } from "../Identity.ts"
import type { Player, PlayerId } from "../Player.ts"
import type { ReplyError } from "../ReplyError.ts"
import type { AdminChat, PlayerDisconnected, PlayerKicked, ServerEvent } from "../ServerEvent.ts"
import * as AdminsReply from "./adminsReply.ts"
import * as BansReply from "./bansReply.ts"
import * as CommandsReply from "./commandsReply.ts"
import type { FlavourCommands } from "./flavourCommands.ts"
import * as MissionsReply from "./missionsReply.ts"
import { BOUND, executed, invalid, ONCE, oneLine, onePlayer, unsupported } from "./outgoing.ts"
import * as PlayersReply from "./playersReply.ts"
import * as VersionReply from "./versionReply.ts"
import { waitFor } from "./waitFor.ts"

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

/** Commands that change the list of bans, and so perhaps the places in it. */
const CHANGES_BANS = /^\s*(?:ban|addban|removeban|loadbans|writebans)\b/i

export const make = (session: Session.Session["Service"], evidence: Evidence): FlavourCommands => {
  const raw = (text: string, options?: Session.CommandOptions): Effect.Effect<string, CommandError> =>
    Effect.flatMap(session.command(text, options), (reply) => executed(text, reply))

  // Bans are removed by their place in the list: nothing may move it between looking and removing.
  const bansLock = Semaphore.makeUnsafe(1)
  const command = (text: string, options?: Session.CommandOptions): Effect.Effect<string, CommandError> =>
    CHANGES_BANS.test(text) ? bansLock.withPermit(raw(text, options)) : raw(text, options)

  const send = (text: string, options?: Session.CommandOptions): Effect.Effect<void, CommandError> =>
    Effect.flatMap(oneLine(text), (text) => Effect.asVoid(command(text, options)))

  /** A command about one player. */
  const sendAbout = (
    verb: string,
    player: PlayerId,
    text: string,
    options: Session.CommandOptions | undefined
  ): Effect.Effect<void, CommandError> =>
    Effect.flatMap(onePlayer(verb, player), (player) => send(join(verb, player, text), { ...BOUND, ...options }))

  const query = <A>(
    text: string,
    parse: (reply: string) => Result.Result<A, ReplyError>
  ): Effect.Effect<A, CommandError | ReplyError> =>
    Effect.flatMap(raw(text), (reply) => Effect.fromResult(parse(reply)))

  const playerTable = query("players", PlayersReply.parse)
  const banTable = query("bans", BansReply.parse)

  // ---------------------------------------------------------------------------
  // evidence
  // ---------------------------------------------------------------------------

  /** Runs a command and waits for an event that it set off; `None` where it did not come. */
  const untilEvent = <E extends ServerEvent>(
    timeout: Duration.Input,
    isEvidence: (event: ServerEvent) => event is E,
    trigger: Effect.Effect<void, CommandError>
  ): Effect.Effect<Option.Option<E>, CommandError> =>
    waitFor(evidence.events, isEvidence, { trigger, timeout }).pipe(
      Effect.catchTags({ TimeoutError: () => Effect.succeedNone, LoginFailure: () => Effect.succeedNone })
    )

  const tell = Effect.fnUntraced(function*(
    run: Effect.Effect<void, CommandError>,
    text: string,
    recipient: PlayerId | undefined,
    options: ActionOptions | undefined
  ) {
    if (options?.confirmWithin === undefined) return yield* run
    const admin = evidence.adminId()
    const name = recipient === undefined ? undefined : evidence.players()?.get(recipient)?.name
    const isEcho = (event: ServerEvent): event is AdminChat =>
      event._tag === "AdminChat" &&
      (admin === undefined || event.admin === admin) &&
      (event.recipient === undefined) === (recipient === undefined) &&
      (name === undefined || event.recipient === name) &&
      // Servers cut long texts.
      text.startsWith(event.message.trimEnd()) && (event.message !== "" || text.trim() === "")
    const echo = yield* untilEvent(options.confirmWithin, isEcho, run)
    if (Option.isNone(echo)) {
      return yield* actionError(recipient === undefined ? "say" : "whisper", new Unconfirmed({ expected: "its echo" }))
    }
  })

  const kick = Effect.fnUntraced(function*(player: PlayerId, reason: string, options: ActionOptions | undefined) {
    const run = sendAbout("kick", player, reason, options)
    if (options?.confirmWithin === undefined) return yield* run
    const before = evidence.players()
    const kicked = before?.get(player)
    const isGone = (event: ServerEvent): event is PlayerKicked | PlayerDisconnected =>
      (event._tag === "PlayerKicked" || event._tag === "PlayerDisconnected") && event.player.id === player
    if (Option.isSome(yield* untilEvent(options.confirmWithin, isGone, run))) return
    // The event may be lost for good, so the list decides.
    const { rows } = yield* Effect.mapError(playerTable, unconfirmed("kick", "whether the player is gone"))
    const there = rows.find(({ id }) => id === player)
    if (there !== undefined && (kicked === undefined || kicked.name === there.name)) {
      return yield* actionError("kick", new Unconfirmed({ expected: "that the player is gone" }))
    }
    if (before !== undefined && kicked === undefined) {
      return yield* actionError("kick", new PlayerNotFound({ player }))
    }
  })

  // ---------------------------------------------------------------------------
  // bans
  // ---------------------------------------------------------------------------

  const ban = Effect.fnUntraced(function*(target: PlayerId | BanTarget, options: BanOptions = {}) {
    const { confirmWithin, duration = "permanent", reason = "" } = options
    const verb = typeof target === "number" ? "ban" : "addBan"
    if (isIdentityId(target)) return yield* unsupported(verb, SERVER)
    const minutes = minutesOf(duration)
    if (minutes === undefined) return yield* invalid(verb, "a ban lasts longer than that")
    const sentence = join(minutes, reason)
    const run = typeof target === "number"
      ? sendAbout(verb, target, sentence, options)
      : send(join(verb, target, sentence), options)
    if (confirmWithin === undefined) return yield* run
    const listed = yield* Effect.gen(function*() {
      if (typeof target !== "number") {
        yield* run
        return target
      }
      const isBanned = (event: ServerEvent): event is PlayerKicked =>
        event._tag === "PlayerKicked" && event.player.id === target
      const known = evidence.players()?.get(target)?.guid
      const kicked = yield* untilEvent(confirmWithin, isBanned, run)
      return Option.getOrUndefined(kicked)?.guid ?? known
    })
    if (listed === undefined) {
      return yield* actionError("ban", new Unconfirmed({ expected: "the player's GUID, to look it up in the list," }))
    }
    yield* banTable.pipe(
      Effect.mapError(unconfirmed("ban", "whether it is in the list")),
      Effect.filterOrFail(
        ({ rows }) => rows.some((row) => row.target === listed && lasts(row, minutes)),
        () => actionError("ban", new Unconfirmed({ expected: "the row in the list" }))
      ),
      Effect.retry({
        while: (error) => error.reason._tag === "Unconfirmed" && error.reason.failure === undefined,
        schedule: Schedule.upTo(Schedule.spaced(LOOK_AGAIN), { duration: confirmWithin })
      })
    )
  })

  const unban = Effect.fnUntraced(function*(wanted: BanTarget | Ban, options: Session.CommandOptions | undefined) {
    const target = typeof wanted === "string" ? wanted : wanted.target
    if (isIdentityId(target)) return yield* unsupported("removeBan", SERVER)
    const isWanted = typeof wanted === "string"
      ? (row: Ban) => row.target === wanted
      : (row: Ban) => keyOf(row) === keyOf(wanted)
    let { rows } = yield* banTable
    let row = rows.findLast(isWanted)
    if (row === undefined) return yield* actionError("unban", new BanNotFound({ target }))
    while (row !== undefined) {
      const removal: Result.Result<string, CommandError> = yield* Effect.result(
        raw(`removeBan ${row.id}`, { ...ONCE, ...options, repeatable: false })
      )
      const after: ReadonlyArray<Ban> = yield* banTable.pipe(
        Effect.map((table) => table.rows),
        Effect.mapError((failure) =>
          Result.isFailure(removal)
            ? removal.failure
            : unconfirmed("unban", "whether it is gone from the list")(failure)
        )
      )
      const missing = missingFrom(rows, after)
      const removed = missing.findIndex((other) => keyOf(other) === keyOf(row!))
      const others = missing.filter((other, index) => index !== removed && other.remaining !== "expired")
      if (others.length > 0) return yield* actionError("unban", new BansChanged({ missing: others }))
      if (removed === -1) {
        return yield* Result.isFailure(removal)
          ? removal.failure
          : actionError("unban", new Unconfirmed({ expected: "that it is gone from the list" }))
      }
      rows = after
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
    say: (text, options) => tell(send(join("say", -1, text), options), text, undefined, options),
    whisper: (player, text, options) => tell(sendAbout("say", player, text, options), text, player, options),
    kick: (player, reason = "", options) => kick(player, reason, options),
    ban,
    unban: (target, options) => bansLock.withPermit(unban(target, options)),
    loadBans: (file = "", options) => send(join("loadBans", file), options),
    writeBans: send("writeBans"),
    loadScripts: send("loadScripts"),
    loadEvents: send("loadEvents"),
    maxPing: (limit, options) => {
      const millis = limit === "unlimited" ? -1 : Math.ceil(Duration.toMillis(limit))
      return limit === "unlimited" || (millis > 0 && Number.isFinite(millis))
        ? send(join("maxPing", millis), options)
        : invalid("maxPing", "a limit is longer than nothing and not infinite")
    },
    lock: send("#lock"),
    unlock: send("#unlock"),
    restart: send("#restart", ONCE),
    reassign: send("#reassign", ONCE),
    restartServer: send("#restartserver", ONCE),
    shutdown: send("#shutdown", ONCE),
    selectMission: (mission, options) => {
      const name = mission.trim().replace(/\.pbo$/i, "")
      return name === ""
        ? invalid("#mission", "the name of the mission is missing")
        : send(join("#mission", name, options?.difficulty ?? ""), { ...ONCE, ...options })
    },
    command
  }
}

/** Words with a blank between them. An empty one leaves no trace. */
const join = (...words: ReadonlyArray<string | number>): string => words.filter((word) => word !== "").join(" ")

/** What a failure to look for evidence means for the action. */
const unconfirmed = (action: string, expected: string) => (failure: CommandError | ReplyError): ActionError =>
  actionError(action, new Unconfirmed({ expected, failure }))

/** How long a ban lasts as servers count it: whole minutes, 0 for ever; `undefined` for what is no time. */
const minutesOf = (duration: Duration.Input | "permanent"): number | undefined => {
  if (duration === "permanent") return 0
  const minutes = Math.ceil(Duration.toMinutes(duration))
  return minutes === Infinity ? 0 : minutes >= 1 ? minutes : undefined
}

/** Whether a row can be the ban that was given for so many minutes a moment ago. */
const lasts = ({ remaining }: Ban, minutes: number): boolean =>
  minutes === 0 || remaining === "permanent"
    ? minutes === 0 && remaining === "permanent"
    : Duration.isDuration(remaining) && Math.abs(Duration.toMinutes(remaining) - minutes) <= 2

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
