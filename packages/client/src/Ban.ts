/**
 * The bans of a server, as immutable data.
 *
 * **Example** (A target from user input)
 *
 * ```ts
 * import { Ban, RconClient } from "@bercon/client"
 * import { Effect } from "effect"
 *
 * const unban = Effect.fn(function*(input: string) {
 *   const rcon = yield* RconClient.RconClient
 *   yield* rcon.unban(yield* Effect.fromOption(Ban.targetFromString(input)))
 * })
 * ```
 *
 * @stability stable
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { IpAddress } from "./Address.ts"
import { Guid } from "./Guid.ts"
import { IdentityId } from "./Identity.ts"

/**
 * The position of a ban in the server's list, from 0. Bans of GUIDs come before bans of IP addresses. The number is
 * valid only for the list that was read: a change of the list can move bans. Identify a ban by its target instead.
 *
 * @category models
 * @since 0.1.0
 */
export const BanId = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)).pipe(Schema.brand("@bercon/client/BanId"))

/**
 * The position of a ban in the server's list, from 0.
 *
 * @category models
 * @since 0.1.0
 */
export type BanId = typeof BanId.Type

/**
 * The target of a ban: a GUID or an IP address, or on Arma Reforger's own RCON the id of an account. A text is never
 * more than one of these; `Guid.isGuid`, `Address.isIpAddress` and `Identity.isIdentityId` distinguish them.
 *
 * **Example** (All banned GUIDs)
 *
 * ```ts
 * import { Guid, RconClient } from "@bercon/client"
 * import { Effect } from "effect"
 *
 * const guids = Effect.gen(function*() {
 *   const rcon = yield* RconClient.RconClient
 *   const bans = yield* rcon.bans
 *   return bans.map((ban) => ban.target).filter(Guid.isGuid)
 * })
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export const BanTarget = Schema.Union([Guid, IpAddress, IdentityId])

/**
 * The target of a ban: a GUID, an IP address or the id of an account.
 *
 * @category models
 * @since 0.1.0
 */
export type BanTarget = typeof BanTarget.Type

/**
 * Parses a target from user input: a GUID or the UUID of an account, in upper or lower case, or an IPv4 address.
 * Surrounding blanks are ignored. Returns `None` for any other text.
 *
 * **Example**
 *
 * ```ts
 * import { Ban } from "@bercon/client"
 *
 * Ban.targetFromString(" 203.0.113.7 ") // Some
 * Ban.targetFromString("Bob") // None
 * ```
 *
 * @category parsing
 * @since 0.1.0
 */
export const targetFromString = (text: string): Option.Option<BanTarget> =>
  Option.filter(Option.some(text.trim().toLowerCase()), isTarget)

const isTarget = Schema.is(BanTarget)

/**
 * A row of the server's list of bans.
 *
 * **Details**
 *
 * - `remaining`: the remaining time when the server printed the list, to the minute. `"permanent"`: the ban has no
 *   end. `"expired"`: the ban has no effect any more, but stays in the list until the server writes the list to its
 *   file. `"unknown"`: current versions of Arma Reforger do not print a time. (Older versions print a duration in
 *   seconds.)
 * - `reason`: as printed. It may be empty, begin or end with blanks, and contain nearly anything. Arma Reforger does
 *   not print it.
 * - `name`: the name of the player. Only Arma Reforger prints it.
 *
 * Encode it with `Schema.toCodecJson(Ban)`. `JSON.stringify` alone writes a duration in a form that cannot be decoded.
 *
 * @category models
 * @since 0.1.0
 */
export class Ban extends Schema.Class<Ban>("@bercon/client/Ban")({
  id: BanId,
  target: BanTarget,
  remaining: Schema.Union([Schema.Duration, Schema.Literals(["permanent", "expired", "unknown"])]),
  reason: Schema.String,
  name: Schema.optionalKey(Schema.String)
}) {
  override toString(): string {
    const remaining = typeof this.remaining === "string" ? this.remaining : Duration.format(this.remaining)
    const words = [`#${this.id}`, this.target, this.name, `(${remaining})`, this.reason]
    return words.filter((word) => word !== undefined && word !== "").join(" ")
  }
}
