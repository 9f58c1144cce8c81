/**
 * One authenticated RCON session that survives the network and the server.
 *
 * **Details**
 *
 * A session belongs to the scope it was made in: it stays logged in until that scope closes, and then settles every
 * pending command, stops its fibers and closes its socket. The protocol itself lives in `SessionMachine`; here it meets
 * the clock, the socket and the callers.
 *
 * What is kept in memory is bounded: 256 commands in flight, `queueCapacity` waiting (1.4 KiB each), 192 messages held
 * (2 KiB each), 16 MiB of replies of which parts are missing, and `messageCapacity` messages (2 KiB each, 8 MiB by
 * default) for each subscriber that is slow.
 *
 * **Example** (Asking a server for its version)
 *
 * ```ts
 * import { Session } from "@bercon/session"
 * import * as NodeTransport from "@bercon/session/NodeTransport"
 * import { Effect, Redacted } from "effect"
 *
 * const version = Effect.gen(function*() {
 *   const session = yield* Session.make({ password: Redacted.make("secret") })
 *   return yield* session.command("version")
 * }).pipe(
 *   Effect.scoped,
 *   Effect.provide(NodeTransport.layer({ host: "127.0.0.1", port: 2306 }))
 * )
 * ```
 *
 * @since 0.1.0
 */
import * as Text from "@bercon/codec/Text"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { identity } from "effect/Function"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import type * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import * as CommandError from "./CommandError.ts"
import * as Alarm from "./internal/alarm.ts"
import * as Broadcast from "./internal/broadcast.ts"
import * as Handoff from "./internal/handoff.ts"
import * as Meter from "./internal/meter.ts"
import * as Monotonic from "./internal/monotonic.ts"
import * as Settings from "./internal/settings.ts"
import type { LoginFailure } from "./LoginFailure.ts"
import type { Gap, Message } from "./Message.ts"
import * as SessionMachine from "./SessionMachine.ts"
import type { Status } from "./Status.ts"
import { type Connection, OpenFailed, Transport, TransportError } from "./Transport.ts"

/**
 * Options of one command.
 *
 * @category models
 * @since 0.1.0
 */
export interface CommandOptions {
  /**
   * Whether the command may be sent again when no answer comes. It is unknown whether servers run a repeated command
   * twice, so say `false` if running it twice does harm; it is then sent once. Default `true`.
   *
   * If the server runs a repeated query twice, and its reply has changed in between, parts of both replies can arrive. If
   * they contradict each other the query is sent anew, or fails with `IncompleteReply` at its deadline. If they do not
   * (each part arrived once), the reply is a mixture of both, which nothing in the protocol shows.
   */
  readonly repeatable?: boolean | undefined
  /**
   * The `epoch` of the {@link Session} in which the command is valid. For commands that name a player's slot, say, which
   * may be another player's after a restart. The command is never sent in a later epoch; it fails with
   * `NotConnected` or `SessionLost` instead. Before the first login, 1 is possible. Default: any.
   */
  readonly epoch?: number | undefined
  /**
   * Called right before the command is sent, and before each time it is sent again: whether it is still valid. If not, a
   * command that was never sent fails with `Outdated`; one that was is not sent again. Must not throw. Default: always
   * valid.
   */
  readonly isCurrent?: (() => boolean) | undefined
  /** How long to wait for the whole reply, from the call on. Default: the session's `commandTimeout`. */
  readonly timeout?: Duration.Input | undefined
}

