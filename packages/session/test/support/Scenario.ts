/**
 * Helpers for tests of the real driver: virtual time, a server that repeats its messages, and a socket with adjustable
 * faults.
 */
import { type CommandError, type LoginFailure, Session, type Status, Transport } from "@bercon/session"
import { type ServerMachine, type SimulatedServer, TestRcon } from "@bercon/testing"
import { Cause, Clock, Effect, Redacted, Result, type Scope, Stream } from "effect"

export const password = Redacted.make("secret")

export const echo = (text: string): string | undefined => text.startsWith("echo ") ? text : undefined

/** 5 % of datagrams duplicated, 10 % reordered, and some lost, in each direction. */
export const conditions = (loss: number) =>
  ({ loss, duplication: 0.05, reordering: 0.1, latency: "20 millis" }) as const

/**
 * A server that repeats its messages until they are acknowledged, and answers a repeated command without executing it.
 */
export const patient: ServerMachine.Options = {
  onCommand: echo,
  repeats: "replay",
  repeatWindow: "10 minutes",
  messageTries: 1000,
  dropUnacknowledged: false
}

/** Milliseconds of virtual time. */
export const now = Effect.map(Clock.currentTimeMillis, Number)

/** Passes time until an effect has ended. Returns its result, and the virtual milliseconds that it took. */
export const timed = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const from = yield* now
    const result = yield* Effect.catchTag(TestRcon.passTime(effect, "1 hour"), "TimeoutError", Effect.die)
    return [result, (yield* now) - from] as const
  })

/** A session that is logged in. The login may take up to an hour. */
export const online = (
  options?: Partial<Session.Options>
): Effect.Effect<Session.Session["Service"], never, Transport.Transport | Scope.Scope> =>
  Effect.map(
    timed(Effect.orDie(Session.make({ password, loginTimeout: "Infinity", ...options }))),
    ([session]) => session
  )

/** Records the current status and every change from now on, each with its time. */
export const story = Effect.fnUntraced(function*(session: Session.Session["Service"]) {
  const entries: Array<readonly [at: number, status: string]> = []
  yield* session.statusChanges.pipe(
    Stream.runForEach((status) =>
      Effect.map(now, (at) => {
        entries.push([at, status._tag === "Reconnecting" ? `Reconnecting: ${status.cause._tag}` : status._tag])
      })
    ),
    Effect.forkChild({ startImmediately: true })
  )
  return entries
})

/** Records every gap, and every message that begins with `prefix`, from now on. */
export const heard = Effect.fnUntraced(function*(session: Session.Session["Service"], prefix = "") {
  const items: Array<string> = []
  yield* session.messages.pipe(
    Stream.runForEach((item) =>
      Effect.sync(() => {
        if (item._tag === "Gap") items.push(`gap: ${item.cause} ${item.missed}`)
        else if (item.text.startsWith(prefix)) items.push(item.text)
      })
    ),
    Effect.forkChild({ startImmediately: true })
  )
  return items
})

export const range = (n: number): ReadonlyArray<number> => Array.from({ length: n }, (_, i) => i)

/** How often the server executed each text. */
export const executions = (server: SimulatedServer.SimulatedServer["Service"]) =>
  Effect.map(server.executions, (commands) => {
    const counts = new Map<string, number>()
    for (const { text } of commands) counts.set(text, (counts.get(text) ?? 0) + 1)
    return counts
  })

/** The tag of an error's reason. */
export const reasonOf = (error: CommandError.CommandError | LoginFailure.LoginFailure): string => error.reason._tag

export const tagOf = ({ _tag }: Status.Status): Status.Status["_tag"] => _tag

/** The outcome of a command: its reply, or the reason of its error and whether it was executed. */
export const outcome = (
  result: Result.Result<string, CommandError.CommandError>
): string => Result.isSuccess(result) ? result.success : `${result.failure.reason._tag}, ${result.failure.execution}`

const ioFailed = new Transport.TransportError({
  reason: new Transport.IoFailed({ kind: "Closed", peer: "tap:1" })
})
const openFailed = new Transport.TransportError({
  reason: new Transport.OpenFailed({ kind: "AddressInUse", peer: "tap:1", cause: undefined })
})

/** A fault of a part of a transport. */
export type Fault = "none" | "hangs" | "fails" | "dies"

/** A transport with adjustable faults. */
export interface Tap {
  readonly transport: Transport.Transport["Service"]
  /** Number of sockets opened so far. */
  opens: number
  /** Number of open sockets. */
  open: number
  /** Number of datagrams that the session has sent. */
  sent: number
  /** The fault of opening a socket, from now on. */
  opening: Fault
  /** The fault of sending, from now on. */
  sending: Exclude<Fault, "hangs">
  /** Datagrams from the server, if they are recorded. */
  recording: Array<Uint8Array> | undefined
  /** Makes the open socket receive forged datagrams. */
  readonly inject: (datagrams: ReadonlyArray<Uint8Array>) => void
  /** Makes the open socket fail or die. */
  readonly break: (fault: "fails" | "dies") => Effect.Effect<void>
}

const BUG = "the adapter has a bug"

export const tap = (inner: Transport.Transport["Service"]): Tap => {
  let receiver: Transport.Receiver | undefined
  const faults: Record<Fault, Effect.Effect<void, Transport.TransportError>> = {
    none: Effect.void,
    hangs: Effect.never,
    fails: Effect.fail(openFailed),
    dies: Effect.die(BUG)
  }
  const self: Tap = {
    opens: 0,
    open: 0,
    sent: 0,
    opening: "none",
    sending: "none",
    recording: undefined,
    inject: (datagrams) => {
      for (const datagram of datagrams) receiver?.receive(datagram)
    },
    break: (fault) => Effect.sync(() => receiver?.failed(fault === "fails" ? Cause.fail(ioFailed) : Cause.die(BUG))),
    transport: Transport.Transport.of({
      peer: inner.peer,
      open: Effect.gen(function*() {
        self.opens++
        yield* faults[self.opening]
        const { listen, send } = yield* inner.open
        self.open++
        let own: Transport.Receiver | undefined
        yield* Effect.addFinalizer(() =>
          Effect.sync(() => {
            self.open--
            if (receiver === own) receiver = undefined
          })
        )
        return {
          listen: (listener) => {
            receiver = own = listener
            listen({
              ...listener,
              receive: (datagram) => {
                self.recording?.push(datagram)
                listener.receive(datagram)
              }
            })
          },
          send: (datagram) => {
            self.sent++
            if (self.sending === "dies") throw new Error(BUG)
            if (self.sending === "fails") own?.notSent(ioFailed)
            else send(datagram)
          }
        }
      })
    })
  }
  return self
}

/** Puts a tap on the transport in the context. */
export const tapped = Effect.map(Transport.Transport, tap)
