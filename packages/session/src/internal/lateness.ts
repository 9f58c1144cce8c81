/**
 * Remembers how late replies were, and predicts from that how late another one may be.
 *
 * There are three kinds of lateness. Each is expected to happen again for {@link MEMORY}:
 *
 * - a reply takes long;
 * - the network repeats a reply after it has arrived;
 * - a reply is *overtaken*: it arrives after a reply to a later command. A server whose replies are overtaken by more
 *   than {@link DISORDER}, or repeated later than that, works *out of order*.
 *
 * Times are in milliseconds.
 */

/** Minimum time for which a command may still be answered after its last datagram. */
export const LATE_REPLY = 40_000
/** Another minimum of that time: a multiple of the longest time that a reply took. */
const LATE_REPLIES = 2
/** Maximum lateness at which a server, or a network, still counts as keeping the order. */
export const DISORDER = 1000
/** Time for which an observed lateness is expected to happen again. */
export const MEMORY = 3_600_000
/** Minimum quarantine after a reply. */
const SHORTEST_QUARANTINE = 1
/** Quarantine after a reply, as a multiple of the round trip. */
const ROUND_TRIPS = 2
/** Maximum quarantine after a reply if no repeated reply was seen recently, and minimum if one was. */
export const REPETITION_QUARANTINE = 1000
/**
 * Quarantine after a reply, as a multiple of the longest delay of a repetition, because the first repetition is rarely
 * the latest.
 */
const REPETITIONS = 4
/** Maximum delay of a repetition. A later one counts as a replay of an old datagram, and is ignored. */
export const LATEST_REPETITION = 20_000

export class Lateness {
  /** Until when the server is expected to work out of order. */
  disorderUntil = -Infinity
  /** Maximum time from a command's first datagram to its reply, and when it was measured. */
  #longestReply = 0
  #longestReplyAt = 0
  /** When a reply was last repeated, and the maximum delay of a repetition after the first reply. */
  #repetitionAt = -Infinity
  #repeatedAfter = 0

  /** Time for which a command may still be answered after its last datagram. */
  get lateReply(): number {
    return Math.max(LATE_REPLY, LATE_REPLIES * this.#longestReply)
  }

  /** Records how long a reply took. */
  replied(time: number, now: number): void {
    if (time < this.#longestReply && now - this.#longestReplyAt < MEMORY) return
    this.#longestReply = time
    this.#longestReplyAt = now
  }

  /** Records by how much a reply was overtaken. */
  overtaken(by: number, now: number): void {
    if (by > DISORDER) this.disorderUntil = now + MEMORY
  }

  /** Records how long after the first reply a repetition of it arrived. */
  repeated(after: number, now: number): void {
    if (after > LATEST_REPETITION) return
    this.overtaken(after, now)
    const isFirst = this.repetitionQuarantine(now) === 0
    this.#repeatedAfter = isFirst ? after : Math.max(after, this.#repeatedAfter)
    this.#repetitionAt = now
  }

  /** Quarantine of a number whose only reply has just arrived. `roundTrip`: the time from its command to the reply. */
  quarantine(roundTrip: number, now: number): number {
    const quarantine = Math.min(Math.max(SHORTEST_QUARANTINE, ROUND_TRIPS * roundTrip), REPETITION_QUARANTINE)
    return Math.max(quarantine, this.repetitionQuarantine(now))
  }

  /** The quarantine because of repeated replies; 0 if no repeated reply was seen recently. */
  repetitionQuarantine(now: number): number {
    return now - this.#repetitionAt < MEMORY
      ? Math.min(Math.max(REPETITION_QUARANTINE, REPETITIONS * this.#repeatedAfter), LATE_REPLY)
      : 0
  }
}
