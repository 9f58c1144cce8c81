/**
 * The 256 sequence numbers of a client, each either taken, resting or free.
 *
 * A reply carries nothing but its number, so a number may be used again only when no reply to its last use can still
 * come: it would be taken for the answer of the new command, and that one's answer for the next one's. Numbers are given
 * out in a circle, so that even a free one is as old as possible. What the network repeats within the circle all the same
 * is told by {@link isEcho}.
 */

/**
 * Milliseconds that a number rests after its last datagram where that was not the only one, or no answer came: an answer
 * that comes even later is taken for the wrong command's. Longer, and a line that loses many datagrams runs out of
 * numbers.
 */
export const LATE_REST = 40_000
/** How many round trips a number rests that was answered at once. */
const SETTLED_ROUND_TRIPS = 4
/** Milliseconds that a number rests after an answer in parts, of which any may be repeated. */
const PARTS_REST = 200
/** Milliseconds for which an answer can be taken for a repetition of the one before it under the same number. */
const ECHO_MEMORY = 1000

/** An answer that has been taken. */
interface Answer {
  readonly at: number
  readonly checksum: number
  /** The text of the command that it answered. */
  readonly payload: Uint8Array
}

/** One of the numbers, and its last use. */
export interface Use {
  readonly number: number
  taken: boolean
  /** Datagrams that went out. */
  sends: number
  firstSentAt: number
  lastSentAt: number
  restsUntil: number
  /** What the number was answered with last. */
  answer: Answer | undefined
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
      restsUntil: -Infinity,
      answer: undefined
    }
    self.uses.set(number, use)
  }
  use.taken = true
  use.sends = 0
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
    if (!use.taken && use.restsUntil + ECHO_MEMORY <= now) self.uses.delete(use.number)
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
export const answered = (use: Use, answer: Answer, options: {
  readonly inParts: boolean
  readonly roundTrip: number
}): void => {
  use.answer = answer
  if (use.sends > 1) abandon(use)
  else rest(use, answer.at + Math.max(SETTLED_ROUND_TRIPS * options.roundTrip, options.inParts ? PARTS_REST : 0))
}

/** Gives a number back although its answer may still come. */
export const abandon = (use: Use): void => rest(use, use.lastSentAt + LATE_REST)

/** A whole answer has come for a number that nobody has taken. Where it was sent once, nothing more is to come. */
export const strayed = (self: Numbers, number: number, answer: Omit<Answer, "payload">): void => {
  const use = self.uses.get(number)
  if (use === undefined || use.sends !== 1 || use.answer !== undefined && use.answer.at >= use.firstSentAt) return
  use.answer = { ...answer, payload: noPayload }
  use.restsUntil = answer.at
}

/**
 * Whether an answer may be the network's repetition of the one before under the same number: it is that one to the byte,
 * came soon after it, and the command is another.
 */
export const isEcho = ({ answer }: Use, now: number, checksum: number, payload: Uint8Array): boolean =>
  answer !== undefined &&
  answer.checksum === checksum &&
  now - answer.at < ECHO_MEMORY &&
  !(answer.payload.length === payload.length && answer.payload.every((byte, index) => byte === payload[index]))

/** When the next number becomes free, after {@link take} has found none; `Infinity` where all are taken. */
export const nextFree = (self: Numbers): number => {
  let earliest = Infinity
  for (const use of self.uses.values()) if (!use.taken) earliest = Math.min(earliest, use.restsUntil)
  return earliest
}

const noPayload = new Uint8Array(0)
