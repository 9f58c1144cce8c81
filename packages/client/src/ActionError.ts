/**
 * Errors of actions. The command was valid, but the action did not have its effect, or the effect could not be
 * confirmed.
 *
 * An `ActionError` has a tagged `reason` with the facts, an `execution`, and an `isRetryable`: whether trying again is
 * safe and may help.
 *
 * **Example** (A player who has already left is not a problem)
 *
 * ```ts
 * import { type Player, RconClient } from "@bercon/client"
 * import { Effect } from "effect"
 *
 * const remove = Effect.fn(function*(player: Player.Player) {
 *   const rcon = yield* RconClient.RconClient
 *   yield* rcon.kick(player).pipe(
 *     Effect.catchReason("ActionError", "PlayerNotFound", () => Effect.void)
 *   )
 * })
 * ```
 *
 * @stability stable
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Ban, BanTarget } from "./Ban.ts"
import { CommandError, type Execution } from "./CommandError.ts"
import { Guid } from "./Guid.ts"
import { IdentityId } from "./Identity.ts"
import { shortened } from "./internal/shortened.ts"
import { PlayerId } from "./Player.ts"
import { ReplyError } from "./ReplyError.ts"

/**
 * The player is not on the server, or no longer in the slot. `player` is the slot, GUID or account that identified the
 * player. Nothing was done.
 *
 * @category errors
 * @since 0.1.0
 */
export class PlayerNotFound extends Schema.Error<PlayerNotFound>("@bercon/client/PlayerNotFound")({
  _tag: Schema.tag("PlayerNotFound"),
  player: Schema.Union([PlayerId, Guid, IdentityId])
}) {
  override get message(): string {
    return typeof this.player === "number"
      ? `slot #${this.player} is empty, or another player has got it. Nothing was done`
      : `there is no player ${this.player} on the server. Nothing was done`
  }

  /** Whether the action had its effect. */
  get execution(): "NotExecuted" {
    return "NotExecuted"
  }

  /** Whether trying again is safe and may help. */
  get isRetryable(): boolean {
    return false
  }
}

/**
 * The server has no ban of this target. Its complete list or, on Arma Reforger, its reply has shown this. Nothing was
 * removed.
 *
 * @category errors
 * @since 0.1.0
 */
export class BanNotFound extends Schema.Error<BanNotFound>("@bercon/client/BanNotFound")({
  _tag: Schema.tag("BanNotFound"),
  target: BanTarget
}) {
  override get message(): string {
    return `there is no ban of ${this.target} in the server's list. Nothing was removed`
  }

  /** Whether the action had its effect. */
  get execution(): "NotExecuted" {
    return "NotExecuted"
  }

  /** Whether trying again is safe and may help. */
  get isRetryable(): boolean {
    return false
  }
}

/**
 * The player or ban was not found in the server's list, but the list is incomplete. `isCut`: the end of the list may
 * be missing (see `cut` of `Table`). `unread`: the number of its rows that could not be read. Nothing was done.
 *
 * @category errors
 * @since 0.1.0
 */
export class ListIncomplete extends Schema.Error<ListIncomplete>("@bercon/client/ListIncomplete")({
  _tag: Schema.tag("ListIncomplete"),
  list: Schema.Literals(["players", "bans"]),
  target: Schema.Union([PlayerId, BanTarget]),
  isCut: Schema.Boolean,
  unread: Schema.Int
}) {
  override get message(): string {
    const why = this.isCut
      ? "its end may be missing, because it is very long or a page of it could not be read"
      : this.unread === 0
      ? "the list has fewer rows than the server counts"
      : `${this.unread} ${this.unread === 1 ? "row" : "rows"} of it could not be read`
    const target = typeof this.target === "number" ? `#${this.target}` : this.target
    return `${target} was not found in the server's list of ${this.list}, but ${why}. Nothing was done`
  }

  /** Whether the action had its effect. */
  get execution(): "NotExecuted" {
    return "NotExecuted"
  }

  /** Whether trying again is safe and may help. */
  get isRetryable(): boolean {
    // A list with too few rows was changing while the server printed it. Rows that cannot be read, or are cut off,
    // remain so.
    return !this.isCut && this.unread === 0
  }
}

/**
 * A query that the action needs failed with `cause`. Nothing was done.
 *
 * @category errors
 * @since 0.1.0
 */
