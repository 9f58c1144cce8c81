import { Session, Transport } from "@bercon/session"
import { SimulatedNetwork, SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Result } from "effect"
import { TestClock } from "effect/testing"
import { echo, heard, now, online, outcome, password, story } from "../support/Scenario.ts"

type Server = SimulatedServer.SimulatedServer["Service"]

/** The time in ms within which a lost session is detected: `busy` with a command every second, `idle` without any. */
const FOUND = { busy: 10_000, idle: 40_000 } as const

interface Outage {
  readonly what: string
  readonly begin: (server: Server) => Effect.Effect<void>
  readonly end: (server: Server) => Effect.Effect<void>
  readonly seconds: number
  readonly while: keyof typeof FOUND
  readonly cause: "Silence" | "PortClosed"
}

const nothing = () => Effect.void
const stop = (server: Server) => server.stop()
const start = (server: Server) => server.start
const silent = (server: Server) => server.goSilent
const resume = (server: Server) => server.resume
const restart = (server: Server) => server.restart()
const forget = (server: Server) => server.forget

const outages: ReadonlyArray<Outage> = [
  { what: "falls silent for 12 s", begin: silent, end: resume, seconds: 12, while: "busy", cause: "Silence" },
  { what: "falls silent for 600 s", begin: silent, end: resume, seconds: 600, while: "busy", cause: "Silence" },
  { what: "falls silent for 600 s", begin: silent, end: resume, seconds: 600, while: "idle", cause: "Silence" },
  { what: "closes its port for 1 s", begin: stop, end: start, seconds: 1, while: "busy", cause: "PortClosed" },
  { what: "closes its port for 15 s", begin: stop, end: start, seconds: 15, while: "busy", cause: "PortClosed" },
  { what: "closes its port for 600 s", begin: stop, end: start, seconds: 600, while: "busy", cause: "PortClosed" },
  { what: "closes its port for 600 s", begin: stop, end: start, seconds: 600, while: "idle", cause: "PortClosed" },
  { what: "restarts at once", begin: restart, end: nothing, seconds: 0, while: "busy", cause: "Silence" },
  { what: "restarts at once", begin: restart, end: nothing, seconds: 0, while: "idle", cause: "Silence" },
  { what: "forgets the session", begin: forget, end: nothing, seconds: 0, while: "busy", cause: "Silence" },
  { what: "forgets the session", begin: forget, end: nothing, seconds: 0, while: "idle", cause: "Silence" }
]

const layer = TestRcon.layerTransport({ server: { onCommand: echo }, network: { latency: "5 millis", seed: 3 } })

describe("the loss of", () => {
  it.effect.each(outages)(
    "the $while session with a server that $what is detected in time, and one new session replaces it",
    (outage) =>
      Effect.gen(function*() {
        const server = yield* SimulatedServer.SimulatedServer
        const session = yield* online()
        const told = yield* story(session)
        const items = yield* heard(session, "message ")
        const wrong: Array<string> = []
        let asked = 0
        const ask = Effect.suspend(() => {
          const text = `echo ${asked++}`
          return Effect.map(Effect.result(session.command(text, { timeout: "5 seconds" })), (result) => {
            if (Result.isSuccess(result) && result.success !== text) wrong.push(outcome(result))
          })
        })
        if (outage.while === "busy") {
          yield* Effect.forkChild(Effect.forever(Effect.andThen(Effect.forkChild(ask), Effect.sleep("1 second"))))
        }
        yield* TestClock.adjust("5 seconds")
        const begun = yield* now
        yield* outage.begin(server)
        yield* TestClock.adjust(1000 * outage.seconds)
        const back = yield* now
        yield* outage.end(server)
        yield* TestClock.adjust("2 minutes")

        assert.deepStrictEqual(told.map(([, status]) => status), ["Online", `Reconnecting: ${outage.cause}`, "Online"])
        const [lost = 0, again = 0] = told.slice(1).map(([at]) => at)
        assert.isAtMost(lost - begun, FOUND[outage.while], "detected in time")
        assert.isAtMost(again - Math.max(back, lost), outage.seconds < 60 ? 2000 : 30_000, "back in time")
        assert.strictEqual((yield* server.sessions).length, 1, "one session is left on the server")
        assert.deepStrictEqual(wrong, [])
        yield* server.emit("message after it")
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(items, ["gap: Reconnected undefined", "message after it"])
      }).pipe(Effect.provide(layer))
  )
})

