/**
 * The session as a deterministic state machine: where the protocol lives.
 *
 * **Details**
 *
 * No clock, no socket, no fiber. Whoever drives it feeds inputs (`opened`, `receive`, `submit`, `tick`, ...), each with
 * the time, and after each input takes the outputs with `drain`: datagrams to send, commands to settle, messages to
 * deliver, changes of status, the wish for a socket. It calls `tick` when the time reaches `wakeAt`, which only inputs
 * change; a tick too early or too often does nothing. `Session` is the driver for real use.
 *
 * ```text
 *              opened                 login accepted
 *   Opening ───────────▶ LoggingIn ───────────────────▶ Online
 *      ▲  ▲                │  │  ▲                        │  │
 *      │  └──── mute ──────┘  │  └──── silence, refused ──┘  │
 *      └──────────────── socket failed ──────────────────────┘
 *                             │
 *                             ▼ login refused, login timeout, close
 *                           Closed
 * ```
 *
 * Times are milliseconds of one monotonic clock with any origin; fractions are fine.
 *
 * @since 0.1.0
 */
import * as Packet from "@bercon/codec/Packet"
import * as Reassembly from "@bercon/codec/Reassembly"
import * as Text from "@bercon/codec/Text"
import * as Duration from "effect/Duration"
import * as Exit from "effect/Exit"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { CommandError } from "./CommandError.ts"
import { closedBy, IncompleteReply, NoReply, NotConnected, Outdated, Overloaded, SessionLost } from "./CommandError.ts"
import * as Inbox from "./internal/inbox.ts"
import * as Numbers from "./internal/numbers.ts"
import * as RoundTrip from "./internal/roundTrip.ts"
import { LoginFailure, LoginRefused, LoginTimeout, TransportFailure } from "./LoginFailure.ts"
import type { Gap, Message } from "./Message.ts"
import type { Status } from "./Status.ts"
import type { TransportError } from "./Transport.ts"

/**
 * The settings of a machine. Every time is in milliseconds.
 *
 * @category models
 * @since 0.1.0
 */
export interface Settings {
  readonly password: Redacted.Redacted
  /** The server's name in messages to people. */
  readonly peer: string
  readonly loginTimeout: number
  readonly keepaliveInterval: number
  readonly silenceTimeout: number
  readonly holdBack: number
  readonly maxReconnectDelay: number
  readonly maxInFlight: number
  readonly queueCapacity: number
  readonly textFallback: string
  /** Numbers from 0 to 1, for the jitter of login tries. */
  readonly random: () => number
}

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
export interface Ticket<H> {
  /** `undefined` for the machine's own keepalives. */
  readonly request: Request<H> | undefined
  state: "Waiting" | "InFlight" | "Settled"
  /** Its number, once it is in flight. */
  use: Numbers.Use | undefined
  datagram: Uint8Array
  nextSendAt: number
  /** Milliseconds to the repetition after the next. */
  gap: number
  /** Datagrams sent in this session and the ones before it. */
  sends: number
  reply: Reassembly.Reassembly | undefined
}

/**
 * What the machine wants done, in this order.
 *
 * - `Transmit`: send the datagram on the open socket.
 * - `Open`: close the socket if there is one, open a new one, and report with `opened` or `openFailed`.
 * - `Settle`: the command with this handle has its reply, or never will.
 * - `Deliver`: hand this to the subscribers of messages.
 * - `StatusChanged`: the status is now another.
 * - `Measured`: a command that was sent once took this many milliseconds to its answer.
 *
 * @category models
 * @since 0.1.0
 */
export type Output<H> =
  | { readonly _tag: "Transmit"; readonly datagram: Uint8Array }
  | { readonly _tag: "Open" }
  | { readonly _tag: "Settle"; readonly handle: H; readonly result: Result.Result<Uint8Array, CommandError["reason"]> }
  | { readonly _tag: "Deliver"; readonly item: Message | Gap }
  | { readonly _tag: "StatusChanged"; readonly status: Status }
  | { readonly _tag: "Measured"; readonly milliseconds: number }

