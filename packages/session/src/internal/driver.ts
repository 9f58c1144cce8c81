/**
 * Connects a session machine to the clock, a socket, and the callers.
 *
 * Each event is an input of the machine. The machine's outputs are performed at once, in the same step:
 *
 * - a datagram arrives: `Socket` -> `machine.receive` -> `#perform`;
 * - a command is sent: `request` -> `machine.submit` -> `#perform` -> `Socket`;
 * - a deadline comes: `Alarm` -> `machine.tick` -> `#perform`.
 *
 * An idle driver has no fiber.
 */
import * as Text from "@bercon/codec/Text"
import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Formatter from "effect/Formatter"
import * as Result from "effect/Result"
import * as CommandError from "../CommandError.ts"
import type { LoginFailure } from "../LoginFailure.ts"
import type { Gap, Message } from "../Message.ts"
import type { CommandOptions } from "../Session.ts"
import * as SessionMachine from "../SessionMachine.ts"
import type { Status } from "../Status.ts"
import type { Transport } from "../Transport.ts"
import { Alarm } from "./alarm.ts"
import { Broadcast } from "./broadcast.ts"
import * as CommandErrors from "./commandError.ts"
import { Meter } from "./meter.ts"
import * as Monotonic from "./monotonic.ts"
import { isOutage, SessionLog } from "./sessionLog.ts"
import type { Settings } from "./settings.ts"
import { Socket } from "./socket.ts"

/** Receives the outcome of a command. */
type Reply = (result: Result.Result<Uint8Array, CommandError.CommandError["reason"]>) => void

/** Maximum number of undelivered changes of status for each subscriber. A slower subscriber loses the oldest. */
const STATUS_CAPACITY = 64
/** If the alarm rings more than this many milliseconds late, the socket is read before deadlines are judged. */
const LATE = 50
/**
 * Maximum size of a command in bytes of UTF-8. Its datagram has 1,400 bytes, so networks need not fragment it.
 */
export const MAX_COMMAND_BYTES = 1391

export class Driver {
  readonly #settings: Settings
  readonly #clock: Clock.Clock
  readonly #context: Context.Context<never>
  readonly #machine: SessionMachine.SessionMachine<Reply>
  readonly #meter: Meter
  readonly #log: SessionLog
  readonly #alarm: Alarm
  readonly #socket: Socket
  readonly #online = Deferred.makeUnsafe<void, LoginFailure>()
  readonly #closed = Deferred.makeUnsafe<void, LoginFailure>()
  readonly #statuses: Broadcast<Status>
  readonly #messages: Broadcast<Message | Gap, LoginFailure>
  /** The first message since the last login. */
  #greeting: Message | undefined
  /** The status as it was last published. */
  #status: Status
  /** Start of the current outage, by the machine's clock and by the wall clock. */
  #outage = { since: NaN, wallSince: NaN }
  #isHandling = false
  /** The inputs that a caller's `isCurrent` has caused within the one that the machine handles now. */
  readonly #waiting: Array<(now: number) => void> = []
  #isPerforming = false

