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
const LATE_REST = 40_000
/**
 * How long a number rests that was sent once and answered: so many times the longest round trip of late, which costs
 * nothing with up to 32 commands in flight.
 */
const ROUND_TRIPS_REST = 4
/** The least of that rest in milliseconds. */
const SHORTEST_REST = 5
/**
 * The least of that rest in milliseconds where the network is known to repeat commands or answers: a second answer can be
 * late.
 */
const REPETITION_REST = 1000
/** The longest lateness in milliseconds that is reckoned with. More is an old datagram played back, to slow us down. */
const LONGEST_LATENESS = 2500
/** Milliseconds for which a repeated answer is remembered. */
const REPETITION_MEMORY = 60_000

/** One of the numbers, and its last use. */
export interface Use {
  readonly number: number
  taken: boolean
  /** Datagrams that went out. */
  sends: number
  firstSentAt: number
  lastSentAt: number
  /** When the whole answer came; `undefined` where it has not. */
  answeredAt: number | undefined
  restsUntil: number
}

export interface Numbers {
  /** The numbers that are taken, resting, or were not long ago. An idle session needs no more than a few. */
  readonly uses: Map<number, Use>
  /** The number to try next. */
  next: number
  /** When an answer was last repeated, and how many milliseconds later than it had come at most. */
  repeatedAt: number
  lateness: number
}

export const make = (): Numbers => ({
  uses: new Map(),
  next: 0,
  repeatedAt: -Infinity,
  lateness: 0
})

const claim = (self: Numbers, number: number): Use => {
  let use = self.uses.get(number)
  if (use === undefined) {
    use = {
      number,
      taken: true,
      sends: 0,
      firstSentAt: 0,
      lastSentAt: 0,
      answeredAt: undefined,
      restsUntil: -Infinity
    }
    self.uses.set(number, use)
  }
  use.taken = true
  use.sends = 0
  use.answeredAt = undefined
  self.next = (number + 1) & 255
  return use
}

/** When a number that is not taken has rested. It can become later: what is learned of the network counts for all. */
const freeAt = (self: Numbers, use: Use, now: number, roundTrip: number): number => {
  if (use.answeredAt === undefined) return use.restsUntil
  const least = now - self.repeatedAt < REPETITION_MEMORY ? Math.max(REPETITION_REST, 2 * self.lateness) : SHORTEST_REST
  return Math.max(use.restsUntil, use.answeredAt + Math.max(least, ROUND_TRIPS_REST * roundTrip))
}

/**
 * Takes the next free number, or `undefined` where all are taken or resting. `roundTrip`: the longest of late, in
 * milliseconds.
 */
export const take = (self: Numbers, now: number, roundTrip: number): Use | undefined => {
  for (let i = 0; i < 256; i++) {
    const number = (self.next + i) & 255
    const use = self.uses.get(number)
    if (use === undefined || (!use.taken && freeAt(self, use, now, roundTrip) <= now)) return claim(self, number)
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

/** Forgets what there was to know of numbers that have been free for a while. */
export const sweep = (self: Numbers, now: number): void => {
  for (const use of self.uses.values()) {
    if (!use.taken && use.restsUntil <= now && (use.answeredAt ?? now) + REPETITION_REST <= now) {
      self.uses.delete(use.number)
    }
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

/** Gives a number back because its whole answer is there. */
export const answered = (use: Use, now: number): void => {
  if (use.sends > 1) return abandon(use)
  use.taken = false
  use.answeredAt = now
}

/** Gives a number back although its answer may still come. */
export const abandon = (use: Use): void => rest(use, use.lastSentAt + LATE_REST)

/**
 * A whole answer has come for a number that nobody has taken. Where it was sent once, that is the answer, and no other is
 * to come; or it has been there, and the network repeats.
 */
export const strayed = (self: Numbers, number: number, now: number): void => {
  const use = self.uses.get(number)
  if (use === undefined || use.sends !== 1) return
  if (use.answeredAt === undefined) {
    use.answeredAt = now
    use.restsUntil = now
  } else {
    if (now - use.answeredAt > LONGEST_LATENESS) return
    const before = now - self.repeatedAt < REPETITION_MEMORY ? self.lateness : 0
    self.lateness = Math.max(before, now - use.answeredAt)
    self.repeatedAt = now
  }
}

/**
 * When the next number becomes free, after {@link take} has found none; `Infinity` where all are taken. `roundTrip` as
 * there.
 */
export const nextFree = (self: Numbers, now: number, roundTrip: number): number => {
  let earliest = Infinity
  for (const use of self.uses.values()) {
    if (!use.taken) earliest = Math.min(earliest, freeAt(self, use, now, roundTrip))
  }
  return earliest
}
