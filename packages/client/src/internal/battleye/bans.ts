/**
 * Adds and removes bans on a BattlEye server.
 *
 * The server replies to both with an empty text, and removes bans by their position in its list. Other changes move
 * these positions. So `unban` and `banAll` read the list before and after their commands, and its rows are the evidence.
 * `ban` reads the list only if it needs evidence, and no kick confirms the ban.
 */
import { Monotonic } from "@bercon/session/unstable"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { BansChanged, LookupFailed, Unconfirmed } from "../../ActionError.ts"
import type { Ban, BanTarget } from "../../Ban.ts"
import type { CommandError } from "../../CommandError.ts"
import { isIdentityId } from "../../Identity.ts"
import type { ReplyError } from "../../ReplyError.ts"
import type { ServerEvent } from "../../ServerEvent.ts"
import { isComplete, type Table } from "../../Table.ts"
import { banNotListed, make as actionError } from "../actionError.ts"
import * as Arguments from "../arguments.ts"
import { canBecome, difference, except, grouped, isAlike, minutesLeft, similarTo } from "../banRows.ts"
import type { ClientSession } from "../clientSession.ts"
import { words } from "../commandTable.ts"
import type { BanTerms, Call, FlavourCommands } from "../flavourCommands.ts"
import { unsupported } from "../outgoing.ts"
import { PlayerTarget } from "../playerTarget.ts"
import type { Turn } from "../turn.ts"
import { accepted, afterwards, canBePrintOf, type Evidence, unconfirmed, untilEvent } from "./confirmation.ts"
import * as SlotCommand from "./slotCommand.ts"

interface Dependencies extends SlotCommand.Sender {
  readonly banTable: (call: Call) => Effect.Effect<Table<Ban>, CommandError | ReplyError>
  readonly evidence: Evidence
  readonly session: ClientSession
  readonly bansTurn: Turn
}

export type Bans = Pick<FlavourCommands, "ban" | "banAll" | "unban">

const SERVER = "BattlEye"

/** The unit of a ban's duration. */
const MINUTES = { unit: "minute", unlimited: "permanent" } as const

/** Time before the list is read again. */
const LOOK_AGAIN = "1 second"

/** Maximum number of bans that are added at the same time, which leaves room for other commands. */
const AT_ONCE = 16

/** Time to wait for the reply to a removal before the list is read, in milliseconds. */
const PATIENCE = 2000

