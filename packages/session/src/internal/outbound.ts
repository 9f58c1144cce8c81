/**
 * Sends commands to the server and matches their replies.
 *
 * A command *waits* until a session exists and its turn has come. Then it is sent, and is *in flight* until its reply
 * has arrived or its deadline has come. A repeatable command is retransmitted meanwhile. If the session is lost, it waits
 * for the next session, ahead of all commands that were never sent.
 *
 * A command without a reply by its deadline ends with one of these errors:
 *
 * |                                                | error             | was it executed?     |
 * | ---------------------------------------------- | ----------------- | -------------------- |
 * | never sent, because there was no session       | `NotConnected`    | no                   |
 * | never sent, because its turn did not come      | `Overloaded`      | no                   |
 * | sent, and the server has not answered          | `NoReply`         | maybe                |
 * | sent in a session that was lost                | `SessionLost`     | maybe                |
 * | sent, and a part of its reply has arrived      | `IncompleteReply` | yes                  |
 *
 * Probes are empty commands of the machine itself. No caller waits for their replies, so they have no deadline.
 *
 * Bounds: 248 commands that are in flight or wait to be sent again, `queueCapacity` commands that were never sent, and
 * 16 MiB of incomplete replies.
 *
 * Times are in milliseconds.
 */
import * as Packet from "@bercon/codec/Packet"
import type * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import {
  type CommandError,
  IncompleteReply,
  NoReply,
  NotConnected,
  type Outdated,
  Overloaded,
  SessionLost
} from "../CommandError.ts"
import type { LoginFailure, OutageCause } from "../LoginFailure.ts"
import { closedBy } from "./commandError.ts"
import { CommandQueue } from "./commandQueue.ts"
import { InFlight } from "./inFlight.ts"
import { FEW, Retransmission } from "./retransmission.ts"
import { RoundTrip } from "./roundTrip.ts"
import { SequenceNumbers } from "./sequenceNumbers.ts"
import { allocate } from "./slab.ts"
import { isSubmitted, makeTicket, outdatedBy, payloadOf, type Request, type Submitted, type Ticket } from "./ticket.ts"

/** Maximum number of times that a command is sent anew because the parts of its reply contradict each other. */
export const CONTRADICTIONS = 8
/** Minimum time between two probes that should release sequence numbers. */
export const EVIDENCE_INTERVAL = 500

/** The callbacks of `Outbound`. */
export interface Carrier<H> {
  readonly transmit: (datagram: Uint8Array) => void
  readonly settle: (handle: H, result: Result.Result<Uint8Array, CommandError["reason"]>) => void
  /** A command packet is sent: for the first time, again, or as a probe. */
  readonly sent: (now: number, what: "Command" | "Repetition" | "Probe") => void
  /** The cause of the outage, or of the doubt; `undefined` while commands may be sent. */
  readonly outageCause: () => OutageCause | undefined
  /** Reports whether a datagram or its reply was lost. */
  readonly learn: (isLost: boolean) => void
  /** Reports the time from a command to its reply. */
  readonly measured: (milliseconds: number) => void
}

/** The kind of reply that has arrived. */
export type Received = "Whole" | "Part" | "Stray" | "Excess"

/**
 * Restricts what may be sent.
 *
 * - `Online`: commands are sent and retransmitted.
 * - `Doubting`: only probes are sent. Replies are still accepted.
 * - `Lost`: no command is sent, and the session counts as lost. Replies are still accepted.
 */
export type Phase = "Online" | "Doubting" | "Lost"

