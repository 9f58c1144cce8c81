/**
 * Opens, replaces and closes the sockets of a session, which uses one at a time.
 *
 * Each socket has a scope of its own, and is closed with it. Reports of a socket that was replaced are ignored, except a
 * defect in opening or closing it. No fiber remains while a socket is open.
 */
import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import { type Connection, IoFailed, OpenFailed, type Receiver, type Transport, TransportError } from "../Transport.ts"
import type { SessionLog } from "./sessionLog.ts"

/** Time limit for opening a socket, and for closing the previous one. */
const TIMEOUT = "30 seconds"
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

/** The owner's reactions to its socket. They must not throw. */
export interface Events {
  readonly opened: () => void
  readonly openFailed: (error: TransportError) => void
  readonly received: (datagram: Uint8Array) => void
  /** A datagram could not be sent. The socket stays usable. */
  readonly notSent: (error: TransportError) => void
  /** The open socket has failed. */
  readonly failed: (error: TransportError) => void
  /** The transport has a defect. This is also called for a defect in closing the last socket. */
  readonly died: (cause: Cause.Cause<unknown>) => void
}

/** A socket that is open or being opened. */
interface Handle {
  /** Closing this scope closes the socket. */
  readonly scope: Scope.Closeable
  /** The fiber that opens the socket; `undefined` until it is forked. */
  opening: Fiber.Fiber<void> | undefined
  /** The fiber that closes the socket; `undefined` until it is forked. */
  closing: Fiber.Fiber<void> | undefined
}

export class Socket {
  readonly #transport: Transport["Service"]
  readonly #context: Context.Context<never>
  readonly #log: SessionLog
  readonly #events: Events
  /** The socket in use, and its connection once it is open. */
  #handle: Handle | undefined
  #connection: Connection | undefined
  /** Number of datagrams that have arrived. */
  #received = 0

  constructor(
    transport: Transport["Service"],
    context: Context.Context<never>,
    log: SessionLog,
    events: Events
  ) {
    this.#transport = transport
    this.#context = context
    this.#log = log
    this.#events = events
  }

  /** Opens a socket, and closes the previous one if there is any. */
  open(): void {
    const before = this.#handle === undefined ? Effect.void : this.#closeOld(this.#handle)
    const handle: Handle = { scope: Scope.makeUnsafe(), opening: undefined, closing: undefined }
    this.#connection = undefined
    this.#handle = handle
    handle.opening = Effect.runForkWith(this.#context)(Effect.andThen(before, this.#use(handle)))
  }

  /** Sends a datagram if the socket is open. Throws if the transport does. */
  send(datagram: Uint8Array): void {
    this.#connection?.send(datagram)
  }

  /** Stops using the socket at once, and closes it. Dies if the transport has a defect in closing it. */
  readonly close: Effect.Effect<void> = Effect.suspend(() => {
    this.#connection = undefined
    return this.#handle === undefined ? Effect.void : this.#close(this.#handle)
  })

  /**
   * Lets the event loop read the datagrams that have arrived. Ends when no more datagrams come, or after
   * {@link MOST_TURNS}.
   */
  readArrived(): Effect.Effect<void> {
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

  /** Closes a socket in a separate fiber, so that waiting for it can be given up. */
  #close(handle: Handle): Effect.Effect<void> {
    return Effect.suspend(() => Fiber.join(this.#beginClosing(handle)))
  }

  #beginClosing(handle: Handle): Fiber.Fiber<void> {
    return handle.closing ??= Effect.runForkWith(this.#context)(
      Effect.andThen(
        handle.opening === undefined ? Effect.void : Fiber.interrupt(handle.opening),
        Scope.close(handle.scope, Exit.void)
      ).pipe(Effect.onError((cause) => Effect.sync(() => this.#events.died(cause))))
    )
  }

  /** Waits until the old socket is closed, but not forever, because the session needs another one. */
  #closeOld(handle: Handle): Effect.Effect<void> {
    return Effect.timeoutOrElse(this.#close(handle), {
      duration: TIMEOUT,
      orElse: () => Effect.sync(() => this.#log.socketNotClosed(TIMEOUT))
    })
  }

  /** Opens a socket, which stays open until its scope is closed. */
  #use(handle: Handle): Effect.Effect<void> {
    return Effect.timeoutOrElse(this.#transport.open, {
      duration: TIMEOUT,
      orElse: () => Effect.fail(openFailed(this.#transport.peer, "TimedOut", undefined))
    }).pipe(
      Effect.map((connection) => {
        this.#connection = connection
        connection.listen(this.#receiverOf(connection))
        this.#events.opened()
      }),
      Effect.onError((cause) =>
        Effect.sync(() => {
          this.#beginClosing(handle)
          this.#ended(handle, cause)
        })
      ),
      Effect.ignore,
      Scope.provide(handle.scope)
    )
  }

  /** Handles a failed or interrupted opening of a socket. */
  #ended(handle: Handle, cause: Cause.Cause<TransportError>): void {
    const error = errorOf(cause, () => openFailed(this.#transport.peer, "Unknown", "opening it was interrupted"))
    if (error === undefined) this.#events.died(cause)
    // If the session replaces a socket that is still being opened, it interrupts the opening.
    else if (handle === this.#handle) this.#events.openFailed(error)
  }

  /** The receiver of a connection. It ignores calls after the connection has been replaced. */
  #receiverOf(connection: Connection): Receiver {
    return {
      receive: (datagram) => {
        if (connection !== this.#connection) return
        this.#received++
        this.#events.received(datagram)
      },
      notSent: (error) => {
        if (connection !== this.#connection) return
        this.#log.debug(error.message)
        this.#events.notSent(error)
      },
      failed: (cause) => {
        if (connection !== this.#connection) return
        // The session stops using a connection before closing it, so an interruption here comes from the transport.
        const error = errorOf(cause, () => closedByTransport(this.#transport.peer))
        if (error === undefined) return this.#events.died(cause)
        this.#log.debug(error.message)
        this.#events.failed(error)
      }
    }
  }
}

/** The error in a cause, or `interrupted()` for an interruption. `undefined` if the cause is a defect. */
const errorOf = (
  cause: Cause.Cause<TransportError>,
  interrupted: () => TransportError
): TransportError | undefined => {
  const error = Cause.findError(cause)
  if (Result.isSuccess(error)) return error.success
  return Cause.hasInterruptsOnly(cause) ? interrupted() : undefined
}

const openFailed = (peer: string, kind: OpenFailed["kind"], cause: unknown): TransportError =>
  new TransportError({ reason: new OpenFailed({ kind, peer, cause }) })

const closedByTransport = (peer: string): TransportError =>
  new TransportError({ reason: new IoFailed({ kind: "Closed", peer }) })
