/**
 * Delivers the messages of a session in the server's order, each once.
 *
 * A server numbers its messages 0 to 255 and around, and repeats each until it is acknowledged, for 10 seconds in all. So
 * a number that comes again can be a repetition or, one round later, another message; the checksum of the datagram tells
 * them apart. A message with a number that is not the next one is held, because the messages before it are missing:
 * the server will repeat those. If they do not come within the reorder timeout, they are given up, which is told as a gap,
 * and delivery goes on. A message that arrives after it was given up is late; it is delivered at once, out of order.
 *
 * Bounds: at most {@link WINDOW} messages are held, each no larger than its datagram.
 *
 * Times are in milliseconds.
 */

/** For how long a repetition is recognised although its number could be that of a coming message. */
export const REPETITION_MEMORY = 30_000
/** For how long a message that was given up may still arrive: servers repeat one for 10 seconds. */
export const LATE_MEMORY = 12_000
/** How many numbers may be waited for at once. If more messages were under way, one would be mistaken for another. */
export const WINDOW = 192
/**
 * A message that is so many numbers ahead, and equal to the one that the session before had under its number, is a
 * repetition from that session. A nearer one may be new: servers begin every session with the same words.
 */
export const NEAR = 8

const NUMBERS = 256

/** What became of a number in this round. */
const UNKNOWN = 0
const DELIVERED = 1
const GIVEN_UP = 2

/** The messages that a session has passed, by number: the latest under each. */
class Passed {
  readonly fate = new Uint8Array(NUMBERS)
  readonly checksum = new Uint32Array(NUMBERS)
  /** When the number was passed, or its message last came again. */
  readonly at = new Float64Array(NUMBERS)
  /** Whether its message came again. */
  readonly repeated = new Uint8Array(NUMBERS)

  record(number: number, fate: number, checksum: number, now: number): void {
    this.fate[number] = fate
    this.checksum[number] = checksum
    this.at[number] = now
    this.repeated[number] = 0
  }

  /** Records that a message has come again. */
  comeAgain(number: number, now: number): void {
    this.at[number] = now
    this.repeated[number] = 1
  }

  /** Whether this message was delivered, and is the latest under its number. */
  has(number: number, checksum: number): boolean {
    return this.fate[number] === DELIVERED && this.checksum[number] === checksum
  }

  /** Whether it was so recently that a message is rather this one again than another with the same words. */
  isRecent(number: number, now: number): boolean {
    return now - this.at[number]! < REPETITION_MEMORY
  }

  /** Whether a message was given up so recently that it may still arrive. */
  mayArrive(number: number, now: number): boolean {
    return this.fate[number] === GIVEN_UP && now - this.at[number]! < LATE_MEMORY
  }
}

interface Held<A> {
  readonly message: A
  readonly checksum: number
  readonly at: number
}

/** Where messages and gaps go. */
export interface Receiver<A> {
  readonly deliver: (message: A, late: boolean) => void
  /** So many messages before the next one delivered are given up. */
  readonly gap: (missed: number) => void
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
  #passed = new Passed()
  /** The same of the session before, whose last messages may still come again. */
  #before: Passed | undefined
  /** Messages that arrived before their turn, by number, in the order of arrival. */
  readonly #held = new Map<number, Held<A>>()
  /** A message that looks old and is not remembered. The next one shows whether it was new. */
  #suspect: (Held<A> & { readonly number: number }) | undefined
  /** When the oldest of them has been held for the reorder timeout; `Infinity` if none is held. */
  wakeAt = Infinity
  /** When the server was last seen to count anew without notice; `-Infinity` if it was not. */
  restartedAt = -Infinity

  /** `timeout`: how long a message is held for the ones before it. */
  constructor(receiver: Receiver<A>, timeout: number) {
    this.#receiver = receiver
    this.#timeout = timeout
  }

