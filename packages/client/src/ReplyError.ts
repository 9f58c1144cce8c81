/**
 * The server replied, but not in the expected form.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Flavour } from "./Flavour.ts"

/**
 * The reply to `command` (its first word) does not have the form that servers are known to print. The command was executed.
 *
 * **Details**
 *
 * - `text`: the whole reply.
 * - `line`: the number, from 1, of the first line that is not as expected. Absent if the reply is empty.
 * - `flavour`: the server's flavour, if the server itself has shown it.
 *
 * An empty reply can mean two things: the game does not have the command, or the port is that of Arma Reforger's own RCON.
 *
 * @category errors
 * @since 0.1.0
 */
export class ReplyError extends Schema.TaggedError<ReplyError>("@bercon/client/ReplyError")("ReplyError", {
  command: Schema.String,
  text: Schema.String,
  line: Schema.optionalKey(Schema.Int),
  flavour: Schema.optionalKey(Flavour)
}) {
  override get message(): string {
    const command = JSON.stringify(this.command)
    if (this.line === undefined) {
      return this.flavour === "BattlEye"
        ? `the reply to ${command} is empty: this game has no such list, or does not show it over RCON`
        : `the reply to ${command} is empty: the game does not have this command, or the port is not that of BattlEye's RCON but of Arma Reforger's own`
    }
    const line = this.text.split("\n", this.line)[this.line - 1] ?? ""
    const shown = line.length > 100 ? `${line.slice(0, 100)}…` : line
    return `the reply to ${command} is not in the expected form, line ${this.line}: ${JSON.stringify(shown)}`
  }

  /** A reply shows that the server executed the command. */
  get execution(): "Executed" {
    return "Executed"
  }

  /** Another reply will have the same form. */
  get isRetryable(): boolean {
    return false
  }

  /** The same error of a server that has shown its flavour. */
  of(flavour: Flavour): ReplyError {
    const { command, line, text } = this
    return new ReplyError({ command, text, ...(line !== undefined && { line }), flavour })
  }
}
