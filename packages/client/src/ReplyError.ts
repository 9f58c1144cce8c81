/**
 * The server answered, but not in the expected form.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * The reply to `command` (its first word) is not what servers are known to print. The command was executed.
 *
 * **Details**
 *
 * `text` is the whole reply, `line` the number, from 1, of its first line that is not as expected, absent where the reply
 * is empty. An empty reply is what Arma Reforger's own RCON sends: it has another port and other commands than BattlEye's.
 *
 * @category errors
 * @since 0.1.0
 */
export class ReplyError extends Schema.TaggedError<ReplyError>("@bercon/client/ReplyError")("ReplyError", {
  command: Schema.String,
  text: Schema.String,
  line: Schema.optionalKey(Schema.Int)
}) {
  override get message(): string {
    const command = JSON.stringify(this.command)
    if (this.line === undefined) {
      return `the reply to ${command} is empty: is this the RCON port of BattlEye, and not Arma Reforger's own?`
    }
    const line = this.text.split("\n", this.line)[this.line - 1] ?? ""
    const shown = line.length > 100 ? `${line.slice(0, 100)}…` : line
    return `the reply to ${command} is not in the expected form, line ${this.line}: ${JSON.stringify(shown)}`
  }
}
