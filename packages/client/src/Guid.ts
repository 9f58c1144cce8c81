/**
 * The BattlEye GUID, by which bans know a player.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * A BattlEye GUID: 32 lower-case hexadecimal digits. It stays the same for a player's account on every server of a game.
 *
 * **Example** (Checking input)
 *
 * ```ts
 * import { Guid } from "@bercon/client"
 *
 * Guid.Guid.makeOption("4fc867abf98b934e9e7eeaf15170258c") // Some
 * Guid.Guid.makeOption("76561197960265728") // None: a Steam id
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export const Guid = Schema.String.check(
  Schema.isPattern(/^[0-9a-f]{32}$/, { expected: "32 lower-case hexadecimal digits" })
).pipe(Schema.brand("@bercon/client/Guid"))

/**
 * A BattlEye GUID: 32 lower-case hexadecimal digits.
 *
 * @category models
 * @since 0.1.0
 */
export type Guid = typeof Guid.Type
