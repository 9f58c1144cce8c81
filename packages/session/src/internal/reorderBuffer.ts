/**
 * Delivers the messages of a session once each, in the server's order.
 *
 * A server numbers its messages from 0 to 255 and then from 0 again, and repeats each for up to 10 seconds, until it
 * is acknowledged. So a message with a number that was seen before is either a repetition or, one round later, another
 * message. The checksum of the datagram distinguishes them. If a number is not the next one, earlier messages are
 * missing, and the server will repeat them. So the message is held back. If the missing ones do not arrive within the
 * reorder timeout, they are given up: a gap is reported, and delivery continues. A message that arrives after it was
 * given up is late. It is delivered at once, out of order.
 *
 * Bounds: at most {@link WINDOW} messages are held back, each no larger than its datagram.
 *
 * Limits: on a network without loss, every message is delivered once and in order, however many come a second. On a
 * network with loss, this is true up to about 12 messages a second. At higher rates the 256 numbers come round while
 * old messages are still repeated, so that one message can be taken for another. Equal messages can then be taken for
 * repetitions if there are more than about 20 a second.
 *
 * Times are in milliseconds.
 */

import { Columns, lengthFor, noBytes, noCounts, noTimes } from "./typedArrays.ts"

/** Time for which a message may be repeated or late. Servers repeat a message for 10 seconds. */
export const REPEATED_FOR = 12_000
/**
 * Maximum distance from the expected number to the newest one. If more messages were under way, one could be taken for
 * another.
 */
export const WINDOW = 192
/**
 * A message that equals the previous session's message with the same number is a repetition if its number is at least
 * this far ahead of the expected one. A nearer one may be new, because every session begins with the same texts.
 */
export const NEAR = 8

/** The fate of a number in this round. */
const UNKNOWN = 0
const DELIVERED = 1
const GIVEN_UP = 2
/** Delivered out of order. */
const LATE = 3

/** The latest fate of each number in one session. */
class History {
  fate = noBytes
  checksum = noCounts
  /** When the fate was decided, or the message was last repeated. */
  at = noTimes
  /** When the message was last repeated; `-Infinity` if it was not. */
  repeatedAt = noTimes

  record(number: number, fate: number, checksum: number, now: number): void {
    // Stryker disable next-line ConditionalExpression: growing to the same length has no effect
    if (number >= this.fate.length) this.#grow(lengthFor(number, this.fate.length))
    this.fate[number] = fate
    this.checksum[number] = checksum
    this.at[number] = now
    this.repeatedAt[number] = -Infinity
  }

  #grow(length: number): void {
    const columns = new Columns(length, 1 + 4 + 8 + 8)
    this.fate = columns.grown(this.fate, UNKNOWN)
    this.checksum = columns.grown(this.checksum, 0)
    this.at = columns.grown(this.at, 0)
    this.repeatedAt = columns.grown(this.repeatedAt, -Infinity)
  }

  /** The fate of a number. */
  fateOf(number: number): number {
    return this.fate[number] ?? UNKNOWN
  }

  /** Records a repetition of a message. */
  recordRepetition(number: number, now: number): void {
    this.at[number] = now
    this.repeatedAt[number] = now
  }

  /** Whether this message was delivered and is the latest with its number. */
  has(number: number, checksum: number): boolean {
    return this.fateOf(number) !== GIVEN_UP && this.fateOf(number) !== UNKNOWN && this.checksum[number] === checksum
  }

  /** Whether this message was delivered out of order within the last 12 seconds. */
  wasLate(number: number, checksum: number, now: number): boolean {
    return this.fate[number] === LATE && this.checksum[number] === checksum && this.isRecent(number, now)
  }

  /** Whether the number was recorded so recently that an equal message is a repetition rather than a new message. */
  isRecent(number: number, now: number): boolean {
    return now - this.at[number]! < REPEATED_FOR
  }

  /** Whether a message was given up so recently that it may still arrive. */
  mayArrive(number: number, now: number): boolean {
    return this.fate[number] === GIVEN_UP && this.isRecent(number, now)
  }
}

/** A message that has arrived. */
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

/** The receiver of messages and gaps. */
export interface Receiver<A> {
  readonly deliver: (message: A, late: boolean) => void
  /** The messages before the next delivered one were given up. `missed` is their number. */
  readonly gap: (missed: number) => void
  /**
   * The server has restarted its numbering without notice. Called before the delivery of the message that proves it.
   */
  readonly restarted: () => void
}

/** The fate of a message that has arrived. */
export type Verdict = "New" | "Repeated" | "Late"

