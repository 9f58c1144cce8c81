/**
 * The server's messages as a session delivers them.
 *
 * @since 0.1.0
 */

/**
 * A text that the server sent to its clients without being asked: an event, or a line of its log. Each is delivered once,
 * and in the server's order unless it is `late`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Message {
  readonly _tag: "Message"
  /** The server's number for it, 0 to 255. */
  readonly sequence: number
  readonly text: string
  /** The bytes that `text` was decoded from. */
  readonly payload: Uint8Array
  /** When it was received, in milliseconds since 1970 by the clock of this machine. */
  readonly receivedAt: number
  /** Whether it arrived after it had been given up. It then comes out of order: after the gap that counted it as missed. */
  readonly late: boolean
}

/**
 * Messages are missing at this place of the stream.
 *
 * **Details**
 *
 * - `"Lost"`: `missed` messages did not arrive within the reorder timeout. One that still arrives follows as `late`.
 * - `"Overflow"`: this subscriber was too slow and lost its `missed` oldest messages.
 * - `"Reconnected"`: the session was lost for a while. How many messages were missed is not known.
 *
 * @category models
 * @since 0.1.0
 */
export interface Gap {
  readonly _tag: "Gap"
  readonly cause: "Lost" | "Overflow" | "Reconnected"
  /** How many messages are missing; `undefined` after an outage. */
  readonly missed: number | undefined
}
