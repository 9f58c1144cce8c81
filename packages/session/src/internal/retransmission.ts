/**
 * Decides when a command in flight is sent again.
 *
 * Either a command without a reply is lost, or the server has not reached it yet. Retransmission helps if it is lost. It
 * does harm if the server is busy: a server that handles one command after the other then has one more to handle. So
 * the decision depends on the replies to other commands:
 *
 * - The server has answered a later command (it has *passed* this one). The command is lost, and is sent again when its
 *   interval is over.
 * - Replies keep arriving, but to earlier commands. The server is busy, and the command waits.
 * - For as long as the timeout of `roundTrip`, no reply to any command has arrived. Up to {@link FEW} commands in flight
 *   are sent again. If more are in flight, a probe is sent instead; its reply shows whether they are lost.
 *
 * The interval between two datagrams of one command begins with the same timeout and doubles, up to
 * {@link LONGEST_INTERVAL}.
 *
 * Times are in milliseconds.
 */
import type { RoundTrip } from "./roundTrip.ts"

/** Maximum interval between two datagrams of one command, unless the timeout is longer. */
export const LONGEST_INTERVAL = 1000
/** Up to this many commands in flight are sent again without a probe if no reply arrives. */
export const FEW = 4

/** The time at which a command is sent again. */
export interface Schedule {
  /** When the current interval is over; `Infinity` if the command is not to be sent again. */
  dueAt: number
  /** The interval after the next send. */
  interval: number
}

export class Retransmission {
  readonly #roundTrip: RoundTrip
  /** Until this time, missing replies do not cause a retransmission of commands that are not passed. */
  #patientUntil = -Infinity

  constructor(roundTrip: RoundTrip) {
    this.#roundTrip = roundTrip
  }

  /** Records the first send of a command. */
  begin(schedule: Schedule, now: number): void {
    schedule.interval = this.#roundTrip.timeout
    this.next(schedule, now)
  }

  /** Records a send of a command, and schedules the next one. */
  next(schedule: Schedule, now: number): void {
    schedule.dueAt = now + schedule.interval
    schedule.interval = Math.min(2 * schedule.interval, Math.max(LONGEST_INTERVAL, this.#roundTrip.timeout))
  }

  /** Records a part of a command's reply: the other parts are probably under way. */
  postpone(schedule: Schedule, now: number): void {
    schedule.dueAt = Math.max(schedule.dueAt, now + this.#roundTrip.timeout)
  }

  /** Records a reply to any command: the server is working. */
  replied(now: number): void {
    this.#patientUntil = now + this.#roundTrip.timeout
  }

  /** Records a probe on behalf of all commands that are not passed. */
  asked(now: number): void {
    this.#roundTrip.backOff()
    this.#patientUntil = now + this.#roundTrip.timeout
  }

  /** When a command may next need a retransmission. */
  dueAt(schedule: Schedule, isPassed: boolean): number {
    return isPassed ? schedule.dueAt : Math.max(schedule.dueAt, this.#patientUntil)
  }
}
