/**
 * How the bans of the book are enforced on a server.
 *
 * **Example** (A short list on all servers, except one on which banned players are only kicked)
 *
 * ```ts
 * import { BanEnforcement, type BanPolicy } from "@bercon/operations"
 *
 * const policy: BanPolicy.BanPolicy = { enforcement: "BanOnJoin", capacity: 200, maxAge: "365 days" }
 *
 * const Bans = BanEnforcement.layerFleet({ ...policy, servers: { event: { enforcement: "Kick" } } })
 * ```
 *
 * @stability stable
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
 * All three kick banned players from the server. They differ in the bans that they add to the server's own list, which is in
 * force also while this program is not running:
 *
 * - `"Kick"`: no bans. For servers whose list is kept by other admins. While this program is not running, no ban of the book is
 *   enforced.
 * - `"BanOnJoin"`: the bans of players who have tried to join. The list stays short.
 * - `"List"`: all bans of the book that apply to the server, within `capacity` and `maxAge`.
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
 * How the bans of the book are enforced on a server. Every option has a default.
 *
 * @category models
 * @since 0.1.0
 */
export interface BanPolicy {
  /** Default `"List"`. */
  readonly enforcement?: Enforcement | undefined
  /**
   * The maximum number of the book's rows in the server's list: an integer from 0 to 2,500. The newest bans are kept. Foreign
   * rows, which the book has not added, do not count. About 5,000 rows with short reasons fit into a reply, or 1,500 with the
   * longest ones. Large lists slow servers down. Default 1,000.
   */
  readonly capacity?: number | undefined
  /** The maximum age of a ban in the server's list, counted from its addition to the book. Default: infinite. */
  readonly maxAge?: Duration.Input | undefined
  /**
   * The interval at which the server's list is compared with the book: finite, at least 10 seconds. Each comparison finds the
   * changes of other admins. The list is also compared after each login and after each change of the book. Default 5 minutes.
   */
  readonly checkInterval?: Duration.Input | undefined
  /**
   * Whether the server writes its list to its file after a change. If not, the changes are lost in a restart. Default `true`.
   */
  readonly write?: boolean | undefined
  /**
   * The word that marks the rows of this book: 1 to 16 letters, digits, `-` and `_`. Default `"book"`. In the reason
   * `[book:k3x9q2] teamkilling`, `book` is the mark, and `k3x9q2` the number of the ban.
   */
  readonly mark?: string | undefined
  /**
   * The treatment of orphans. `"Keep"`: they stay until they are over, and are reported. `"Remove"`: they are removed. Default
   * `"Keep"`.
   *
   * An orphan is a row that has the mark and a number that the book has no record of: the number of neither a ban in the book,
   * nor one of the lifted bans that the book keeps a record of (see `lifted` of `BanBook`). It comes from another book, or from
   * a store that was lost. Or its ban was lifted so long ago, and so many others after it, that the record is gone.
   *
   * `BansFile.restore` makes orphans bans of the book again. Use `"Remove"` only if you are sure that this is the right book.
   */
  readonly orphans?: "Keep" | "Remove" | undefined
  /**
   * Makes the reason that a kicked player sees. `remaining`: the remaining time of the ban. Line breaks in the text become
   * blanks, and it is cut to 128 bytes. If the function throws, the default is used. Default: the mark, the reason and the
   * remaining time, as in `[book:k3x9q2] teamkilling (6d 23h left)`.
   */
  readonly kickReason?: ((entry: BanEntry, remaining: Duration.Duration | "permanent") => string) | undefined
}

/**
 * An option of a policy has a value that is not allowed. `server`: the id of the server that has this policy; absent if it is
 * the policy of all servers. Nothing is enforced.
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
