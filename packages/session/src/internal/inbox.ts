/**
 * Puts the messages of one login into the server's order, each once.
 *
 * A server counts its messages from 0 to 255 and around, and sends one again until it is acknowledged. So a number that
 * comes again can be a repetition or, after the circle, another message; the checksum of the datagram tells them apart.
 * A number that is not the next one means that messages before it are missing: it is held back for a while, for the
 * server to send those again.
 */

/**
 * Milliseconds for which the next repetition of a message is recognised although its number could be a coming one's.
 * Servers repeat every few seconds, for 10 in all.
 */
const RECALL = 30_000
/** How many numbers may be waited for at once. A server with more messages under way would mistake one for another. */
const WINDOW = 192

/**
 * A message that is so many numbers ahead, and that the login before had under the same number, is that one come again.
 * Nearer ones may be this login's: servers begin every login with the same words.
 */
const NEAR = 8

/** What is known of a number. */
interface Past {
  /** Checksum of the message delivered under it; `undefined` where it was given up as missing. */
  readonly checksum: number | undefined
  /** When it was delivered or given up, or last came again. */
  at: number
  /** Whether it came again. */
  repeated: boolean
}

interface Held<A> {
  readonly message: A
  readonly checksum: number
  readonly at: number
}

/** What became of a message that came. */
export type Verdict = "New" | "Repeated" | "Late"

export interface Inbox<A> {
  /** The number of the message that is delivered next, 0 to 255. */
  expected: number
  /** How many numbers there are from `expected` to the newest message that came; 0 where none is held. */
  span: number
  /** By number; at most 256. */
  past: Map<number, Past>
  /** The same of the login before, whose last messages may still come again. */
  before: Map<number, Past>
  /** Messages that came before their turn, by number; at most 192, each as large as its datagram. */
  readonly held: Map<number, Held<A>>
  readonly deliver: (message: A) => void
  /** Tells that the given count of messages before the next one delivered are missing for good. */
  readonly gap: (missed: number) => void
}

export const make = <A>(options: Pick<Inbox<A>, "deliver" | "gap">): Inbox<A> => ({
  expected: 0,
  span: 0,
  past: new Map(),
  before: new Map(),
  held: new Map(),
  ...options
})

/** There is a new login: the server counts from 0 again. What was held back for the old one is to be flushed before. */
export const reset = <A>(self: Inbox<A>): void => {
  self.expected = 0
  self.span = 0
  self.before = self.past
  self.past = new Map()
  self.held.clear()
}

/**
 * The server counts from 0 again, as is seen from a number after that. The ones before it that came again were not
 * repetitions, then: they were the same words under the same numbers, as the first message of every login is.
 */
const restart = <A>(self: Inbox<A>, number: number): void => {
  reset(self)
  for (
    let past = self.before.get(0);
    past?.repeated === true && self.expected < number;
    past = self.before.get(self.expected)
  ) {
    self.past.set(self.expected++, past)
  }
}

/** Takes a message and delivers what is due. */
export const receive = <A>(
  self: Inbox<A>,
  now: number,
  number: number,
  checksum: number,
  message: A
): Verdict => {
  const offset = (number - self.expected) & 255
  const before = self.before.get(number)
  if (offset >= NEAR && before?.checksum === checksum && now - before.at < RECALL) return "Repeated"
  if (offset < self.span) {
    if (self.held.get(number)?.checksum === checksum) return "Repeated"
  } else {
    const past = self.past.get(number)
    const ahead = offset - self.span
    const behind = 255 - offset < ahead
    if (past?.checksum === checksum && ahead > 0 && (behind || now - past.at < RECALL)) {
      past.at = now
      past.repeated = true
      return "Repeated"
    }
    if (past !== undefined && behind) {
      if (past.checksum === undefined && now - past.at < RECALL) return "Late"
      // Behind us, but not what was delivered under that number, nor what was missing a moment ago: the server counts from
      // 0 again. It does so when it works off several login packets at once.
      flush(self, now)
      restart(self, number)
    }
  }
  self.held.set(number, { message, checksum, at: now })
  self.span = Math.max(self.span, ((number - self.expected) & 255) + 1)
  deliverHeld(self, now)
  while (self.span > WINDOW) skip(self, now)
  return "New"
}

/** Delivers what is held, because what it waits for cannot come any more. */
export const flush = <A>(self: Inbox<A>, now: number): void => {
  while (self.held.size > 0) skip(self, now)
}

/** When {@link tick} has something to do; `Infinity` where nothing is held back. */
export const deadline = <A>(self: Inbox<A>, holdBack: number): number => {
  let earliest = Infinity
  for (const { at } of self.held.values()) earliest = Math.min(earliest, at + holdBack)
  return earliest
}

/** Gives up waiting before messages that have been held for `holdBack` milliseconds, and delivers them. */
export const tick = <A>(self: Inbox<A>, now: number, holdBack: number): void => {
  while (deadline(self, holdBack) <= now) skip(self, now)
}

/** Gives up the numbers before the first held message and delivers from there on. */
const skip = <A>(self: Inbox<A>, now: number): void => {
  let missed = 0
  while (!self.held.has(self.expected)) {
    pass(self, now, undefined)
    missed++
  }
  self.gap(missed)
  deliverHeld(self, now)
}

const deliverHeld = <A>(self: Inbox<A>, now: number): void => {
  for (let next = self.held.get(self.expected); next !== undefined; next = self.held.get(self.expected)) {
    self.held.delete(self.expected)
    pass(self, now, next.checksum)
    self.deliver(next.message)
  }
}

const pass = <A>(self: Inbox<A>, now: number, checksum: number | undefined): void => {
  self.past.set(self.expected, { checksum, at: now, repeated: false })
  self.expected = (self.expected + 1) & 255
  self.span--
}