/**
 * What a machine has counted since it was made.
 *
 * @category models
 * @since 0.1.0
 */
export interface Counters {
  /** Login packets sent. */
  logins: number
  /** Command datagrams sent again. */
  retransmissions: number
  /** Keepalives sent, repetitions not counted. */
  keepalives: number
  /** Messages delivered. */
  messages: number
  /** Messages that came again, and were acknowledged again. */
  repeatedMessages: number
  /** Messages that came after they had been given up. */
  lateMessages: number
  /** Messages given up as missing. */
  missedMessages: number
  /** Replies to a number that nobody waits for. */
  strayReplies: number
  /** Datagrams that are not packets. */
  malformed: number
  /** Packets out of place: a login reply within a session, a message or reply outside of one. */
  unexpected: number
}

/** Milliseconds between the first tries to log in; also the shortest time between two login packets. */
const LOGIN_GAP = 1000
/** Login tries become rarer with the length of the outage: the gap is this share of it. */
const LOGIN_GAP_SHARE = 1 / 8
/** Milliseconds on one socket without a login after which the next one is tried, which also resolves the name anew. */
const MUTE_TIME = 60_000
/** Milliseconds that repetitions of a command come to be apart, where the round trip is not longer. */
const MAX_GAP = 1000
/** Milliseconds of silence after a command after which the machine begins to ask whether anybody is there. */
const PROBE_AFTER = 1000
/**
 * Milliseconds of silence after which it asks more urgently, so that a bad line is not taken for a dead server; also
 * between two questions with a new number.
 */
const URGENT_AFTER = 2000
/** Milliseconds between its questions then. */
const URGENT_GAP = 500

/** How many in flight are too many to be sent again all at once: a quarter of the numbers. */
const MANY = 64

type Phase =
  | { readonly _tag: "Opening"; openAt: number }
  | {
    readonly _tag: "LoggingIn"
    readonly openedAt: number
    /** When the latest login packet was sent; `undefined` before the first. */
    sentAt: number | undefined
    sentOnce: boolean
    nextSendAt: number
  }
  | { readonly _tag: "Online" }
  | { readonly _tag: "Closed" }

/**
 * The state machine. `H` is what the submitter of a command wants back with its outcome.
 *
 * @category models
 * @since 0.1.0
 */
export class SessionMachine<H> {
  /** How many logins there were so far: which session this is, from 1. */
  epoch = 0
  /** When to call `tick` next; `Infinity` for never. A lower bound: it may be earlier than anything is due. */
  wakeAt = 0
  status: Status = { _tag: "Connecting" }
  readonly counters: Counters = {
    logins: 0,
    retransmissions: 0,
    keepalives: 0,
    messages: 0,
    repeatedMessages: 0,
    lateMessages: 0,
    missedMessages: 0,
    strayReplies: 0,
    malformed: 0,
    unexpected: 0
  }

  readonly #settings: Settings
  readonly #loginDatagram: Redacted.Redacted<Uint8Array>
  readonly #roundTrip = RoundTrip.make()
  readonly #numbers = Numbers.make()
  readonly #inbox: Inbox.Inbox<Message>
  #outputs: Array<Output<H>> = []
  #phase: Phase
  /** When the first login or the outage began. */
  #downSince: number
  /** Login packets sent since then. */
  #tries = 0
  #portClosed = false
  #writeError: TransportError | undefined

  /** Tickets in flight, by number. */
  readonly #inFlight = new Map<number, Ticket<H>>()
  /** Sent in a session that was lost, to be sent again before all others. At most 256 an outage. */
  readonly #again = new Set<Ticket<H>>()
  /** Never sent. At most `queueCapacity`. */
  readonly #waiting = new Set<Ticket<H>>()
  /** Tickets in flight that a caller waits for: all but keepalives. */
  #occupied = 0
  #lastCommandAt = 0
  /** When the server began to owe us a sign of life; `undefined` where it owes none. */
  #silentSince: number | undefined
  /** When the machine last asked with a new number whether anybody is there. */
  #probedAt = -Infinity

