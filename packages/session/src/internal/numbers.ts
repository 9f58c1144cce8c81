/**
 * The 256 sequence numbers of a client, each either taken, resting or free.
 *
 * A reply carries nothing but its number, so a number may be used again only when no reply to its last use can still
 * come: it would be taken for the answer of the new command. Numbers are given out in a circle, so that even a free one
 * is as old as possible.
 */

/**
 * Milliseconds that a number rests after its last datagram where not every datagram was answered: an answer that comes
 * even later is taken for the wrong command's. Longer, and a line that loses many datagrams runs out of numbers.
 */
export const LATE_REST = 40_000
/** Milliseconds that every number rests after its answer while the network is known to repeat replies. */
const REPETITION_REST = 2000
/** Milliseconds for which a repeated reply is remembered. */
const REPETITION_MEMORY = 60_000

/** One of the numbers, and its last use. */
export interface Use {
  readonly number: number
  taken: boolean
  /** Datagrams that went out. */
  sends: number
  firstSentAt: number
  lastSentAt: number
  /** Whole answers that came. */
  answers: number
  restsUntil: number
  /** Until when it would have rested, had it not been taken all the same. */
  owes: number
}

export interface Numbers {
  /** The numbers that are taken, resting, or were not long ago. An idle session needs no more than a few. */
  readonly uses: Map<number, Use>
  /** The number to try next. */
  next: number
  /** When the network last repeated a reply. A number that was answered at once needs no rest where it does not. */
  repeatedAt: number
}

export const make = (): Numbers => ({
  uses: new Map(),
  next: 0,
  repeatedAt: -Infinity
})

const claim = (self: Numbers, number: number): Use => {
  let use = self.uses.get(number)
  if (use === undefined) {
    use = {
      number,
      taken: true,
      sends: 0,
      answers: 0,
      firstSentAt: 0,
      lastSentAt: 0,
      restsUntil: -Infinity,
      owes: -Infinity
    }
    self.uses.set(number, use)
  }
  use.taken = true
  use.sends = 0
  use.answers = 0
  use.owes = use.restsUntil
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

/** Forgets the numbers that have been free for a while. */
export const sweep = (self: Numbers, now: number): void => {
  for (const use of self.uses.values()) {
    if (!use.taken && use.restsUntil + REPETITION_REST <= now) self.uses.delete(use.number)
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

/** Gives a number back because its whole answer is there. */
export const answered = (self: Numbers, use: Use, now: number): void => {
  use.taken = false
  answer(self, use, now)
}

/** A whole answer has come for a number that nobody has taken. */
export const strayed = (self: Numbers, number: number, now: number): void => {
  const use = self.uses.get(number)
  if (use !== undefined) answer(self, use, now)
}

/** Gives a number back although its answer may still come. */
export const abandon = (use: Use): void => {
  use.taken = false
  use.restsUntil = Math.max(use.restsUntil, use.lastSentAt + LATE_REST)
}

/**
 * A number may be used again when every datagram has its answer. Where the network repeats answers, their count says
 * less: then only time tells.
 */
const answer = (self: Numbers, use: Use, now: number): void => {
  use.answers++
  if (use.answers > use.sends) self.repeatedAt = now
  const repetitive = now - self.repeatedAt < REPETITION_MEMORY
  if (use.answers < use.sends || (repetitive && use.sends > 1)) abandon(use)
  else use.restsUntil = Math.max(use.owes, repetitive ? now + REPETITION_REST : now)
}

/** When the next number becomes free, after {@link take} has found none; `Infinity` where all are taken. */
export const nextFree = (self: Numbers): number => {
  let earliest = Infinity
  for (const use of self.uses.values()) if (!use.taken) earliest = Math.min(earliest, use.restsUntil)
  return earliest
}
