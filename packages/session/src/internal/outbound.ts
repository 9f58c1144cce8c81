/**
 * Takes commands to the server and their replies back.
 *
 * A command *waits* until there is a session and its turn has come. Then it is *in flight*: sent, and sent again until its
 * reply is there or its deadline has come. If the session is lost meanwhile, a repeatable command is to be sent *again* in
 * the next one, before all that wait.
 *
 * Which error a command ends with, if it has no reply by its deadline:
 *
 * |                                        | error             | was it executed?     |
 * | -------------------------------------- | ----------------- | -------------------- |
 * | never sent, there was no session       | `NotConnected`    | no                   |
 * | never sent, its turn did not come      | `Overloaded`      | no                   |
 * | sent, and the server has not answered  | `NoReply`         | maybe                |
 * | sent in a session that was lost        | `SessionLost`     | maybe                |
 * | sent, and part of its reply has come   | `IncompleteReply` | yes                  |
 *
 * Probes are empty commands of the machine itself. Nobody waits for their replies, so they have no deadline.
 *
 * Bounds: {@link SequenceNumbers.ORDINARY} commands in flight, `queueCapacity` waiting, as many to be sent again as were
 * in flight, {@link REPLY_BYTES} of replies of which parts are missing.
 *
 * Times are in milliseconds.
 */
import * as Packet from "@bercon/codec/Packet"
import * as Reassembly from "@bercon/codec/Reassembly"
import type * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import type { CommandError } from "../CommandError.ts"
import { closedBy, IncompleteReply, NoReply, NotConnected, Outdated, Overloaded, SessionLost } from "../CommandError.ts"
import type { LoginFailure } from "../LoginFailure.ts"
import { RoundTrip } from "./roundTrip.ts"
import { SequenceNumbers } from "./sequenceNumbers.ts"

/** The longest time between two datagrams of one command, if the round trip is not longer. */
export const LONGEST_GAP = 1000
/**
 * Up to so many commands in flight are all sent again when their replies are late. Of more, one shows that the server has
 * become slower, and to send all of them again would use up the sequence numbers.
 */
export const FEW = 16
/** How many bytes of incomplete replies are kept in all. The longest reply has 255 KiB. */
export const REPLY_BYTES = 16 * 1024 * 1024
/** The least time between two probes that are to free sequence numbers. */
export const PROBE_GAP = 500

/**
 * A command as it is submitted. `handle` is the submitter's own, and comes back with the outcome.
 *
 * @category models
 * @since 0.1.0
 */
export interface Request<H> {
  readonly handle: H
  readonly payload: Uint8Array
  readonly repeatable: boolean
  /** The `epoch` it is for, if it is for one alone instead of being carried over into the next. */
  readonly epoch: number | undefined
  /** Asked right before every sending: whether the command still means what it meant. */
  readonly isCurrent: (() => boolean) | undefined
  /** When to give up. */
  readonly deadline: number
}

/**
 * A submitted command. Opaque; only good for `cancel`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Ticket<out H> {
  /** `undefined` for a probe. */
  readonly request: Request<H> | undefined
  readonly repeatable: boolean
  /** Its place in the order of submission. */
  readonly order: number
  state: "Waiting" | "InFlight" | "Settled"
  /** Its sequence number while it is in flight. */
  number: number
  datagram: Uint8Array
  /** When it is to be sent again; `Infinity` for never. */
  sendAt: number
  /** The time to the sending after that. */
  gap: number
  /** How many datagrams were sent, in this session and the ones before it. */
  sends: number
  /** Whether the time to its reply is that of a round trip. */
  isMeasurable: boolean
  /** The parts of its reply that have come, if it is in flight. */
  reply: Reassembly.Reassembly | undefined
  /** What was missing of a reply when the command was last taken out of flight. */
  incomplete: IncompleteReply | undefined
}

/** The ticket of a command that somebody waits for. */
interface Submitted<H> extends Ticket<H> {
  readonly request: Request<H>
}

