/**
 * The possible output of a command of Arma Reforger's own RCON.
 */
import * as ServerEvent from "../../ServerEvent.ts"

/**
 * Whether a text belongs to the output of a command. `"Surely"`: no other kind of command has this text in its output.
 */
export type Claim = "No" | "Perhaps" | "Surely"

/** The possible output of a command. */
export interface Expectation {
  /**
   * Whether a text can be the next message of the output, after `last`. Without `last` it would be the first message.
   */
  readonly claim: (text: string, last: string | undefined) => Claim
  /**
   * Whether more messages follow these. `"Perhaps"`: if more follow, they follow at once. `"Likely"`: they are awaited
   * like `"Surely"`, but the output is complete if they do not arrive.
   */
  readonly pending: (texts: ReadonlyArray<string>) => "Nothing" | "Perhaps" | "Likely" | "Surely"
  /**
   * Whether the output may arrive seconds after the echo, among the output of other commands. Otherwise it follows the
   * echo at once.
   */
  readonly late: boolean
  /**
   * Whether the command is a query. Then the output of an earlier execution is as good as that of a later one, and an
   * unreadable text is reported as an error.
   */
  readonly query: boolean
}

/** Maximum number of messages of one output; a longer one is incomplete. The longest known list has about twenty. */
export const MAX_TEXTS = 256

/** The expectation of a command without output. */
export const SILENT: Expectation = { claim: () => "No", pending: () => "Nothing", late: false, query: false }

/** Whether the text is no known event of the server, so that it can be the output of a command. */
export const isPlain = (text: string): boolean => isNoEvent(ServerEvent.parse(text))

const isNoEvent = ServerEvent.is("Unrecognized", "CommandResult")
