/**
 * A valid command whose effect failed or could not be confirmed.
 *
 * @since 0.1.0
 */
import { CommandError, type Execution } from "@bercon/session/CommandError"
import * as Schema from "effect/Schema"
import { Ban, BanTarget } from "./Ban.ts"
import { Guid } from "./Guid.ts"
import { IdentityId } from "./Identity.ts"
import { PlayerId } from "./Player.ts"
import { ReplyError } from "./ReplyError.ts"

/**
 * The player is not on the server, or not any more. `player` is the slot or the GUID that was given. Nothing was done.
 *
 * @category errors
 * @since 0.1.0
 */
export class PlayerNotFound extends Schema.Error<PlayerNotFound>("@bercon/client/PlayerNotFound")({
  _tag: Schema.tag("PlayerNotFound"),
  player: Schema.Union([PlayerId, Guid, IdentityId])
}) {
  override get message(): string {
    const player = typeof this.player === "number" ? `#${this.player}` : this.player
    return `had no effect: there is no player ${player} on the server`
  }
}

/**
 * There is no ban of this target in the server's list, which was read as a whole. Nothing was removed.
 *
 * @category errors
 * @since 0.1.0
 */
export class BanNotFound extends Schema.Error<BanNotFound>("@bercon/client/BanNotFound")({
  _tag: Schema.tag("BanNotFound"),
  target: BanTarget
}) {
  override get message(): string {
    return `had no effect: no ban of ${this.target} is in the server's list`
  }
}

/**
 * The player or ban is not among the rows that could be read of the server's list, but the list is not complete. `isCut`: it
 * is longer than the protocol can carry. `unread`: how many rows could not be read. Nothing was done.
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
      ? "the list is longer than the protocol can carry, and its end is missing"
      : this.unread === 0
      ? "the list has fewer rows than the server counts"
      : `${this.unread} ${this.unread === 1 ? "row" : "rows"} of it could not be read`
    return `had no effect: ${this.target} was not found in the server's list of ${this.list}, but ${why}`
  }
}

/**
 * What the action needs to know first could not be found out. Nothing was done.
 *
 * @category errors
 * @since 0.1.0
 */
export class LookupFailed extends Schema.Error<LookupFailed>("@bercon/client/LookupFailed")({
  _tag: Schema.tag("LookupFailed"),
  failure: Schema.Union([CommandError, ReplyError])
}) {
  override get message(): string {
    return `was not tried: ${this.failure.message}`
  }
}

/**
 * The server said no, in the words `text`.
 *
 * @category errors
 * @since 0.1.0
 */
export class Rejected extends Schema.Error<Rejected>("@bercon/client/Rejected")({
  _tag: Schema.tag("Rejected"),
  text: Schema.String
}) {
  override get message(): string {
    return `was rejected by the server: ${JSON.stringify(this.text.slice(0, 200))}`
  }
}

/**
 * The server may have taken the command, but the evidence of its effect, `expected`, did not come in time. `text` is what it
 * said instead, `failure` why the evidence could not be looked for, where that is so.
 *
 * @category errors
 * @since 0.1.0
 */
export class Unconfirmed extends Schema.Error<Unconfirmed>("@bercon/client/Unconfirmed")({
  _tag: Schema.tag("Unconfirmed"),
  expected: Schema.String,
  text: Schema.optionalKey(Schema.String),
  failure: Schema.optionalKey(Schema.Union([CommandError, ReplyError]))
}) {
  override get message(): string {
    const said = this.text === undefined ? "" : `; it said ${JSON.stringify(this.text.slice(0, 200))}`
    const why = this.failure === undefined ? "" : ` (${this.failure.message})`
    return `may have been executed, but ${this.expected} was not seen in time${said}${why}`
  }
}

/**
 * Somebody else changed the list of bans at the same moment. As numbers move when they do, one of the bans that are gone,
 * `missing`, may have been removed in place of the one that was meant.
 *
 * @category errors
 * @since 0.1.0
 */
export class BansChanged extends Schema.Error<BansChanged>("@bercon/client/BansChanged")({
  _tag: Schema.tag("BansChanged"),
  missing: Schema.Array(Ban)
}) {
  override get message(): string {
    return `was overtaken: another client changed the ban list at the same time. These are gone from it: ${
      this.missing.join(", ")
    }`
  }
}

/**
 * An action did not have its effect, or nobody knows. `reason` says why; `action` is its name in the client.
 *
 * @category errors
 * @since 0.1.0
 */
export class ActionError extends Schema.TaggedError<ActionError>("@bercon/client/ActionError")("ActionError", {
  action: Schema.String,
  reason: Schema.Union([PlayerNotFound, BanNotFound, ListIncomplete, LookupFailed, Rejected, Unconfirmed, BansChanged])
}) {
  override get message(): string {
    return `${this.action} ${this.reason.message}`
  }

  /** Whether the action had its effect, as far as anyone can know. */
  get execution(): Execution {
    switch (this.reason._tag) {
      case "PlayerNotFound":
      case "BanNotFound":
      case "ListIncomplete":
      case "LookupFailed":
      case "Rejected":
        return "NotExecuted"
      case "Unconfirmed":
      case "BansChanged":
        return "MaybeExecuted"
    }
  }
}

/**
 * The error of the action with this name.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (action: string, reason: ActionError["reason"]): ActionError => new ActionError({ action, reason })