export class Outbound<H> {
  readonly roundTrip = new RoundTrip()
  readonly #numbers = new SequenceNumbers()
  readonly #retransmission = new Retransmission(this.roundTrip)
  readonly #queue: CommandQueue<Submitted<H>>
  readonly #carrier: Carrier<H>
  readonly #peer: string
  readonly #maxInFlight: number
  readonly #inFlight = new InFlight<H>()
  /** Number of commands submitted so far. */
  #submitted = 0
  /** Lower bound of the time at which a command reaches its deadline or is due to be sent again. */
  #tickAt = Infinity
  /** When to search again for a number for the next command; `Infinity` if no command waits for a number. */
  #startAt = Infinity
  /** When the next probe for releasing sequence numbers may be sent. */
  #evidenceAt = -Infinity

  constructor(
    options: { readonly peer: string; readonly maxInFlight: number; readonly queueCapacity: number },
    carrier: Carrier<H>
  ) {
    this.#peer = options.peer
    this.#maxInFlight = options.maxInFlight
    this.#queue = new CommandQueue(options.queueCapacity)
    this.#carrier = carrier
  }

  /** Number of waiting commands, and number of commands in flight. Probes do not count. */
  get load(): { readonly waiting: number; readonly inFlight: number } {
    return { waiting: this.#queue.size, inFlight: this.#inFlight.commands }
  }

  /** Whether the server owes a reply, even to a probe. */
  get owes(): boolean {
    return this.#inFlight.commands + this.#inFlight.probes > 0
  }

  /** Lower bound of the time at which `tick` or, if commands may be sent, `start` has work. */
  wakeAt(phase: Phase): number {
    return phase === "Online" ? Math.min(this.#tickAt, this.#startAt) : this.#tickAt
  }

  // ---------------------------------------------------------------------------
  // waiting
  // ---------------------------------------------------------------------------

  /**
   * Accepts a command. Sends it at once if commands may be sent and none waits before it. Fails with `Overloaded` if
   * the queue is full, and with `Outdated` if the command is no longer valid.
   */
  submit(now: number, request: Request<H>, phase: Phase): Result.Result<Ticket<H>, Overloaded | Outdated> {
    const outdated = outdatedBy(request)
    if (outdated !== undefined) return Result.fail(outdated)
    const ticket = makeTicket(request, request.repeatable, this.#submitted++)
    this.#tickBy(request.deadline)
    const isNext = phase === "Online" && this.#hasRoom && this.#queue.size === 0 && now < request.deadline
    const number = isNext ? this.#numbers.take(now) : undefined
    if (number !== undefined) this.#sendFirst(now, ticket, number)
    else if (!this.#queue.add(ticket)) return Result.fail(new Overloaded({ waiting: this.#queue.waiting }))
    else if (isNext) this.#waitForNumber(now)
    return Result.succeed(ticket)
  }

  /**
   * Cancels a command whose caller has gone. Its place in flight is free at once, its number as soon as that is safe.
   */
  cancel(ticket: Ticket<H>): void {
    if (ticket.state === "InFlight") this.#abandon(ticket)
    this.#forget(ticket)
  }

  /** Sends the waiting commands in order, as far as there is room. */
  start(now: number): void {
    this.#startAt = Infinity
    while (this.#hasRoom) {
      const ticket = this.#queue.first
      if (ticket === undefined) return
      if (ticket.request.deadline <= now) {
        this.#expireWaiting(ticket, "Online")
        continue
      }
      const outdated = outdatedBy(ticket.request)
      if (outdated !== undefined) this.#settle(ticket, Result.fail(ticket.sends > 0 ? this.#lost(ticket) : outdated))
      else {
        const number = this.#numbers.take(now)
        if (number === undefined) return this.#waitForNumber(now)
        this.#sendFirst(now, ticket, number)
        this.#queue.delete(ticket)
      }
    }
  }

  get #hasRoom(): boolean {
    return this.#inFlight.commands < this.#maxInFlight
  }

  #waitForNumber(now: number): void {
    // Only a reply to a newer datagram proves that the server has passed (handled) the old ones. No command can be sent
    // now, so a probe is sent.
    const probeHelps = this.#numbers.awaitsEvidence(now)
    if (probeHelps && this.#evidenceAt <= now) {
      this.#evidenceAt = now + Math.max(EVIDENCE_INTERVAL, this.roundTrip.timeout)
      this.probe(now, false)
    }
    this.#startAt = Math.min(this.#numbers.availableAt, probeHelps ? this.#evidenceAt : Infinity)
  }

  // ---------------------------------------------------------------------------
  // in flight
  // ---------------------------------------------------------------------------

  /**
   * Sends an empty command if a number is available: as a keepalive, or because its reply proves that the server is
   * alive and has handled earlier commands. `repeatable`: whether to retransmit it, or to leave that to the next probe.
   */
  probe(now: number, repeatable: boolean): boolean {
    const number = this.#numbers.takeForProbe(now)
    if (number !== undefined) this.#sendFirst(now, makeTicket(undefined, repeatable, 0), number)
    return number !== undefined
  }

  #sendFirst(now: number, ticket: Ticket<H>, number: number): void {
    // Encode first: if that throws, `end` must still find the ticket.
    ticket.datagram = Packet.encodeWith(Packet.command(number, payloadOf(ticket)), allocate)
    ticket.isMeasurable = this.#numbers.isClean(number)
    this.#inFlight.add(ticket, number)
    if (ticket.repeatable) {
      this.#retransmission.begin(ticket, now)
      this.#tickBy(ticket.dueAt)
    }
    this.#send(now, ticket, ticket.request === undefined ? "Probe" : "Command")
  }

  #sendAgain(now: number, ticket: Ticket<H>): void {
    ticket.isMeasurable = false
    this.#retransmission.next(ticket, now)
    this.#send(now, ticket, "Repetition")
  }