export const make = (dependencies: Dependencies): Bans => {
  const { banTable, bansTurn, evidence, raw, session } = dependencies

  const ban = Effect.fnUntraced(function*(target: PlayerTarget | BanTarget, terms: BanTerms, call: Call) {
    const { confirmWithin } = call
    const verb = target instanceof PlayerTarget ? "ban" : "addBan"
    if (isIdentityId(target)) return yield* unsupported(verb, SERVER)
    const minutes = yield* Arguments.count(verb, "duration", terms.duration, MINUTES)
    const slot = target instanceof PlayerTarget ? target.slot : target
    const text = words(verb, slot, minutes, terms.reason)
    if (target instanceof PlayerTarget) yield* SlotCommand.identify(dependencies, "ban", target, call)
    const listed = target instanceof PlayerTarget ? target.player?.guid : target

    const isListed = ({ rows }: Table<Ban>): boolean =>
      rows.some((row) => row.target === listed && canBeBan(row, minutes, terms.reason))

    const send = target instanceof PlayerTarget
      ? SlotCommand.sendToReply(dependencies, { action: "ban", text, target }, call)
      : Effect.flatMap(raw(text, call), accepted("ban"))
    const run = bansTurn(text, call.deadline, send, "Beside others")
    // The server kicks a banned player.
    const isBanned = (event: ServerEvent): event is ServerEvent & { readonly _tag: "PlayerKicked" } =>
      event._tag === "PlayerKicked" && event.reason._tag === "AdminBan" && target instanceof PlayerTarget &&
      target.isNamedBy(event.player)
    const sent = yield* Effect.result(
      target instanceof PlayerTarget
        ? untilEvent(evidence, isBanned, run, confirmWithin)
        : Effect.map(run, (reply) => ({ reply, event: undefined }))
    )
    if (Result.isSuccess(sent) && (confirmWithin === undefined || sent.success.event !== undefined)) {
      return sent.success.reply
    }
    // The ban may be in the list although reply and event are lost.
    if (Result.isFailure(sent) && (confirmWithin === undefined || sent.failure.execution === "NotExecuted")) {
      return yield* sent.failure
    }
    const error = Result.isFailure(sent)
      ? sent.failure
      : actionError("ban", new Unconfirmed({ expected: "the ban in the list" }))
    if (confirmWithin === undefined || listed === undefined) return yield* error
    const until = (yield* Monotonic.now) + (target instanceof PlayerTarget ? 0 : Duration.toMillis(confirmWithin))
    while (true) {
      const table = yield* Effect.result(Effect.flatMap(afterwards(call), banTable))
      if (Result.isSuccess(table) && isListed(table.success) && (yield* isGone(target, call))) {
        return Result.isSuccess(sent) ? sent.success.reply : ""
      }
      if ((yield* Monotonic.now) >= until) {
        return yield* Result.isSuccess(table)
          ? error
          : unconfirmed("ban", "the ban in the list")(table.failure)
      }
      yield* Effect.sleep(LOOK_AGAIN)
    }
  })

  /**
   * Whether a banned player is certainly no longer on the server. The row in the list alone does not prove that the
   * player was kicked, because it may be an older ban.
   */
  const isGone = (target: PlayerTarget | BanTarget, call: Call): Effect.Effect<boolean> =>
    target instanceof PlayerTarget
      ? Effect.flatMap(afterwards(call), dependencies.playerTable).pipe(
        Effect.map((table) => target.lookIn(table) === "Gone"),
        Effect.orElseSucceed(() => false)
      )
      : Effect.succeed(true)

  const banAll = Effect.fnUntraced(function*(targets: ReadonlyArray<BanTarget>, terms: BanTerms, call: Call) {
    if (targets.some(isIdentityId)) return yield* unsupported("addBan", SERVER)
    const minutes = yield* Arguments.count("addBan", "duration", terms.duration, MINUTES)
    const missingIn = ({ rows }: Table<Ban>): ReadonlyArray<BanTarget> => {
      const banned = new Set(rows.filter((row) => canBeBan(row, minutes, terms.reason)).map(targetOf))
      return targets.filter((target) => !banned.has(target))
    }
    const before = yield* Effect.mapError(
      banTable(call),
      (cause) => actionError("banAll", new LookupFailed({ cause }))
    )
    const results = yield* Effect.forEach(
      missingIn(before),
      (target) =>
        Effect.result(Effect.flatMap(raw(words("addBan", target, minutes, terms.reason), call), accepted("ban"))),
      { concurrency: AT_ONCE }
    )
    // The list decides, not the replies: these are mostly the same whatever the server did.
    const after = yield* Effect.mapError(
      Effect.flatMap(afterwards(call), banTable),
      unconfirmed("banAll", "the bans in the list")
    )
    const missing = missingIn(after)
    if (missing.length === 0) return ""
    const failure = results.find(Result.isFailure)?.failure
    const expected = `the ban of ${
      missing.length === 1 ? missing[0] : `${missing.length} of ${targets.length} targets`
    }`
    const why = failure === undefined
      ? {}
      : failure._tag === "CommandError"
      ? { cause: failure }
      : failure.reason._tag === "Rejected" && { text: failure.reason.text }
    return yield* actionError("banAll", new Unconfirmed({ expected, ...why }))
  })

  /** The list, and the epoch in which it was read. A position in the list is valid in that epoch only. */
  const listOfOneSession = (call: Call): Effect.Effect<readonly [Table<Ban>, number], CommandError | ReplyError> =>
    Effect.gen(function*() {
      const epoch = yield* session.epoch
      const table = yield* banTable(call)
      return epoch === (yield* session.epoch) ? [table, epoch] as const : yield* listOfOneSession(call)
    })

  const listAfterwards = (call: Call, doubt: CommandError | undefined) =>
    Effect.mapError(
      Effect.flatMap(afterwards(call), banTable),
      (failure) => doubt ?? unconfirmed("unban", "the ban to be gone from the list")(failure)
    )

  /**
   * Removes a row. The command is sent once, and only in the session of the list, whatever options the caller chose.
   */
  const removeOne = (row: Ban, epoch: number, call: Call): Effect.Effect<string, CommandError> =>
    Effect.flatMap(Monotonic.now, (now) =>
      Effect.catch(
        raw(`removeBan ${row.id}`, {
          ...call,
          epoch,
          repeatable: false,
          deadline: Math.min(call.deadline, now + PATIENCE)
        }),
        (error) =>
          // The command's turn did not come within `PATIENCE`, but the call has more time.
          error.reason._tag === "Overloaded" && now + PATIENCE < call.deadline
            ? Effect.delay(removeOne(row, epoch, call), LOOK_AGAIN)
            : Effect.fail(error)
      ))

  /**
   * Removes rows from the last to the first, so that no removal moves a row that is still to be removed. Ends early if
   * a removal has no reply, because a removal that is still under way would find another row at its position.
   */
  const remove = Effect.fnUntraced(function*(rows: ReadonlyArray<Ban>, epoch: number, call: Call) {
    const sent: Array<Ban> = []
    for (const row of [...rows].reverse()) {
      const removal = yield* Effect.result(removeOne(row, epoch, call))
      if (Result.isFailure(removal) && removal.failure.execution === "NotExecuted") {
        return { sent, failure: removal.failure }
      }
      sent.push(row)
      if (Result.isFailure(removal)) return { sent, doubt: removal.failure }
    }
    return { sent }
  })

  /**
   * Returns the list if it proves that the removed rows are gone, and no other ban in force is missing. If removed rows are
   * still listed, and a removal had no reply, reads the list again, until the deadline of the call. Fails in all other
   * cases.
   */
  const verify = Effect.fnUntraced(function*(
    { before, doubt, sent, since }: {
      readonly sent: ReadonlyArray<Ban>
      readonly before: Table<Ban>
      /** A point in time before `before` was read, in milliseconds. */
      readonly since: number
      readonly doubt: CommandError | undefined
    },
    call: Call
  ) {
    while (true) {
      const after = yield* listAfterwards(call, doubt)
      const changes = changesOf(sent, before, after, (yield* Monotonic.now) - since)
      const missing = changes?.missing.filter(isInForce) ?? []
      if (changes !== undefined && missing.length > 0 && isComplete(after)) {
        return yield* actionError("unban", new BansChanged({ ...changes, missing }))
      }
      if (changes === undefined || changes.stillListed.length === 0) {
        if (changes !== undefined && missing.length === 0 && provesAbsence(sent, before, after, changes)) return after
        // Another ban of this target and reason may be the one that is gone. Rows that have become unreadable, or are now cut
        // off, may still exist.
        return yield* actionError("unban", new Unconfirmed({ expected: "only these bans to be gone from the list" }))
      }
      if (doubt === undefined) {
        return yield* actionError("unban", new Unconfirmed({ expected: "the ban to be gone from the list" }))
      }
      if ((yield* Monotonic.now) >= call.deadline) return yield* doubt
      yield* Effect.sleep(LOOK_AGAIN)
    }
  })

  const unban = Effect.fnUntraced(function*(wanted: ReadonlyArray<BanTarget | Ban>, call: Call) {
    if (wanted.map(targetOf).some(isIdentityId)) return yield* unsupported("removeBan", SERVER)
    const since = yield* Monotonic.now
    const [before, epoch] = yield* Effect.mapError(
      listOfOneSession(call),
      (cause) => actionError("unban", new LookupFailed({ cause }))
    )
    const { absent: [absent], rows } = findRows(wanted, before.rows)
    if (absent !== undefined) {
      return yield* actionError("unban", banNotListed(before, targetOf(absent)))
    }
    let list = before
    let left = rows
    while (left.length > 0) {
      const { doubt, failure, sent } = yield* remove(left, epoch, call)
      if (failure !== undefined && sent.length === 0 && list === before) return yield* failure
      list = yield* verify({ sent, before: list, since, doubt }, call)
      if (failure !== undefined) return yield* unconfirmed("unban", "all of the bans to be gone")(failure)
      // The remaining rows may have other positions now.
      const rest = findRows(left.slice(0, left.length - sent.length), list.rows)
      // An expired ban that is absent is gone. If a ban in force is absent, a similar one with more time has taken its
      // place.
      if (rest.absent.some(isInForce)) {
        return yield* actionError("unban", new Unconfirmed({ expected: "all of the bans to be gone" }))
      }
      left = rest.rows
    }
    return ""
  })

  return {
    ban,
    banAll: (targets, terms, call) => bansTurn("addBan", call.deadline, banAll(targets, terms, call), "Beside others"),
    unban: (targets, call) => bansTurn("removeBan", call.deadline, unban(targets, call))
  }
}