  constructor(settings: Settings, now: number) {
    this.#settings = settings
    this.#loginDatagram = Redacted.make(Packet.encode(Packet.login(settings.password)))
    this.#downSince = now
    this.#phase = { _tag: "Opening", openAt: now }
    this.wakeAt = now
    this.#inbox = Inbox.make<Message>({
      deliver: (item) => {
        this.counters.messages++
        this.#emit({ _tag: "Deliver", item })
      },
      gap: (missed) => {
        this.counters.missedMessages += missed
        this.#emit({ _tag: "Deliver", item: { _tag: "Gap", cause: "Lost", missed } })
      }
    })
  }

  /** Smoothed round-trip time in milliseconds; `undefined` before the first measurement. */
  get roundTripTime(): number | undefined {
    return this.#roundTrip.smoothed
  }

  /** How many commands wait, and how many are in flight. */
  get load(): { readonly waiting: number; readonly inFlight: number } {
    return { waiting: this.#waiting.size + this.#again.size, inFlight: this.#occupied }
  }

  /** Takes the outputs that have come about since the last call. */
  drain(): ReadonlyArray<Output<H>> {
    if (this.#outputs.length === 0) return noOutputs
    const outputs = this.#outputs
    this.#outputs = []
    return outputs
  }

  // ---------------------------------------------------------------------------
  // inputs: the socket
  // ---------------------------------------------------------------------------

  /** The socket asked for by `Open` is there. */
  opened(now: number): void {
    if (this.#phase._tag !== "Opening") return
    this.#logIn(now)
  }

  /** The socket asked for by `Open` cannot be had. */
  openFailed(now: number, error: TransportError): void {
    if (this.#phase._tag !== "Opening") return
    // Waiting for ever means also for a name that does not resolve yet; otherwise a typing error is reported at once.
    if (this.status._tag === "Connecting" && Number.isFinite(this.#settings.loginTimeout)) {
      return this.#end(now, Exit.fail(new LoginFailure({ reason: new TransportFailure({ error }) })))
    }
    this.#phase.openAt = now + this.#loginGap(now)
    this.#schedule(this.#phase.openAt)
  }

  /** The socket is of no more use. */
  socketFailed(now: number): void {
    if (this.#phase._tag === "Online") this.#lose(now, "TransportFailed")
    if (this.#phase._tag !== "LoggingIn") return
    this.#phase = { _tag: "Opening", openAt: now + this.#loginGap(now) }
    this.#schedule(this.#phase.openAt)
  }

  /** The server's machine says that nobody listens at the port. */
  refused(now: number): void {
    if (this.#phase._tag === "Online") this.#lose(now, "PortClosed")
    this.#portClosed = true
  }

  /** A datagram could not be sent. It counts as lost; the error goes into the message of a login that fails. */
  writeFailed(now: number, error: TransportError): void {
    if (error.reason.kind === "Refused") this.refused(now)
    else this.#writeError = error
  }

  /** A datagram has come. */
  receive(now: number, datagram: Uint8Array): void {
    const decoded = Packet.decodeServer(datagram)
    if (Result.isFailure(decoded)) {
      this.counters.malformed++
      return
    }
    const packet = decoded.success
    if (this.#phase._tag === "Online") {
      this.#heard(now)
      switch (packet._tag) {
        case "CommandReply":
        case "CommandReplyPart":
          return this.#receiveReply(now, packet)
        case "Message":
          return this.#receiveMessage(now, packet, Packet.checksumField(datagram))
        case "LoginResult":
          break
      }
    } else if (this.#phase._tag === "LoggingIn" && packet._tag === "LoginResult") {
      return packet.accepted ? this.#accepted(now, this.#phase) : this.#refusedLogin(now)
    }
    // A message before the login reply is not acknowledged: the server sends it again, and by then it counts.
    this.counters.unexpected++
  }

  // ---------------------------------------------------------------------------
  // inputs: the user
  // ---------------------------------------------------------------------------

  /**
   * Takes a command, to be sent now or as soon as it can be. What it cannot take it refuses at once, and not by an output:
   * the submitter may try again at once, and without end.
   */
  submit(now: number, request: Request<H>): Result.Result<Ticket<H>, CommandError["reason"]> {
    if (this.status._tag === "Closed") return Result.fail(closedBy(this.status.exit, 0))
    // One that has ended never comes again; the first can be waited for.
    const epoch = this.#phase._tag === "Online" ? this.epoch : this.epoch === 0 ? 1 : undefined
    if (request.epoch !== undefined && request.epoch !== epoch) return Result.fail(this.#notConnected())
    if (request.isCurrent?.() === false) return Result.fail(new Outdated({}))
    const ticket = newTicket(request)
    if (!(this.#mayStart() && this.load.waiting === 0 && this.#start(now, ticket))) {
      if (this.#waiting.size >= this.#settings.queueCapacity) {
        return Result.fail(new Overloaded({ waiting: this.#waiting.size }))
      }
      this.#waiting.add(ticket)
      if (this.#mayStart()) this.#schedule(Numbers.nextFree(this.#numbers, now, this.#roundTrip.longest))
    }
    this.#schedule(request.deadline)
    return Result.succeed(ticket)
  }

  /** Nobody waits for this command any more. It is not settled; its place is free at once, its number when it is safe. */
  cancel(now: number, ticket: Ticket<H>): void {
    if (ticket.state === "Settled") return
    if (ticket.state === "InFlight") this.#abandon(ticket)
    this.#waiting.delete(ticket)
    this.#again.delete(ticket)
    ticket.state = "Settled"
    this.#startWaiting(now)
  }

  /** Ends the session. Everything pending is settled; the machine takes no more input. */
  close(now: number): void {
    this.#end(now, Exit.void)
  }

  /** As `close`, for a driver that has failed. */
  crash(now: number, exit: Exit.Exit<never, LoginFailure>): void {
    this.#end(now, exit)
  }

  // ---------------------------------------------------------------------------
  // inputs: time
  // ---------------------------------------------------------------------------

  /** Does what is due. */
  tick(now: number): void {
    if (now < this.wakeAt) return
    this.wakeAt = Infinity
    this.#expire(now)
    switch (this.#phase._tag) {
      case "Opening":
        this.#tickOpening(now, this.#phase)
        break
      case "LoggingIn":
        this.#tickLoggingIn(now, this.#phase)
        break
      case "Online":
        this.#tickOnline(now)
        break
      case "Closed":
        break
    }
  }

  #tickOpening(now: number, phase: Phase & { _tag: "Opening" }): void {
    if (this.#loginTimedOut(now)) return
    if (phase.openAt <= now) {
      phase.openAt = Infinity
      this.#emit({ _tag: "Open" })
    }
    this.#schedule(phase.openAt)
  }

  #tickLoggingIn(now: number, phase: Phase & { _tag: "LoggingIn" }): void {
    if (this.#loginTimedOut(now)) return
    if (phase.openedAt + MUTE_TIME <= now) {
      this.#phase = { _tag: "Opening", openAt: Infinity }
      return this.#emit({ _tag: "Open" })
    }
    if (phase.nextSendAt <= now) {
      phase.sentOnce = phase.sentAt === undefined
      phase.sentAt = now
      phase.nextSendAt = now + this.#loginGap(now)
      this.#tries++
      this.counters.logins++
      this.#transmit(Redacted.value(this.#loginDatagram))
    }
    this.#schedule(Math.min(phase.nextSendAt, phase.openedAt + MUTE_TIME))
  }

  #tickOnline(now: number): void {
    Inbox.tick(this.#inbox, now, this.#settings.holdBack)
    if (this.#silentSince !== undefined && this.#silentSince + this.#settings.silenceTimeout <= now) {
      return this.#lose(now, "Silence")
    }
    let asking = false
    for (const ticket of this.#inFlight.values()) {
      // It was sent when it was current; what comes of that is waited for.
      if (ticket.nextSendAt <= now && ticket.request?.isCurrent?.() === false) ticket.nextSendAt = Infinity
      if (ticket.nextSendAt <= now) {
        // Of many in flight one shows that answers take longer now. To send all again would use up the numbers, which
        // then have to rest.
        const due = ticket.use!.firstSentAt + this.#roundTrip.timeout
        if (due > now && ticket.use!.sends === 1 && this.#inFlight.size > MANY) ticket.nextSendAt = due
        else this.#send(now, ticket)
      }
      this.#schedule(ticket.nextSendAt)
      asking ||= ticket.nextSendAt < Infinity
    }
    // Repetitions ask, too. But a server that ignores them is silent and not gone: only a new number tells.
    const probeAt = (since: number) => Math.max(since, this.#probedAt) + (asking ? URGENT_AFTER : PROBE_AFTER)
    if (this.#silentSince !== undefined) {
      if (probeAt(this.#silentSince) <= now) {
        this.#probedAt = now
        this.#keepalive(now)
        asking = true
      }
      this.#schedule(probeAt(this.#silentSince))
      this.#schedule(this.#silentSince + this.#settings.silenceTimeout)
    }
    if (this.#lastCommandAt + this.#settings.keepaliveInterval <= now) this.#keepalive(now)
    this.#startWaiting(now)
    const nextKeepalive = this.#lastCommandAt + this.#settings.keepaliveInterval
    this.#schedule(nextKeepalive > now ? nextKeepalive : now + PROBE_AFTER)
    this.#schedule(Inbox.deadline(this.#inbox, this.#settings.holdBack))
  }

  /** Settles the commands whose time is over. */
  #expire(now: number): void {
    for (const ticket of this.#inFlight.values()) {
      const deadline = ticket.request?.deadline ?? Infinity
      if (deadline > now) {
        this.#schedule(deadline)
        continue
      }
      this.#abandon(ticket)
      const { reply, sends } = ticket
      this.#settle(
        ticket,
        Result.fail(
          reply !== undefined
            ? new IncompleteReply({ missing: Reassembly.missing(reply), total: reply.total })
            : new NoReply({ peer: this.#settings.peer, sends })
        )
      )
    }
    this.#expireWaiting(now, this.#again)
    this.#expireWaiting(now, this.#waiting)
  }

  #expireWaiting(now: number, tickets: Set<Ticket<H>>): void {
    for (const ticket of tickets) {
      const deadline = ticket.request!.deadline
      if (deadline > now) {
        this.#schedule(deadline)
        continue
      }
      const waiting = this.#waiting.size - 1
      tickets.delete(ticket)
      const { peer } = this.#settings
      this.#settle(
        ticket,
        Result.fail(
          ticket.sends > 0
            ? new SessionLost({ peer, sends: ticket.sends })
            : this.#phase._tag === "Online"
            ? new Overloaded({ waiting })
            : this.#notConnected()
        )
      )
    }
  }

  // ---------------------------------------------------------------------------
  // logging in
  // ---------------------------------------------------------------------------

  #logIn(now: number): void {
    this.#phase = { _tag: "LoggingIn", openedAt: now, sentAt: undefined, sentOnce: false, nextSendAt: now }
    this.#schedule(now)
  }

  /** Milliseconds to the next try: growing with the outage up to the cap, a little less by chance. */
  #loginGap(now: number): number {
    const gap = Math.max(LOGIN_GAP, (now - this.#downSince) * LOGIN_GAP_SHARE)
    return Math.max(LOGIN_GAP, Math.min(gap, this.#settings.maxReconnectDelay) * (1 - 0.2 * this.#settings.random()))
  }

  #loginTimedOut(now: number): boolean {
    if (this.status._tag !== "Connecting") return false
    const deadline = this.#downSince + this.#settings.loginTimeout
    this.#schedule(deadline)
    if (now < deadline) return false
    this.#end(
      now,
      Exit.fail(
        new LoginFailure({
          reason: new LoginTimeout({
            peer: this.#settings.peer,
            tries: this.#tries,
            waited: Duration.millis(now - this.#downSince),
            portClosed: this.#portClosed,
            ...(this.#writeError !== undefined && { error: this.#writeError })
          })
        })
      )
    )
    return true
  }

  #accepted(now: number, phase: Phase & { _tag: "LoggingIn" }): void {
    if (phase.sentAt === undefined) {
      // An answer to a question of the session before.
      this.counters.unexpected++
      return
    }
    if (phase.sentOnce) RoundTrip.measure(this.#roundTrip, now - phase.sentAt)
    this.#phase = { _tag: "Online" }
    this.epoch++
    this.#portClosed = false
    this.#writeError = undefined
    this.#silentSince = undefined
    this.#lastCommandAt = now
    Inbox.reset(this.#inbox)
    Numbers.restart(this.#numbers)
    const again = this.status._tag === "Reconnecting"
    this.#setStatus({ _tag: "Online" })
    if (again) this.#emit({ _tag: "Deliver", item: { _tag: "Gap", cause: "Reconnected", missed: undefined } })
    this.#startWaiting(now)
    this.#schedule(now + this.#settings.keepaliveInterval)
  }

  #refusedLogin(now: number): void {
    this.#end(now, Exit.fail(new LoginFailure({ reason: new LoginRefused({ peer: this.#settings.peer }) })))
  }

  // ---------------------------------------------------------------------------
  // the session
  // ---------------------------------------------------------------------------

  /** Any packet is a sign of life. What is in flight makes the server owe the next one. */
  #heard(now: number): void {
    this.#silentSince = this.#inFlight.size === 0 ? undefined : now
  }

  #receiveMessage(now: number, packet: Packet.Message, checksum: number): void {
    this.#transmit(acknowledgements[packet.sequence]!)
    const message: Message = {
      _tag: "Message",
      sequence: packet.sequence,
      text: Text.decode(packet.payload, this.#settings.textFallback),
      payload: packet.payload
    }
    const verdict = Inbox.receive(this.#inbox, now, packet.sequence, checksum, message)
    if (verdict === "Repeated") this.counters.repeatedMessages++
    else if (verdict === "Late") this.counters.lateMessages++
    else if (this.#inbox.held.size > 0) this.#schedule(Inbox.deadline(this.#inbox, this.#settings.holdBack))
  }

  #receiveReply(now: number, packet: Packet.CommandReply | Packet.CommandReplyPart): void {
    const ticket = this.#inFlight.get(packet.sequence)
    if (ticket === undefined) {
      this.counters.strayReplies++
      if (packet._tag === "CommandReply") {
        Numbers.strayed(this.#numbers, packet.sequence, now)
        this.#startWaiting(now)
      }
      return
    }
    const use = ticket.use!
    if (ticket.reply === undefined && use.sends === 1) {
      const milliseconds = now - use.firstSentAt
      RoundTrip.measure(this.#roundTrip, milliseconds)
      this.#emit({ _tag: "Measured", milliseconds })
    }
    const bytes = packet._tag === "CommandReply" ? packet.payload : addPart(ticket, packet)
    if (bytes === undefined) {
      // More parts are probably on their way.
      if (ticket.nextSendAt < Infinity) ticket.nextSendAt = Math.max(ticket.nextSendAt, now + this.#roundTrip.timeout)
      return
    }
    this.#land(ticket)
    Numbers.answered(use, now)
    // Who has answered this is alive: no keepalive has to be answered any more, and one may never be.
    if (this.#inFlight.size > this.#occupied) {
      for (const other of this.#inFlight.values()) if (other.request === undefined) this.#abandon(other)
    }
    if (this.#inFlight.size === 0) this.#silentSince = undefined
    this.#settle(ticket, Result.succeed(bytes))
    this.#startWaiting(now)
  }

  #keepalive(now: number): void {
    Numbers.sweep(this.#numbers, now)
    const ticket = newTicket<H>(undefined)
    if (!this.#start(now, ticket)) {
      const use = Numbers.takeResting(this.#numbers)
      // All 256 are in flight, and none is repeatable, or there would be no need of a keepalive.
      if (use === undefined) return this.#schedule(now + PROBE_AFTER)
      this.#launch(now, ticket, use)
    }
    this.counters.keepalives++
  }

  #mayStart(): boolean {
    return this.#phase._tag === "Online" && this.#occupied < this.#settings.maxInFlight
  }

  #startWaiting(now: number): void {
    while (this.#mayStart()) {
      const ticket = first(this.#again) ?? first(this.#waiting)
      if (ticket === undefined) return
      if (ticket.request?.isCurrent?.() === false) {
        this.#again.delete(ticket)
        this.#waiting.delete(ticket)
        const { peer } = this.#settings
        const { sends } = ticket
        this.#settle(ticket, Result.fail(sends > 0 ? new SessionLost({ peer, sends }) : new Outdated({})))
        continue
      }
      if (!this.#start(now, ticket)) {
        return this.#schedule(Numbers.nextFree(this.#numbers, now, this.#roundTrip.longest))
      }
      this.#again.delete(ticket)
      this.#waiting.delete(ticket)
    }
  }

  /** Sends the command for the first time in this session, if a number is free. */
  #start(now: number, ticket: Ticket<H>): boolean {
    const use = Numbers.take(this.#numbers, now, this.#roundTrip.longest)
    if (use === undefined) return false
    this.#launch(now, ticket, use)
    return true
  }

  #launch(now: number, ticket: Ticket<H>, use: Numbers.Use): void {
    ticket.state = "InFlight"
    ticket.use = use
    ticket.datagram = Packet.encode(Packet.command(use.number, ticket.request?.payload ?? empty))
    ticket.gap = this.#roundTrip.timeout
    ticket.reply = undefined
    this.#inFlight.set(use.number, ticket)
    if (ticket.request !== undefined) this.#occupied++
    if (this.#silentSince === undefined) {
      this.#silentSince = now
      this.#schedule(now + this.#settings.silenceTimeout)
      this.#schedule(now + PROBE_AFTER)
    }
    this.#send(now, ticket)
    this.#schedule(ticket.nextSendAt)
  }

  #send(now: number, ticket: Ticket<H>): void {
    const use = ticket.use!
    if (use.sends > 0) this.counters.retransmissions++
    if (use.sends === 1) RoundTrip.backOff(this.#roundTrip)
    Numbers.sent(use, now)
    ticket.sends++
    this.#lastCommandAt = now
    if (ticket.request?.repeatable === false) {
      ticket.nextSendAt = Infinity
    } else {
      const urgent = this.#silentSince !== undefined && now - this.#silentSince > URGENT_AFTER
      ticket.nextSendAt = now + (urgent ? Math.min(ticket.gap, URGENT_GAP) : ticket.gap)
      ticket.gap = Math.min(2 * ticket.gap, Math.max(MAX_GAP, this.#roundTrip.timeout))
    }
    this.#transmit(ticket.datagram)
  }

  /** Takes a ticket out of the air. Its number is still to be given back. */
  #land(ticket: Ticket<H>): void {
    this.#inFlight.delete(ticket.use!.number)
    if (ticket.request !== undefined) this.#occupied--
  }

  /** Takes a ticket out of the air although its answer may still come. */
  #abandon(ticket: Ticket<H>): void {
    this.#land(ticket)
    Numbers.abandon(ticket.use!)
  }

  #lose(now: number, cause: (Status & { _tag: "Reconnecting" })["cause"]): void {
    this.#downSince = now
    this.#tries = 0
    this.#portClosed = false
    this.#silentSince = undefined
    Inbox.flush(this.#inbox, now)
    const later = [...this.#again]
    this.#again.clear()
    for (const ticket of this.#inFlight.values()) {
      this.#abandon(ticket)
      if (ticket.request === undefined) continue
      if (ticket.request.repeatable && ticket.request.epoch === undefined) {
        ticket.state = "Waiting"
        this.#again.add(ticket)
        this.#schedule(ticket.request.deadline)
      } else {
        this.#settle(ticket, Result.fail(new SessionLost({ peer: this.#settings.peer, sends: ticket.sends })))
      }
    }
    for (const ticket of later) this.#again.add(ticket)
    for (const ticket of this.#waiting) {
      if (ticket.request?.epoch === undefined) continue
      this.#waiting.delete(ticket)
      this.#settle(ticket, Result.fail(this.#notConnected()))
    }
    this.#setStatus({ _tag: "Reconnecting", cause })
    this.#logIn(now)
  }

  #end(now: number, exit: Exit.Exit<void, LoginFailure>): void {
    if (this.#phase._tag === "Closed") return
    this.#phase = { _tag: "Closed" }
    this.wakeAt = Infinity
    Inbox.flush(this.#inbox, now)
    for (const tickets of [this.#inFlight.values(), this.#again, this.#waiting]) {
      for (const ticket of tickets) this.#settle(ticket, Result.fail(closedBy(exit, ticket.sends)))
    }
    this.#inFlight.clear()
    this.#again.clear()
    this.#waiting.clear()
    this.#occupied = 0
    this.#setStatus({ _tag: "Closed", exit })
  }

  // ---------------------------------------------------------------------------
  // outputs
  // ---------------------------------------------------------------------------

  #schedule(at: number): void {
    if (at < this.wakeAt) this.wakeAt = at
  }

  #transmit(datagram: Uint8Array): void {
    this.#emit({ _tag: "Transmit", datagram })
  }

  #settle(ticket: Ticket<H>, result: Result.Result<Uint8Array, CommandError["reason"]>): void {
    ticket.state = "Settled"
    if (ticket.request !== undefined) this.#emit({ _tag: "Settle", handle: ticket.request.handle, result })
  }

  #notConnected(): NotConnected {
    return new NotConnected({ peer: this.#settings.peer })
  }

  #setStatus(status: Status): void {
    this.status = status
    this.#emit({ _tag: "StatusChanged", status })
  }

  #emit(output: Output<H>): void {
    this.#outputs.push(output)
  }
}

/** A part that contradicts the ones before it belongs to another execution: the reply begins anew with it. */
const addPart = <H>(ticket: Ticket<H>, part: Packet.CommandReplyPart): Uint8Array | undefined => {
  const reply = ticket.reply ??= Reassembly.make()
  const bytes = Reassembly.add(reply, part)
  return reply.contradictory ? Reassembly.add(ticket.reply = Reassembly.make(), part) : bytes
}

const newTicket = <H>(request: Request<H> | undefined): Ticket<H> => ({
  request,
  state: "Waiting",
  use: undefined,
  datagram: empty,
  nextSendAt: Infinity,
  gap: 0,
  sends: 0,
  reply: undefined
})

const acknowledgements = Array.from({ length: 256 }, (_, number) => Packet.encode(Packet.acknowledge(number)))
const noOutputs: ReadonlyArray<never> = []
const empty = new Uint8Array(0)
const first = <A>(set: Set<A>): A | undefined => set.values().next().value
