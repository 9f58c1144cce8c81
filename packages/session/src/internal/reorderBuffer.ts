/**
 * Delivers the messages of a session in the server's order, each once.
 *
 * A server numbers its messages 0 to 255 and around, and repeats each until it is acknowledged, for 10 seconds in all. So
 * a number that comes again can be a repetition or, one round later, another message; the checksum of the datagram tells
 * them apart. A message whose number is not the next one is held, because messages before it are missing: the server will
 * repeat those. If they do not come within the reorder timeout, they are given up, which is reported as a gap, and
 * delivery goes on. A message that arrives after it was given up is late. It is delivered at once, out of order.
 *
 * Bounds: at most {@link WINDOW} messages are held, each no larger than its datagram.
 *
 * Limits: on a line that loses nothing, any rate of messages is delivered once and in order. On a line that loses some,
 * that holds up to about 12 messages a second. Faster, and the 256 numbers come round while old messages are still
 * repeated, so that one can be taken for another. More than about 20 equal messages a second can be taken for repetitions.
 *
 * Times are in milliseconds.
 */

import { grown, lengthFor } from "./typedArrays.ts"

/** For how long a message may be repeated or late: servers repeat one for 10 seconds. */
export const REPEATED_FOR = 12_000
/** How many numbers may be waited for at once. If more messages were under way, one would be mistaken for another. */
export const WINDOW = 192
/**
 * A message at least so many numbers ahead that equals the last session's message with its number is a repetition. A nearer
 * one may be new: every session begins with the same texts.
 */
export const NEAR = 8

/** What became of a number in this round. */
const UNKNOWN = 0
const DELIVERED = 1
const GIVEN_UP = 2
/** Delivered out of order. */
const LATE = 3

/** What became of the messages of a session, by number: the latest under each. */
class History {
  fate = new Uint8Array(0)
  checksum = new Uint32Array(0)
  /** When that was decided, or its message last came again. */
  at = new Float64Array(0)
  /** When its message last came again; `-Infinity` if it did not. */
  repeatedAt = new Float64Array(0)

  record(number: number, fate: number, checksum: number, now: number): void {
    // Stryker disable next-line ConditionalExpression: to grow to the same length changes nothing
    if (number >= this.fate.length) this.#grow(lengthFor(number, this.fate.length))
    this.fate[number] = fate
    this.checksum[number] = checksum
    this.at[number] = now
    this.repeatedAt[number] = -Infinity
  }

  #grow(length: number): void {
    this.fate = grown(this.fate, length, UNKNOWN)
    this.checksum = grown(this.checksum, length, 0)
    this.at = grown(this.at, length, 0)
    this.repeatedAt = grown(this.repeatedAt, length, -Infinity)
  }

  /** What became of a number. */
  fateOf(number: number): number {
    return this.fate[number] ?? UNKNOWN
  }

  /** Records that a message has come again. */
  recordRepetition(number: number, now: number): void {
    this.at[number] = now
    this.repeatedAt[number] = now
  }

  /** Whether this message was delivered, and is the latest under its number. */
  has(number: number, checksum: number): boolean {
    return this.fateOf(number) !== GIVEN_UP && this.fateOf(number) !== UNKNOWN && this.checksum[number] === checksum
  }

  /** Whether this message was delivered out of order within the last 12 seconds. */
  wasLate(number: number, checksum: number, now: number): boolean {
    return this.fate[number] === LATE && this.checksum[number] === checksum && this.isRecent(number, now)
  }

  /** Whether an equal message is a repetition rather than a new one. */
  isRecent(number: number, now: number): boolean {
    return now - this.at[number]! < REPEATED_FOR
  }

  /** Whether a message was given up so recently that it may still arrive. */
  mayArrive(number: number, now: number): boolean {
    return this.fate[number] === GIVEN_UP && this.isRecent(number, now)
  }
}

/** A message as it arrives. */
export interface Arrival<A> {
  /** 0 to 255. */
  readonly number: number
  /** The checksum of its datagram. */
  readonly checksum: number
  readonly message: A
}

