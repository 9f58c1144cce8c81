/**
 * Counts the events of a session machine.
 */

/**
 * The counters of a machine since its construction.
 *
 * @category models
 * @since 0.1.0
 */
export interface Counters {
  /** Login packets that were sent. */
  logins: number
  /** Command datagrams that were sent again. */
  retransmissions: number
  /** Empty commands that were sent: keepalives and probes, without retransmissions. */
  keepalives: number
  /** Messages that were delivered in order. */
  messages: number
  /** Duplicates of messages. They were acknowledged again. */
  repeatedMessages: number
  /** Messages that were delivered out of order, because they arrived after they had been given up. */
  lateMessages: number
  /** Messages that were given up as missing. */
  missedMessages: number
  /** Replies to a number without a pending command. */
  strayReplies: number
  /** Parts of replies beyond the memory limit. */
  excessParts: number
  /** Datagrams larger than `MAX_DATAGRAM_BYTES`. */
  oversized: number
  /** Datagrams that are not packets. */
  malformed: number
  /** Packets that do not belong to the state: a login reply within a session, a message or reply outside of one. */
  unexpected: number
}

/** The counters of a new machine. */
export const noCounts = (): Counters => ({
  logins: 0,
  retransmissions: 0,
  keepalives: 0,
  messages: 0,
  repeatedMessages: 0,
  lateMessages: 0,
  missedMessages: 0,
  strayReplies: 0,
  excessParts: 0,
  oversized: 0,
  malformed: 0,
  unexpected: 0
})
