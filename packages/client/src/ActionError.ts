/**
 * A command was in order, but did not have its effect, or nobody knows.
 *
 * @since 0.1.0
 */
import { CommandError, type Execution } from "@bercon/session/CommandError"
import * as Schema from "effect/Schema"
import { Ban, BanTarget } from "./Ban.ts"
import { PlayerId } from "./Player.ts"
import { ReplyError } from "./ReplyError.ts"

/**
 * There is no such player on the server.
 *
 * @category errors
 * @since 0.1.0
 */
export class PlayerNotFound extends Schema.Error<PlayerNotFound>("@bercon/client/PlayerNotFound")({
  _tag: Schema.tag("PlayerNotFound"),
  player: PlayerId
}) {
  override get message(): string {
    return `had no effect: there is no player #${this.player}`
  }
}

/**
 * There is no such ban in the server's list. Nothing was removed. `cut`: the list is longer than the protocol can carry, and
 * the ban may be among those that did not come.
 *
 * @category errors
 * @since 0.1.0
 */
export class BanNotFound extends Schema.Error<BanNotFound>("@bercon/client/BanNotFound")({
  _tag: Schema.tag("BanNotFound"),
  target: BanTarget,
  cut: Schema.Boolean
}) {
  override get message(): string {
    return this.cut
      ? `had no effect: no ban of ${this.target} is in the part of the server's list that the protocol can carry`
      : `had no effect: no ban of ${this.target} is in the server's list`
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
    return `met with somebody else's change of the list of bans. These are gone from it: ${this.missing.join(", ")}`
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
  reason: Schema.Union([PlayerNotFound, BanNotFound, LookupFailed, Rejected, Unconfirmed, BansChanged])
}) {
  override get message(): string {
    return `${this.action} ${this.reason.message}`
  }

  /** Whether the action had its effect, as far as anyone can know. */
  get execution(): Execution {
    switch (this.reason._tag) {
      case "PlayerNotFound":
      case "BanNotFound":
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