/** What outbound commands need done. */
export interface Carrier<H> {
  readonly transmit: (datagram: Uint8Array) => void
  readonly settle: (handle: H, result: Result.Result<Uint8Array, CommandError["reason"]>) => void
  /** A command packet goes out. `isNew`: with a number that was not in use. */
  readonly sent: (now: number, isNew: boolean) => void
  /** Whether a datagram, or the reply to it, was lost. */
  readonly learn: (isLost: boolean) => void
  /** The time from a command to its reply. */
  readonly measured: (milliseconds: number) => void
}

/** What a reply was. */
export type Received = "Whole" | "Part" | "Stray" | "Excess"

export class Outbound<H> {
  readonly roundTrip = new RoundTrip()
  readonly #numbers = new SequenceNumbers()
  readonly #carrier: Carrier<H>
  readonly #peer: string
  readonly #maxInFlight: number
  readonly #queueCapacity: number

  /** By sequence number. */
  // Stryker disable next-line ArrayDeclaration: what is under a number that is not in use is never looked at
  readonly #inFlight: Array<Ticket<H> | undefined> = []
  /** How many are in flight, and how many of them are probes. */
  #count = 0
  #probes = 0
  /** Sent in a session that was lost, to be sent before all others, in the order of submission. */
  #again = new Set<Submitted<H>>()
  /** Never sent. */
  readonly #waiting = new Set<Submitted<H>>()
  #submitted = 0
  /** Bytes of incomplete replies. */
  #replyBytes = 0
  /** No command has its deadline, or is due to be sent again, before this time. */
  #tickAt = Infinity
  /** When to look again for a number for the next command; `Infinity` if none waits for a number. */
  #startAt = Infinity
  /** When a probe may next be sent to free sequence numbers. */
  #probeAt = -Infinity

  constructor(
    options: { readonly peer: string; readonly maxInFlight: number; readonly queueCapacity: number },
    carrier: Carrier<H>
  ) {
    this.#peer = options.peer
    this.#maxInFlight = options.maxInFlight
    this.#queueCapacity = options.queueCapacity
    this.#carrier = carrier
  }