/**
 * Options of a session.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The server's `RConPassword`. UTF-8, not empty, without NUL. */
  readonly password: Redacted.Redacted
  /**
   * How long the first login may take before it fails with `LoginTimeout`. Default 10 seconds. Infinite waits for a
   * server that is still to come up; then a socket that cannot be opened is tried again, too.
   */
  readonly loginTimeout?: Duration.Input | undefined
  /** How long a command waits for its reply unless it says otherwise. Default 20 seconds. */
  readonly commandTimeout?: Duration.Input | undefined
  /**
   * An empty command is sent when no command has been for this long. Default 30 seconds; 1 to 44. After 45
   * servers drop a silent client.
   */
  readonly keepaliveInterval?: Duration.Input | undefined
  /**
   * How many commands may be in flight at once, 1 to 256. Default 32. More wait, first come first served.
   *
   * Replies are told apart by 256 numbers, of which 8 are kept for the session's own use, so values above 248 count as 248. A number is not used again while a reply to its former use may still come, so a line that loses datagrams
   * carries fewer commands a second; the README of this package has figures.
   */
  readonly maxInFlight?: number | undefined
  /** How many commands may wait; more fail with `Overloaded`. Default 4,096. */
  readonly queueCapacity?: number | undefined
  /** How many messages a slow subscriber may be behind before it loses its oldest. Default 4,096. */
  readonly messageCapacity?: number | undefined
  /**
   * How long the server may be silent after a command or keepalive before the session counts as lost, and its status is
   * `Reconnecting`. Default 8 seconds; at least 2. A server that has restarted is noticed sooner: after 2.5 seconds of
   * silence on a line that loses nothing, the session asks for a login while it still listens.
   */
  readonly silenceTimeout?: Duration.Input | undefined
  /**
   * How long a message is held if the ones before it are missing, so that the server can repeat those. Default 11 seconds:
   * servers repeat a message for 10 seconds, so that with the default none is lost and all are in order. With a shorter
   * time a missing message delays the next ones by less; if it comes later than that, it is delivered out of order, marked
   * as `late`.
   */
  readonly reorderTimeout?: Duration.Input | undefined
  /** The longest time between two tries to log in again. Default 30 seconds; at least 1. */
  readonly maxReconnectDelay?: Duration.Input | undefined
  /** Code page of text that is not UTF-8. Default `"windows-1251"`. */
  readonly textFallback?: string | undefined
}

/**
 * An authenticated session.
 *
 * @category services
 * @since 0.1.0
 */
export class Session extends Context.Service<Session, {
  /** Sends a command and returns the server's whole reply, decoded. */
  readonly command: (text: string, options?: CommandOptions) => Effect.Effect<string, CommandError.CommandError>
  /** As `command`, but the reply's bytes. */
  readonly commandBytes: (
    text: string,
    options?: CommandOptions
  ) => Effect.Effect<Uint8Array, CommandError.CommandError>
  /**
   * The server's messages from the moment on at which the stream is run, each once. They come in the server's order, except
   * for those marked as `late`. Every subscriber gets all of them. The stream ends when the session's scope closes. It fails
   * if the server refuses to log the session in again.
   */
  readonly messages: Stream.Stream<Message | Gap, LoginFailure>
  /**
   * The number of logins so far, 0 before the first. It tells one login from the next: a command that uses something which
   * is only valid until the next login, such as a player's slot, takes the epoch of the moment at which that was read.
   */
  readonly epoch: Effect.Effect<number>
  /** How the session is doing now. */
  readonly status: Effect.Effect<Status>
  /** How the session is doing: now, and every change. Ends after `Closed`. */
  readonly statusChanges: Stream.Stream<Status>
  /**
   * Waits until the session has logged in for the first time. Fails where it never will; where its owner closes it before,
   * the wait is interrupted.
   */
  readonly online: Effect.Effect<void, LoginFailure>
}>()("@bercon/session/Session") {}

/**
 * The longest command in bytes of UTF-8: with it the datagram is 1,400 bytes, which every network carries whole.
 *
 * @category constants
 * @since 0.1.0
 */
export const MAX_COMMAND_BYTES = 1391

