/**
 * What tests of the real driver need: virtual time, a server that keeps asking, and a socket that can be tampered with.
 */
import { type CommandError, Session, Transport } from "@bercon/session"
import { type ServerMachine, type SimulatedServer, TestRcon } from "@bercon/testing"
import { Cause, Clock, Effect, Fiber, Queue, Redacted, Result, type Scope, Stream } from "effect"
import { TestClock } from "effect/testing"

export const password = Redacted.make("secret")

export const echo = (text: string): string | undefined => text.startsWith("echo ") ? text : undefined

/** 5 % of datagrams twice, 10 % overtaken, and some lost, in each direction. */
export const conditions = (loss: number) =>
  ({ loss, duplication: 0.05, reordering: 0.1, latency: "20 millis" }) as const

/** A server that repeats its messages until they are acknowledged, and answers a repeated command without running it. */
export const patient: ServerMachine.Options = {
  onCommand: echo,
  repeats: "replay",
  repeatWindow: "10 minutes",
  messageTries: 1000,
  dropUnacknowledged: false
}

/** Milliseconds of virtual time. */
export const now = Effect.map(Clock.currentTimeMillis, Number)

/** Lets time pass, in steps, until the effect is done; what it came to, and how many virtual milliseconds it took. */
export const timed = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  options: { readonly step?: number; readonly limit?: number } = {}
): Effect.Effect<readonly [A, number], E, R> =>
  Effect.gen(function*() {
    const { limit = 3_600_000, step = 100 } = options
    const from = yield* now
    const fiber = yield* Effect.forkChild(effect, { startImmediately: true })
    yield* TestRcon.adjust(0)
    while (fiber.pollUnsafe() === undefined) {
      if ((yield* now) - from > limit) throw new Error(`not done after ${limit} ms of virtual time`)
      yield* TestClock.adjust(step)
    }
    return [yield* Fiber.join(fiber), (yield* now) - from]
  })

/** A session that is logged in, however long it takes. */
export const online = (
  options?: Partial<Session.Options>
): Effect.Effect<Session.Session["Service"], never, Transport.Transport | Scope.Scope> =>
  Effect.map(
    timed(Effect.orDie(Session.make({ password, loginTimeout: "Infinity", ...options }))),
    ([session]) => session
  )

/** Writes down every change of status and when it came, from now on. */
export const story = Effect.fnUntraced(function*(session: Session.Session["Service"]) {
  const entries: Array<readonly [at: number, status: string]> = []
  yield* session.statusChanges.pipe(
    Stream.runForEach((status) =>
      Effect.map(now, (at) => {
        entries.push([at, status._tag === "Reconnecting" ? `Reconnecting: ${status.cause}` : status._tag])
      })
    ),
    Effect.forkChild({ startImmediately: true })
  )
  return entries
})

/** Writes down every message and gap, from now on. */
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

/** How often each text was executed by the server. */
export const executions = (server: SimulatedServer.SimulatedServer["Service"]) =>
  Effect.map(server.executions, (commands) => {
    const counts = new Map<string, number>()
    for (const { text } of commands) counts.set(text, (counts.get(text) ?? 0) + 1)
    return counts
  })

/** What became of a command: its reply, or the reason that there is none. */
export const outcome = (
  result: Result.Result<string, CommandError.CommandError>
): string => Result.isSuccess(result) ? result.success : `${result.failure.reason._tag}, ${result.failure.execution}`

export const ioFailed = new Transport.TransportError({
  reason: new Transport.IoFailed({ kind: "Closed", peer: "tap:1" })
})
const openFailed = new Transport.TransportError({
  reason: new Transport.OpenFailed({ kind: "AddressInUse", peer: "tap:1", cause: undefined })
})

/** What can be wrong with a part of a transport. */
export type Fault = "none" | "hangs" | "fails" | "dies"

/** A transport that is tampered with. */
export interface Tap {
  readonly transport: Transport.Transport["Service"]
  /** Sockets opened up to now. */
  opens: number
  /** Sockets that are open. */
  open: number
  /** Datagrams handed over by the session. */
  written: number
  /** What is wrong with opening a socket, from now on. */
  opening: Fault
  /** What is wrong with writing, from now on. */
  writing: Fault
  /** Milliseconds that a write takes. */
  writeTime: number
  /** Datagrams that came from the server, where somebody wants to have them. */
  recording: Array<Uint8Array> | undefined
  /** Where somebody wants to keep what the session sends from the server. */
  holding: Array<Effect.Effect<void, Transport.TransportError>> | undefined
  /** Lets the open socket receive datagrams that nobody sent. */
  readonly inject: (datagrams: ReadonlyArray<Uint8Array>) => void
  /** Lets the open socket fail, or die, under the one who reads. */
  readonly break: (fault: "fails" | "dies") => Effect.Effect<void>
}

export const tap = (inner: Transport.Transport["Service"]): Tap => {
  let queue: Queue.Queue<Uint8Array, Transport.TransportError> | undefined
  const faulty = <E>(fault: Fault, error: E): Effect.Effect<void, E> => {
    switch (fault) {
      case "none":
        return Effect.void
      case "hangs":
        return Effect.never
      case "fails":
        return Effect.fail(error)
      case "dies":
        return Effect.die("the adapter has a bug")
    }
  }
  const self: Tap = {
    opens: 0,
    open: 0,
    written: 0,
    opening: "none",
    writing: "none",
    writeTime: 0,
    recording: undefined,
    holding: undefined,
    inject: (datagrams) => {
      if (queue !== undefined) Queue.offerAllUnsafe(queue, datagrams)
    },
    break: (fault) =>
      Effect.sync(() => {
        if (queue === undefined) return
        Queue.failCauseUnsafe(queue, fault === "fails" ? Cause.fail(ioFailed) : Cause.die("the adapter has a bug"))
      }),
    transport: Transport.Transport.of({
      peer: inner.peer,
      open: Effect.gen(function*() {
        self.opens++
        yield* faulty(self.opening, openFailed)
        const connection = yield* inner.open
        const own = yield* Queue.unbounded<Uint8Array, Transport.TransportError>()
        queue = own
        self.open++
        yield* Effect.addFinalizer(() =>
          Effect.sync(() => {
            self.open--
            if (queue === own) queue = undefined
          })
        )
        yield* Effect.forever(Effect.map(connection.pull, (datagrams) => {
          self.recording?.push(...datagrams)
          Queue.offerAllUnsafe(own, datagrams)
        })).pipe(
          Effect.catch((error) => Queue.fail(own, error)),
          Effect.forkScoped
        )
        return {
          pull: Queue.takeAll(own),
          write: (datagram) =>
            Effect.suspend(() => {
              self.written++
              if (self.holding !== undefined) {
                self.holding.push(connection.write(datagram))
                return Effect.void
              }
              const write = Effect.andThen(
                faulty(self.writing, ioFailed),
                connection.write(datagram)
              )
              return self.writeTime === 0
                ? write
                : Effect.andThen(write, Effect.sleep(self.writeTime))
            })
        }
      })
    })
  }
  return self
}

/** Puts a tap on the transport in the context. */
export const tapped = Effect.map(Transport.Transport, tap)
