/**
 * The players of a server.
 *
 * @since 0.1.0
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Address } from "./Address.ts"
import { Guid } from "./Guid.ts"
import { IdentityId } from "./Identity.ts"

/**
 * The number of the slot a player has, from 0. Commands name players by it. When the player has left, the next one may
 * get it.
 *
 * **Example** (From a number somebody typed)
 *
 * ```ts
 * import { Player } from "@bercon/client"
 *
 * Player.PlayerId.makeOption(5) // Some
 * Player.PlayerId.makeOption(-1) // None
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export const PlayerId = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)).pipe(
  Schema.brand("@bercon/client/PlayerId")
)

/**
 * The number of the slot a player has, from 0.
 *
 * @category models
 * @since 0.1.0
 */
export type PlayerId = typeof PlayerId.Type

/**
 * Reads a slot that somebody typed: decimal digits, perhaps after a `#`.
 *
 * **Example**
 *
 * ```ts
 * import { Player } from "@bercon/client"
 *
 * Player.idFromString("#5") // Some: 5
 * Player.idFromString("-1") // None
 * ```
 *
 * @category parsing
 * @since 0.1.0
 */
export const idFromString = (text: string): Option.Option<PlayerId> => {
  const digits = /^\s*#?(\d{1,9})\s*$/.exec(text)?.[1]
  return digits === undefined ? Option.none() : Option.some(Number(digits) as PlayerId)
}

/**
 * Who a player is for the time of the visit: what events tell of him. Every {@link Player} is one, too.
 *
 * @category models
 * @since 0.1.0
 */
export const PlayerReference = Schema.Struct({
  id: PlayerId,
  name: Schema.String
})

/**
 * Who a player is for the time of the visit.
 *
 * @category models
 * @since 0.1.0
 */
export interface PlayerReference extends Schema.Schema.Type<typeof PlayerReference> {}

/**
 * Somebody on the server: a row of its list of players, or what its events have told so far.
 *
 * **Details**
 *
 * - `name`: as printed. Players choose it: it may be empty, begin or end in blanks, and hold nearly anything.
 * - `address`: absent on Arma Reforger's own RCON, and if the event that told it was lost.
 * - `ping`: milliseconds. Absent while the server does not know it (it prints -1).
 * - `guid`: absent while the player is still joining (it prints `-`).
 * - `verified`: whether BattlEye has checked the GUID (it prints `(OK)`, otherwise `(?)`).
 * - `inLobby`: the row ends in ` (Lobby)`. A player whose name ends so looks the same. Absent until a list has shown the player.
 * - `identity`: the player's account. Only Arma Reforger's own RCON tells it.
 *
 * @category models
 * @since 0.1.0
 */
export class Player extends Schema.Class<Player>("@bercon/client/Player")({
  id: PlayerId,
  name: Schema.String,
  address: Schema.optionalKey(Address),
  ping: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))),
  guid: Schema.optionalKey(Guid),
  verified: Schema.Boolean,
  inLobby: Schema.optionalKey(Schema.Boolean),
  identity: Schema.optionalKey(IdentityId)
}) {
  override toString(): string {
    return `#${this.id} ${this.name}`
  }
}
