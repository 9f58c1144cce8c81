/**
 * How the bans of the book are enforced on a server.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import type { BanEntry } from "./BanEntry.ts"

/**
 * A way to enforce bans.
 *
 * **Details**
 *
 * In each of them a banned player who is on the server is kicked. They differ in what is in the server's own list of bans:
 *
 * - `"Kick"`: nothing. For servers whose list others keep, and that ban nobody while this program is not running.
 * - `"BanOnJoin"`: the bans of players who have tried to join. The list stays short.
 * - `"List"`: all bans of the book, within `capacity` and `maxAge`. They hold while this program is not running, too.
 *
 * @category models
 * @since 0.1.0
 */
export type Enforcement = "Kick" | "BanOnJoin" | "List"

/**
 * How the bans of the book are enforced on a server. Everything has a default.
 *
 * @category models
 * @since 0.1.0
 */
export interface BanPolicy {
  /** Default `"List"`. */
  readonly enforcement?: Enforcement | undefined
  /**
   * How many rows of the book the server's list has at most, from 0 to 2,500: the newest bans are kept. Lists of more than some
   * 3,000 rows do not fit into a reply, and large ones slow servers down. Rows of others do not count. Default 1,000.
   */
  readonly capacity?: number | undefined
  /** How old a ban in the server's list is at most, from when it was added to the book. Default: infinite. */
  readonly maxAge?: Duration.Input | undefined
  /**
   * How often the server's list is compared with the book, beside after each login and change: from 10 seconds. It finds what
   * other admins have changed. Default 5 minutes.
   */
  readonly checkInterval?: Duration.Input | undefined
  /** Whether the server writes its list to its file after a change. If not, a restart forgets it. Default `true`. */
  readonly write?: boolean | undefined
  /**
   * The word that marks rows of this book, one to 16 letters, digits, `-` and `_`: `[book:k3x9q2] teamkilling`. Rows with this
   * mark whose number the book does not have are removed, so two books on one server need different words. Default `"book"`.
   */
  readonly mark?: string | undefined
  /**
   * What a player is told who is kicked, one line of which 128 bytes are used. `remaining` is how long the ban lasts. Default:
   * the mark, the reason and the time, as in `[book:k3x9q2] teamkilling (6d 23h left)`.
   */
  readonly kickReason?: ((entry: BanEntry, remaining: Duration.Duration | "permanent") => string) | undefined
}

/**
 * An option of a policy has a value that is not allowed. `server` is the id of the server whose policy it is, absent if it is
 * that of all. Nothing is enforced.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidPolicy
  extends Schema.TaggedError<InvalidPolicy>("@bercon/operations/InvalidPolicy")("InvalidPolicy", {
    server: Schema.optionalKey(Schema.String),
    problem: Schema.String
  })
{
  override get message(): string {
    const whose = this.server === undefined
      ? "the ban policy"
      : `the ban policy of server ${JSON.stringify(this.server)}`
    return `${whose}: ${this.problem}`
  }

  /** Trying again with the same options does not help. */
  get isRetryable(): boolean {
    return false
  }
}
