/**
 * Drives a session machine with the clock, one socket at a time, and the callers.
 *
 * Each event is an input of the machine. Its outputs are performed at once, in the same step:
 *
 * - a datagram arrives: `Receiver.receive` -> `machine.receive` -> `#perform`;
 * - a command is sent: `request` -> `machine.submit` -> `#perform` -> `Connection.send`;
 * - a deadline comes: `Alarm` -> `machine.tick` -> `#perform`.
 *
 * An idle driver has no fiber.
 */
import * as Text from "@bercon/codec/Text"
import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Formatter from "effect/Formatter"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import * as CommandError from "../CommandError.ts"
import type { LoginFailure, OutageCause } from "../LoginFailure.ts"
import type { Gap, Message } from "../Message.ts"
import type { CommandOptions } from "../Session.ts"
import * as SessionMachine from "../SessionMachine.ts"
import type { Outage, Status } from "../Status.ts"
import { type Connection, IoFailed, OpenFailed, type Receiver, type Transport, TransportError } from "../Transport.ts"
import { Alarm } from "./alarm.ts"
import { Broadcast } from "./broadcast.ts"
import * as CommandErrors from "./commandError.ts"
import { Meter } from "./meter.ts"
import * as Monotonic from "./monotonic.ts"
import { sentence } from "./sentence.ts"
import type { Settings } from "./settings.ts"

/** Receives the outcome of a command. */
type Reply = (result: Result.Result<Uint8Array, CommandError.CommandError["reason"]>) => void

/** Maximum number of undelivered changes of status for each subscriber. A slower subscriber loses the oldest. */
const STATUS_CAPACITY = 64
/** Time limit for opening a socket, and for closing the previous one. */
const SOCKET_TIMEOUT = "30 seconds"
/** If the alarm rings more than this many milliseconds late, the socket is read before deadlines are judged. */
const LATE = 50
/**
 * The socket counts as empty after this many turns of the event loop without a datagram. One turn is not enough: a turn
 * that begins while Node handles events ends without reading the socket.
 */
const QUIET_TURNS = 2
/**
 * Maximum number of turns that are spent reading before deadlines are judged, so that a flood cannot delay them
 * forever. Node reads 32 datagrams a turn, so 256 turns read several times the content of the kernel's buffer.
 */
const MOST_TURNS = 256
/**
 * The log warns of an outage, or of a slow first login, after this many milliseconds; and then with growing delays up
 * to the second value.
 */
const SLOW_OUTAGE = 60_000
const LONGEST_REMINDER = 3_600_000
/**
 * Maximum size of a command in bytes of UTF-8. Its datagram has 1,400 bytes, which networks deliver without fragmenting
 * it.
 */
export const MAX_COMMAND_BYTES = 1391

/** A socket that is open or being opened. */
interface Socket {
  /** Closing this scope closes the socket. */
  readonly scope: Scope.Closeable
  /** The fiber that opens the socket; `undefined` until it is forked. */
  opening: Fiber.Fiber<void> | undefined
  /** The fiber that closes the socket; `undefined` until it is forked. */
  closing: Fiber.Fiber<void> | undefined
}

export class Driver {
  readonly #transport: Transport["Service"]
  readonly #settings: Settings
  readonly #clock: Clock.Clock
  readonly #context: Context.Context<never>
  readonly #machine: SessionMachine.SessionMachine<Reply>
  readonly #meter: Meter
  readonly #alarm: Alarm
  readonly #online = Deferred.makeUnsafe<void, LoginFailure>()
  readonly #closed = Deferred.makeUnsafe<void, LoginFailure>()
  readonly #statuses: Broadcast<Status>
  readonly #messages: Broadcast<Message | Gap, LoginFailure>
  /** The first message since the last login. */
  #greeting: Message | undefined
  /** The status as it was last published. */
  #status: Status
  /**
   * Start of the current outage, by the machine's clock and by the wall clock; and the time of the next warning in the
   * log.
   */
  #outage = { since: NaN, wallSince: NaN }
  #remindAt = Infinity
  /** Number of sockets requested so far. Only the last one is in use. */
  #sockets = 0
  /** The socket in use, and its connection once it is open. */
  #socket: Socket | undefined
  #connection: Connection | undefined
  /** Number of datagrams that have arrived. */
  #received = 0
  #isPerforming = false