describe("after an outage", () => {
  it.effect("unsent commands are sent; of those in flight, repeatable ones are sent again and others fail", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      const session = yield* online({ maxInFlight: 2 })
      yield* server.goSilent
      const asking = yield* Effect.forkChild(
        Effect.forEach(
          [["echo repeatable", true], ["echo once", false], ["echo queued", false]] as const,
          ([text, repeatable]) => Effect.result(session.command(text, { repeatable })),
          { concurrency: "unbounded" }
        ),
        { startImmediately: true }
      )
      yield* TestClock.adjust("9 seconds")
      yield* server.resume
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual((yield* Fiber.join(asking)).map(outcome), [
        "echo repeatable",
        "SessionLost, MaybeExecuted",
        "echo queued"
      ])
      const texts = (yield* server.commands).map(({ text }) => text).filter((text) => text !== "")
      assert.deepStrictEqual(texts, ["echo repeatable", "echo queued"])
    }).pipe(Effect.provide(layer)))
})

describe("a server whose host name moves to a new address", () => {
  it.effect.each(["is closed", "is silent"])(
    "is found there if the old address %s",
    (old) =>
      Effect.gen(function*() {
        const network = yield* SimulatedNetwork.SimulatedNetwork
        const here = yield* SimulatedServer.SimulatedServer
        const there = yield* SimulatedServer.make({ host: "127.0.0.2", onCommand: echo })
        let address = here.address
        const session = yield* online().pipe(
          Effect.provideService(
            Transport.Transport,
            Transport.Transport.of({
              peer: "rcon.example:2306",
              open: Effect.suspend(() => network.transport(address).open)
            })
          )
        )
        yield* old === "is closed" ? here.stop() : here.goSilent
        address = there.address
        const asking = yield* Effect.forkChild(session.command("echo there", { timeout: "2 minutes" }), {
          startImmediately: true
        })
        // A name is looked up again after a minute without an answer.
        yield* TestClock.adjust("72 seconds")
        assert.strictEqual(yield* Fiber.join(asking), "echo there")
        assert.strictEqual((yield* there.sessions).length, 1)
      }).pipe(Effect.provide(layer))
  )
})

describe("logins", () => {
  // As with a server that is loading: the kernel keeps the packets until the server reads them. After more than a minute,
  // some of the answers go to a socket that is closed by then.
  it.effect.each([40, 120])(
    "whose answers are %i s late result in one session on the server, and its messages arrive in order",
    (late) =>
      Effect.gen(function*() {
        const network = yield* SimulatedNetwork.SimulatedNetwork
        const server = yield* SimulatedServer.SimulatedServer
        yield* network.change({ toServer: { latency: `${late} seconds` } })
        const session = yield* Session.start({ password, loginTimeout: "Infinity" })
        const told = yield* story(session)
        yield* TestClock.adjust(`${late} seconds`)
        yield* network.change({ toServer: { latency: "5 millis" } })
        yield* TestClock.adjust("30 seconds")
        assert.strictEqual((yield* session.status)._tag, "Online")
        yield* TestClock.adjust("5 minutes")
        assert.isAbove((yield* server.logins).length, 10)
        assert.strictEqual((yield* server.sessions).length, 1)
        const items = yield* heard(session)
        for (const text of ["first", "second"]) yield* server.emit(text)
        yield* TestClock.adjust("1 minute")
        assert.deepStrictEqual(items, ["first", "second"])
        assert.strictEqual((yield* session.status)._tag, "Online")
        assert.deepStrictEqual(told.map(([, status]) => status).slice(0, 2), ["Connecting", "Online"])
      }).pipe(Effect.provide(layer))
  )
})
