/**
 * The session as a deterministic state machine. It contains the whole protocol.
 *
 * **Details**
 *
 * The machine has no clock, no socket and no fiber. Its driver calls the inputs (`opened`, `receive`, `submit`, `tick`,
 * ...), each with the current time, and takes the outputs with `drain` after each input: datagrams to send, commands to
 * settle, messages to deliver, changes of status, requests for a socket. The driver calls `tick` when the time reaches
 * `wakeAt`, which changes only during an input. A tick that is too early does nothing. `Session` contains the driver
 * for real use.
 *
 * ```text
 *              opened                login accepted
 *   Opening ───────────▶ LoggingIn ──────────────────▶ Online ◀────────┐
 *     ▲ ▲                 │ ▲   │                       │ │ silence    │ a packet of this session,
 *     │ │                 │ └─ port closed ─────────────┘ ▼            │ or login accepted
 *     │ └─ mute, failed ──┘   │                          Doubting ─────┘
 *     │                       │                           │ port closed: to LoggingIn
 *     └──────────── socket failed, mute ──────────────────┘
 *                             │
 *                             ▼ login refused, login timeout, close
 *                           Closed
 * ```
 *
 * In the state *Doubting* the server is silent. It may have restarted and forgotten this client, or it may only be
 * busy. So the machine requests a login on the same socket, and goes on listening to the current session. A packet that
 * only the current session can have sent ends the doubt; a login reply begins the next session. Until one of them
 * arrives, no command except probes is sent or retransmitted, because it might be executed in a new session. The
 * status stays `Online` until the silence timeout, and then becomes `Reconnecting`. A socket is *mute* if it has had no
 * answer for a minute.
 *
 * Each question has its own module under `internal/`: `login` (when to send login packets), `liveness` (is the server
 * alive?), `outbound` (commands and their replies, with `commandQueue`, `retransmission`, `sequenceNumbers` and
 * `roundTrip`), `reorderBuffer` (messages). This module connects them.
 *
 * Times are milliseconds of one monotonic clock with any origin; fractions are allowed. The machine is owned by its
 * driver and used by nothing else. Its memory is bounded as described in `Session`.
 *
 * **Example** (A login without a network)
 *
 * ```ts
 * import { SessionMachine } from "@bercon/session"
 * import { Redacted } from "effect"
 *
 * declare const settings: Omit<SessionMachine.Settings, "password">
 *
 * const machine = new SessionMachine.SessionMachine<string>({ ...settings, password: Redacted.make("secret") }, 0)
 * machine.tick(0)
 * machine.drain() // [{ _tag: "Open" }]
 * machine.opened(5)
 * machine.tick(5)
 * machine.drain() // [{ _tag: "Transmit", datagram: the login packet }]
 * ```
 *
 * @stability experimental
 * @since 0.1.0
 */
import * as Packet from "@bercon/codec/Packet"
import * as Text from "@bercon/codec/Text"
import * as Exit from "effect/Exit"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { CommandError } from "./CommandError.ts"
import { closedBy } from "./internal/commandError.ts"
import { type Counters, noCounts } from "./internal/counters.ts"
import { Liveness } from "./internal/liveness.ts"
import { Login, OVERTAKING } from "./internal/login.ts"
import { Outbound, type Phase as OutboundPhase } from "./internal/outbound.ts"
import { type Output, Outputs } from "./internal/outputs.ts"
import { ReorderBuffer } from "./internal/reorderBuffer.ts"
import type { Request, Ticket } from "./internal/ticket.ts"
import { LoginFailure, LoginRefused, type OutageCause, PortClosed, Silence, TransportFailure } from "./LoginFailure.ts"
import type { Status } from "./Status.ts"
import type { TransportError } from "./Transport.ts"

export type { Counters, Output, Request, Ticket }

/**
 * The settings of a machine. Their meaning is that of the equally named options of `Session`, with all times in
 * milliseconds.
 *
 * @category models
 * @since 0.1.0
 */
