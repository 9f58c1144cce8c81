/**
 * The version of a BattlEye server.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * The version of a BattlEye server, which is not that of the game.
 *
 * **Details**
 *
 * - `text`: what the server says, without the white space around it. Its form is not written down anywhere.
 * - `number`: the version in it, e.g. `"1.220"`. Absent if there is none of this form.
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
