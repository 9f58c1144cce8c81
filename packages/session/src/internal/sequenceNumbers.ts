/**
 * Decides which of the 256 sequence numbers a command may carry.
 *
 * The number is the only link between a reply and its command. If a number is used again while a reply to its former
 * use can still arrive, that reply is taken for the reply to the new command. So a number is quarantined after each
 * use:
 *
 * - A command that was sent once and answered leaves no datagram behind, unless the network duplicates the command or
 *   its reply. Its number is quarantined for two round trips (a second at most), or longer if replies were seen to be
 *   repeated.
 * - A command that was sent several times, or got no reply, leaves datagrams behind that may still be answered. Its
 *   number is quarantined for 40 seconds after the last of them, or for twice the longest time that a reply took, if
 *   that is longer. The number is *released* earlier if the server has *passed* it, which means that it has answered a
 *   later command: a server that works in order has by then handled all earlier commands. Their replies are under way,
 *   and have {@link RELEASE_AFTER} to arrive.
 *
 * Early release would be unsafe with a server or network that does not keep the order. A reply that arrives more than a
 * second after its command was passed is evidence of that, and stops early release for an hour. These times are in
 * `lateness`.
 *
 * Numbers whose quarantine is over are used before released ones. They are used in a circle: the next one is the
 * number that has been unused for the longest time. The last {@link RESERVED} numbers are reserved for probes: if
 * commands have used up all others, the replies to probes prove that the server has passed them.
 *
 * Times are in milliseconds.
 */
import { Lateness } from "./lateness.ts"
import { SendOrder } from "./sendOrder.ts"
import { Columns, lengthFor, noBytes, noCounts, noTimes } from "./typedArrays.ts"

/** Number of sequence numbers. */
const NUMBERS = 256
/**
 * Number of sequence numbers that are reserved for probes. At 30 % loss each way, all 8 probes fail in one of 200
 * cases.
 */
export const RESERVED = 8
/** Number of sequence numbers that commands can use. */
export const ORDINARY = NUMBERS - RESERVED
/** Time after which a passed number is released. */
export const RELEASE_AFTER = 5000

/** The state of a number's previous use when the number was taken. */
type Former =
  /** The previous use may still be answered, so a reply may belong to it. */
  | typeof QUARANTINED
  /** The previous use may still be answered, but that is not expected. */
  | typeof RELEASED
  /** No reply to a previous use can arrive. */
  | typeof UNUSED
const QUARANTINED = 0
const RELEASED = 1
const UNUSED = 2

/**
 * Size in bytes of the state of one number: two bytes, two counts, eight timestamps, and its place in the send order. An
 * object would take 250 bytes.
 */
const BYTES = 2 * 1 + 2 * 4 + 8 * 8 + SendOrder.BYTES

export class SequenceNumbers {
  /** The number to try first. */
  #next = 0
  /**
   * Lower bound of the time at which a number becomes available to commands. It prevents repeating a useless search.
   */
  #availableAt = -Infinity

  // The state of each number that was used so far.
  /** Numbers from this one on were never used. */
  #length = 0

  // Per number, of its current use, or of its last use if it is not in use:
  #inUse = noBytes
  #former = noBytes
  /** Number of datagrams sent. */
  #sends = noCounts
  #firstSentAt = noTimes
  #lastSentAt = noTimes
  /** When the server was first seen to have handled the last datagram; `Infinity` if it was not. */
  #passedAt = noTimes
  /** Number of complete replies, and arrival time of the first. */
  #replies = noCounts
  #repliedAt = noTimes
  /** Arrival time of the reply, if exactly one was due; otherwise `-Infinity`. */
  #answeredAt = noTimes

  // Per number, of all its finished uses:
  /** When the last datagram was sent, if a finished use may still be answered; otherwise `-Infinity`. */
  #owedSince = noTimes
  /** When the server was first seen to have handled that datagram; `Infinity` if it was not. */
  #owedPassedAt = noTimes
  /** End of the quarantine for a reply that the network may repeat. */
  #repeatedUntil = noTimes

  /** The numbers that are not passed. */
  readonly #notPassed = new SendOrder()
  readonly #lateness = new Lateness()
  /** End and length of the last suspension of the process. A datagram read at its end may have arrived long before. */
  #stoodStillAt = -Infinity
  #stoodStillFor = 0

  // ---------------------------------------------------------------------------
  // giving out
  // ---------------------------------------------------------------------------