/** Whether a row can be a ban that was just added for this number of minutes, 0 for permanent, with this reason. */
const canBeBan = (row: Ban, minutes: number, reason: string): boolean =>
  lasts(row, minutes) && (reason === "" || canBePrintOf(row.reason, reason))

const lasts = ({ remaining }: Ban, minutes: number): boolean =>
  minutes === 0 || remaining === "permanent"
    ? minutes === 0 && remaining === "permanent"
    : Duration.isDuration(remaining) && Math.abs(Duration.toMinutes(remaining) - minutes) <= 2

const targetOf = (wanted: BanTarget | Ban): BanTarget => typeof wanted === "string" ? wanted : wanted.target

/** Whether a ban has an effect. */
const isInForce = ({ remaining }: Ban): boolean => remaining !== "expired"

type Changes = Pick<BansChanged, "missing" | "stillListed" | "added">

/**
 * Compares the list with a later one, after the removal of rows: other bans that are missing, the rows that are still
 * listed, and added bans. `undefined` if several bans differ only in their time, and the later list does not show which of
 * them is missing.
 */
const changesOf = (
  sent: ReadonlyArray<Ban>,
  before: Table<Ban>,
  after: Table<Ban>,
  elapsed: number
): Changes | undefined => {
  const drift = Math.max(1, Math.ceil(elapsed / 60_000))
  const most = difference(before.rows, after.rows, { drift, missing: "Most" })
  const least = difference(before.rows, after.rows, { drift, missing: "Least" })
  if (!isAlike(similarTo(sent, most.missing), similarTo(sent, least.missing))) return undefined
  return {
    missing: except(most.missing, sent),
    stillListed: except(sent, most.missing),
    added: most.added
  }
}