export class LookupFailed extends Schema.Error<LookupFailed>("@bercon/client/LookupFailed")({
  _tag: Schema.tag("LookupFailed"),
  cause: Schema.Union([CommandError, ReplyError])
}) {
  override get message(): string {
    return `the action was not tried, because a query it needs failed: ${this.cause.message}`
  }

  /** Whether the action had its effect. */
  get execution(): "NotExecuted" {
    return "NotExecuted"
  }

  /** Whether trying again is safe and may help. */
  get isRetryable(): boolean {
    // A query has no side effect, so one that may have been executed can be sent again.
    return this.cause._tag === "CommandError" && this.cause.reason._tag !== "SessionClosed" &&
      (this.cause.isRetryable || this.cause.execution !== "NotExecuted")
  }
}

/**
 * The server refused with the reply `text`.
 *
 * @category errors
 * @since 0.1.0
 */
export class Rejected extends Schema.Error<Rejected>("@bercon/client/Rejected")({
  _tag: Schema.tag("Rejected"),
  text: Schema.String
}) {
  override get message(): string {
    return `the server refused: ${JSON.stringify(shortened(this.text))}`
  }

  /** Whether the action had its effect. */
  get execution(): "NotExecuted" {
    return "NotExecuted"
  }

  /** Whether trying again is safe and may help. */
  get isRetryable(): boolean {
    return false
  }
}

/**
 * The server may have executed the command, but the evidence of its effect, `expected`, was not found in time. `text`
 * is the server's reply, if there was one. `cause` is the error of the command or query that failed, if one did.
 *
 * @category errors
 * @since 0.1.0
 */
export class Unconfirmed extends Schema.Error<Unconfirmed>("@bercon/client/Unconfirmed")({
  _tag: Schema.tag("Unconfirmed"),
  expected: Schema.String,
  text: Schema.optionalKey(Schema.String),
  cause: Schema.optionalKey(Schema.Union([CommandError, ReplyError]))
}) {
  override get message(): string {
    const reply = this.text === undefined ? "" : `; the reply was ${JSON.stringify(shortened(this.text))}`
    const why = this.cause === undefined ? "" : ` (${this.cause.message})`
    return `not confirmed in time: expected ${this.expected}${reply}${why}. The action may have been executed`
  }

  /** Whether the action had its effect. */
  get execution(): "MaybeExecuted" {
    return "MaybeExecuted"
  }

  /** Whether trying again is safe and may help. */
  get isRetryable(): boolean {
    return false
  }
}

/**
 * Bans that were not to be removed have disappeared from the list. Probably another client changed the list at the same
 * time, so that the numbers of the bans moved. The server may also have executed a removal twice, or restarted without
 * bans that it had not written to its file.
 *
 * **Details**
 *
 * All three fields come from comparing the list before the removal with the list after it:
 *
 * - `missing`: bans that have disappeared, but were not to be removed. They may have been removed instead of bans in
 *   `stillListed`.
 * - `stillListed`: bans that were to be removed, but are still listed.
 * - `added`: new bans.
 *
 * The bans in `missing` and `stillListed` have the numbers from the list before the removal.
 *
 * @category errors
 * @since 0.1.0
 */
export class BansChanged extends Schema.Error<BansChanged>("@bercon/client/BansChanged")({
  _tag: Schema.tag("BansChanged"),
  missing: Schema.Array(Ban),
  stillListed: Schema.Array(Ban),
  added: Schema.Array(Ban)
}) {
  override get message(): string {
    const named = this.missing.slice(0, MOST_NAMED).map((ban) => shortened(ban.toString())).join(", ")
    const more = this.missing.length - MOST_NAMED
    return "bans that were not to be removed are gone, because another client changed the ban list at the same time, " +
      `or the server restarted or executed a removal twice: ${named}${more > 0 ? `, and ${more} more` : ""}`
  }

  /** Whether the action had its effect. */
  get execution(): "MaybeExecuted" {
    return "MaybeExecuted"
  }

  /** Whether trying again is safe and may help. */
  get isRetryable(): boolean {
    return false
  }
}

/** Maximum number of bans that the message names. A server can lose thousands. */
const MOST_NAMED = 5

/**
 * An action did not have its effect, or its effect could not be confirmed. `reason` describes why. `action` is the
 * name of the client's method.
 *
 * @category errors
 * @since 0.1.0
 */
export class ActionError extends Schema.TaggedError<ActionError>("@bercon/client/ActionError")("ActionError", {
  action: Schema.String,
  reason: Schema.Union([PlayerNotFound, BanNotFound, ListIncomplete, LookupFailed, Rejected, Unconfirmed, BansChanged])
}) {
  override get message(): string {
    return `${this.action}: ${this.reason.message}`
  }

  /** Whether the action had its effect. */
  get execution(): Execution {
    return this.reason.execution
  }

  /** Whether trying again is safe and may help. */
  get isRetryable(): boolean {
    return this.reason.isRetryable
  }
}