  constructor(
    transport: Transport["Service"],
    settings: Settings,
    clock: Clock.Clock,
    context: Context.Context<never>
  ) {
    this.#transport = transport
    this.#settings = settings
    this.#clock = clock
    this.#context = context
    this.#machine = new SessionMachine.SessionMachine<Reply>(settings.machine, this.#now())
    this.#meter = new Meter(transport.peer, this.#machine, context)
    this.#status = this.status
    this.#statuses = new Broadcast<Status>({ capacity: STATUS_CAPACITY, greeting: () => this.#status })
    this.#messages = new Broadcast<Message | Gap, LoginFailure>({ capacity: settings.messageCapacity, overflow })
    this.#alarm = new Alarm(context, {
      wakeAt: () => this.#machine.wakeAt,
      ring: (late) => late > LATE ? Effect.map(this.#readSocket(), () => this.#tick()) : this.#tick()
    })
  }

  /** Starts the session. The driver does nothing before. */
  start(): void {
    this.#remindAt = this.#now() + SLOW_OUTAGE
    this.#feed(() => {})
  }

  /** Ends the session for its owner, and closes the socket. */
  readonly close: Effect.Effect<void> = Effect.suspend(() => {
    this.#feed((now) => this.#machine.close(now))
    // A caller that was just resumed may close its session within `#perform`, which must finish first.
    const close = this.#socket === undefined ? Effect.void : this.#closeSocket(this.#socket)
    return this.#isPerforming ? Effect.andThen(Effect.yieldNow, close) : close
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
      this.#feed((now) => {
        const request = { handle, payload, repeatable, epoch, isCurrent, deadline: now + timeout }
        const submitted = this.#submit(now, request)
        if (Result.isSuccess(submitted)) {
          ticket = submitted.success
        } else {
          this.#meter.settled(submitted.failure._tag)
          handle(Result.fail(submitted.failure))
        }
      })
      return Effect.sync(() => {
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
   * session.
   */
  #feed(input: (now: number) => void): void {
    const now = this.#now()
    try {
      input(now)
      this.#perform(now)
    } catch (defect) {
      this.#machine.crash(now, Exit.die(defect))
      this.#perform(now)
    }
  }

  /**
   * Performs the machine's outputs. If an output causes another input, the outputs of that are performed after all
   * current ones.
   */
  #perform(now: number): void {
    if (this.#isPerforming) return
    this.#isPerforming = true
    try {
      this.#performAll()
      // Actions that this input has made due are performed at once. Actions that were due before wait for the alarm:
      // see `#readSocket`.
      if (this.#machine.wakeAt <= now && !this.#alarm.isDue(now)) {
        this.#machine.tick(now)
        this.#performAll()
      }
    } finally {
      this.#isPerforming = false
    }
    this.#meter.update()
    this.#alarm.reset()
    if (this.#remindAt <= now) this.#remind(now)
  }

  #performAll(): void {
    for (let outputs = this.#machine.drain(); outputs.length > 0; outputs = this.#machine.drain()) {
      // Acknowledgements and commands are sent first, because a caller may be slow about its reply.
      for (const output of outputs) if (output._tag === "Transmit") this.#send(output.datagram)
      for (const output of outputs) this.#performOne(output)
    }
  }

  /** Logs a warning about a long outage. Every input calls this; in an outage each login packet is an input. */
  #remind(now: number): void {
    const { status } = this.#machine
    if (!isOutage(status)) return
    const age = now - status.since
    this.#remindAt = now + Math.min(10 * age, LONGEST_REMINDER)
    const tries = `${status.tries} ${status.tries === 1 ? "try" : "tries"}`
    this.#log(
      Effect.logWarning(
        `RCON session with ${this.#transport.peer}: no session for ${
          Duration.format(Duration.seconds(Math.round(age / 1000)))
        } (${tries}): ${sentence(status.cause.message)} Still trying`
      )
    )
  }

  #send(datagram: Uint8Array): void {
    try {
      this.#connection?.send(datagram)
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
          return this.#open()
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
    this.#log(logOf(this.#transport.peer, next, before))
    this.#status = next
    if (!isOutage(next)) this.#remindAt = Infinity
    else if (before._tag !== next._tag) this.#remindAt = this.#now() + SLOW_OUTAGE
    this.#statuses.publish(next)
    switch (next._tag) {
      case "Online":
        return this.#tell(this.#finishLogin, Exit.void)
      case "Reconnecting":
        return before._tag === "Reconnecting" ? undefined : this.#meter.lost(next.cause._tag)
      case "Closed":
        this.#meter.close()
        this.#alarm.stop()
        this.#connection = undefined
        if (this.#socket !== undefined) Effect.runForkWith(this.#context)(this.#closeSocket(this.#socket))
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
   * Resumes callers. That runs the observers of their fibers synchronously. An observer that throws is not a defect of
   * the session: the defect is logged, and the session goes on.
   */
  #tell<A>(callers: (value: A) => void, value: A): void {
    try {
      callers(value)
    } catch (defect) {
      this.#log(
        Effect.logError(
          `RCON session with ${this.#transport.peer}: an observer of a caller's fiber threw`,
          Cause.die(defect)
        )
      )
    }
  }

  #tick(): undefined {
    this.#feed((now) => this.#machine.tick(now))
  }

  #log(line: Effect.Effect<void>): void {
    Effect.runForkWith(this.#context)(line)
  }

  // ---------------------------------------------------------------------------
  // the socket
  // ---------------------------------------------------------------------------

  /** Opens a socket, and closes the previous one if there is any. */
  #open(): void {
    const before = this.#socket === undefined ? Effect.void : this.#closeOld(this.#socket)
    const socket: Socket = { scope: Scope.makeUnsafe(), opening: undefined, closing: undefined }
    this.#connection = undefined
    this.#socket = socket
    socket.opening = Effect.runForkWith(this.#context)(
      Effect.andThen(before, this.#useSocket(++this.#sockets, socket.scope))
    )
  }

  /** Closes a socket in a separate fiber, so that waiting for it can be given up. */
  #closeSocket(socket: Socket): Effect.Effect<void> {
    return Effect.suspend(() => {
      socket.closing ??= Effect.runForkWith(this.#context)(
        Effect.andThen(
          socket.opening === undefined ? Effect.void : Fiber.interrupt(socket.opening),
          Scope.close(socket.scope, Exit.void)
        ).pipe(Effect.onError((cause) => Effect.sync(() => this.#fault(cause))))
      )
      return Effect.asVoid(Fiber.await(socket.closing))
    })
  }

  /** Waits until the old socket is closed, but not forever, because the session needs another one. */
  #closeOld(socket: Socket): Effect.Effect<void> {
    return Effect.timeoutOrElse(this.#closeSocket(socket), {
      duration: SOCKET_TIMEOUT,
      orElse: () =>
        Effect.logWarning(
          `RCON session with ${this.#transport.peer}: the old socket was not closed within ${SOCKET_TIMEOUT}. Opening another one`
        )
    })
  }

  /**
   * Opens a socket, which stays open until its scope is closed. No fiber remains. `number` is the number of the socket,
   * counted from 1.
   */
  #useSocket(number: number, scope: Scope.Closeable): Effect.Effect<void> {
    return Effect.timeoutOrElse(this.#transport.open, {
      duration: SOCKET_TIMEOUT,
      orElse: () => Effect.fail(openFailed(this.#transport.peer, "TimedOut", undefined))
    }).pipe(
      Effect.map((connection) => {
        this.#connection = connection
        connection.listen(this.#receiverOf(connection))
        this.#feed((now) => this.#machine.opened(now))
      }),
      Effect.onError((cause) =>
        Effect.andThen(Scope.close(scope, Exit.void), Effect.sync(() => this.#ended(number, cause)))
      ),
      Effect.ignore,
      Scope.provide(scope)
    )
  }

  /** Handles the failure to open a socket, or the end of its fiber. */
  #ended(number: number, cause: Cause.Cause<TransportError>): void {
    const error = Cause.findError(cause)
    if (Result.isFailure(error) && !Cause.hasInterruptsOnly(cause)) return this.#fault(cause)
    // The session itself interrupts a socket that it replaces.
    if (number !== this.#sockets) return
    const reason = Result.isSuccess(error)
      ? error.success
      : openFailed(this.#transport.peer, "Unknown", "opening it was interrupted")
    this.#feed((now) => this.#machine.openFailed(now, reason))
  }

  /** The receiver of a connection. It ignores calls after the connection has been replaced. */
  #receiverOf(connection: Connection): Receiver {
    return {
      receive: (datagram) => {
        if (connection !== this.#connection) return
        this.#received++
        this.#feed((now) => this.#machine.receive(now, datagram))
      },
      notSent: (error) => {
        if (connection !== this.#connection) return
        this.#log(Effect.logDebug(error.message))
        this.#feed((now) => this.#machine.writeFailed(now, error))
      },
      failed: (cause) => {
        if (connection !== this.#connection) return
        const error = Cause.findError(cause)
        // The session closes a connection only after replacing it, so an interruption here comes from the transport.
        if (Result.isFailure(error) && !Cause.hasInterruptsOnly(cause)) return this.#fault(cause)
        const reason = Result.isSuccess(error) ? error.success : closedByTransport(this.#transport.peer)
        this.#log(Effect.logDebug(reason.message))
        this.#feed((now) => this.#machine.socketFailed(now, reason))
      }
    }
  }

  /** Ends the session because of a defect, either of the transport or of the session. */
  #fault(cause: Cause.Cause<TransportError>): void {
    const defect = Exit.die(Cause.squash(cause))
    this.#feed((now) => this.#machine.crash(now, defect))
  }

  /**
   * Lets the event loop read the datagrams that have arrived, before deadlines are judged: a reply that waits in the
   * socket is not late. Ends when no more datagrams come, or after {@link MOST_TURNS}.
   */
  #readSocket(): Effect.Effect<void> {
    let turn = 0
    let quiet = 0
    let before = this.#received
    return Effect.whileLoop({
      while: () => turn++ < MOST_TURNS && quiet < QUIET_TURNS,
      // One turn of the event loop: Node reads the datagrams that the kernel holds.
      body: () => Effect.yieldNow,
      step: () => {
        quiet = this.#received === before ? quiet + 1 : 0
        before = this.#received
      }
    })
  }
}

const overflow = (missed: number): Gap => ({ _tag: "Gap", cause: "Overflow", missed })

const openFailed = (peer: string, kind: OpenFailed["kind"], cause: unknown): TransportError =>
  new TransportError({ reason: new OpenFailed({ kind, peer, cause }) })

/** The socket's fiber was interrupted, but not by the session. */
const closedByTransport = (peer: string): TransportError =>
  new TransportError({ reason: new IoFailed({ kind: "Closed", peer }) })

const isOutage = (status: Status): status is Extract<Status, Outage> =>
  status._tag === "Connecting" || status._tag === "Reconnecting"

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

const logOf = (peer: string, status: Status, before: Status): Effect.Effect<void> => {
  const session = `RCON session with ${peer}`
  switch (status._tag) {
    // The first login logs this status only if it was refused and is tried again.
    case "Connecting":
      return Effect.logWarning(`${session}: ${sentence(lossOf(status.cause))} Still trying`)
    case "Online":
      return Effect.logInfo(`${session}: online`)
    case "Reconnecting":
      return Effect.logWarning(`${session}: ${lossOf(status.cause)}, logging in again`)
    case "Closed":
      return Exit.match(status.exit, {
        onSuccess: () => Effect.logInfo(`${session}: closed`),
        onFailure: (cause) => {
          const failure = Option.getOrUndefined(Cause.findErrorOption(cause))
          if (failure === undefined) return Effect.logError(`${session}: ended because of a defect`, cause)
          return before._tag === "Connecting"
            ? Effect.logWarning(`${session}: could not log in: ${failure.message}`)
            : Effect.logError(`${session}: ended for good: ${failure.message}`)
        }
      })
  }
}

const lossOf = (cause: OutageCause): string => {
  switch (cause._tag) {
    case "Silence":
      return "the server stopped answering"
    case "PortClosed":
      return "the server has closed its port"
    case "LoginRefused":
      return cause.message
    case "TransportError":
      return `the socket failed: ${cause.message}`
  }
}