export interface Settings {
  readonly password: Redacted.Redacted
  /** The server's name in messages for people. */
  readonly peer: string
  readonly loginTimeout: number
  readonly keepaliveInterval: number
  readonly silenceTimeout: number
  readonly reorderTimeout: number
  readonly maxReconnectDelay: number
  readonly maxInFlight: number
  readonly queueCapacity: number
  readonly textFallback: string
  /** Whether to log in again after a refusal instead of ending the session. */
  readonly retryRefused: boolean
  /** Returns numbers from 0 to 1, for the jitter of login attempts. */
  readonly random: () => number
}

/**
 * Maximum size in bytes of a datagram that is decoded; larger ones are dropped. The largest datagram that was ever seen
 * from a server has 1,078 bytes. The limit bounds the memory that messages and replies take.
 *
 * @category constants
 * @since 0.1.0
 */
export const MAX_DATAGRAM_BYTES = 2048

/**
 * The states of the machine, see the drawing in the comment of this module.
 *
 * @category models
 * @since 0.1.0
 */
export type State = "Opening" | "LoggingIn" | "Online" | "Doubting" | "Closed"

/** An input that is later than `wakeAt` by more than this many milliseconds means that the process was suspended. */
const STANDSTILL = 250

/**
 * The state machine. `H` is the type of the submitter's handle, which is returned with a command's outcome.
 *
 * @category models
 * @since 0.1.0
 */
export class SessionMachine<H> {
  /** Number of logins so far. It identifies the current session, counted from 1. */
  epoch = 0
  /** The status after the last input. The `since` of an outage is a time of the machine's clock. */
  status: Status
  readonly counters: Counters = noCounts()

  readonly #settings: Settings
  readonly #loginDatagram: Redacted.Redacted<Uint8Array>
  readonly #login: Login
  readonly #liveness: Liveness
  readonly #outbound: Outbound<H>
  readonly #messages: ReorderBuffer<Packet.Message>
  readonly #outputs = new Outputs<H>()
  #phase: State = "Opening"
  /** When to request a socket; `Infinity` if one has been requested or is open. */
  #openAt: number
  /** When the next session begins, if its login reply arrived during the current session; otherwise `Infinity`. */
  #beginAt = Infinity
  /** The time of the last input. */
  #now: number
  /** The result of `wakeAt`, cached until the next input, because each input reads it three times. */
  #wakeAt: number | undefined

