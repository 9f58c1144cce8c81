/**
 * The error of a reply that does not have the expected form.
 *
 * **Example** (Showing an unexpected reply)
 *
 * ```ts
 * import { RconClient } from "@bercon/client"
 * import { Console, Effect } from "effect"
 *
 * const players = Effect.gen(function*() {
 *   const rcon = yield* RconClient.RconClient
 *   return yield* rcon.players
 * }).pipe(
 *   Effect.tapErrorTag("ReplyError", (error) => Console.error(`${error.message}\n${error.text}`))
 * )
 * ```
 *
 * @stability stable
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Flavour } from "./Flavour.ts"
import { shortened } from "./internal/shortened.ts"

/**
 * The reply to `command` (the first word of the command) does not have the form that servers are known to print. The
 * command was executed.
 *
 * **Details**
 *
 * - `text`: the whole reply.
 * - `line`: the number, from 1, of the first unexpected line. Absent if the reply is empty.
 * - `flavour`: the server's flavour, if an event or a reply of the server has proved it.
 *
 * An empty reply can mean that the game does not have the command or does not show its output over RCON, or that the
 * port belongs to Arma Reforger's own RCON.
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
        ? `the reply to ${command} is empty: this game does not have this command, or does not show its output over RCON`
        : `the reply to ${command} is empty: the game does not have this command, or the port belongs to Arma Reforger's own RCON instead of BattlEye's`
    }
    const line = this.text.split("\n", this.line)[this.line - 1] ?? ""
    return `the reply to ${command} is not in the expected form, line ${this.line}: ${JSON.stringify(shortened(line))}`
  }

  /** `"Executed"`: a reply proves that the server executed the command. */
  get execution(): "Executed" {
    return "Executed"
  }

  /** `false`: another reply will have the same form. */
  get isRetryable(): boolean {
    return false
  }

  /** Returns a copy of the error with the server's flavour. */
  of(flavour: Flavour): ReplyError {
    const { command, line, text } = this
    return new ReplyError({ command, text, ...(line !== undefined && { line }), flavour })
  }
}