/**
 * Begins a session in the current scope, and returns at once: to subscribe to `messages` before the first one comes, say.
 * `online` waits for the login.
 *
 * Fails only with `InvalidOptions`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const start: (
  options: Options
) => Effect.Effect<Session["Service"], LoginFailure, Transport | Scope.Scope> = Effect.fnUntraced(function*(options) {
  const transport = yield* Transport
  const now = yield* Monotonic.make
  const random = yield* Random.Random
  const settings = yield* Settings.make(options, transport.peer, () => random.nextDoubleUnsafe())
  const machine = new SessionMachine.SessionMachine<Reply>(settings.machine, now())
  const meter = yield* Meter.make(transport.peer, machine)

  const online = Deferred.makeUnsafe<void, LoginFailure>()
  /** The status as it was last told. */
  let status = machine.status
  const statuses = Broadcast.make<Status>({ capacity: STATUS_CAPACITY, greeting: () => status })
  const messages = Broadcast.make<Message | Gap, LoginFailure>({
    capacity: settings.messageCapacity,
    overflow: (missed) => ({ _tag: "Gap", cause: "Overflow", missed })
  })

  // ---------------------------------------------------------------------------
  // outputs of the machine
  // ---------------------------------------------------------------------------

  /** What is to be written to the open socket. */
  let outbox: Handoff.Handoff<Uint8Array> | undefined
  const socketWanted = Latch.makeUnsafe(false)
  let lines: Array<Effect.Effect<void>> = []
  let flushing = false

  /**
   * Does what the machine wants after an input. Every input is followed by this.
   *
   * It never waits: what takes time is handed to the writer and the timer. What it sets off may be another input, whose
   * outputs come after all of this one's.
   */
  const flush = (): void => {
    if (flushing) return
    flushing = true
    try {
      for (let outputs = machine.drain(); outputs.length > 0; outputs = machine.drain()) {
        // Acknowledgements go out before anybody can be slow about the messages.
        for (const output of outputs) if (output._tag === "Transmit") outbox?.offer(output.datagram)
        for (const output of outputs) perform(output)
      }
    } finally {
      flushing = false
    }
    meter.update()
    alarm.reset()
  }

  const perform = (output: SessionMachine.Output<Reply>): void => {
    switch (output._tag) {
      case "Settle":
        meter.settled(Result.match(output.result, { onSuccess: () => "Success", onFailure: ({ _tag }) => _tag }))
        output.handle(output.result)
        break
      case "Deliver":
        messages.publish(output.item)
        break
      case "Measured":
        meter.measured(output.milliseconds)
        break
      case "Open":
        socketWanted.openUnsafe()
        break
      case "StatusChanged":
        changeStatus(output.status)
        break
      case "Transmit":
        break
    }
  }

  const changeStatus = (next: Status): void => {
    lines.push(logOf(transport.peer, next, status))
    status = next
    statuses.publish(next)
    switch (next._tag) {
      case "Online":
        Deferred.doneUnsafe(online, Exit.void)
        break
      case "Reconnecting":
        meter.lost(next.cause)
        break
      case "Closed":
        Deferred.doneUnsafe(online, Exit.isSuccess(next.exit) ? Exit.interrupt() : next.exit)
        statuses.close(Exit.void)
        messages.close(next.exit)
        socketWanted.openUnsafe()
        break
      case "Connecting":
        break
    }
  }

  const logDebug = (message: string): void => {
    if (lines.length < DEBUG_CAPACITY) lines.push(Effect.logDebug(message))
  }

  const writeLog = Effect.suspend(() => {
    const waiting = lines
    lines = []
    return Effect.all(waiting, { discard: true })
  })

  // ---------------------------------------------------------------------------
  // inputs of the machine
  // ---------------------------------------------------------------------------

  const isOpen = () => status._tag !== "Closed"

  /** How many batches of datagrams the session has read. */
  let batches = 0

  const read = (connection: Connection): Effect.Effect<void> =>
    Effect.forever(
      Effect.map(connection.pull, (datagrams) => {
        batches++
        const at = now()
        for (const datagram of datagrams) machine.receive(at, datagram)
        flush()
      }),
      { disableYield: true }
    ).pipe(
      Effect.catch((error: TransportError) =>
        Effect.sync(() => {
          logDebug(error.message)
          machine.socketFailed(now())
          flush()
        })
      )
    )

  const write = (connection: Connection, datagrams: Handoff.Handoff<Uint8Array>): Effect.Effect<never> => {
    // A datagram that could not be sent is a datagram lost: it is sent again when its time comes.
    const failed = (error: TransportError) =>
      Effect.sync(() => {
        logDebug(error.message)
        machine.writeFailed(now(), error)
        flush()
      })
    const writeOne = (datagram: Uint8Array) => Effect.catch(connection.write(datagram), failed)
    return Effect.forever(
      Effect.flatMap(
        datagrams.take,
        (batch) => batch.length === 1 ? writeOne(batch[0]) : Effect.forEach(batch, writeOne, { discard: true })
      ),
      { disableYield: true }
    )
  }

  /** One socket after another, each for as long as the machine wants no other. */
  const sockets = Effect.gen(function*() {
    while (isOpen()) {
      yield* socketWanted.await
      socketWanted.closeUnsafe()
      if (isOpen()) yield* Effect.scoped(useSocket)
    }
  })

  const useSocket = Effect.gen(function*() {
    const opened = yield* Effect.result(Effect.timeoutOrElse(transport.open, {
      duration: OPEN_TIMEOUT,
      orElse: () => Effect.fail(openTimeout(transport.peer))
    }))
    if (Result.isFailure(opened)) {
      machine.openFailed(now(), opened.failure)
      return flush()
    }
    const datagrams = Handoff.make<Uint8Array>(OUTBOX_CAPACITY)
    outbox = datagrams
    yield* Effect.addFinalizer(() => Effect.sync(() => outbox = undefined))
    machine.opened(now())
    flush()
    yield* Effect.raceAllFirst([read(opened.success), write(opened.success, datagrams), socketWanted.await])
  })

  /**
   * Lets what has arrived be read, before anything is judged by the time: a reply that lies in the socket is not late.
   * Ends when nothing more comes, or after so much that it must not wait any longer.
   */
  const readSocket = Effect.gen(function*() {
    let quiet = 0
    for (let turn = 0; turn < MOST_TURNS && quiet < QUIET_TURNS; turn++) {
      const before = batches
      // One turn of the event loop: whatever the kernel has is handed over in it.
      yield* Effect.yieldNow
      quiet = batches === before ? quiet + 1 : 0
    }
  })

  const alarm = Alarm.make({
    now,
    wakeAt: () => lines.length > 0 ? -Infinity : machine.wakeAt,
    afterStandstill: readSocket
  })

  const timer = Effect.gen(function*() {
    while (true) {
      yield* writeLog
      if (!isOpen()) return
      yield* alarm.wait
      machine.tick(now())
      flush()
    }
  })

  yield* Effect.all([sockets, timer], { concurrency: "unbounded", discard: true }).pipe(
    // Interrupted or not, without these fibers there is no session. Where its owner closed it, it is closed by now.
    Effect.onExit((exit) =>
      Effect.suspend(() => {
        if (Exit.isFailure(exit)) machine.crash(now(), Exit.failCause(exit.cause))
        flush()
        return writeLog
      })
    ),
    Effect.forkScoped
  )
  yield* Effect.addFinalizer(() => {
    machine.close(now())
    flush()
    return writeLog
  })

  // ---------------------------------------------------------------------------
  // the service
  // ---------------------------------------------------------------------------

  const request = <A>(
    text: string,
    options: CommandOptions | undefined,
    decode: (reply: Uint8Array) => A
  ): Effect.Effect<A, CommandError.CommandError> =>
    traced(text, () => {
      const payload = Text.encode(text)
      const timeout = options?.timeout === undefined ? settings.commandTimeout : Settings.millis(options.timeout)
      const problem = problemOf(text, payload, timeout)
      if (problem !== undefined) {
        meter.settled("InvalidCommand")
        return fail(text, new CommandError.InvalidCommand({ problem }))
      }
      const at = now()
      return Effect.callback<A, CommandError.CommandError>((resume) => {
        const submitted = machine.submit(at, {
          handle: Result.match({
            onFailure: (reason) => resume(fail(text, reason)),
            onSuccess: (reply) => resume(Effect.succeed(decode(reply)))
          }),
          payload,
          repeatable: options?.repeatable ?? true,
          epoch: options?.epoch,
          isCurrent: options?.isCurrent,
          deadline: at + timeout
        })
        flush()
        if (Result.isFailure(submitted)) {
          meter.settled(submitted.failure._tag)
          return resume(fail(text, submitted.failure))
        }
        const ticket = submitted.success
        return Effect.sync(() => {
          if (ticket.state !== "Settled") meter.settled("Interrupted")
          machine.cancel(now(), ticket)
          flush()
        })
      })
    })

  /** A span costs as much as the rest of a command: none where nobody takes spans. */
  const traced = <A, E>(text: string, run: () => Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.withFiber((fiber) =>
      fiber.getRef(Tracer.Tracer) === Tracer.nativeTracer
        ? run()
        : Effect.withSpan(Effect.suspend(run), "bercon.command", {
          kind: "client",
          attributes: { "bercon.command": CommandError.verbOf(text), "server.address": transport.peer }
        })
    )

  const decodeText = (reply: Uint8Array): string => Text.decode(reply, settings.machine.textFallback)

  return Session.of({
    command: (text, options) => request(text, options, decodeText),
    commandBytes: (text, options) => request(text, options, identity),
    messages: messages.values,
    epoch: Effect.sync(() => machine.epoch),
    status: Effect.sync(() => machine.status),
    statusChanges: statuses.values,
    online: Deferred.await(online)
  })
})

