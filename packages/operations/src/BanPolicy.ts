/**
 * How the bans of the book are enforced on a server.
 *
 * **Example** (A short list on all servers, and none on one of them)
 *
 * ```ts
 * import { BanEnforcement, type BanPolicy } from "@bercon/operations"
 *
 * const policy: BanPolicy.BanPolicy = { enforcement: "BanOnJoin", capacity: 200, maxAge: "365 days" }
 *
 * const Bans = BanEnforcement.layerFleet({ ...policy, servers: { event: { enforcement: "Kick" } } })
 * ```
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
 * Each of them kicks a banned player who is on the server. They differ in the rows of the server's own list of bans:
 *
 * - `"Kick"`: none of the book's. For servers whose list other admins keep. No ban of the book holds while this program is not
 *   running.
 * - `"BanOnJoin"`: the bans of players who have tried to join. The list stays short.
 * - `"List"`: all bans of the book, within `capacity` and `maxAge`. They hold while this program is not running, too.
 *
 * @category models
 * @since 0.1.0
 */
export type Enforcement = "Kick" | "BanOnJoin" | "List"

/**
 * The greatest `capacity` of a policy: 2,500 rows.
 *
 * @category constants
 * @since 0.1.0
 */
export const MAX_CAPACITY = 2500

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
   * The maximal number of the book's rows in the server's list, from 0 to 2,500: the newest bans are kept. A list of more than
   * about 3,000 rows does not fit into a reply, and large lists slow servers down. Rows of others do not count. Default 1,000.
   */
  readonly capacity?: number | undefined
  /** The maximal age of a ban in the server's list, counted from its addition to the book. Default: infinite. */
  readonly maxAge?: Duration.Input | undefined
  /**
   * The interval in which the server's list is compared with the book, besides after each login and change: at least 10 seconds.
   * It finds the changes of other admins. Default 5 minutes.
   */
  readonly checkInterval?: Duration.Input | undefined
  /** Whether the server writes its list to its file after a change. If not, a restart forgets it. Default `true`. */
  readonly write?: boolean | undefined
  /** The word that marks rows of this book, one to 16 letters, digits, `-` and `_`: `[book:k3x9q2] teamkilling`. Default `"book"`. */
  readonly mark?: string | undefined
  /**
   * The treatment of orphans: rows with the mark whose number the book never had, because they are of another book, or of a store
   * that was lost. `"Keep"`: they stay until they are over, and are reported. `"Remove"`: they are removed. Default `"Keep"`.
   *
   * `BansFile.restore` brings them back into the book. Give `"Remove"` only if the book is certainly the one that is meant.
   */
  readonly orphans?: "Keep" | "Remove" | undefined
  /**
   * The reason that a kicked player sees, one line of which 128 bytes are used. `remaining`: how long the ban still lasts. If it
   * throws, the default is used. Default: the mark, the reason and the time, as in `[book:k3x9q2] teamkilling (6d 23h left)`.
   */
  readonly kickReason?: ((entry: BanEntry, remaining: Duration.Duration | "permanent") => string) | undefined
}

/**
 * An option of a policy has a value that is not allowed. `server`: the id of the server that has this policy; absent if it is the
 * policy of all. Nothing is enforced.
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