  /** How many commands wait, and how many are in flight. Probes do not count. */
  get load(): { readonly waiting: number; readonly inFlight: number } {
    return { waiting: this.#waiting.size + this.#again.size, inFlight: this.#count - this.#probes }
  }

  /** Whether the server owes a reply, be it to a probe. */
  get owes(): boolean {
    return this.#count > 0
  }

  /** When `tick` or, if commands may be sent, `start` has something to do. A lower bound. */
  wakeAt(mayStart: boolean): number {
    return mayStart ? Math.min(this.#tickAt, this.#startAt) : this.#tickAt
  }

  // ---------------------------------------------------------------------------
  // waiting
  // ---------------------------------------------------------------------------

  /** Takes a command, and sends it at once if it may be sent and none waits before it. Fails if the queue is full. */
  submit(now: number, request: Request<H>, mayStart: boolean): Result.Result<Ticket<H>, Overloaded | Outdated> {
    if (request.isCurrent?.() === false) return Result.fail(new Outdated({}))
    const ticket: Submitted<H> = { ...newTicket(request.repeatable, this.#submitted++), request }
    this.#tickBy(request.deadline)
    if (mayStart && this.#hasRoom && this.load.waiting === 0 && now < request.deadline) {
      const number = this.#numbers.take(now)
      if (number !== undefined) {
        this.#launch(now, ticket, number)
        return Result.succeed(ticket)
      }
    }
    if (this.#waiting.size >= this.#queueCapacity) {
      return Result.fail(new Overloaded({ waiting: this.#waiting.size }))
    }
    this.#waiting.add(ticket)
    if (mayStart && this.#hasRoom) this.#waitForNumber(now)
    return Result.succeed(ticket)
  }

  /** Forgets a command that nobody waits for any more. Its place is free at once, its number when that is safe. */
  cancel(ticket: Ticket<H>): void {
    if (ticket.state === "InFlight") this.#abandon(ticket)
    this.#forget(ticket)
  }

  /** Sends the commands whose turn it is, as far as there is room. */
  start(now: number): void {
    this.#startAt = Infinity
    while (this.#hasRoom) {
      const ticket = first(this.#again) ?? first(this.#waiting)
      if (ticket === undefined) return
      if (ticket.request.deadline <= now) {
        this.#expireWaiting(ticket, true)
        continue
      }
      if (ticket.request.isCurrent?.() === false) {
        this.#settle(ticket, Result.fail(ticket.sends > 0 ? this.#lost(ticket) : new Outdated({})))
        continue
      }
      const number = this.#numbers.take(now)
      if (number === undefined) return this.#waitForNumber(now)
      this.#again.delete(ticket)
      this.#waiting.delete(ticket)
      this.#launch(now, ticket, number)
    }
  }

  get #hasRoom(): boolean {
    return this.#count - this.#probes < this.#maxInFlight
  }

  #waitForNumber(now: number): void {
    // Only a reply to something newer shows that the server has worked off the old, and no new command can be sent.
    const hasHelp = this.#numbers.awaitsEvidence(now)
    if (hasHelp && this.#probeAt <= now) {
      this.#probeAt = now + Math.max(PROBE_GAP, this.roundTrip.timeout)
      this.probe(now, false)
    }
    this.#startAt = Math.min(this.#numbers.availableAt, hasHelp ? this.#probeAt : Infinity)
  }

  // ---------------------------------------------------------------------------
  // in flight
  // ---------------------------------------------------------------------------

  /**
   * Sends an empty command, if there is a number for it: as a keepalive, or because its reply will show something.
   * `repeatable`: whether to send it again, or to leave that to the next probe.
   */
  probe(now: number, repeatable: boolean): boolean {
    const number = this.#numbers.takeForProbe(now)
    if (number === undefined) return false
    this.#probes++
    this.#launch(now, newTicket(repeatable, 0), number)
    return true
  }

  #launch(now: number, ticket: Ticket<H>, number: number): void {
    ticket.state = "InFlight"
    ticket.number = number
    ticket.datagram = Packet.encode(Packet.command(number, ticket.request?.payload ?? empty))
    ticket.gap = this.roundTrip.timeout
    ticket.isMeasurable = this.#numbers.isClean(number)
    this.#inFlight[number] = ticket
    this.#count++
    this.#send(now, ticket)
  }

  #send(now: number, ticket: Ticket<H>): void {
    const isNew = this.#numbers.sends(ticket.number) === 0
    this.#numbers.sent(ticket.number, now)
    ticket.sends++
    if (!isNew) ticket.isMeasurable = false
    if (ticket.repeatable) {
      ticket.sendAt = now + ticket.gap
      ticket.gap = Math.min(2 * ticket.gap, Math.max(LONGEST_GAP, this.roundTrip.timeout))
      this.#tickBy(ticket.sendAt)
    }
    this.#carrier.sent(now, isNew)
    this.#carrier.transmit(ticket.datagram)
  }

  /** Takes a reply, or a part of one, and settles its command if that makes it whole. */
  receive(now: number, packet: Packet.CommandReply | Packet.CommandReplyPart): Received {
    const ticket = this.#inFlight[packet.sequence]
    if (ticket === undefined) {
      if (packet._tag === "CommandReply") this.#numbers.stray(packet.sequence, now)
      return "Stray"
    }
    if (ticket.isMeasurable) {
      ticket.isMeasurable = false
      const milliseconds = now - this.#numbers.firstSentAt(ticket.number)
      this.roundTrip.measure(milliseconds)
      this.#carrier.measured(milliseconds)
    }
    if (packet._tag === "CommandReply") {
      this.#answer(now, ticket, packet.payload)
      return "Whole"
    }
    if (this.#replyBytes + packet.payload.length > REPLY_BYTES) return "Excess"
    const reply = ticket.reply ??= Reassembly.make()
    const before = reply.bytes
    const bytes = Reassembly.add(reply, packet)
    this.#replyBytes += reply.bytes - before
    if (bytes !== undefined) {
      this.#answer(now, ticket, bytes)
      return "Whole"
    }
    if (reply.contradictory) this.#retry(now, ticket)
    // The other parts are probably on their way.
    else ticket.sendAt = Math.max(ticket.sendAt, now + this.roundTrip.timeout)
    return "Part"
  }

  #answer(now: number, ticket: Ticket<H>, bytes: Uint8Array): void {
    this.#land(ticket)
    const lost = this.#numbers.answered(ticket.number, now)
    for (let i = 0; i < lost; i++) this.#carrier.learn(true)
    this.#carrier.learn(false)
    // The server is there: the probes have done their work, and may never be answered.
    // Stryker disable next-line ConditionalExpression,EqualityOperator: it saves a search in vain
    if (this.#probes > 0) this.#abandonProbes()
    this.#settle(ticket, Result.succeed(bytes))
  }

  /**
   * The server has run the command again and its reply has changed in between. Parts of two replies cannot be told apart,
   * so the command is asked once more, under another number.
   */
  #retry(now: number, ticket: Ticket<H>): void {
    if (!isSubmitted(ticket) || !ticket.repeatable) return
    this.#abandon(ticket)
    this.#again.add(ticket)
    this.#startAt = now
  }

  /** Takes a command out of flight. Its number is still to be given back. */
  #land(ticket: Ticket<H>): void {
    ticket.state = "Waiting"
    this.#inFlight[ticket.number] = undefined
    this.#count--
    if (ticket.request === undefined) this.#probes--
    if (ticket.reply === undefined) return
    this.#replyBytes -= ticket.reply.bytes
    ticket.incomplete = new IncompleteReply({ missing: Reassembly.missing(ticket.reply), total: ticket.reply.total })
    ticket.reply = undefined
  }

  /** Takes a command out of flight although its reply may still come. */
  #abandon(ticket: Ticket<H>): void {
    this.#land(ticket)
    this.#numbers.abandon(ticket.number)
  }

  #abandonProbes(): void {
    for (const ticket of this.#inFlight) {
      if (ticket !== undefined && ticket.request === undefined) this.#abandon(ticket)
    }
  }

  /** Takes up sending again where it was left: the session was not lost after all. */
  resume(now: number): void {
    this.#tickAt = now
  }

  /** Records that the process stood still: how long replies take now shows nothing of the network. */
  stoodStill(): void {
    for (const ticket of this.#inFlight) if (ticket !== undefined) ticket.isMeasurable = false
  }

  // ---------------------------------------------------------------------------
  // time
  // ---------------------------------------------------------------------------

  /**
   * Settles the commands whose deadline has come, and sends again those whose time it is. `mayStart`: whether commands that
   * wait may be sent. `isLost`: whether the session counts as lost; then nothing is sent again.
   */
  tick(now: number, mayStart: boolean, isLost: boolean): void {
    // Stryker disable next-line ConditionalExpression: it saves a search in vain
    if (now < this.#tickAt) return
    this.#tickAt = Infinity
    for (const ticket of this.#inFlight) {
      if (ticket === undefined) continue
      const deadline = ticket.request?.deadline ?? Infinity
      if (deadline <= now) this.#expireInFlight(ticket, isLost)
      else {
        if (ticket.sendAt <= now && !isLost) this.#sendAgain(now, ticket)
        this.#tickBy(isLost ? deadline : Math.min(deadline, ticket.sendAt))
      }
    }
    for (const tickets of [this.#again, this.#waiting]) {
      for (const ticket of tickets) {
        if (ticket.request.deadline <= now) this.#expireWaiting(ticket, mayStart)
        else this.#tickBy(ticket.request.deadline)
      }
    }
  }

  #expireWaiting(ticket: Submitted<H>, mayStart: boolean): void {
    this.#settle(
      ticket,
      Result.fail(
        ticket.sends > 0
          ? this.#lost(ticket)
          : mayStart
          ? new Overloaded({ waiting: this.#waiting.size - 1 })
          : this.notConnected()
      )
    )
  }

  #expireInFlight(ticket: Ticket<H>, isLost: boolean): void {
    this.#abandon(ticket)
    const { incomplete, sends } = ticket
    this.#settle(
      ticket,
      Result.fail(isLost ? this.#lost(ticket) : incomplete ?? new NoReply({ peer: this.#peer, sends }))
    )
  }

  /** What is known of a command that was sent in a session that is no more. */
  #lost({ incomplete, sends }: Ticket<H>): IncompleteReply | SessionLost {
    return incomplete ?? new SessionLost({ peer: this.#peer, sends })
  }

  #sendAgain(now: number, ticket: Ticket<H>): void {
    // It was sent while it was current, and its reply is still waited for.
    if (ticket.request?.isCurrent?.() === false) {
      ticket.sendAt = Infinity
      return
    }
    if (this.#numbers.sends(ticket.number) === 1) {
      const due = this.#numbers.firstSentAt(ticket.number) + this.roundTrip.timeout
      if (due > now && this.#count > FEW && !this.#numbers.isPassed(ticket.number)) {
        ticket.sendAt = due
        return
      }
      this.roundTrip.backOff()
    }
    this.#send(now, ticket)
  }

  #tickBy(at: number): void {
    this.#tickAt = Math.min(this.#tickAt, at)
  }

  // ---------------------------------------------------------------------------
  // sessions
  // ---------------------------------------------------------------------------

  /**
   * Ends a session: what is in flight is to be sent again in the next one if that may be, and has failed otherwise. If
   * the next one has begun already, what was sent after `until` belongs to that.
   */
  lose(until: number): void {
    for (const ticket of this.#inFlight) {
      if (ticket === undefined || this.#numbers.firstSentAt(ticket.number) > until) continue
      this.#abandon(ticket)
      if (!isSubmitted(ticket)) continue
      if (ticket.repeatable && ticket.request.epoch === undefined) this.#again.add(ticket)
      else this.#settle(ticket, Result.fail(this.#lost(ticket)))
    }
    this.#again = new Set([...this.#again].sort((a, b) => a.order - b.order))
    for (const ticket of this.#waiting) {
      if (ticket.request.epoch !== undefined) this.#settle(ticket, Result.fail(this.notConnected()))
    }
  }

  /** Begins a session: the server has answered a login packet that was sent at `loginSentAt`. */
  begin(now: number, loginSentAt: number): void {
    this.#numbers.passed(loginSentAt, now)
    this.#numbers.restart()
  }

  /** Settles everything, because the session has ended for good. */
  end(exit: Exit.Exit<void, LoginFailure>): void {
    for (const tickets of [this.#inFlight, this.#again, this.#waiting]) {
      for (const ticket of tickets) {
        if (ticket === undefined) continue
        if (ticket.state === "InFlight") this.#land(ticket)
        this.#settle(ticket, Result.fail(closedBy(exit, ticket.sends)))
      }
    }
    this.#tickAt = Infinity
    this.#startAt = Infinity
  }

  /** The error of a command that was not sent because there is no session. */
  notConnected(): NotConnected {
    return new NotConnected({ peer: this.#peer })
  }

  #settle(ticket: Ticket<H>, result: Result.Result<Uint8Array, CommandError["reason"]>): void {
    this.#forget(ticket)
    if (ticket.request !== undefined) this.#carrier.settle(ticket.request.handle, result)
  }

  #forget(ticket: Ticket<H>): void {
    ticket.state = "Settled"
    // Stryker disable next-line ConditionalExpression: a probe never waits
    if (!isSubmitted(ticket)) return
    this.#waiting.delete(ticket)
    this.#again.delete(ticket)
  }
}

const isSubmitted = <H>(ticket: Ticket<H>): ticket is Submitted<H> => ticket.request !== undefined

const newTicket = (repeatable: boolean, order: number): Ticket<never> => ({
  request: undefined,
  repeatable,
  order,
  state: "Waiting",
  number: 0,
  datagram: empty,
  sendAt: Infinity,
  gap: 0,
  sends: 0,
  // Stryker disable next-line BooleanLiteral: it is set when the command is sent
  isMeasurable: false,
  reply: undefined,
  incomplete: undefined
})

const empty = new Uint8Array(0)
const first = <A>(set: Set<A>): A | undefined => set.values().next().value