/**
 * Logs in, and returns the session once the server has accepted the password.
 *
 * **Details**
 *
 * Fails with `LoginRefused` as soon as the server refuses the password, with `LoginTimeout` where it does not answer
 * within `loginTimeout`, with `TransportFailure` where no socket can be opened, and with `InvalidOptions`. Later outages
 * are no failure of this effect: the session logs in again by itself for as long as its scope is open.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make: (
  options: Options
) => Effect.Effect<Session["Service"], LoginFailure, Transport | Scope.Scope> = Effect.fnUntraced(function*(options) {
  const session = yield* start(options)
  yield* session.online
  return session
})

/**
 * Provides the {@link Session} that {@link make} makes. The layer is built once the server has accepted the password.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options): Layer.Layer<Session, LoginFailure, Transport> =>
  Layer.effect(Session, make(options))

/** Takes the outcome of a command. */
type Reply = (result: Result.Result<Uint8Array, CommandError.CommandError["reason"]>) => void

/** How many datagrams may wait for the socket to take them; more are lost, as in the network. */
const OUTBOX_CAPACITY = 4096

/** How many lines may wait to be logged before those for debugging are left out. Changes of status are few. */
const DEBUG_CAPACITY = 256

/** After how many turns of the event loop without a datagram nothing more lies in the socket. */
const QUIET_TURNS = 2

