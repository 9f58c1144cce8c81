/**
 * The kinds of RCON that speak BattlEye's protocol.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"

/**
 * What a server speaks over the protocol.
 *
 * **Details**
 *
 * - `"BattlEye"`: BattlEye's own commands and tables, in Arma 2 OA, Arma 3, DayZ and others, and in Arma Reforger if the
 *   port is that of `BEServer_x64.cfg`. What a command replies is its reply.
 * - `"Reforger"`: Arma Reforger's own RCON, the `rcon` section of its `config.json`. It has other commands, and tells their
 *   outcome in messages, which only their order and their words connect to a command.
 *
 * @category models
 * @since 0.1.0
 */
export const Flavour = Schema.Literals(["BattlEye", "Reforger"])

/**
 * What a server speaks over the protocol.
 *
 * @category models
 * @since 0.1.0
 */
export type Flavour = typeof Flavour.Type

/**
 * How long to wait for what Arma Reforger's own RCON tells of a command.
 *
 * **Details**
 *
 * There a command is acknowledged with nothing. Then come messages: its echo, and what it has to say, if anything, in one
 * or more. No mark connects them to the command, and none is the last, so time has to tell. A server repeats a lost message
 * after 2 seconds, and the messages behind it wait for that.
 *
 * While a command waits, the next one does, as their words could not be told apart.
 *
 * @category models
 * @since 0.1.0
 */
export interface ReplyWindow {
  /** How long after its echo a command that may have nothing to say can begin to, 0 or more. Default 1.2 seconds. */
  readonly first?: Duration.Input | undefined
  /**
   * How long after a message the reply is taken to be complete if it does not show its end, 0 or more: with 0, after each
   * one. Default 450 milliseconds.
   */
  readonly quiet?: Duration.Input | undefined
  /**
   * How long the server may take in all, from when it has shown that it has the command, 0 or more; infinite: for as long
   * as the command has time. Then what had to come is missing for good: the command fails with `IncompleteReply`, an action
   * with `Unconfirmed`. Default 5 seconds.
   */
  readonly longest?: Duration.Input | undefined
}