/**
 * Whether the later list proves that the rows that it does not contain are gone. It must not have more unparsed lines than
 * before. If it is cut, all other rows must still be listed: then the row that was last in the earlier list shows that
 * added bans have pushed no row before it out of the list.
 */
const provesAbsence = (
  sent: ReadonlyArray<Ban>,
  before: Table<Ban>,
  after: Table<Ban>,
  { missing }: Changes
): boolean =>
  after.unparsed.length <= before.unparsed.length &&
  (!after.cut || (missing.length === 0 && similarTo(sent, before.rows.slice(-1)).length === 0))

/**
 * Finds the row of a ban that an earlier list contained, among rows of its kind. The time of the ban may have ended since,
 * but it did not grow, and an expired ban did not come into force again. (If the server's clock was set back, the ban is
 * not found.) If several rows match, the row with the ban's number is taken, provided that both are in force or both are
 * expired. (If not, the row may be another ban, which had expired before.) Otherwise the row with the most time is taken.
 */
const findRow = (ban: Ban, similar: ReadonlyArray<Ban>): Ban | undefined => {
  const candidates = similar.filter((row) => canBecome(ban, row) && minutesLeft(row) <= minutesLeft(ban))
  return candidates.find((row) => row.id === ban.id && isInForce(row) === isInForce(ban)) ??
    candidates.sort((a, b) => minutesLeft(b) - minutesLeft(a))[0]
}

/**
 * Finds the wanted rows, in the order of the list: all bans of a target, and one separate row for each given ban.
 * `absent`: the wanted bans without a row.
 */
const findRows = <A extends BanTarget | Ban>(
  wanted: ReadonlyArray<A>,
  rows: ReadonlyArray<Ban>
): { readonly rows: ReadonlyArray<Ban>; readonly absent: ReadonlyArray<A> } => {
  const similarTo = grouped(rows)
  const found = new Set<Ban>()
  const targets = new Set<unknown>(wanted)
  const listed = new Set(rows.map(targetOf))
  const absent = wanted.filter((one) => {
    if (typeof one === "string") return !listed.has(one)
    const row = findRow(one, similarTo(one).filter((row) => !found.has(row)))
    if (row !== undefined) found.add(row)
    return row === undefined
  })
  return { rows: rows.filter((row) => found.has(row) || targets.has(row.target)), absent }
}