  #send(now: number, ticket: Ticket<H>, what: "Command" | "Repetition" | "Probe"): void {
    this.#numbers.sent(ticket.number, now)
    ticket.sends++
    this.#carrier.sent(now, what)
    this.#carrier.transmit(ticket.datagram)
  }

  /**
   * Whether the last datagram with this number was sent before `time`. Then a reply with this number belongs to a
   * datagram from before `time`.
   */
  wasSentBefore(number: number, time: number): boolean {
    return this.#numbers.lastSentAt(number) < time
  }

  /** Accepts a reply or a part of one, and settles its command if the reply is now complete. */
  receive(now: number, packet: Packet.CommandReply | Packet.CommandReplyPart): Received {
    this.#retransmission.replied(now)
    const ticket = this.#inFlight.tickets[packet.sequence]
    if (ticket === undefined) {
      if (packet._tag === "CommandReplyPart") return "Stray"
      const roundTrip = this.#numbers.stray(packet.sequence, now, this.#numbers.timeSince(packet.sequence, now))
      if (roundTrip !== undefined) this.roundTrip.measure(roundTrip)
      return "Stray"
    }
    if (ticket.isMeasurable && !this.#numbers.hasStoodStill(ticket.number)) {
      ticket.isMeasurable = false
      const milliseconds = now - this.#numbers.firstSentAt(ticket.number)
      this.roundTrip.measure(milliseconds)
      this.#carrier.measured(milliseconds)
    }
    const whole = packet._tag === "CommandReply" ? packet.payload : this.#inFlight.addPart(ticket, packet)
    if (whole === "Excess") return "Excess"
    if (whole !== undefined) {
      this.#answer(now, ticket, whole)
      return "Whole"
    }
    if (ticket.reply?.contradictory === true) this.#resubmit(now, ticket)
    else this.#retransmission.postpone(ticket, now)
    return "Part"
  }

  #answer(now: number, ticket: Ticket<H>, bytes: Uint8Array): void {
    this.#inFlight.remove(ticket)
    const lost = this.#numbers.answered(ticket.number, now, this.#numbers.timeSince(ticket.number, now))
    // All earlier datagrams of this command were probably lost, too.
    for (let i = 1; i < lost + this.#numbers.sends(ticket.number); i++) this.#carrier.learn(true)
    this.#carrier.learn(false)
    // Stryker disable next-line ConditionalExpression,EqualityOperator: it saves a useless search
    if (lost > 0) this.#tickBy(now)
    // Stryker disable next-line ConditionalExpression,EqualityOperator: it saves a useless search
    if (this.#inFlight.probes > 0) this.#abandonProbes()
    this.#settle(ticket, Result.succeed(bytes))
  }

  /**
   * Sends a command anew under another number, because the parts of its reply contradict each other: the server has
   * executed the command again, and its reply has changed in between. Parts of two replies cannot be distinguished.
   * After {@link CONTRADICTIONS} times the reply is given up as incomplete.
   */
  #resubmit(now: number, ticket: Ticket<H>): void {
    if (!isSubmitted(ticket) || !ticket.repeatable) return
    this.#abandon(ticket)
    if (++ticket.contradictions > CONTRADICTIONS) {
      return this.#settle(ticket, Result.fail(this.#lost(ticket)))
    }
    this.#queue.addAgain([ticket])
    this.#startAt = now
  }

  /** Takes a command out of flight although its reply may still arrive. */
  #abandon(ticket: Ticket<H>): void {
    this.#inFlight.remove(ticket)
    this.#numbers.abandon(ticket.number)
  }

  #abandonProbes(): void {
    for (const ticket of this.#inFlight.tickets) {
      if (ticket !== undefined && ticket.request === undefined) this.#abandon(ticket)
    }
  }

  /** Records that the process was suspended until now. That time does not count as delay of the server. */
  stoodStill(now: number, milliseconds: number): void {
    this.#numbers.stoodStill(now, milliseconds)
  }

  // ---------------------------------------------------------------------------
  // time
  // ---------------------------------------------------------------------------

  /** Settles the commands whose deadline has come, and retransmits those that are due. */
  tick(now: number, phase: Phase): void {
    // Stryker disable next-line ConditionalExpression: it saves a useless search
    if (now < this.#tickAt) return
    this.#tickAt = Infinity
    for (const ticket of this.#inFlight.tickets) {
      if (ticket === undefined) continue
      const deadline = ticket.request?.deadline ?? Infinity
      if (deadline <= now) this.#expireInFlight(ticket, phase)
      else {
        if (phase === "Online") this.#tickInFlight(now, ticket)
        this.#tickBy(deadline)
      }
    }
    // Stryker disable next-line ConditionalExpression: it saves constructing a generator
    if (this.#queue.size === 0) return
    for (const ticket of this.#queue) {
      if (ticket.request.deadline <= now) this.#expireWaiting(ticket, phase)
      else this.#tickBy(ticket.request.deadline)
    }
  }

  #tickInFlight(now: number, ticket: Ticket<H>): void {
    const isPassed = this.#numbers.isPassed(ticket.number)
    if (this.#retransmission.dueAt(ticket, isPassed) <= now) {
      // A command that is no longer valid is not sent again. Its first datagram was valid, so its reply is still
      // awaited.
      if (ticket.request !== undefined && outdatedBy(ticket.request) !== undefined) ticket.dueAt = Infinity
      else if (isPassed) this.#sendAgain(now, ticket)
      else if (this.#inFlight.commands <= FEW) {
        this.roundTrip.backOff()
        this.#sendAgain(now, ticket)
      } else {
        this.#retransmission.asked(now)
        // Stryker disable next-line BooleanLiteral: any reply ends the probe
        this.probe(now, false)
      }
    }
    this.#tickBy(this.#retransmission.dueAt(ticket, isPassed))
  }

  #expireInFlight(ticket: Ticket<H>, phase: Phase): void {
    this.#abandon(ticket)
    const reason = phase === "Lost"
      ? this.#lost(ticket)
      : incompleteOr(ticket, () => new NoReply({ peer: this.#peer, sends: ticket.sends }))
    this.#settle(ticket, Result.fail(reason))
  }

  #expireWaiting(ticket: Submitted<H>, phase: Phase): void {
    this.#settle(
      ticket,
      Result.fail(
        ticket.sends > 0
          ? this.#lost(ticket)
          : phase === "Online"
          ? new Overloaded({ waiting: this.#queue.waiting - 1 })
          : this.notConnected(this.#carrier.outageCause())
      )
    )
  }

  /** The error of a command whose session is lost, or whose reply is incomplete. */
  #lost(ticket: Ticket<H>): IncompleteReply | SessionLost {
    return incompleteOr(ticket, () => new SessionLost({ peer: this.#peer, sends: ticket.sends }))
  }

  #tickBy(at: number): void {
    this.#tickAt = Math.min(this.#tickAt, at)
  }

  // ---------------------------------------------------------------------------
  // sessions
  // ---------------------------------------------------------------------------

  /** Resumes retransmission after the doubt about the session has ended. */
  resume(now: number): void {
    this.#tickAt = now
  }

  /**
   * Ends a session. A command in flight is sent again in the next session if that is allowed, and fails otherwise. If
   * the next session has begun already, commands that were sent after `until` belong to it and stay in flight, unless
   * they are for one epoch only.
   */
  lose(until: number): void {
    const again: Array<Submitted<H>> = []
    for (const ticket of this.#inFlight.tickets) {
      if (ticket === undefined) continue
      if (this.#numbers.firstSentAt(ticket.number) > until && ticket.request?.epoch === undefined) continue
      this.#abandon(ticket)
      if (!isSubmitted(ticket)) continue
      if (ticket.repeatable && ticket.request.epoch === undefined) again.push(ticket)
      else this.#settle(ticket, Result.fail(this.#lost(ticket)))
    }
    for (const ticket of this.#queue) {
      if (ticket.request.epoch === undefined) continue
      // Without a cause, because a session that has ended never returns.
      this.#settle(ticket, Result.fail(ticket.sends > 0 ? this.#lost(ticket) : this.notConnected(undefined)))
    }
    this.#queue.addAgain(again)
  }

  /** Begins a session: numbers count from 0 again, and commands that stayed in flight may be retransmitted. */
  begin(now: number): void {
    this.#numbers.restart()
    if (this.owes) this.resume(now)
  }

  /** Settles everything, because the session has ended for good. `exit`: how it ended. */
  end(exit: Exit.Exit<void, LoginFailure>): void {
    for (const ticket of [...this.#inFlight.tickets, ...this.#queue]) {
      if (ticket === undefined) continue
      if (ticket.state === "InFlight") this.#inFlight.remove(ticket)
      this.#settle(ticket, Result.fail(incompleteOr(ticket, () => closedBy(exit, ticket.sends))))
    }
    this.#tickAt = Infinity
    this.#startAt = Infinity
  }

  /**
   * The error of a command that was not sent because there is no session, or because the session is not the one that the
   * command is for.
   */
  notConnected(cause: OutageCause | undefined): NotConnected {
    return new NotConnected({ peer: this.#peer, ...(cause !== undefined && { cause }) })
  }

  #settle(ticket: Ticket<H>, result: Result.Result<Uint8Array, CommandError["reason"]>): void {
    this.#forget(ticket)
    if (ticket.request !== undefined) this.#carrier.settle(ticket.request.handle, result)
  }

  #forget(ticket: Ticket<H>): void {
    ticket.state = "Settled"
    // Stryker disable next-line ConditionalExpression: a probe never waits
    if (isSubmitted(ticket)) this.#queue.delete(ticket)
  }
}

/** The error of a command without a whole reply. A part of the reply proves that the command was executed. */
const incompleteOr = <H, A>({ incomplete }: Ticket<H>, other: () => A): IncompleteReply | A =>
  incomplete === undefined ? other() : new IncompleteReply(incomplete)