  constructor(
    transport: Transport["Service"],
    settings: Settings,
    clock: Clock.Clock,
    context: Context.Context<never>
  ) {
    this.#settings = settings
    this.#clock = clock
    this.#context = context
    this.#machine = new SessionMachine.SessionMachine<Reply>(settings.machine, this.#now())
    this.#meter = new Meter(transport.peer, this.#machine, context)
    this.#log = new SessionLog(transport.peer, context)
    this.#status = this.status
    this.#statuses = new Broadcast<Status>({ capacity: STATUS_CAPACITY, greeting: () => this.#status })
    this.#messages = new Broadcast<Message | Gap, LoginFailure>({ capacity: settings.messageCapacity, overflow })
    this.#alarm = new Alarm(context, {
      wakeAt: () => this.#machine.wakeAt,
      // A reply that waits in the socket has arrived in time, so the socket is read first.
      ring: (late) => late > LATE ? Effect.map(this.#socket.readArrived(), () => this.#tick()) : this.#tick()
    })
    this.#socket = new Socket(transport, context, this.#log, {
      opened: () => this.#feed((now) => this.#machine.opened(now)),
      openFailed: (error) => this.#feed((now) => this.#machine.openFailed(now, error)),
      received: (datagram) => this.#feed((now) => this.#machine.receive(now, datagram)),
      notSent: (error) => this.#feed((now) => this.#machine.writeFailed(now, error)),
      failed: (error) => this.#feed((now) => this.#machine.socketFailed(now, error)),
      died: (cause) => this.#fault(cause)
    })
  }

  /** Starts the session. Before this call, the driver does nothing. */
  start(): void {
    this.#log.begin(this.#now())
    this.#feed(() => {})
  }

  /** Ends the session, and closes the socket. Dies if the transport has a defect in closing it. */
  readonly close: Effect.Effect<void> = Effect.suspend(() => {
    this.#feed((now) => this.#machine.close(now))
    // A caller that was just resumed may close its session within `#perform`, which must finish first. So may `isCurrent`
    // within an input.
    return this.#isPerforming || this.#isHandling
      ? Effect.andThen(Effect.yieldNow, this.#socket.close)
      : this.#socket.close
  })

  #now(): number {
    return Monotonic.millis(this.#clock)
  }

  // ---------------------------------------------------------------------------
  // the view of callers
  // ---------------------------------------------------------------------------

  get epoch(): number {
    return this.#machine.epoch
  }

  get status(): Status {
    return this.#inWallClock(this.#machine.status)
  }

  /** Converts the times in a status of the machine to the wall clock. */
  #inWallClock(status: Status): Status {
    if (!isOutage(status)) return status
    if (status.since !== this.#outage.since) {
      const age = this.#now() - status.since
      this.#outage = { since: status.since, wallSince: Math.round(this.#clock.currentTimeMillisUnsafe() - age) }
    }
    return { ...status, since: this.#outage.wallSince }
  }

  get greeting(): Message | undefined {
    return this.#greeting
  }

  get statusChanges() {
    return this.#statuses.values
  }

  get messages() {
    return this.#messages.values
  }

  /** Waits for the first login. */
  get online(): Effect.Effect<void, LoginFailure> {
    return Deferred.await(this.#online)
  }

  /** Waits for the end of the session. */
  get closed(): Effect.Effect<void, LoginFailure> {
    return Deferred.await(this.#closed)
  }

  /** Sends a command and waits for its outcome. */
  request<A>(
    text: string,
    options: CommandOptions | undefined,
    decode: (reply: Uint8Array) => A
  ): Effect.Effect<A, CommandError.CommandError> {
    return Effect.callback<A, CommandError.CommandError>((resume) => {
      // All options are read here: a getter that throws is then a defect of the caller, instead of one in the middle of
      // an input.
      const { epoch, isCurrent, repeatable = true } = options ?? {}
      const payload = Text.encode(text)
      const timeout = options?.timeout === undefined
        ? this.#settings.commandTimeout
        : Monotonic.duration(options.timeout)
      const problem = problemOf(text, payload, timeout, options?.timeout)
      if (problem !== undefined) {
        this.#meter.settled("InvalidCommand")
        return resume(fail(text, new CommandError.InvalidCommand({ problem })))
      }
      const handle: Reply = (result) =>
        resume(Result.isSuccess(result) ? read(result.success, decode) : fail(text, result.failure))
      let ticket: SessionMachine.Ticket<Reply> | undefined
      let isGone = false
      this.#feed((now) => {
        if (isGone) return
        const request = { handle, payload, repeatable, epoch, isCurrent, deadline: now + timeout }
        const submitted = this.#submit(now, request)
        if (Result.isSuccess(submitted)) {
          ticket = submitted.success
        } else {
          this.#meter.settled(submitted.failure._tag)
          this.#tell(handle, Result.fail(submitted.failure))
        }
      })
      return Effect.sync(() => {
        isGone = true
        if (ticket === undefined || ticket.state === "Settled") return
        const cancelled = ticket
        this.#meter.settled("Interrupted")
        this.#feed((now) => this.#machine.cancel(now, cancelled))
      })
    })
  }

  /**
   * Submits a command. If the machine throws, it did not accept the command, and will not settle it when the session
   * ends.
   */
  #submit(
    now: number,
    request: SessionMachine.Request<Reply>
  ): ReturnType<SessionMachine.SessionMachine<Reply>["submit"]> {
    try {
      return this.#machine.submit(now, request)
    } catch (defect) {
      this.#fault(Cause.die(defect))
      return Result.fail(CommandErrors.closedBy(Exit.die(defect), 0))
    }
  }

  // ---------------------------------------------------------------------------
  // the machine
  // ---------------------------------------------------------------------------

  /**
   * Feeds an input to the machine and performs its outputs. Never waits and never throws: a defect in here ends the
   * session. An input within another one waits until that one has ended.
   */
  #feed(input: (now: number) => void): void {
    if (this.#isHandling) {
      this.#waiting.push(input)
      return
    }
    const now = this.#now()
    this.#handle(now, input)
    try {
      this.#perform(now)
    } catch (defect) {
      this.#machine.crash(now, Exit.die(defect))
      this.#perform(now)
    }
  }

  /** Lets the machine handle an input, and then those that it has caused. */
  #handle(now: number, input: (now: number) => void): void {
    this.#isHandling = true
    this.#input(now, input)
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) this.#input(now, next)
    this.#isHandling = false
  }

  #input(now: number, input: (now: number) => void): void {
    try {
      input(now)
    } catch (defect) {
      this.#machine.crash(now, Exit.die(defect))
    }
  }

  /**
   * Performs the machine's outputs. If one of them causes another input, the new outputs are performed after all
   * current ones.
   */
  #perform(now: number): void {
    if (this.#isPerforming) return
    this.#isPerforming = true
    try {
      this.#performAll()
      // Actions that this input has made due are performed at once. Older ones are left to the alarm, which reads the
      // socket first if it is late.
      if (this.#machine.wakeAt <= now && !this.#alarm.isDue(now)) {
        this.#handle(now, this.#tickMachine)
        this.#performAll()
      }
    } finally {
      this.#isPerforming = false
    }
    this.#meter.update()
    this.#alarm.reset()
    this.#log.remind(now, this.#machine.status)
  }

  #performAll(): void {
    for (let outputs = this.#machine.drain(); outputs.length > 0; outputs = this.#machine.drain()) {
      // Acknowledgements and commands are sent first, because a resumed caller may take long to handle its reply.
      for (const output of outputs) if (output._tag === "Transmit") this.#send(output.datagram)
      for (const output of outputs) this.#performOne(output)
    }
  }

  #send(datagram: Uint8Array): void {
    try {
      this.#socket.send(datagram)
    } catch (defect) {
      // The remaining outputs are still performed.
      this.#fault(Cause.die(defect))
    }
  }

  /** Performs one output. A defect ends the session, but only after the other outputs are performed. */
  #performOne(output: SessionMachine.Output<Reply>): void {
    try {
      switch (output._tag) {
        case "Settle":
          this.#meter.settled(Result.isSuccess(output.result) ? "Success" : output.result.failure._tag)
          return this.#tell(output.handle, output.result)
        case "Deliver":
          return this.#deliver(output.item)
        case "Measured":
          return this.#meter.measured(output.milliseconds)
        case "Open":
          return this.#socket.open()
        case "StatusChanged":
          return this.#changeStatus(this.#inWallClock(output.status))
        case "Transmit":
      }
    } catch (defect) {
      this.#fault(Cause.die(defect))
    }
  }

  #deliver(item: Omit<Message, "receivedAt"> | Gap): void {
    if (item._tag === "Gap") {
      if (item.cause === "Reconnected") this.#greeting = undefined
      return this.#messages.publish(item)
    }
    const message: Message = { ...item, receivedAt: this.#clock.currentTimeMillisUnsafe() }
    this.#greeting ??= message
    this.#messages.publish(message)
  }

  #changeStatus(next: Status): void {
    const before = this.#status
    this.#log.changed(this.#now(), next, before)
    this.#status = next
    this.#statuses.publish(next)
    switch (next._tag) {
      case "Online":
        return this.#tell(this.#finishLogin, Exit.void)
      case "Reconnecting":
        return before._tag === "Reconnecting" ? undefined : this.#meter.lost(next.cause._tag)
      case "Closed":
        this.#meter.close()
        this.#alarm.stop()
        Effect.runForkWith(this.#context)(this.#socket.close)
        this.#tell(this.#finishLogin, Exit.isSuccess(next.exit) ? Exit.interrupt() : next.exit)
        this.#tell((exit) => this.#statuses.close(exit), Exit.void)
        this.#tell((exit) => this.#messages.close(exit), next.exit)
        this.#tell((exit) => Deferred.doneUnsafe(this.#closed, exit), next.exit)
        break
      case "Connecting":
    }
  }

  readonly #finishLogin = (exit: Exit.Exit<void, LoginFailure>) => Deferred.doneUnsafe(this.#online, exit)

  /**
   * Resumes callers, which runs the observers of their fibers synchronously. If an observer throws, the defect is not
   * one of the session: it is logged, and the session goes on.
   */
  #tell<A>(callers: (value: A) => void, value: A): void {
    try {
      callers(value)
    } catch (defect) {
      this.#log.observerThrew(defect)
    }
  }

  #tick(): undefined {
    this.#feed(this.#tickMachine)
  }

  readonly #tickMachine = (now: number) => this.#machine.tick(now)

  /**
   * Ends the session because of a defect, either of the transport or of the session. After the end of the session, the
   * defect is only logged.
   */
  #fault(cause: Cause.Cause<unknown>): void {
    if (this.#machine.status._tag === "Closed") return this.#log.diedAfterEnd(cause)
    const defect = Exit.die(Cause.squash(cause))
    this.#feed((now) => this.#machine.crash(now, defect))
  }
}

const overflow = (missed: number): Gap => ({ _tag: "Gap", cause: "Overflow", missed })

const problemOf = (
  text: string,
  payload: Uint8Array,
  timeout: number,
  given: CommandOptions["timeout"]
): string | undefined =>
  text.includes("\0")
    ? "it contains a NUL character"
    : payload.length > MAX_COMMAND_BYTES
    ? `it is ${payload.length} bytes long in UTF-8; at most ${MAX_COMMAND_BYTES} are allowed`
    : Number.isNaN(timeout)
    ? `its \`timeout\` must be a duration (got ${Formatter.format(given)})`
    : undefined

/** Decodes a reply. If `decode` throws, that is a defect of the caller, and the session goes on. */
const read = <A>(reply: Uint8Array, decode: (reply: Uint8Array) => A): Effect.Effect<A> => {
  try {
    return Effect.succeed(decode(reply))
  } catch (defect) {
    return Effect.die(defect)
  }
}

const fail = (
  text: string,
  reason: CommandError.CommandError["reason"]
): Effect.Effect<never, CommandError.CommandError> => Effect.fail(CommandErrors.make(text, reason))
