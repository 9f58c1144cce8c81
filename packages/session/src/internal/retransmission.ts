/**
 * Decides when a command in flight is sent again.
 *
 * A command without a reply is lost, or the server has not come to it yet. Sending it again helps if it is lost. If the
 * server is busy, it makes things worse: a server that works off one command after the other has one more to work off. So
 * what replies to other commands show decides:
 *
 * - The server has answered a later command (it has *passed* this one): it is lost, and sent again when its gap is over.
 * - Replies keep coming, but to earlier commands: the server is busy, and the command waits.
 * - No reply to any command has come for the timeout: up to {@link FEW} commands in flight are sent again. If there are
 *   more, a probe is sent instead. Its reply shows whether they are lost.
 *
 * The gap between two datagrams of one command begins with the timeout and doubles, up to {@link LONGEST_GAP}.
 *
 * Times are in milliseconds.
 */
import type { RoundTrip } from "./roundTrip.ts"

/** The longest gap between two datagrams of one command, if the timeout is not longer. */
export const LONGEST_GAP = 1000
/** If no reply comes, up to so many commands in flight are sent again without a probe. */
export const FEW = 4

/** When a command is to be sent again. */
export interface Schedule {
  /** When its gap is over; `Infinity` if it is not to be sent again. */
  dueAt: number
  /** The gap after the next sending. */
  gap: number
}

export class Retransmission {
  readonly #roundTrip: RoundTrip
  /** Until when missing replies are no reason to send again what is not passed. */
  #patientUntil = -Infinity

  constructor(roundTrip: RoundTrip) {
    this.#roundTrip = roundTrip
  }

  /** Records that a command is sent for the first time. */
  begin(schedule: Schedule, now: number): void {
    schedule.gap = this.#roundTrip.timeout
    this.next(schedule, now)
  }

  /** Records that a command is sent, and that it is to be sent again. */
  next(schedule: Schedule, now: number): void {
    schedule.dueAt = now + schedule.gap
    schedule.gap = Math.min(2 * schedule.gap, Math.max(LONGEST_GAP, this.#roundTrip.timeout))
  }

  /** Records a part of a command's reply: the other parts are probably on their way. */
  postpone(schedule: Schedule, now: number): void {
    schedule.dueAt = Math.max(schedule.dueAt, now + this.#roundTrip.timeout)
  }

  /** Records a reply to any command: the server is at work. */
  replied(now: number): void {
    this.#patientUntil = now + this.#roundTrip.timeout
  }

  /** Records that a probe asks for all that is not passed. */
  asked(now: number): void {
    this.#roundTrip.backOff()
    this.#patientUntil = now + this.#roundTrip.timeout
  }

  /** When a command is to be looked at, because it may be sent again then. */
  dueAt(schedule: Schedule, isPassed: boolean): number {
    return isPassed ? schedule.dueAt : Math.max(schedule.dueAt, this.#patientUntil)
  }
}
