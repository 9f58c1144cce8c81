/**
 * Decides which of the 256 sequence numbers a command may carry.
 *
 * A reply carries nothing but the number of its command. If a number is used again while a reply to its former use can
 * still arrive, that reply is taken for the new command's. So a number is quarantined after each use:
 *
 * - A command that was sent once and answered leaves nothing behind, unless the network repeats it or its reply. Its
 *   number is quarantined for two round trips, or longer if replies were seen to be repeated later than that.
 * - A command that was sent several times, or got no reply, leaves datagrams behind that may still be answered. Its
 *   number is quarantined for {@link LATE_REPLY} after the last of them, or longer if replies were seen to take longer.
 *   It is *released* earlier if the server has *passed* it, which means that it has answered a later command: a server
 *   that works in order has handled everything by then that was sent before. Replies to that are on their way, and have
 *   {@link RELEASE_AFTER} to arrive.
 *
 * A server or network that does not keep the order would make release unsafe. A reply that arrives more than
 * {@link DISORDER} after its command was passed shows that, and ends early release for an hour.
 *
 * Numbers whose quarantine is over are given out first, and in a circle, so that the number given out is the one that has
 * been unused for longest. The last {@link RESERVED} numbers are kept for probes: if commands have used up all others,
 * the replies to probes show that the server has passed them.
 *
 * Times are in milliseconds.
 */
import { grown, lengthFor } from "./typedArrays.ts"

/** How many numbers there are. */
const NUMBERS = 256
/** How many of them are for probes alone. At 30 % loss each way, all 8 probes fail in one of 200 cases. */
export const RESERVED = 8
/** How many numbers commands can have. */
export const ORDINARY = NUMBERS - RESERVED
/** For how long after its last datagram a command may still be answered, at least. */
export const LATE_REPLY = 40_000
/** The same as a multiple of the longest time that a reply took. */
const LATE_REPLIES = 2
/** How long after a number was passed it may be used again. */
export const RELEASE_AFTER = 5000
/** By how much a reply may be overtaken by one to a later command before the server counts as working out of order. */
export const DISORDER = 1000
/** For how long something that was seen of the server is expected to happen again. */
export const MEMORY = 3_600_000
/** The shortest quarantine after a reply. */
const SHORTEST_QUARANTINE = 1
/** The quarantine after a reply, as a multiple of the round trip. */
const ROUND_TRIPS = 2
/** The longest quarantine after a reply if no repeated reply was seen of late, and the shortest if one was. */
export const REPETITION_QUARANTINE = 1000
/** The quarantine after a reply, as a multiple of the latest repetition seen: the first one is rarely the latest. */
const REPETITIONS = 4
/** A repetition that is later than this is ignored: it is a replay of an old datagram. */
export const LATEST_REPETITION = 20_000

/** Ends the list of numbers in the order of sending. */
const NONE = -1

/** The state of a number's previous use when the number was taken. */
type Former =
  /** Its last use may still be answered, so a reply may be to that one. */
  | typeof QUARANTINED
  /** Its last use may still be answered, but is not expected to be. */
  | typeof RELEASED
  /** Nothing of its former uses is left. */
  | typeof UNUSED
const QUARANTINED = 0
const RELEASED = 1
const UNUSED = 2

export class SequenceNumbers {
  /** The number to try first. */
  #next = 0
  /** No number is available to commands before this time. A lower bound, so that no search in vain is repeated. */
  #availableAt = -Infinity

  // What is known of each number that was used so far. Typed arrays take 75 bytes a number, objects would take twice that.
  /** The numbers from this one on were never used. */
  #length = 0

  // Of its current or, if it is not in use, of its last use:
  #inUse = new Uint8Array(0)
  #former = new Uint8Array(0)
  /** How many datagrams were sent. */
  #sends = new Uint32Array(0)
  #firstSentAt = new Float64Array(0)
  #lastSentAt = new Float64Array(0)
  /** When the server was first seen to have handled the last datagram; `Infinity` if it was not. */
  #passedAt = new Float64Array(0)
  /** How many whole replies have come, and when the first of them came. */
  #replies = new Uint32Array(0)
  #repliedAt = new Float64Array(0)
  /** When its reply came, if exactly one was due; `-Infinity` otherwise. */
  #answeredAt = new Float64Array(0)

