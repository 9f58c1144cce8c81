/**
 * The bans of a server.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { IpAddress } from "./Address.ts"
import { Guid } from "./Guid.ts"
import { IdentityId } from "./Identity.ts"

/**
 * The place of a ban in the server's list, from 0, those of GUIDs before those of IP addresses. Numbers change
 * whenever another ban goes, so one is good only for the list it came in: to recognise a ban, use its target.
 *
 * @category models
 * @since 0.1.0
 */
export const BanId = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)).pipe(Schema.brand("@bercon/client/BanId"))

/**
 * The place of a ban in the server's list, from 0.
 *
 * @category models
 * @since 0.1.0
 */
export type BanId = typeof BanId.Type

/**
 * Who is banned: a GUID or an IP address, on Arma Reforger's own RCON the id of an account. No text is two of them;
 * `Guid.isGuid`, `Address.isIpAddress` and `Identity.isIdentityId` tell them apart.
 *
 * **Example** (The players among the banned)
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
 * Who is banned: a GUID, an IP address or the id of an account.
 *
 * @category models
 * @since 0.1.0
 */
export type BanTarget = typeof BanTarget.Type

/**
 * Reads a target that somebody typed: a GUID or the UUID of an account in either case, or an IPv4 address. Blanks around it
 * are ignored.
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
 * - `remaining`: how long it lasts from when the server printed it, to the minute. `"permanent"`: for ever. `"expired"`: no
 *   more; the server keeps such a ban in its list until it writes the list to its file. `"unknown"`: current
 *   versions of Arma Reforger do not tell.
 * - `reason`: as printed. It may be empty, begin or end in blanks, and hold nearly anything. Arma Reforger does not tell it.
 * - `name`: of the player. Only Arma Reforger tells it.
 *
 * Encode it with `Schema.toCodecJson(Ban)`: `JSON.stringify` alone writes a duration in a form that is not decoded.
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
