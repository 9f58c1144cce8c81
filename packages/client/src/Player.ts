/**
 * The players of a server, as immutable data.
 *
 * **Example** (A slot from user input)
 *
 * ```ts
 * import { Player, RconClient } from "@bercon/client"
 * import { Effect } from "effect"
 *
 * const kick = Effect.fn(function*(input: string) {
 *   const rcon = yield* RconClient.RconClient
 *   const slot = yield* Effect.fromOption(Player.idFromString(input))
 *   yield* rcon.kick(slot)
 * })
 * ```
 *
 * @stability stable
 * @since 0.1.0
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Address } from "./Address.ts"
import { Guid } from "./Guid.ts"
import { IdentityId } from "./Identity.ts"

/**
 * The number of a player's slot, from 0. Commands identify players by it. After the player has left, another player may
 * get the slot.
 *
 * **Example** (Validating a number)
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
 * The number of a player's slot, from 0.
 *
 * @category models
 * @since 0.1.0
 */
export type PlayerId = typeof PlayerId.Type

/**
 * Parses a slot from user input: decimal digits, optionally after a `#`.
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
 * Identifies a player during one visit: the slot and the name, as in events. Every {@link Player} is a
 * `PlayerReference`, too.
 *
 * @category models
 * @since 0.1.0
 */
export const PlayerReference = Schema.Struct({
  id: PlayerId,
  name: Schema.String
})

/**
 * Identifies a player during one visit: the slot and the name.
 *
 * @category models
 * @since 0.1.0
 */
export interface PlayerReference extends Schema.Schema.Type<typeof PlayerReference> {}

/**
 * A player on the server: a row of the list of players, or the data from the player's events so far.
 *
 * **Details**
 *
 * - `name`: as printed. Players choose it: it may be empty, begin or end with blanks, and contain nearly anything.
 * - `address`: absent if the event that contained it was lost.
 * - `ping`: in milliseconds. Absent until it has been measured (until then, the server prints -1).
 * - `guid`: absent while the player is still joining (the server prints `-`).
 * - `verified`: whether BattlEye has verified the GUID (the server prints `(OK)`, otherwise `(?)`).
 * - `inLobby`: whether the row ends with ` (Lobby)`. A player whose name ends like that looks the same. Absent until a
 *   list has contained the player.
 * - `identity`: the player's account. Only Arma Reforger's own RCON prints it. That RCON prints nothing else but the
 *   slot and the name: `verified` is false there, and the other fields are absent.
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