  /** Takes a number for a command; `undefined` if all are in use or quarantined. */
  take(now: number): number | undefined {
    // Stryker disable next-line ConditionalExpression: it saves a useless search
    if (now < this.#availableAt) return undefined
    let released: number | undefined
    // Stryker disable next-line EqualityOperator: one more step would only test the first number again
    for (let i = 0; i < ORDINARY; i++) {
      const number = (this.#next + i) % ORDINARY
      if (number >= this.#length) return this.#claim(number, UNUSED)
      if (this.#inUse[number] === 1) continue
      if (this.#unusedAt(number) <= now) return this.#claim(number, UNUSED)
      if (
        this.#releasedAt(number) <= now &&
        (released === undefined || this.#owedPassedAt[number]! < this.#owedPassedAt[released]!)
      ) released = number
    }
    // Stryker disable next-line ConditionalExpression,EqualityOperator: it saves a useless search
    if (released === undefined) this.#availableAt = this.availableAt
    return this.#claim(released, RELEASED)
  }

  /**
   * Takes a number for an empty command, whose reply only proves that the server is alive. It is an ordinary number if
   * one is available, otherwise a reserved one, otherwise the one that has been quarantined for the longest time.
   * `undefined` if all are in use.
   */
  takeForProbe(now: number): number | undefined {
    let quarantined: number | undefined
    for (let i = 0; i < NUMBERS; i++) {
      const number = i < ORDINARY ? (this.#next + i) % ORDINARY : i
      if (number >= this.#length) return this.#claim(number, UNUSED)
      if (this.#inUse[number] === 1) continue
      if (this.#unusedAt(number) <= now) return this.#claim(number, UNUSED)
      if (this.#releasedAt(number) <= now) return this.#claim(number, RELEASED)
      if (quarantined === undefined || this.#owedSince[number]! < this.#owedSince[quarantined]!) quarantined = number
    }
    return this.#claim(quarantined, QUARANTINED)
  }

  /** When the next number becomes available to commands, if none is now; `Infinity` if all are in use. */
  get availableAt(): number {
    let earliest = Infinity
    for (let number = 0; number < ORDINARY; number++) {
      if (this.#inUse[number] === 1) continue
      earliest = Math.min(earliest, this.quarantinedUntil(number))
    }
    return earliest
  }

  /** When a number that is not in use becomes available, as far as is known now. */
  quarantinedUntil(number: number): number {
    return Math.min(this.#unusedAt(number), this.#releasedAt(number))
  }

  /** Whether a reply to a command that is sent now would prove that the server has passed other commands. */
  awaitsEvidence(now: number): boolean {
    return this.#notPassed.oldest !== undefined && this.#lateness.disorderUntil <= now
  }

  /** Counts from 0 again, as servers expect after a login. Quarantines continue. */
  restart(): void {
    this.#next = 0
  }

  /** Extends the arrays up to a number. */
  #grow(number: number): void {
    this.#length = lengthFor(number, this.#length)
    const columns = new Columns(this.#length, BYTES)
    this.#inUse = columns.grown(this.#inUse, 0)
    this.#former = columns.grown(this.#former, UNUSED)
    this.#sends = columns.grown(this.#sends, 0)
    this.#firstSentAt = columns.grown(this.#firstSentAt, 0)
    this.#lastSentAt = columns.grown(this.#lastSentAt, -Infinity)
    this.#passedAt = columns.grown(this.#passedAt, Infinity)
    this.#replies = columns.grown(this.#replies, 0)
    this.#repliedAt = columns.grown(this.#repliedAt, 0)
    this.#answeredAt = columns.grown(this.#answeredAt, -Infinity)
    this.#owedSince = columns.grown(this.#owedSince, -Infinity)
    this.#owedPassedAt = columns.grown(this.#owedPassedAt, Infinity)
    this.#repeatedUntil = columns.grown(this.#repeatedUntil, -Infinity)
    this.#notPassed.grow(columns)
  }

  #claim<N extends number | undefined>(number: N, former: Former): N {
    // Stryker disable next-line ConditionalExpression: writing to an array at `undefined` does not change any element
    if (number === undefined) return number
    // Stryker disable next-line ConditionalExpression: growing to the same length has no effect
    if (number >= this.#length) this.#grow(number)
    this.#inUse[number] = 1
    this.#former[number] = former
    this.#sends[number] = 0
    this.#replies[number] = 0
    this.#passedAt[number] = Infinity
    this.#answeredAt[number] = -Infinity
    if (number < ORDINARY) this.#next = (number + 1) % ORDINARY
    return number
  }

  /** From this time on, no reply to a former use can arrive. */
  #unusedAt(number: number): number {
    return Math.max(this.#owedSince[number]! + this.#lateness.lateReply, this.#repeatedUntil[number]!)
  }

  /** From this time on, no reply to a former use is expected. */
  #releasedAt(number: number): number {
    return Math.max(
      this.#owedPassedAt[number]! + RELEASE_AFTER,
      this.#repeatedUntil[number]!,
      this.#lateness.disorderUntil
    )
  }

  // ---------------------------------------------------------------------------
  // a number in use
  // ---------------------------------------------------------------------------

  /** Records that a datagram with this number is sent. */
  sent(number: number, now: number): void {
    if (this.#sends[number] === 0) this.#firstSentAt[number] = now
    this.#sends[number]!++
    this.#lastSentAt[number] = now
    this.#passedAt[number] = Infinity
    this.#notPassed.append(number)
  }

  /** Number of datagrams sent in the current use of a number. */
  sends(number: number): number {
    return this.#sends[number]!
  }

  /** When the first datagram was sent in the current use of a number. */
  firstSentAt(number: number): number {
    return this.#firstSentAt[number]!
  }

  /** Records that the process was suspended until now. */
  stoodStill(now: number, milliseconds: number): void {
    this.#stoodStillAt = now
    this.#stoodStillFor = milliseconds
  }

  /** Time since the first datagram of a number, without the time for which the process was suspended. */
  timeSince(number: number, now: number): number {
    const time = now - this.firstSentAt(number)
    return this.hasStoodStill(number) ? Math.max(0, time - this.#stoodStillFor) : time
  }

  /** Whether the process was suspended after the first datagram. The arrival time of the reply is then unknown. */
  hasStoodStill(number: number): boolean {
    return this.#firstSentAt[number]! < this.#stoodStillAt
  }

  /** Whether a reply belongs to the current use of a number, because none to a former use is expected. */
  isClean(number: number): boolean {
    return this.#former[number] !== QUARANTINED
  }

  /** When the last datagram with a number was sent; `-Infinity` if there is none. */
  lastSentAt(number: number): number {
    return this.#lastSentAt[number] ?? -Infinity
  }

  /** Whether the server has answered a later command, so that this command is probably lost and not slow. */
  isPassed(number: number): boolean {
    return this.#passedAt[number]! < Infinity
  }

  /**
   * Gives a number back because its whole reply has arrived. `roundTrip`: the time from its command to the reply.
   * Returns how many commands in flight the server has now passed. Of each of these, the datagram or the reply was
   * lost.
   */
  answered(number: number, now: number, roundTrip: number): number {
    if (this.#sends[number]! > 1 || this.#former[number] === QUARANTINED) this.#owe(number)
    this.#inUse[number] = 0
    return this.#recordReply(number, now, roundTrip)
  }

  /** Gives a number back although its reply may still arrive. */
  abandon(number: number): void {
    this.#owe(number)
    this.#inUse[number] = 0
    this.#availableAt = -Infinity
  }

  /**
   * Records a complete reply to a number that is not in use: a late or repeated reply. `roundTrip` is as for
   * `answered`. Returns the round-trip time of the first reply as soon as every datagram of the command has a reply,
   * because the first reply then belongs to the first datagram. Returns `undefined` before that, and if the process was
   * suspended.
   */
  stray(number: number, now: number, roundTrip: number): number | undefined {
    if (now - this.lastSentAt(number) > this.#lateness.lateReply) return undefined
    if (this.#answeredAt[number]! > -Infinity) {
      this.#recordRepetition(now - Math.max(this.#answeredAt[number]!, this.#stoodStillAt), now)
      return undefined
    }
    if (this.#sends[number] === 1 && this.#former[number] === UNUSED) this.#owedSince[number] = -Infinity
    this.#recordReply(number, now, roundTrip)
    const isLast = this.#replies[number] === this.#sends[number] && !this.hasStoodStill(number)
    return isLast ? this.#repliedAt[number]! - this.#firstSentAt[number]! : undefined
  }

  /**
   * Records that the server has handled everything that was sent before a time. Returns how many numbers in use it has
   * passed.
   */
  #pass(before: number, now: number): number {
    let lost = 0
    for (let oldest = this.#notPassed.oldest; oldest !== undefined; oldest = this.#notPassed.oldest) {
      if (this.#lastSentAt[oldest]! >= before) break
      this.#passedAt[oldest] = now
      if (this.#inUse[oldest] === 1) lost++
      else this.#owedPassedAt[oldest] = now
      this.#notPassed.delete(oldest)
      this.#availableAt = -Infinity
    }
    return lost
  }

  #owe(number: number): void {
    this.#owedSince[number] = this.#lastSentAt[number]!
    this.#owedPassedAt[number] = this.#passedAt[number]!
  }

  // ---------------------------------------------------------------------------
  // evidence from replies
  // ---------------------------------------------------------------------------

  #recordReply(number: number, now: number, roundTrip: number): number {
    this.#availableAt = -Infinity
    this.#lateness.overtaken(now - Math.max(this.#passedAt[number]!, this.#stoodStillAt), now)
    // The reply may belong to a former use, so it proves nothing.
    if (this.#former[number] === QUARANTINED) return 0
    if (this.#replies[number] === 0) this.#repliedAt[number] = now
    this.#replies[number]!++
    this.#lateness.replied(roundTrip, now)
    if (this.#sends[number] === 1) {
      this.#answeredAt[number] = now
      this.#owedPassedAt[number] = Math.min(this.#owedPassedAt[number]!, now)
      this.#notPassed.delete(number)
    }
    this.#extendQuarantine(number, now + this.#lateness.quarantine(roundTrip, now))
    return this.#pass(this.#firstSentAt[number]!, now)
  }

  #recordRepetition(after: number, now: number): void {
    this.#lateness.repeated(after, now)
    // The network may repeat all other replies, too.
    const quarantine = this.#lateness.repetitionQuarantine(now)
    this.#answeredAt.forEach((at, number) => this.#extendQuarantine(number, at + quarantine))
  }

  #extendQuarantine(number: number, until: number): void {
    this.#repeatedUntil[number] = Math.max(this.#repeatedUntil[number]!, until)
  }
}