  constructor(settings: Settings, now: number) {
    this.#settings = settings
    this.#loginDatagram = Redacted.make(Packet.encode(Packet.login(settings.password)))
    this.#openAt = now
    this.#now = now
    this.#login = new Login({
      timeout: settings.loginTimeout,
      longestDelay: settings.maxReconnectDelay,
      random: settings.random
    }, now)
    this.status = { _tag: "Connecting", ...this.#login.outage }
    this.#liveness = new Liveness(settings.keepaliveInterval, settings.silenceTimeout)
    this.#outbound = new Outbound(settings, {
      transmit: (datagram) => this.#outputs.transmit(datagram),
      settle: (handle, result) => this.#outputs.settle(handle, result),
      sent: (at, what) => {
        if (what === "Repetition") this.counters.retransmissions++
        if (what === "Probe") this.counters.keepalives++
        this.#liveness.sent(at, what !== "Repetition")
      },
      learn: (isLost) => this.#liveness.learn(isLost),
      outageCause: () => this.#outageCause,
      measured: (milliseconds) => this.#outputs.measured(milliseconds)
    })
    this.#messages = new ReorderBuffer({
      deliver: (packet, late) => {
        if (!late) this.counters.messages++
        const text = Text.decode(packet.payload, settings.textFallback)
        this.#outputs.deliver({ _tag: "Message", sequence: packet.sequence, text, payload: packet.payload, late })
      },
      gap: (missed) => {
        this.counters.missedMessages += missed
        this.#outputs.deliver({ _tag: "Gap", cause: "Lost", missed })
      },
      // The login reply may be lost. Messages that are numbered from 0 again also prove a new session.
      restarted: () => {
        if (this.#login.isAwaited(this.#now)) this.#begin(this.#now)
      }
    }, settings.reorderTimeout)
  }

  /** The state after the last input. */
  get state(): State {
    return this.#phase
  }

  /** Smoothed round-trip time in milliseconds; `undefined` before the first measurement. */
  get roundTripTime(): number | undefined {
    return this.#outbound.roundTrip.smoothed
  }

  /** Number of waiting commands, and number of commands in flight. */
  get load(): { readonly waiting: number; readonly inFlight: number } {
    return this.#outbound.load
  }

  /** Takes the outputs that were collected since the last call. */
  drain(): ReadonlyArray<Output<H>> {
    return this.#outputs.drain()
  }

  // ---------------------------------------------------------------------------
  // inputs: the socket
  // ---------------------------------------------------------------------------

  /** The socket that `Open` requested is open. */
  opened(now: number): void {
    this.#notice(now)
    if (this.#phase !== "Opening") return
    this.#phase = "LoggingIn"
    this.#login.ask(now)
  }

  /** The socket that `Open` requested could not be opened. */
  openFailed(now: number, error: TransportError): void {
    this.#notice(now)
    if (this.#phase !== "Opening") return
    // A failure ends the first login, because a name that does not resolve is probably misspelled. If the timeout is
    // infinite, the socket is requested again, unless the address is invalid.
    const isFinal = error.reason.kind === "InvalidAddress" || Number.isFinite(this.#settings.loginTimeout)
    if (this.status._tag === "Connecting" && isFinal) {
      return this.#end(now, Exit.fail(new LoginFailure({ reason: new TransportFailure({ cause: error }) })))
    }
    this.#failed(error)
    this.#openAt = now + this.#login.retryDelay(now)
  }

  /** The socket has failed. */
  socketFailed(now: number, error: TransportError): void {
    this.#notice(now)
    if (this.#phase === "Opening" || this.#phase === "Closed") return
    this.#lose(now, error)
    this.#failed(error)
    this.#login.stop()
    this.#phase = "Opening"
    this.#openAt = now + this.#login.retryDelay(now)
  }

  /** The server's host has reported that the port is closed. */
  refused(now: number): void {
    this.#notice(now)
    if (this.#phase === "Online" || this.#phase === "Doubting") this.#lose(now, portClosed)
    this.#failed(portClosed)
  }

  /** A datagram could not be sent. It counts as lost. During an outage the error becomes the last known cause. */
  writeFailed(now: number, error: TransportError): void {
    if (error.reason.kind === "Refused") return this.refused(now)
    this.#notice(now)
    this.#failed(error)
  }

  /** A datagram has arrived. */
  receive(now: number, datagram: Uint8Array): void {
    this.#notice(now)
    // A late login reply must not begin a session.
    if (this.#phase === "Closed") return
    // A socket that has failed may still deliver datagrams. A session on it could not send anything.
    if (this.#phase === "Opening") {
      this.counters.unexpected++
      return
    }
    if (datagram.length > MAX_DATAGRAM_BYTES) {
      this.counters.oversized++
      return
    }
    const decoded = Packet.decodeServer(datagram)
    if (Result.isFailure(decoded)) {
      this.counters.malformed++
      return
    }
    const packet = decoded.success
    if (packet._tag === "LoginResult") return this.#receiveLoginResult(now, packet.accepted)
    if (!this.#hasSession) {
      // A message before the login reply is not acknowledged. The server repeats it, and by then the session exists.
      this.counters.unexpected++
      return
    }
    if (packet._tag === "Message") this.#receiveMessage(now, packet, Packet.checksumField(datagram))
    else this.#receiveReply(now, packet)
  }

  // ---------------------------------------------------------------------------
  // inputs: the user
  // ---------------------------------------------------------------------------

  /**
   * Submits a command, to be sent now or as soon as possible. A rejection is returned as a failure, and not as an
   * output: a caller that submits again at once, in a loop, would otherwise add outputs faster than the driver performs
   * them.
   */
  submit(now: number, request: Request<H>): Result.Result<Ticket<H>, CommandError["reason"]> {
    this.#notice(now)
    if (this.status._tag === "Closed") return Result.fail(closedBy(this.status.exit, 0))
    // Before the first login, a command may wait for its epoch.
    const epoch = this.status._tag === "Online" ? this.epoch : this.epoch === 0 ? 1 : undefined
    if (request.epoch !== undefined && request.epoch !== epoch) {
      // A past epoch never returns. The current one may, as long as the machine listens to its session.
      const isPast = request.epoch < this.epoch || (request.epoch === this.epoch && !this.#hasSession)
      return Result.fail(this.#outbound.notConnected(isPast ? undefined : this.#outageCause))
    }
    return this.#outbound.submit(now, request, this.#outboundPhase)
  }

  /**
   * Cancels a command whose caller has gone. The command is not settled. Its place in flight is free at once, its
   * number as soon as that is safe.
   */
  cancel(now: number, ticket: Ticket<H>): void {
    this.#notice(now)
    if (ticket.state === "Settled") return
    this.#outbound.cancel(ticket)
    this.#start(now)
  }

  /** Ends the session. Every pending command is settled, and the machine ignores further inputs. */
  close(now: number): void {
    this.#end(now, Exit.void)
  }

  /** Ends the session like `close`, for a driver that has failed. */
  crash(now: number, exit: Exit.Exit<never, LoginFailure>): void {
    this.#end(now, exit)
  }

  // ---------------------------------------------------------------------------
  // inputs: time
  // ---------------------------------------------------------------------------

  /** When to call `tick` next; `Infinity` for never. It may be earlier than the next action. */
  get wakeAt(): number {
    return this.#wakeAt ??= this.#computeWakeAt()
  }

  #computeWakeAt(): number {
    const outbound = this.#outbound.wakeAt(this.#outboundPhase)
    const replyTime = this.#outbound.roundTrip.timeout
    switch (this.#phase) {
      case "Opening":
        return Math.min(outbound, this.#loginTimesOutAt, this.#openAt)
      case "LoggingIn":
        return Math.min(outbound, this.#loginTimesOutAt, this.#login.wakeAt)
      case "Online":
        return Math.min(
          outbound,
          this.#messages.wakeAt,
          this.#beginAt,
          this.#liveness.keepaliveAt,
          this.#liveness.wakeAt(this.#now, replyTime, false)
        )
      case "Doubting":
        return Math.min(
          outbound,
          this.#messages.wakeAt,
          this.#beginAt,
          this.#login.wakeAt,
          this.#isLost ? Infinity : this.#liveness.wakeAt(this.#now, replyTime, true)
        )
      case "Closed":
        return Infinity
    }
  }

  /** Performs everything that is due. */
  tick(now: number): void {
    const { wakeAt } = this
    this.#notice(now)
    if (now < wakeAt) return
    if (this.#beginAt <= now) this.#beginAnew(now)
    this.#outbound.tick(now, this.#outboundPhase)
    switch (this.#phase) {
      case "Opening":
        return this.#tickOpening(now)
      case "LoggingIn":
        return this.#tickLogin(now)
      case "Online":
        this.#messages.tick(now)
        return this.#tickOnline(now)
      case "Doubting":
        this.#messages.tick(now)
        this.#judge(now)
        return this.#tickLogin(now)
      case "Closed":
    }
  }

  #tickOpening(now: number): void {
    if (this.#loginTimesOutAt <= now) return this.#timeOut(now)
    if (this.#openAt <= now) this.#open()
  }

  #tickLogin(now: number): void {
    if (this.#loginTimesOutAt <= now) return this.#timeOut(now)
    if (this.#login.isMute(now)) {
      this.#lose(now, silence)
      this.#login.stop()
      this.#phase = "Opening"
      return this.#open()
    }
    if (!this.#login.isDue(now)) return
    this.#login.sent(now)
    this.#updateOutage()
    this.counters.logins++
    this.#outputs.transmit(Redacted.value(this.#loginDatagram))
  }

  #tickOnline(now: number): void {
    this.#judge(now)
    if (this.#phase !== "Online") return
    if (this.#liveness.keepaliveAt <= now) this.#probe(now, true)
    this.#start(now)
  }

  /** Reacts to the server's silence. */
  #judge(now: number): void {
    if (this.#isLost) return
    switch (this.#liveness.judge(now, this.#outbound.roundTrip.timeout, this.#phase === "Doubting")) {
      case "Dead":
        this.#doubt(now)
        return this.#reconnect()
      case "Doubt":
        return this.#doubt(now)
      case "Probe":
        return this.#probe(now, false)
      case "Alive":
    }
  }

  /**
   * Called first by every input except `close` and `crash`. Detects that the process was suspended: the input is then
   * much later than `wakeAt`.
   */
  #notice(now: number): void {
    const late = now - Math.max(this.wakeAt, this.#now)
    this.#now = now
    this.#wakeAt = undefined
    if (late <= STANDSTILL) return
    this.#login.stoodStill()
    this.#liveness.stoodStill(late)
    this.#outbound.stoodStill(now, late)
  }

  // ---------------------------------------------------------------------------
  // sessions
  // ---------------------------------------------------------------------------

  /** The cause of the outage, or of the doubt; `undefined` while commands may be sent. */
  get #outageCause(): OutageCause | undefined {
    if (this.status._tag === "Connecting" || this.status._tag === "Reconnecting") return this.status.cause
    return this.#maySend ? undefined : silence
  }

  /** Whether there is a session to listen to. */
  get #hasSession(): boolean {
    return this.#phase === "Online" || this.#phase === "Doubting"
  }

  /** Whether the status is `Reconnecting`. The machine may still listen to the lost session. */
  get #isLost(): boolean {
    return this.status._tag === "Reconnecting"
  }

  /**
   * Whether commands may be sent. After a login reply, a command would be executed in the session that the reply
   * begins.
   */
  get #maySend(): boolean {
    return this.#phase === "Online" && this.#beginAt === Infinity
  }

  /** The phase of outbound commands that follows from the state. */
  get #outboundPhase(): OutboundPhase {
    return this.#maySend ? "Online" : this.status._tag === "Online" ? "Doubting" : "Lost"
  }

  get #loginTimesOutAt(): number {
    return this.status._tag === "Connecting" ? this.#login.timesOutAt : Infinity
  }

  #timeOut(now: number): void {
    this.#end(now, Exit.fail(new LoginFailure({ reason: this.#login.timedOut(now, this.#settings.peer) })))
  }

  #open(): void {
    this.#openAt = Infinity
    this.#outputs.open()
  }

  /** Requests a login, and goes on listening to the current session. */
  #doubt(now: number): void {
    if (this.#phase === "Doubting") return
    this.#phase = "Doubting"
    this.#login.begin(this.#liveness.silentSince)
    this.#login.ask(now)
  }

  #receiveLoginResult(now: number, accepted: boolean): void {
    // Ignore a reply to a packet of an earlier outage, and a refusal while the session works.
    if (!this.#login.isAwaited(now) || (!accepted && this.#phase === "Online")) {
      this.counters.unexpected++
      if (accepted) this.#login.answeredUnexpectedly(now)
    } else if (!accepted) {
      this.#receiveRefusal(now)
    } else if (this.#hasSession) {
      this.#login.stop()
      this.#beginAt = Math.min(this.#beginAt, now + OVERTAKING)
    } else {
      const roundTrip = this.#login.roundTrip(now)
      if (roundTrip !== undefined) this.#outbound.roundTrip.measure(roundTrip)
      this.#beginAnew(now)
    }
  }

  #receiveRefusal(now: number): void {
    const { password, peer, retryRefused } = this.#settings
    const isPadded = Redacted.value(password).trim() !== Redacted.value(password)
    const reason = new LoginRefused({ peer, ...(isPadded && { isPadded }) })
    if (!retryRefused) return this.#end(now, Exit.fail(new LoginFailure({ reason })))
    // If the status is `Online`, `#lose` publishes the refusal.
    const isShown = this.status._tag === "Online" || this.#login.outage.cause._tag === "LoginRefused"
    if (this.#hasSession) this.#lose(now, reason)
    this.#login.refused(now, reason)
    this.#updateOutage()
    if (!isShown) this.#setStatus(this.status)
  }

  /** Begins a session after its login reply: its messages are numbered from 0. */
  #beginAnew(now: number): void {
    this.#messages.reset(now)
    this.#begin(now)
  }

  /** Begins a session, and ends the current one if there is any. */
  #begin(now: number): void {
    const isFirst = this.status._tag === "Connecting"
    if (this.#hasSession) {
      if (!this.#isLost) this.#reconnect()
      this.#outbound.lose(this.#login.lastSentAt)
    }
    this.#beginAt = Infinity
    this.#login.answered()
    this.#outbound.begin(now)
    this.#liveness.begin(now, this.#outbound.owes)
    this.#phase = "Online"
    this.epoch++
    this.#setStatus({ _tag: "Online" })
    if (!isFirst) this.#outputs.deliver({ _tag: "Gap", cause: "Reconnected", missed: undefined })
    this.#start(now)
  }

  /**
   * Gives up the session and stops listening to it: its socket has failed or is mute, the port is closed, or the server
   * has refused a login.
   */
  #lose(now: number, cause: OutageCause): void {
    if (!this.#hasSession) return
    this.#phase = "LoggingIn"
    this.#beginAt = Infinity
    this.#outbound.lose(Infinity)
    this.#messages.flush(now)
    if (!this.#isLost) {
      this.#login.begin(now, cause)
      this.#reconnect()
    }
    this.#login.ask(now)
  }

  /**
   * Records a packet as a sign of life. `isReply`: whether it is a reply to a command. `isOfThisSession`: whether no
   * newer session can have sent it. Only then does the packet end the doubt.
   */
  #heard(now: number, isReply: boolean, isOfThisSession: boolean): void {
    if (this.#phase === "Doubting" && !isOfThisSession) return
    this.#liveness.heard(now, isReply, this.#outbound.owes)
    if (this.#phase !== "Doubting") return
    this.#phase = "Online"
    this.#login.stop()
    this.#outbound.resume(now)
    if (this.#isLost) this.#setStatus({ _tag: "Online" })
  }

  #receiveMessage(now: number, packet: Packet.Message, checksum: number): void {
    this.#outputs.transmit(acknowledgements[packet.sequence]!)
    const isOfThisSession = this.#messages.isContinuedBy(packet.sequence)
    if (this.#beginAt < Infinity && !isOfThisSession) this.#beginAnew(now)
    this.#heard(now, false, isOfThisSession)
    switch (
      this.#messages.receive(
        now,
        { number: packet.sequence, checksum, message: packet },
        this.#login.mayRestartSince
      )
    ) {
      case "New":
        this.#login.sessionContinues(now)
        break
      case "Repeated":
        this.counters.repeatedMessages++
        break
      case "Late":
        this.counters.lateMessages++
    }
    this.#start(now)
  }

  #receiveReply(now: number, packet: Packet.CommandReply | Packet.CommandReplyPart): void {
    const isOfThisSession = this.#outbound.wasSentBefore(packet.sequence, this.#login.firstSentAt)
    const received = this.#outbound.receive(now, packet)
    if (received === "Stray") this.counters.strayReplies++
    if (received === "Excess") this.counters.excessParts++
    this.#heard(now, true, isOfThisSession)
    this.#start(now)
  }

  #start(now: number): void {
    if (this.#maySend) this.#outbound.start(now)
  }

  #probe(now: number, repeatable: boolean): void {
    this.#liveness.probed(now)
    this.#outbound.probe(now, repeatable)
  }

  #end(now: number, exit: Exit.Exit<void, LoginFailure>): void {
    if (this.#phase === "Closed") return
    this.#phase = "Closed"
    this.#wakeAt = undefined
    this.#messages.flush(now)
    this.#outbound.end(exit)
    this.#setStatus({ _tag: "Closed", exit })
  }

  // ---------------------------------------------------------------------------
  // the status
  // ---------------------------------------------------------------------------

  #setStatus(status: Status): void {
    this.status = status
    this.#outputs.statusChanged(status)
  }

  #reconnect(): void {
    this.#setStatus({ _tag: "Reconnecting", ...this.#login.outage })
  }

  /** Records the cause of the outage. */
  #failed(cause: OutageCause): void {
    this.#login.failed(cause)
    this.#updateOutage()
  }

  /** Copies the known facts of the outage into the status, if there is an outage. */
  #updateOutage(): void {
    const { _tag } = this.status
    if (_tag === "Connecting" || _tag === "Reconnecting") this.status = { _tag, ...this.#login.outage }
  }
}

const acknowledgements = Array.from({ length: 256 }, (_, number) => Packet.encode(Packet.acknowledge(number)))
const silence = new Silence({})
const portClosed = new PortClosed({})
