/**
 * What a session hands on of the server's messages.
 *
 * @since 0.1.0
 */

/**
 * Something the server told its clients, in the server's order, each exactly once.
 *
 * @category models
 * @since 0.1.0
 */
export interface Message {
  readonly _tag: "Message"
  /** The server's number for it, 0 to 255. */
  readonly sequence: number
  readonly text: string
  /** The bytes `text` was decoded from, for those who know the code page better. */
  readonly payload: Uint8Array
  /** Whether it came after it was given up, and so is out of order, after the gap that it left. */
  readonly late: boolean
}

/**
 * Messages are missing at this place of the stream.
 *
 * **Details**
 *
 * - `"Lost"`: the server sent `missed` messages that did not arrive, nor did its repetitions of them.
 * - `"Overflow"`: this subscriber read too slowly and lost its `missed` oldest.
 * - `"Reconnected"`: the session was down for a while; nobody knows what happened meanwhile.
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
