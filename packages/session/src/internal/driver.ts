/**
 * Drives a session machine: with the clock, one socket at a time, and the callers.
 *
 * Each event is an input of the machine, and the machine's outputs are performed at once, in the same step:
 *
 * - a datagram arrives: `Receiver.receive` -> `machine.receive` -> `#perform`;
 * - a command goes out: `request` -> `machine.submit` -> `#perform` -> `Connection.send`;
 * - a deadline comes: `Alarm` -> `machine.tick` -> `#perform`.
 *
 * At rest a driver has one fiber, the alarm's.
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

/** Takes the outcome of a command. */
type Reply = (result: Result.Result<Uint8Array, CommandError.CommandError["reason"]>) => void

/** How many changes of status a subscriber may be behind before it loses the oldest. */
const STATUS_CAPACITY = 64
/** How long opening a socket may take, and how long the next one waits for its closing. */
const SOCKET_TIMEOUT = "30 seconds"
/** If the alarm is later than this, in milliseconds, the socket is read before anything else. */
const LATE = 50
/**
 * After this many turns of the event loop without a datagram the socket counts as empty. Not after one: a turn that begins
 * while Node handles events ends without a look at the socket.
 */
const QUIET_TURNS = 2
/**
 * At most this many turns are spent reading before deadlines are judged, so that a flood cannot put them off for ever. Node
 * reads 32 datagrams a turn: in 256 turns several times what the kernel's buffer holds.
 */
const MOST_TURNS = 256
/** How long an outage, or the first login, lasts before the log warns of it; and how often it warns at least, later on. */
const SLOW_OUTAGE = 60_000
const LONGEST_REMINDER = 3_600_000
/** The longest command in bytes of UTF-8: with it the datagram is 1,400 bytes, which every network carries whole. */
export const MAX_COMMAND_BYTES = 1391

