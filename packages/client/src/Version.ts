/**
 * The version of a BattlEye server.
 *
 * **Example** (Showing the version)
 *
 * ```ts
 * import { RconClient } from "@bercon/client"
 * import { Effect } from "effect"
 *
 * const version = Effect.gen(function*() {
 *   const rcon = yield* RconClient.RconClient
 *   return `BattlEye ${yield* rcon.version}`
 * })
 * ```
 *
 * @stability stable
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * The version of a BattlEye server. It is not the version of the game.
 *
 * **Details**
 *
 * - `text`: the server's text, without surrounding white space. Its form is undocumented.
 * - `number`: the version in the text, e.g. `"1.220"`. Absent if the text contains no number of this form.
 *
 * @category models
 * @since 0.1.0
 */
export class Version extends Schema.Class<Version>("@bercon/client/Version")({
  text: Schema.String,
  number: Schema.optionalKey(Schema.String)
}) {
  override toString(): string {
    return this.number ?? this.text
  }
}
