/**
 * A ban of the ban book: its target, reason, end, admin and servers.
 *
 * **Example** (The bans of a player who is on a server)
 *
 * ```ts
 * import type { Player } from "@bercon/client"
 * import { BanBook, BanEntry } from "@bercon/operations"
 * import { Effect } from "effect"
 *
 * const bansOf = Effect.fn(function*(player: Player.Player) {
 *   const book = yield* BanBook.BanBook
 *   return yield* book.search({ targets: BanEntry.targetsOf(player) })
 * })
 * ```
 *
 * @stability stable
 * @since 0.1.0
 */
import { BanTarget } from "@bercon/client/Ban"
import type { Player } from "@bercon/client/Player"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"

/**
 * The number of a ban in the book: six lower-case letters or digits. It is part of the reason that players see, so that they
 * can name it when they appeal.
 *
 * @category models
 * @since 0.1.0
 */
export const BanEntryId = Schema.String.check(
  Schema.isPattern(/^[a-z0-9]{6}$/, { expected: "six lower-case letters and digits" })
).pipe(Schema.brand("@bercon/operations/BanEntryId"))

/**
 * The number of a ban in the book.
 *
 * @category models
 * @since 0.1.0
 */
export type BanEntryId = typeof BanEntryId.Type

/** A text of one line: the server would execute a second line as another command. */
const line = (maximum: number) =>
  Schema.String.check(
    Schema.isMaxLength(maximum),
    Schema.isPattern(/^[^\r\n\0]*$/, { expected: "one line, without line breaks or NULs" })
  )

/**
 * The servers to which a ban applies: `"all"`, which includes servers that are added later, or one or more ids.
 *
 * @category models
 * @since 0.1.0
 */
export const BanScope = Schema.Union([Schema.Literal("all"), Schema.NonEmptyArray(Schema.NonEmptyString)])

/**
 * The servers to which a ban applies.
 *
 * @category models
 * @since 0.1.0
 */
export type BanScope = typeof BanScope.Type

/**
 * A ban of the ban book. It never changes: to change a ban, lift it and add another.
 *
 * **Details**
 *
 * - `target`: a GUID, an IP address, or the id of an account of Arma Reforger. The ban applies only to servers that support
 *   such targets.
 * - `reason`: one line of at most 200 characters, which the player sees. Servers get as much of it as fits into 128 bytes,
 *   together with the `mark` of `BanPolicy`.
 * - `added`, `until`: times by the clock of the machine that runs the book.
 * - `by`: the admin or program that banned, at most 100 characters.
 * - `source`: the list that the ban comes from, at most 100 characters: `"book"`, a file, another server.
 *
 * @category models
 * @since 0.1.0
 */
export class BanEntry extends Schema.Class<BanEntry>("@bercon/operations/BanEntry")({
  id: BanEntryId,
  target: BanTarget,
  reason: line(200),
  added: Schema.DateTimeUtc,
  until: Schema.Union([Schema.DateTimeUtc, Schema.Literal("permanent")]),
  by: line(100),
  source: line(100),
  servers: BanScope
}) {
  override toString(): string {
    const until = this.until === "permanent" ? "permanent" : `until ${DateTime.formatIso(this.until)}`
    const servers = this.servers === "all" ? "" : ` on ${this.servers.join(", ")}`
    return `${this.id} ${this.target} (${until}${servers}) ${this.reason}`.trimEnd()
  }
}

/**
 * When a ban ends, in milliseconds since 1970; `Infinity` if it is permanent.
 *
 * @category getters
 * @since 0.1.0
 */
export const endOf = ({ until }: Pick<BanEntry, "until">): number =>
  until === "permanent" ? Infinity : DateTime.toEpochMillis(until)

/**
 * The time from `now` until a ban ends; zero if it has ended. `now` is in milliseconds since 1970.
 *
 * @category getters
 * @since 0.1.0
 */
export const remaining = (entry: BanEntry, now: number): Duration.Duration | "permanent" =>
  entry.until === "permanent" ? "permanent" : Duration.millis(Math.max(0, endOf(entry) - now))

/**
 * Whether a ban is in force at `now`, a time in milliseconds since 1970.
 *
 * @category guards
 * @since 0.1.0
 */
export const isInForce = (entry: BanEntry, now: number): boolean => endOf(entry) > now

/**
 * Whether a ban applies to the server with this id.
 *
 * @category guards
 * @since 0.1.0
 */
export const isOn = ({ servers }: BanEntry, server: string): boolean => servers === "all" || servers.includes(server)

/**
 * The targets by which a player can be banned: GUID, IP address and account, as far as they are known.
 *
 * @category getters
 * @since 0.1.0
 */
export const targetsOf = ({ address, guid, identity }: Player): ReadonlyArray<BanTarget> =>
  [guid, address?.ip, identity].filter((target) => target !== undefined)
