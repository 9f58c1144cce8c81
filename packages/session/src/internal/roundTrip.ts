/**
 * Estimates how long a reply takes, and from that how long to wait before a command is sent again (RFC 6298).
 *
 * All times are in milliseconds.
 */

/** The timeout before the first measurement (RFC 6298, 2.1). */
export const INITIAL_TIMEOUT = 1000
/**
 * Minimum timeout. A game server replies once a frame, so a mean of a few milliseconds predicts little about the next
 * reply.
 */
export const MINIMUM_TIMEOUT = 200
/** Maximum timeout that measurements lead to. On a slower network, retransmission is cheaper than waiting. */
export const MAXIMUM_TIMEOUT = 3000

export class RoundTrip {
  /** The smoothed round-trip time; `undefined` before the first measurement. */
  smoothed: number | undefined
  /** How long to wait for a reply before the command is sent again. */
  timeout = INITIAL_TIMEOUT
  #variation = 0

  /**
   * Adds a measurement. Measure only commands that were sent once: after a second datagram the reply may belong to
   * either (Karn's algorithm).
   */
  measure(milliseconds: number): void {
    if (this.smoothed === undefined) {
      this.smoothed = milliseconds
      this.#variation = milliseconds / 2
    } else {
      this.#variation += (Math.abs(this.smoothed - milliseconds) - this.#variation) / 4
      this.smoothed += (milliseconds - this.smoothed) / 8
    }
    this.timeout = Math.min(Math.max(this.smoothed + 4 * this.#variation, MINIMUM_TIMEOUT), MAXIMUM_TIMEOUT)
  }

  /**
   * Doubles the timeout, up to a second. A longer timeout does not change. The next measurement replaces the result.
   * Commands that are sent twice are never measured, so without this a timeout that is too short would stay too short.
   */
  backOff(): void {
    this.timeout = Math.min(2 * this.timeout, Math.max(this.timeout, INITIAL_TIMEOUT))
  }
}
