/**
 * Estimates how long a reply takes, and so how long to wait before a command is sent again (RFC 6298).
 *
 * All times are in milliseconds.
 */

/** The first wait, before anything was measured (RFC 6298, 2.1). */
export const INITIAL_TIMEOUT = 1000
/**
 * The shortest wait. A game server replies once a frame, so a mean of a few milliseconds says little about the next
 * reply.
 */
export const MINIMUM_TIMEOUT = 200
/** The longest wait that measurements lead to: on a slower line, sending again is cheaper than waiting. */
export const MAXIMUM_TIMEOUT = 3000

export class RoundTrip {
  /** The smoothed round-trip time; `undefined` before the first measurement. */
  smoothed: number | undefined
  /** How long to wait for a reply before the command is sent again. */
  timeout = INITIAL_TIMEOUT
  #variation = 0

  /**
   * Takes one measurement. Measure only what was sent once: after a second datagram the reply may answer either of them
   * (Karn's algorithm).
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
   * Waits longer after a timeout, until the next measurement: twice as long, but no more than a second because of
   * timeouts alone. What is sent twice is never measured, so without this a timeout that is too short would stay so.
   */
  backOff(): void {
    this.timeout = Math.min(2 * this.timeout, Math.max(this.timeout, INITIAL_TIMEOUT))
  }
}