  // Of all its uses that are over:
  /** When the last datagram was sent that belongs to a finished use and may still be answered; `-Infinity` if none was. */
  #owedSince = new Float64Array(0)
  /** When the server was first seen to have handled that; `Infinity` if it was not. */
  #owedPassedAt = new Float64Array(0)
  /** When the quarantine for a reply that the network may repeat ends. */
  #repeatedUntil = new Float64Array(0)

  // The numbers that are not passed, linked in the order of their last datagrams.
  #newer = new Int16Array(0)
  #older = new Int16Array(0)
  #oldest = NONE
  #newest = NONE

  /** When a reply was last repeated, and how long after the first one it came at most. */
  #repetitionAt = -Infinity
  #repeatedAfter = 0
  /** The longest time that a reply has taken from the first datagram on, and when that was. */
  #longestReply = 0
  #longestReplyAt = 0
  /** Until when the server is expected to work out of order. */
  #disorderUntil = -Infinity
  /** When the process last stood still, and for how long. What was read then may have arrived long before. */
  #stoodStillAt = -Infinity
  #stoodStillFor = 0

  // ---------------------------------------------------------------------------
  // giving out
  // ---------------------------------------------------------------------------

  /** Gives out a number for a command; `undefined` if all are in use or quarantined. */
  take(now: number): number | undefined {
    // Stryker disable next-line ConditionalExpression: it saves a search in vain
    if (now < this.#availableAt) return undefined
    let released: number | undefined
    // Stryker disable next-line EqualityOperator: after the last number comes the first again
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
    // Stryker disable next-line ConditionalExpression,EqualityOperator: it saves a search in vain
    if (released === undefined) this.#availableAt = this.availableAt
    return this.#claim(released, RELEASED)
  }

  /**
   * Gives out a number for an empty command, whose reply says only that the server is there: an ordinary one if one is
   * available, otherwise a reserved one, otherwise the one that has been quarantined for longest. `undefined` if all are
   * in use.
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

  /** When a number that is not in use becomes available, as far as that is known now. */
  quarantinedUntil(number: number): number {
    return Math.min(this.#unusedAt(number), this.#releasedAt(number))
  }

  /** Whether a reply to a command that is sent now would show that the server has passed others. */
  awaitsEvidence(now: number): boolean {
    return this.#oldest !== NONE && this.#disorderUntil <= now
  }

  /** Counts from 0 again, as servers expect after a login. Quarantines go on. */
  restart(): void {
    this.#next = 0
  }

  /** Makes room for what is known of a number. */
  #grow(number: number): void {
    const length = this.#length = lengthFor(number, this.#length)
    this.#inUse = grown(this.#inUse, length, 0)
    this.#former = grown(this.#former, length, UNUSED)
    this.#sends = grown(this.#sends, length, 0)
    this.#firstSentAt = grown(this.#firstSentAt, length, 0)
    this.#lastSentAt = grown(this.#lastSentAt, length, -Infinity)
    this.#passedAt = grown(this.#passedAt, length, Infinity)
    this.#replies = grown(this.#replies, length, 0)
    this.#repliedAt = grown(this.#repliedAt, length, 0)
    this.#answeredAt = grown(this.#answeredAt, length, -Infinity)
    this.#owedSince = grown(this.#owedSince, length, -Infinity)
    this.#owedPassedAt = grown(this.#owedPassedAt, length, Infinity)
    this.#repeatedUntil = grown(this.#repeatedUntil, length, -Infinity)
    this.#newer = grown(this.#newer, length, NONE)
    this.#older = grown(this.#older, length, NONE)
  }

  #claim<N extends number | undefined>(number: N, former: Former): N {
    // Stryker disable next-line ConditionalExpression: writing to an array at `undefined` changes nothing in it
    if (number === undefined) return number
    // Stryker disable next-line ConditionalExpression: to grow to the same length changes nothing
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

  /** When no reply to a former use can come any more. */
  #unusedAt(number: number): number {
    return Math.max(this.#owedSince[number]! + this.#lateReply, this.#repeatedUntil[number]!)
  }

  /** For how long after its last datagram a command may still be answered. */
  get #lateReply(): number {
    return Math.max(LATE_REPLY, LATE_REPLIES * this.#longestReply)
  }

  /** When no reply to a former use is expected any more. */
  #releasedAt(number: number): number {
    return Math.max(this.#owedPassedAt[number]! + RELEASE_AFTER, this.#repeatedUntil[number]!, this.#disorderUntil)
  }

  // ---------------------------------------------------------------------------
  // a number in use
  // ---------------------------------------------------------------------------

  /** Records that a datagram with this number goes out. */
  sent(number: number, now: number): void {
    if (this.#sends[number] === 0) this.#firstSentAt[number] = now
    this.#sends[number]!++
    this.#lastSentAt[number] = now
    this.#passedAt[number] = Infinity
    this.#unlink(number)
    this.#link(number)
  }

  /** How many datagrams have gone out in the current use of a number. */
  sends(number: number): number {
    return this.#sends[number]!
  }

  /** When the first datagram went out in the current use of a number. */
  firstSentAt(number: number): number {
    return this.#firstSentAt[number]!
  }

  /** Records that the process stood still until now. */
  stoodStill(now: number, milliseconds: number): void {
    this.#stoodStillAt = now
    this.#stoodStillFor = milliseconds
  }

  /** The time since a number's first datagram, without that for which the process stood still. */
  timeSince(number: number, now: number): number {
    const time = now - this.firstSentAt(number)
    return this.hasStoodStill(number) ? Math.max(0, time - this.#stoodStillFor) : time
  }

  /** Whether the process stood still since the first datagram: when the reply arrived is not known then. */
  hasStoodStill(number: number): boolean {
    return this.#firstSentAt[number]! < this.#stoodStillAt
  }

  /** Whether a reply is certainly to the current use of a number. */
  isClean(number: number): boolean {
    return this.#former[number] !== QUARANTINED
  }

  /** When the last datagram with a number went out; `-Infinity` if there was none. */
  lastSentAt(number: number): number {
    return this.#lastSentAt[number] ?? -Infinity
  }

  /** Whether the server has answered a later command, so that this one is probably lost, not slow. */
  isPassed(number: number): boolean {
    return this.#passedAt[number]! < Infinity
  }

  /**
   * Takes a number back because its whole reply has come. `roundTrip`: the time from its command to the reply. Returns how
   * many commands in flight the reply has passed: of each, the datagram or the reply was lost.
   */
  answered(number: number, now: number, roundTrip: number): number {
    if (this.#sends[number]! > 1 || this.#former[number] === QUARANTINED) this.#owe(number)
    this.#inUse[number] = 0
    return this.#recordReply(number, now, roundTrip)
  }

  /** Takes a number back although its reply may still come. */
  abandon(number: number): void {
    this.#owe(number)
    this.#inUse[number] = 0
    this.#availableAt = -Infinity
  }

  /**
   * Records a whole reply to a number that is not in use: it is late, or repeated. `roundTrip` is as for `answered`. Returns
   * the round trip of the first reply once every datagram of the command has got one, because the first reply was then to
   * the first datagram; `undefined` otherwise.
   */
  stray(number: number, now: number, roundTrip: number): number | undefined {
    if (now - this.lastSentAt(number) > this.#lateReply) return undefined
    if (this.#answeredAt[number]! > -Infinity) {
      this.#recordRepetition(now - Math.max(this.#answeredAt[number]!, this.#stoodStillAt), now)
      return undefined
    }
    if (this.#sends[number] === 1 && this.#former[number] === UNUSED) this.#owedSince[number] = -Infinity
    this.#recordReply(number, now, roundTrip)
    const isLast = this.#replies[number] === this.#sends[number] && !this.hasStoodStill(number)
    return isLast ? this.#repliedAt[number]! - this.#firstSentAt[number]! : undefined
  }

  /** Records that the server has handled everything sent before a time. Returns how many numbers in use that passes. */
  #pass(before: number, now: number): number {
    let lost = 0
    // Stryker disable next-line ConditionalExpression: the time of no number is `undefined`, which is not less than anything
    while (this.#oldest !== NONE && this.#lastSentAt[this.#oldest]! < before) {
      const number = this.#oldest
      this.#passedAt[number] = now
      if (this.#inUse[number] === 1) lost++
      else this.#owedPassedAt[number] = now
      this.#unlink(number)
      this.#availableAt = -Infinity
    }
    return lost
  }

  #owe(number: number): void {
    this.#owedSince[number] = this.#lastSentAt[number]!
    this.#owedPassedAt[number] = this.#passedAt[number]!
  }

  // ---------------------------------------------------------------------------
  // what replies show
  // ---------------------------------------------------------------------------

  #recordReply(number: number, now: number, roundTrip: number): number {
    this.#availableAt = -Infinity
    if (now - Math.max(this.#passedAt[number]!, this.#stoodStillAt) > DISORDER) this.#disorderUntil = now + MEMORY
    // Whether it is a reply to this use is not known, so it shows nothing.
    if (this.#former[number] === QUARANTINED) return 0
    if (this.#replies[number] === 0) this.#repliedAt[number] = now
    this.#replies[number]!++
    this.#recordTime(roundTrip, now)
    if (this.#sends[number] === 1) {
      this.#answeredAt[number] = now
      this.#owedPassedAt[number] = Math.min(this.#owedPassedAt[number]!, now)
      this.#unlink(number)
    }
    const quarantine = Math.min(Math.max(SHORTEST_QUARANTINE, ROUND_TRIPS * roundTrip), REPETITION_QUARANTINE)
    this.#extendQuarantine(number, now + Math.max(quarantine, this.#repetitionQuarantine(now)))
    return this.#pass(this.#firstSentAt[number]!, now)
  }

  /** Records how long a reply took. An hour later it does not count any more. */
  #recordTime(time: number, now: number): void {
    if (time < this.#longestReply && now - this.#longestReplyAt < MEMORY) return
    this.#longestReply = time
    this.#longestReplyAt = now
  }

  #recordRepetition(after: number, now: number): void {
    if (after > LATEST_REPETITION) return
    if (after > DISORDER) this.#disorderUntil = now + MEMORY
    const isFirst = this.#repetitionQuarantine(now) === 0
    this.#repeatedAfter = isFirst ? after : Math.max(after, this.#repeatedAfter)
    this.#repetitionAt = now
    // What the network does to one reply it may do to every other.
    const quarantine = this.#repetitionQuarantine(now)
    this.#answeredAt.forEach((at, number) => this.#extendQuarantine(number, at + quarantine))
  }

  /** How long a number is quarantined because replies were repeated; 0 if none were of late. */
  #repetitionQuarantine(now: number): number {
    return now - this.#repetitionAt < MEMORY
      ? Math.min(Math.max(REPETITION_QUARANTINE, REPETITIONS * this.#repeatedAfter), LATE_REPLY)
      : 0
  }

  #extendQuarantine(number: number, until: number): void {
    this.#repeatedUntil[number] = Math.max(this.#repeatedUntil[number]!, until)
  }

  // ---------------------------------------------------------------------------
  // the order of sending
  // ---------------------------------------------------------------------------

  #link(number: number): void {
    this.#older[number] = this.#newest
    if (this.#newest === NONE) this.#oldest = number
    else this.#newer[this.#newest] = number
    this.#newest = number
  }

  #unlink(number: number): void {
    const older = this.#older[number]!
    const newer = this.#newer[number]!
    if (older === NONE && this.#oldest !== number) return
    if (older === NONE) this.#oldest = newer
    else this.#newer[older] = newer
    if (newer === NONE) this.#newest = older
    else this.#older[newer] = older
    this.#older[number] = NONE
    this.#newer[number] = NONE
  }
}
