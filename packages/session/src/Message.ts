/**
 * Messages that a server sends without being asked, as a session delivers them.
 *
 * They are plain immutable data. `payload` is a view into its datagram, and keeps up to 2 KiB in memory.
 *
 * **Example** (Counting missed messages)
 *
 * ```ts
 * import type { Session } from "@bercon/session"
 * import { Stream } from "effect"
 *
 * const missed = (session: Session.Session["Service"]) =>
 *   session.messages.pipe(
 *     Stream.runFold(() => 0, (total, item) => item._tag === "Gap" ? total + (item.missed ?? 0) : total)
 *   )
 * ```
 *
 * @stability stable
 * @since 0.1.0
 */

/**
 * A text that the server sent to its clients without being asked: an event, or a line of its log. Each message is
 * delivered once, and in the server's order unless it is `late`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Message {
  readonly _tag: "Message"
  /** The number that the server gave the message, 0 to 255. */
  readonly sequence: number
  readonly text: string
  /** The bytes that `text` was decoded from. */
  readonly payload: Uint8Array
  /** Time of arrival in milliseconds since 1970, by the clock of this machine. */
  readonly receivedAt: number
  /**
   * Whether the message arrived after it had been given up as missing. It is then out of order: it follows the gap in
   * which it was counted.
   */
  readonly late: boolean
}

/**
 * Messages are missing at this place of the stream.
 *
 * **Details**
 *
 * - `"Lost"`: `missed` messages did not arrive within the reorder timeout. If one of them arrives later, it follows as
 *   `late`.
 * - `"Overflow"`: this subscriber was too slow and lost its `missed` oldest items (messages and gaps).
 * - `"Reconnected"`: the session was lost for some time. The number of missed messages is unknown. Each login after the first
 *   has such a gap.
 *
 * @category models
 * @since 0.1.0
 */
export interface Gap {
  readonly _tag: "Gap"
  readonly cause: "Lost" | "Overflow" | "Reconnected"
  /** Number of missing messages or items; `undefined` after an outage. */
  readonly missed: number | undefined
}