/** For how many turns of the event loop time may wait for datagrams. */
const MOST_TURNS = 256

/** How long opening a socket may take. */
const OPEN_TIMEOUT = "30 seconds"

const openTimeout = (peer: string): TransportError =>
  new TransportError({ reason: new OpenFailed({ kind: "Unknown", peer, cause: `it took more than ${OPEN_TIMEOUT}` }) })

/** How many changes of status a subscriber may be behind before it loses the oldest. */
const STATUS_CAPACITY = 64

const problemOf = (text: string, payload: Uint8Array, timeout: number): string | undefined =>
  text.includes("\0")
    ? "it holds a NUL character"
    : payload.length > MAX_COMMAND_BYTES
    ? `it is ${payload.length} bytes long, and at most ${MAX_COMMAND_BYTES} are possible`
    : Number.isNaN(timeout)
    ? "its timeout is not a duration"
    : undefined

const fail = (
  text: string,
  reason: CommandError.CommandError["reason"]
): Effect.Effect<never, CommandError.CommandError> => Effect.fail(CommandError.make(text, reason))

const logOf = (peer: string, status: Status, before: Status): Effect.Effect<void> => {
  const session = `RCON session with ${peer}`
  switch (status._tag) {
    case "Connecting":
      return Effect.logInfo(`${session}: connecting`)
    case "Online":
      return Effect.logInfo(`${session}: online`)
    case "Reconnecting":
      return Effect.logInfo(`${session}: ${losses[status.cause]}, logging in again`)
    case "Closed":
      return Exit.match(status.exit, {
        onSuccess: () => Effect.logInfo(`${session}: closed`),
        onFailure: (cause) =>
          // Whoever waits for the first login has the failure in hand; later nobody may be looking.
          before._tag === "Connecting"
            ? Effect.logInfo(`${session}: not logged in`)
            : Effect.logError(`${session}: ended for good`, cause)
      })
  }
}

const losses: Record<(Status & { _tag: "Reconnecting" })["cause"], string> = {
  Silence: "the server has fallen silent",
  PortClosed: "the server has closed its port",
  TransportFailed: "the socket failed"
}