  /**
   * Takes a message and delivers what is due. `mayRestart`: whether the server may count from 0 again without notice,
   * because it has login packets of this client that it may still answer.
   */
  receive(now: number, number: number, checksum: number, message: A, mayRestart: boolean): Verdict {
    const offset = (number - this.#expected) & 255
    if (offset >= NEAR && this.#before?.has(number, checksum) === true && this.#before.isRecent(number, now)) {
      return "Repeated"
    }
    // Stryker disable next-line EqualityOperator: the one after the newest is neither held nor behind
    if (offset < this.#span) {
      const held = this.#held.get(number)
      if (held?.checksum === checksum) return "Repeated"
      // Two messages with one number: the server counts anew, or wrongly. Neither is to be lost.
      if (held !== undefined) {
        this.flush(now)
        if (!mayRestart) return this.#deliverLate(now, number, checksum, message)
        this.#restart(now, number)
      }
    } else {
      const ahead = offset - this.#span
      // Numbers are a circle: one that is nearer to the last delivered than to the newest is behind.
      // Stryker disable next-line EqualityOperator: one that is as near to both may be either
      const isBehind = 255 - offset < ahead
      if (ahead > 0 && this.#passed.has(number, checksum) && (isBehind || this.#passed.isRecent(number, now))) {
        this.#passed.comeAgain(number, now)
        return "Repeated"
      }
      if (isBehind && this.#passed.mayArrive(number, now)) return this.#deliverLate(now, number, checksum, message)
      if (isBehind && this.#passed.fate[number] !== UNKNOWN) {
        // It is not what was delivered under this number: the server counts anew, or so many messages were missed that a
        // new one looks old, or it is so old that nothing is remembered of it. Two in a row are new.
        if (mayRestart) this.#restart(now, number)
        else if (!this.#isSecondInRow(now, number, checksum, message)) return "Repeated"
      }
    }
    this.#hold(now, number, checksum, message)
    this.#deliverHeld(now)
    while (this.#span > WINDOW) this.#skip(now)
    this.#schedule()
    return "New"
  }

  #hold(at: number, number: number, checksum: number, message: A): void {
    this.#held.set(number, { message, checksum, at })
    this.#span = Math.max(this.#span, ((number - this.#expected) & 255) + 1)
  }

  /** Delivers the suspect, and everything before it, if this message is the next one; otherwise it is the suspect now. */
  #isSecondInRow(now: number, number: number, checksum: number, message: A): boolean {
    const suspect = this.#suspect
    const isNext = suspect !== undefined && number === ((suspect.number + 1) & 255)
    this.#suspect = isNext ? undefined : { number, checksum, message, at: now }
    if (!isNext) return false
    this.flush(now)
    this.#hold(now, suspect.number, suspect.checksum, suspect.message)
    this.#skip(now)
    return true
  }

  #deliverLate(now: number, number: number, checksum: number, message: A): Verdict {
    this.#passed.record(number, DELIVERED, checksum, now)
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
    this.#before = this.#passed
    this.#passed = new Passed()
    this.#suspect = undefined
  }

  /**
   * Begins anew because a number shows that the server did. The messages before it that came again were not repetitions
   * then: they were the same words under the same numbers, as the first message of every session is.
   */
  #restart(now: number, number: number): void {
    this.reset(now)
    this.restartedAt = now
    const before = this.#before!
    while (this.#expected < number && before.repeated[this.#expected] === 1) {
      this.#pass(now, DELIVERED, before.checksum[this.#expected]!)
    }
  }

  /** Gives up the numbers before the first held message and delivers from there on. */
  #skip(now: number): void {
    let missed = 0
    while (!this.#held.has(this.#expected)) {
      this.#pass(now, GIVEN_UP, 0)
      missed++
    }
    this.#receiver.gap(missed)
    this.#deliverHeld(now)
  }

  #deliverHeld(now: number): void {
    for (let next = this.#held.get(this.#expected); next !== undefined; next = this.#held.get(this.#expected)) {
      this.#held.delete(this.#expected)
      this.#pass(now, DELIVERED, next.checksum)
      this.#receiver.deliver(next.message, false)
    }
  }

  #pass(now: number, fate: number, checksum: number): void {
    this.#passed.record(this.#expected, fate, checksum, now)
    this.#expected = (this.#expected + 1) & 255
    this.#span--
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
