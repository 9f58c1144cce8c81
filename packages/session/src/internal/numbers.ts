/**
 * The 256 sequence numbers of a client, each either taken, resting or free.
 *
 * A reply carries nothing but its number, so a number may be used again only when no reply to its last use can still
 * come: it would be taken for the answer of the new command, and that one's answer for the next one's. Numbers are given
 * out in a circle, so that even a free one is as old as possible.
 */

/**
 * Milliseconds that a number rests after its last datagram where that was not the only one, or no answer came: an answer
 * that comes even later is taken for the wrong command's. Longer, and a line that loses many datagrams runs out of
 * numbers.
 */
export const LATE_REST = 40_000
/**
 * How long a number rests that was sent once and answered: that answer may still come a second time, if the network
 * repeats it. Eight round trips cost nothing with up to 32 commands in flight.
 */
const ECHO_ROUND_TRIPS = 8
/** The least of that rest in milliseconds; it allows 12,800 commands a second. */
const ECHO_REST = 20

/** One of the numbers, and its last use. */
export interface Use {
  readonly number: number
  taken: boolean
  /** Datagrams that went out. */
  sends: number
  firstSentAt: number
  lastSentAt: number
  /** Whether the whole answer has come. */
  answered: boolean
  restsUntil: number
}

export interface Numbers {
  /** The numbers that are taken, resting, or were not long ago. An idle session needs no more than a few. */
  readonly uses: Map<number, Use>
  /** The number to try next. */
  next: number
}

export const make = (): Numbers => ({ uses: new Map(), next: 0 })

const claim = (self: Numbers, number: number): Use => {
  let use = self.uses.get(number)
  if (use === undefined) {
    use = {
      number,
      taken: true,
      sends: 0,
      firstSentAt: 0,
      lastSentAt: 0,
      answered: false,
      restsUntil: -Infinity
    }
    self.uses.set(number, use)
  }
  use.taken = true
  use.sends = 0
  use.answered = false
  self.next = (number + 1) & 255
  return use
}

/** Takes the next free number, or `undefined` where all are taken or resting. */
export const take = (self: Numbers, now: number): Use | undefined => {
  for (let i = 0; i < 256; i++) {
    const number = (self.next + i) & 255
    const use = self.uses.get(number)
    if (use === undefined || (!use.taken && use.restsUntil <= now)) return claim(self, number)
  }
  return undefined
}

/**
 * Takes the number that has rested longest, however short that is: good enough for a keepalive, whose answer says
 * nothing but that somebody is there. The rest it still owes is not forgotten. `undefined` where all are taken.
 */
export const takeResting = (self: Numbers): Use | undefined => {
  let best: Use | undefined
  for (const use of self.uses.values()) {
    if (!use.taken && (best === undefined || use.restsUntil < best.restsUntil)) best = use
  }
  return best && claim(self, best.number)
}

/** Forgets what there was to know of numbers that are free. */
export const sweep = (self: Numbers, now: number): void => {
  for (const use of self.uses.values()) {
    if (!use.taken && use.restsUntil <= now) self.uses.delete(use.number)
  }
}

/** Begins to count from 0 again, as a server expects after a login. What rests goes on resting. */
export const restart = (self: Numbers): void => {
  self.next = 0
}

/** A datagram with this number goes out. */
export const sent = (use: Use, now: number): void => {
  if (use.sends === 0) use.firstSentAt = now
  use.lastSentAt = now
  use.sends++
}

const rest = (use: Use, until: number): void => {
  use.taken = false
  use.restsUntil = Math.max(use.restsUntil, until)
}

/** Gives a number back because its whole answer is there. `roundTrip` in milliseconds. */
export const answered = (use: Use, now: number, roundTrip: number): void => {
  use.answered = true
  if (use.sends > 1) abandon(use)
  else rest(use, now + echoRest(roundTrip))
}

/** Gives a number back although its answer may still come. */
export const abandon = (use: Use): void => rest(use, use.lastSentAt + LATE_REST)

/** A whole answer has come for a number that nobody has taken. Where it was sent once, no other is to come. */
export const strayed = (self: Numbers, number: number, now: number, roundTrip: number): void => {
  const use = self.uses.get(number)
  if (use === undefined || use.sends !== 1 || use.answered) return
  use.answered = true
  use.restsUntil = now + echoRest(roundTrip)
}

const echoRest = (roundTrip: number): number => Math.max(ECHO_ROUND_TRIPS * roundTrip, ECHO_REST)

/** When the next number becomes free, after {@link take} has found none; `Infinity` where all are taken. */
export const nextFree = (self: Numbers): number => {
  let earliest = Infinity
  for (const use of self.uses.values()) if (!use.taken) earliest = Math.min(earliest, use.restsUntil)
  return earliest
}
