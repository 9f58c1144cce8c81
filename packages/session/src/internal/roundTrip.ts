/**
 * How long an answer takes, and so how long to wait before asking again: the estimator of RFC 6298.
 */

/** Milliseconds to wait where nothing has been measured yet (RFC 6298, 2.1). */
const INITIAL = 1000
/**
 * The shortest wait in milliseconds. Game servers answer once a frame, so an average of a few milliseconds says little
 * about the next answer.
 */
const MINIMUM = 200
/** The longest first wait in milliseconds: on a line slower than that, asking again is cheaper than waiting. */
const MAXIMUM = 3000

/** The estimate. All times in milliseconds. */
export interface RoundTrip {
  /** Smoothed round-trip time; `undefined` before the first measurement. */
  smoothed: number | undefined
  variation: number
  /** The longest round trip of late: forgotten by a hundredth with each measurement. */
  longest: number
  /** How long to wait for an answer before asking again. */
  timeout: number
}

export const make = (): RoundTrip => ({ smoothed: undefined, variation: 0, longest: 0, timeout: INITIAL })

/**
 * Takes one measurement. Only of something that was sent once: with a repeated datagram nobody knows which one was
 * answered (Karn's algorithm).
 */
export const measure = (self: RoundTrip, milliseconds: number): void => {
  if (self.smoothed === undefined) {
    self.smoothed = milliseconds
    self.variation = milliseconds / 2
  } else {
    self.variation += (Math.abs(self.smoothed - milliseconds) - self.variation) / 4
    self.smoothed += (milliseconds - self.smoothed) / 8
  }
  self.longest = Math.max(milliseconds, 0.99 * self.longest)
  self.timeout = Math.min(Math.max(self.smoothed + 4 * self.variation, MINIMUM), MAXIMUM)
}

/**
 * No answer came in time: waits longer, until a measurement says otherwise. Without it a timeout that is too short would
 * stay so for ever, since what is sent twice is never measured.
 */
export const backOff = (self: RoundTrip): void => {
  self.timeout = Math.min(2 * self.timeout, Math.max(self.timeout, INITIAL))
}
