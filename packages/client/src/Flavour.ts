/**
 * The kinds of RCON that use BattlEye's protocol.
 *
 * **Example** (A client of a known flavour)
 *
 * ```ts
 * import * as NodeRcon from "@bercon/client/NodeRcon"
 * import { Redacted } from "effect"
 *
 * const layer = NodeRcon.layer({
 *   host: "127.0.0.1",
 *   port: 19999,
 *   password: Redacted.make("secret"),
 *   flavour: "Reforger"
 * })
 * ```
 *
 * @stability stable
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"

/**
 * The kind of a server's RCON.
 *
 * **Details**
 *
 * - `"BattlEye"`: BattlEye's own commands and tables, in Arma 2 OA, Arma 3, DayZ and others, and in Arma Reforger if
 *   the port is that of `BEServer_x64.cfg`. The output of a command is its reply.
 * - `"Reforger"`: Arma Reforger's own RCON, configured in the `rcon` section of its `config.json`. It has other
 *   commands, and sends their output as messages. Only the order and the text of these messages relate them to a
 *   command.
 *
 * @category models
 * @since 0.1.0
 */
export const Flavour = Schema.Literals(["BattlEye", "Reforger"])

/**
 * The kind of a server's RCON.
 *
 * @category models
 * @since 0.1.0
 */
export type Flavour = typeof Flavour.Type

/**
 * Times to wait for the output of a command on Arma Reforger's own RCON.
 *
 * **Details**
 *
 * Arma Reforger's own RCON sends an empty reply to a command. Messages follow: the echo of the command, then its
 * output, if there is any, in one or more messages. No number relates them to the command, and none is marked as
 * the last, so time decides. A server repeats a lost message after 2 seconds, and later messages wait for it.
 *
 * Commands are sent one after the other, because the outputs of simultaneous commands could not be distinguished.
 *
 * @category models
 * @since 0.1.0
 */
export interface ReplyWindow {
  /**
   * Maximum time from the echo to the first output, for commands that may have no output. 0 or more. Default 1.2
   * seconds.
   */
  readonly first?: Duration.Input | undefined
  /**
   * Time after a message until the output counts as complete, if it does not show its own end. 0 or more; 0 makes each
   * message a complete output. Default 450 milliseconds.
   */
  readonly quiet?: Duration.Input | undefined
  /**
   * Maximum time for the whole output, counted from the first sign that the server has received the command. 0 or more;
   * an infinite time means until the command's timeout. If output is still missing then, the command fails with
   * `IncompleteReply`, and an action with `Unconfirmed`. Default 5 seconds. The option `confirmWithin` of an action
   * replaces this time.
   */
  readonly longest?: Duration.Input | undefined
}