interface Held<A> extends Arrival<A> {
  readonly at: number
}

/** Where messages and gaps go. */
export interface Receiver<A> {
  readonly deliver: (message: A, late: boolean) => void
  /** This many messages before the next delivered one were given up. */
  readonly gap: (missed: number) => void
  /** The server counts anew without notice. Called before the message that shows it is delivered. */
  readonly restarted: () => void
}

/** What became of a message that arrived. */
export type Verdict = "New" | "Repeated" | "Late"

export class ReorderBuffer<A> {
  readonly #receiver: Receiver<A>
  readonly #timeout: number
  /** The number that is delivered next. */
  #expected = 0
  /** How many numbers there are from the expected one to the newest that arrived; 0 if nothing is held. */
  #span = 0
  #history = new History()
  /** The same of the session before, whose last messages may still come again. */
  #before: History | undefined
  /** Messages that arrived before their turn, by number, in the order of arrival. */
  readonly #held = new Map<number, Held<A>>()
  /** When the message held longest reaches the reorder timeout; `Infinity` if none is held. */
  wakeAt = Infinity
  /** A message that looks old but is not in the history. The next one shows whether it was new. */
  #suspect: Arrival<A> | undefined

  /** `timeout`: how long a message is held for the ones before it. */
  constructor(receiver: Receiver<A>, timeout: number) {
    this.#receiver = receiver
    this.#timeout = timeout
  }

  /**
   * Whether this number is among the next 8 that are expected. A new session could not have sent it: that begins with small
   * numbers.
   */
  isContinuedBy(number: number): boolean {
    return this.#expected >= NEAR && number >= NEAR && ((number - this.#expected) & 255) < NEAR
  }