/** A socket that is open, or being opened. */
interface Socket {
  /** What is open lives in it. */
  readonly scope: Scope.Closeable
  /** Opens it. `undefined` until that has begun. */
  opening: Fiber.Fiber<void> | undefined
  /** Closes it, if that has begun. */
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
  /** When the outage began that there is, by the wall clock; and when the log is to warn of it. */
  #outage = { since: NaN, wallSince: NaN }
  #remindAt = Infinity
  /** How many sockets were asked for. An earlier one than the last is no longer in use. */
  #sockets = 0
  /** The socket in use, and its connection once it is open. */
  #socket: Socket | undefined
  #connection: Connection | undefined
  /** How many datagrams have arrived. */
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
      now: () => this.#now(),
      wakeAt: () => this.#machine.wakeAt,
      ring: (late) => late > LATE ? Effect.andThen(this.#readSocket, this.#tick) : this.#tick
    })
  }

  /** Begins. Nothing happens before. */
  start(): void {
    this.#remindAt = this.#now() + SLOW_OUTAGE
    this.#feed(() => {})
  }

  /** Ends the session for its owner, and closes the socket. */
  readonly close: Effect.Effect<void> = Effect.suspend(() => {
    this.#feed((now) => this.#machine.close(now))
    // A caller that was just resumed closes its session within `#perform`, which then has to end the rest.
    const close = this.#socket === undefined ? Effect.void : this.#closeSocket(this.#socket)
    return this.#isPerforming ? Effect.andThen(Effect.yieldNow, close) : close
  })

  #now(): number {
    return Monotonic.millis(this.#clock)
  }

  // ---------------------------------------------------------------------------
  // what callers see
  // ---------------------------------------------------------------------------

  get epoch(): number {
    return this.#machine.epoch
  }

  get status(): Status {
    return this.#inWallClock(this.#machine.status)
  }

  /** A status of the machine, with times of the wall clock. */
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

  /** Sends a command, and waits for its outcome. */
  request<A>(
    text: string,
    options: CommandOptions | undefined,
    decode: (reply: Uint8Array) => A
  ): Effect.Effect<A, CommandError.CommandError> {
    return Effect.callback<A, CommandError.CommandError>((resume) => {
      // All options are read here, where a getter that throws is the caller's defect, and not in the middle of an input.
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

  /** Submits a command. If the machine throws, it does not have the command, and would not settle it as the session ends. */
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

  /** Feeds the machine an input, and performs its outputs. Never waits and never throws: a fault in here ends the session. */
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

  /** Performs the machine's outputs. One may cause another input, whose outputs are performed after all of this one's. */
  #perform(now: number): void {
    if (this.#isPerforming) return
    this.#isPerforming = true
    try {
      this.#performAll()
      // What this input has made due does not wait for the alarm. What was due before does: see `#readSocket`.
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
      // Acknowledgements and commands go out before a caller can be slow about its reply.
      for (const output of outputs) if (output._tag === "Transmit") this.#send(output.datagram)
      for (const output of outputs) this.#performOne(output)
    }
  }

  /** Warns in the log of an outage that lasts. Called with every input: in an outage each login packet is one. */
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
      // What else is to be done still is.
      this.#fault(Cause.die(defect))
    }
  }

  /** Does one thing. A throw ends the session, but not before the other outputs are performed. */
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
   * Resumes callers. That runs the observers of their fibers in here, and what an observer throws is no fault of the session:
   * it is logged, and the session goes on.
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

  readonly #tick = Effect.sync(() => this.#feed((now) => this.#machine.tick(now)))

  #log(line: Effect.Effect<void>): void {
    Effect.runForkWith(this.#context)(line)
  }

  // ---------------------------------------------------------------------------
  // the socket
  // ---------------------------------------------------------------------------

  /** Opens a socket, and closes the previous one, if any. */
  #open(): void {
    const before = this.#socket === undefined ? Effect.void : this.#closeOld(this.#socket)
    const socket: Socket = { scope: Scope.makeUnsafe(), opening: undefined, closing: undefined }
    this.#connection = undefined
    this.#socket = socket
    socket.opening = Effect.runForkWith(this.#context)(
      Effect.andThen(before, this.#useSocket(++this.#sockets, socket.scope))
    )
  }

  /** Closes a socket, in a fiber of its own: waiting for it can be given up. */
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

  /** Waits until the old socket is closed, but not for ever: the session needs another one. */
  #closeOld(socket: Socket): Effect.Effect<void> {
    return Effect.timeoutOrElse(this.#closeSocket(socket), {
      duration: SOCKET_TIMEOUT,
      orElse: () =>
        Effect.logWarning(
          `RCON session with ${this.#transport.peer}: the old socket was not closed within ${SOCKET_TIMEOUT}, opening another`
        )
    })
  }

  /** Opens a socket, which is open until its scope is closed. No fiber stays. `number`: which socket it is, counted from 1. */
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

  /** Takes in why a socket could not be opened, or why its fiber has ended. */
  #ended(number: number, cause: Cause.Cause<TransportError>): void {
    const error = Cause.findError(cause)
    if (Result.isFailure(error) && !Cause.hasInterruptsOnly(cause)) return this.#fault(cause)
    // The session itself has interrupted a socket that was replaced.
    if (number !== this.#sockets) return
    const reason = Result.isSuccess(error)
      ? error.success
      : openFailed(this.#transport.peer, "Unknown", "opening it was interrupted")
    this.#feed((now) => this.#machine.openFailed(now, reason))
  }

  /** The receiver of a connection. It ignores calls once the connection has been replaced. */
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
        // The session closes a connection only after it has replaced it: an interruption here is the transport's own.
        if (Result.isFailure(error) && !Cause.hasInterruptsOnly(cause)) return this.#fault(cause)
        const reason = Result.isSuccess(error) ? error.success : closedByTransport(this.#transport.peer)
        this.#log(Effect.logDebug(reason.message))
        this.#feed((now) => this.#machine.socketFailed(now, reason))
      }
    }
  }

  /** Ends the session because of a defect: of the transport, or of its own. */
  #fault(cause: Cause.Cause<TransportError>): void {
    const defect = Exit.die(Cause.squash(cause))
    this.#feed((now) => this.#machine.crash(now, defect))
  }

  /**
   * Lets the event loop read the datagrams that have arrived before deadlines are judged: a reply that lies in the socket is
   * not late. Ends when no more datagrams come, or after {@link MOST_TURNS}.
   */
  readonly #readSocket = Effect.suspend(() => {
    let turn = 0
    let quiet = 0
    let before = this.#received
    return Effect.whileLoop({
      while: () => turn++ < MOST_TURNS && quiet < QUIET_TURNS,
      // One turn of the event loop: the kernel hands over all it has in it.
      body: () => Effect.yieldNow,
      step: () => {
        quiet = this.#received === before ? quiet + 1 : 0
        before = this.#received
      }
    })
  })
}

const overflow = (missed: number): Gap => ({ _tag: "Gap", cause: "Overflow", missed })

const openFailed = (peer: string, kind: OpenFailed["kind"], cause: unknown): TransportError =>
  new TransportError({ reason: new OpenFailed({ kind, peer, cause }) })

/** The socket's fiber was interrupted, and not by the session. */
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

/** Decodes a reply. If that throws, it is the caller's defect: the session goes on. */
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
    // The first login says so only if it is refused, and tried again.
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
      return "the server does not answer any more"
    case "PortClosed":
      return "the server has closed its port"
    case "LoginRefused":
      return cause.message
    case "TransportError":
      return `the socket failed: ${cause.message}`
  }
}