export class ReorderBuffer<A> {
  readonly #receiver: Receiver<A>
  readonly #timeout: number
  /** The number of the next message to deliver. */
  #expected = 0
  /** Number of messages from the expected one to the newest that arrived; 0 if no message is held back. */
  #span = 0
  #history = new History()
  /** The history of the previous session, whose last messages may still be repeated. */
  #before: History | undefined
  /** Messages that arrived before their turn, by number, in the order of arrival. */
  readonly #held = new Map<number, Held<A>>()
  /** When the oldest held message reaches the reorder timeout; `Infinity` if no message is held back. */
  wakeAt = Infinity
  /** A message that looks old but is not in the history. The next message decides whether it was new. */
  #suspect: Arrival<A> | undefined

  /** `timeout`: how long a message is held back for the ones before it. */
  constructor(receiver: Receiver<A>, timeout: number) {
    this.#receiver = receiver
    this.#timeout = timeout
  }

  /** Whether this number is among the next 8 expected ones, and cannot be among the first 8 of a new session. */
  isContinuedBy(number: number): boolean {
    return this.#expected >= NEAR && number >= NEAR && ((number - this.#expected) & 255) < NEAR
  }

  /**
   * Accepts a message and delivers everything that is due. `mayRestartSince`: from this time on, the server may have
   * restarted its numbering without notice, because it may accept a login packet that this client has sent; `Infinity`
   * if no login packet is under way.
   */
  receive(now: number, arrival: Arrival<A>, mayRestartSince: number): Verdict {
    const { checksum, number } = arrival
    const offset = (number - this.#expected) & 255
    if (offset >= NEAR && this.#before?.has(number, checksum) === true && this.#before.isRecent(number, now)) {
      return "Repeated"
    }
    // Stryker disable next-line ConditionalExpression,BlockStatement: a faster path to the same result
    if (offset === 0 && this.#span === 0) {
      // Nearly always: the expected message arrives while none is held back. This path avoids the `Map`: if its
      // entries come and go, V8 keeps old tables until a full garbage collection.
      this.#deliver(now, arrival)
      return "New"
    }
    // Stryker disable next-line EqualityOperator: the number after the newest is neither held nor behind
    if (offset < this.#span) {
      const held = this.#held.get(number)
      if (held?.checksum === checksum) return "Repeated"
      // Two messages with one number: the server has restarted its numbering, or numbers its messages wrongly.
      // Neither message may be lost.
      if (held !== undefined) {
        this.flush(now)
        if (mayRestartSince === Infinity) return this.#deliverLate(now, arrival)
        this.#restart(now, number, mayRestartSince)
      }
    } else {
      const ahead = offset - this.#span
      // Stryker disable next-line EqualityOperator: a number at equal distances may be either
      const isBehind = 255 - offset < ahead
      if (ahead > 0 && this.#history.has(number, checksum) && (isBehind || this.#history.isRecent(number, now))) {
        this.#history.recordRepetition(number, now)
        return "Repeated"
      }
      if (isBehind && this.#history.mayArrive(number, now)) return this.#deliverLate(now, arrival)
      if (isBehind && this.#history.fateOf(number) !== UNKNOWN) {
        // This message was not delivered under this number. The server has restarted its numbering, or over 128 messages
        // were missed, or the message is very old. Two consecutive messages of this kind are accepted as new.
        if (mayRestartSince < Infinity) this.#restart(now, number, mayRestartSince)
        else if (!this.#acceptSecondInRow(now, arrival)) return "Repeated"
      } else if (mayRestartSince < Infinity && ahead >= NEAR && number < NEAR) {
        // The number is far ahead and yet small: a restart of the numbering is more probable than so many lost messages.
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

  /**
   * Accepts the suspect, after a gap, if this message has the next number. Otherwise this message becomes the suspect.
   */
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

  /** Gives up missing messages that are overdue, and delivers those that were held back for them. */
  tick(now: number): void {
    while (this.wakeAt <= now) {
      this.#skip(now)
      this.#schedule()
    }
  }

  /** Delivers all held messages, because the missing ones cannot arrive any more. */
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
   * Begins a new session, because `number` proves that the server has begun one. Every session begins with the same
   * texts, so the messages before `number` may have looked like repetitions. Those that were repeated from `since` on
   * count as delivered in the new session.
   */
  #restart(now: number, number: number, since: number): void {
    this.reset(now)
    this.#receiver.restarted()
    const before = this.#before!
    while (this.#expected < number && before.repeatedAt[this.#expected]! >= since) {
      this.#advance(now, DELIVERED, before.checksum[this.#expected]!)
    }
  }

  /** Gives up the numbers before the first held message, and delivers from there on. */
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
    // A message that was taken for a late one of the previous round is not delivered twice.
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
    // Messages are held in the order of arrival, so the first is the oldest.
    for (const { at } of this.#held.values()) {
      this.wakeAt = at + this.#timeout
      break
    }
  }
}