  /**
   * Takes a message and delivers what is due. `mayRestartSince`: from when on the server may have counted from 0 again
   * without notice, because it has login packets of this client that it may accept; `Infinity` if it cannot have.
   */
  receive(now: number, arrival: Arrival<A>, mayRestartSince: number): Verdict {
    const { checksum, number } = arrival
    const offset = (number - this.#expected) & 255
    if (offset >= NEAR && this.#before?.has(number, checksum) === true && this.#before.isRecent(number, now)) {
      return "Repeated"
    }
    // Stryker disable next-line ConditionalExpression,BlockStatement: a shorter way to the same
    if (offset === 0 && this.#span === 0) {
      // The expected one while none is held, as nearly always. It does without the `Map`, whose dead tables V8 keeps until a
      // full collection if entries come and go.
      this.#deliver(now, arrival)
      return "New"
    }
    // Stryker disable next-line EqualityOperator: the one after the newest is neither held nor behind
    if (offset < this.#span) {
      const held = this.#held.get(number)
      if (held?.checksum === checksum) return "Repeated"
      // Two messages with one number: the server counts anew, or wrongly. Neither is to be lost.
      if (held !== undefined) {
        this.flush(now)
        if (mayRestartSince === Infinity) return this.#deliverLate(now, arrival)
        this.#restart(now, number, mayRestartSince)
      }
    } else {
      const ahead = offset - this.#span
      // Numbers are a circle: a number is behind if going back from the expected one is shorter than going on from the newest.
      // Stryker disable next-line EqualityOperator: one that is as near to both may be either
      const isBehind = 255 - offset < ahead
      if (ahead > 0 && this.#history.has(number, checksum) && (isBehind || this.#history.isRecent(number, now))) {
        this.#history.recordRepetition(number, now)
        return "Repeated"
      }
      if (isBehind && this.#history.mayArrive(number, now)) return this.#deliverLate(now, arrival)
      if (isBehind && this.#history.fateOf(number) !== UNKNOWN) {
        // It is not what was delivered under this number. The server counts anew, or over 128 messages were missed, or the
        // message is very old. Two consecutive ones are accepted as new.
        if (mayRestartSince < Infinity) this.#restart(now, number, mayRestartSince)
        else if (!this.#acceptSecondInRow(now, arrival)) return "Repeated"
      } else if (mayRestartSince < Infinity && ahead >= NEAR && number < NEAR) {
        // Ahead by so much and yet one of the first numbers: it is more probable that the server counts anew.
        this.#restart(now, number, mayRestartSince)
      }
    }
    this.#hold(now, arrival)
    this.#deliverHeld(now)
    while (this.#span > WINDOW) this.#skip(now)
    this.#schedule()
    return "New"
  }

  #hold(at: number, arrival: Arrival<A>): void {
    this.#held.set(arrival.number, { ...arrival, at })
    this.#span = Math.max(this.#span, ((arrival.number - this.#expected) & 255) + 1)
  }

  /** Delivers the suspect, and everything before it, if this message is the next one; otherwise it is the suspect now. */
  #acceptSecondInRow(now: number, arrival: Arrival<A>): boolean {
    const suspect = this.#suspect
    const isNext = suspect !== undefined && arrival.number === ((suspect.number + 1) & 255)
    this.#suspect = isNext ? undefined : arrival
    if (!isNext) return false
    this.flush(now)
    this.#hold(now, suspect)
    this.#skip(now)
    return true
  }

  #deliverLate(now: number, { checksum, message, number }: Arrival<A>): Verdict {
    this.#history.record(number, LATE, checksum, now)
    this.#receiver.deliver(message, true)
    return "Late"
  }

  /** Gives up what was waited for until now, and delivers what was held for it. */
  tick(now: number): void {
    while (this.wakeAt <= now) {
      this.#skip(now)
      this.#schedule()
    }
  }

  /** Delivers what is held, because what it waits for cannot come any more. */
  flush(now: number): void {
    while (this.#held.size > 0) this.#skip(now)
    this.wakeAt = Infinity
  }

  /** Begins a new session, in which the server counts from 0. */
  reset(now: number): void {
    this.flush(now)
    this.#expected = 0
    this.#span = 0
    this.#before = this.#history
    this.#history = new History()
    this.#suspect = undefined
  }

  /**
   * Begins anew because a number shows that the server did. Earlier numbers that seemed to be repetitions meanwhile belong
   * to the new session, whose first message is equal in every session. They count as delivered.
   */
  #restart(now: number, number: number, since: number): void {
    this.reset(now)
    this.#receiver.restarted()
    const before = this.#before!
    while (this.#expected < number && before.repeatedAt[this.#expected]! >= since) {
      this.#advance(now, DELIVERED, before.checksum[this.#expected]!)
    }
  }

  /** Gives up the numbers before the first held message and delivers from there on. */
  #skip(now: number): void {
    let missed = 0
    while (!this.#held.has(this.#expected)) {
      this.#advance(now, GIVEN_UP, 0)
      missed++
    }
    this.#receiver.gap(missed)
    this.#deliverHeld(now)
  }

  #deliverHeld(now: number): void {
    for (let next = this.#held.get(this.#expected); next !== undefined; next = this.#held.get(this.#expected)) {
      this.#held.delete(this.#expected)
      this.#deliver(now, next)
    }
  }

  /** Delivers the expected message. */
  #deliver(now: number, { checksum, message }: Arrival<A>): void {
    // One that was taken for a late one of the round before is not delivered a second time.
    const wasLate = this.#history.wasLate(this.#expected, checksum, now)
    this.#advance(now, DELIVERED, checksum)
    if (!wasLate) this.#receiver.deliver(message, false)
  }

  #advance(now: number, fate: number, checksum: number): void {
    this.#history.record(this.#expected, fate, checksum, now)
    this.#expected = (this.#expected + 1) & 255
    if (this.#span > 0) this.#span--
  }

  #schedule(): void {
    this.wakeAt = Infinity
    // Messages are held in the order of arrival, so the first has been held for longest.
    for (const { at } of this.#held.values()) {
      this.wakeAt = at + this.#timeout
      break
    }
  }
}
