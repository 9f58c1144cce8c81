import { LoginFailure, RconClient, ServerEvent } from "@bercon/client"
import { MockRconClient, SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Layer, Logger, Metric, Schema } from "effect"
import { TestClock } from "effect/testing"
import { start } from "./mockClient.ts"
import * as MockSession from "./mockSession.ts"
import { options } from "./simulatedClient.ts"

describe("on", () => {
  const disconnected = (name: string) => `Player #7 ${name} disconnected`

  it.effect("runs the handler for every event of its kind, in order, even after it has failed", () =>
    Effect.gen(function*() {
      const logged: Array<string> = []
      const log = Logger.layer([
        Logger.make(({ cause, logLevel }) => logged.push(`${logLevel} ${Cause.pretty(cause)}`))
      ])
      const { rcon, session } = yield* start()
      const seen: Array<string> = []
      const others: Array<string> = []
      yield* Effect.gen(function*() {
        yield* rcon.on("PlayerDisconnected", ({ player: { name } }) => {
          seen.push(name)
          if (name === "throws") throw new Error("eh")
          return name === "fails"
            ? Effect.fail("oh")
            : name === "dies"
            ? Effect.die("ah")
            : name === "stops"
            ? Effect.interrupt
            : Effect.yieldNow
        })
        yield* rcon.on("PlayerDisconnected", ({ player }) => Effect.sync(() => others.push(player.name)))
        yield* session.say(disconnected("a"), "hello", disconnected("fails"), disconnected("dies"))
        yield* session.say(disconnected("throws"), disconnected("stops"), disconnected("b"))
      }).pipe(Effect.provide(log))
      assert.deepStrictEqual(seen, ["a", "fails", "dies", "throws", "stops", "b"])
      assert.deepStrictEqual(others, seen)
      assert.strictEqual(logged.length, 4)
      assert.match(logged.join(), /^Error .*oh[^]*Error .*ah[^]*Error .*eh[^]*Error .*interrupted/i)
    }))

  it.effect("dies at once if the concurrency is invalid", () =>
    Effect.gen(function*() {
      const { rcon } = yield* start()
      for (const concurrency of [0, 1.5, NaN, -1]) {
        const exit = yield* Effect.exit(rcon.on("PlayerChat", () => Effect.void, { concurrency }))
        assert.isTrue(Exit.hasDies(exit))
        assert.include(String(exit), `concurrency must be an integer from 1, or`)
      }
    }))

  it.effect("stops with the scope, with the fiber, and with the session", () =>
    Effect.gen(function*() {
      const { rcon, session } = yield* start()
      const seen: Array<string> = []
      const handler = (label: string) => () => Effect.sync(() => seen.push(label))
      yield* Effect.scoped(rcon.on("PlayerDisconnected", handler("scope")))
      yield* Fiber.interrupt(yield* rcon.on("PlayerDisconnected", handler("fiber")))
      const fiber = yield* rcon.on("PlayerDisconnected", handler("session"))
      const stuck = yield* rcon.on("PlayerDisconnected", () => Effect.never)
      yield* session.say(disconnected("a"))
      assert.deepStrictEqual(seen, ["session"])
      yield* session.end()
      yield* Fiber.join(fiber)
      yield* Fiber.interrupt(stuck)
    }))

  it.effect("handles up to `concurrency` events at once", () =>
    Effect.gen(function*() {
      const session = yield* MockSession.make({ _tag: "Online" }, Effect.void)
      const rcon = yield* Effect.provide(RconClient.fromSession({ flavour: "BattlEye" }), session.layer)
      let running = 0
      let most = 0
      const handler = Effect.acquireUseRelease(
        Effect.sync(() => most = Math.max(most, ++running)),
        () => Effect.sleep("1 second"),
        () => Effect.sync(() => running--)
      )
      for (const concurrency of [1, 3]) {
        most = 0
        const fiber = yield* rcon.on("PlayerDisconnected", () => handler, { concurrency })
        yield* session.say(...Array.from({ length: 6 }, (_, id) => `Player #${id} x disconnected`))
        yield* TestClock.adjust("10 seconds")
        assert.strictEqual(most, concurrency)
        yield* Fiber.interrupt(fiber)
      }
    }).pipe(Effect.scoped))

  it.effect.each([1, 2, "unbounded"] as const)(
    "gets an event that comes right after it, with concurrency %s",
    (concurrency) =>
      Effect.gen(function*() {
        const mock = yield* MockRconClient.MockRconClient
        const rcon = yield* RconClient.RconClient
        const seen: Array<string> = []
        yield* rcon.on("PlayerDisconnected", ({ player }) => Effect.sync(() => seen.push(player.name)), { concurrency })
        yield* mock.emit(ServerEvent.parse(disconnected("a")))
        assert.deepStrictEqual(seen, ["a"])
      }).pipe(Effect.provide(MockRconClient.layer()))
  )

  it.effect("ends with the session only after its handlers have ended", () =>
    Effect.gen(function*() {
      const mock = yield* MockRconClient.MockRconClient
      const rcon = yield* RconClient.RconClient
      const seen: Array<string> = []
      const slow = ({ player }: ServerEvent.PlayerDisconnected) =>
        Effect.delay(Effect.sync(() => seen.push(player.name)), "1 second")
      const fiber = yield* rcon.on("PlayerDisconnected", slow, { concurrency: 2 })
      for (const name of ["a", "b", "c"]) yield* mock.emit(ServerEvent.parse(disconnected(name)))
      yield* mock.end()
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(seen, ["a", "b", "c"])
    }).pipe(Effect.provide(MockRconClient.layer())))

  it.effect("logs and counts the events that a slow handler has missed", () =>
    Effect.gen(function*() {
      const session = yield* MockSession.make({ _tag: "Online" }, Effect.void)
      const rcon = yield* Effect.provide(
        RconClient.fromSession({ flavour: "BattlEye", messageCapacity: 4 }),
        session.layer
      )
      const logged: Array<unknown> = []
      const logger = Logger.make(({ message }) => logged.push(...[message].flat()))
      yield* Effect.provide(rcon.on("PlayerDisconnected", () => Effect.sleep("1 second")), Logger.layer([logger]))
      yield* session.say(...Array.from({ length: 20 }, (_, id) => `Player #${id} x disconnected`))
      yield* TestClock.adjust("1 minute")
      const warning = logged.find((line) => String(line).includes("is too slow"))
      const missed = Number(/missed (\d+) events/.exec(String(warning))?.[1])
      assert.isAbove(missed, 0)
      const counted = (yield* Metric.snapshot).find(({ id }) => id === "bercon_events_missed_total")
      assert.strictEqual((counted?.state as { readonly count?: number } | undefined)?.count, missed)
    }).pipe(Effect.scoped, Effect.provideService(Metric.MetricRegistry, new Map())))
})

describe("waitFor", () => {
  it.effect("returns the first matching event of its kind", () =>
    Effect.gen(function*() {
      const { rcon, session } = yield* start()
      const where = (event: ServerEvent.PlayerDisconnected) => event.player.id === 8
      const fiber = yield* Effect.forkChild(rcon.waitFor("PlayerDisconnected", { where }), { startImmediately: true })
      yield* session.say(
        "Player #7 Ann disconnected",
        "hello",
        "Player #8 Bob disconnected",
        "Player #8 Eve disconnected"
      )
      assert.strictEqual((yield* Fiber.join(fiber)).player.name, "Bob")
    }))

  it.effect("does not miss an event that its trigger causes at once", () =>
    Effect.gen(function*() {
      const { rcon, session } = yield* start()
      const trigger = session.say("Player #7 Ann disconnected")
      assert.strictEqual((yield* rcon.waitFor("PlayerDisconnected", { trigger })).player.name, "Ann")
    }))

  it.effect("fails at its timeout, with its trigger, and when the session is closed", () =>
    Effect.gen(function*() {
      const { rcon, session } = yield* start()
      const waiting = yield* Effect.forkChild(Effect.flip(rcon.waitFor("PlayerChat", { timeout: "1 minute" })))
      yield* TestClock.adjust("59 seconds")
      assert.isUndefined(waiting.pollUnsafe())
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Fiber.join(waiting))._tag, "TimeoutError")
      const failed = yield* Effect.flip(rcon.waitFor("PlayerChat", { trigger: Effect.fail("no") }))
      assert.strictEqual(failed, "no")
      yield* session.end()
      const ended = yield* Effect.flip(rcon.waitFor("PlayerChat"))
      assert.strictEqual(ended._tag, "NoSuchElementError")
      assert.strictEqual(ended.message, "the session was closed before PlayerChat came")
    }))
})

describe("a bot that only has handlers", () => {
  const bot = Effect.gen(function*() {
    const rcon = yield* RconClient.RconClient
    yield* rcon.on("PlayerConnected", ({ player }) => rcon.say(`${player.name} is joining`))
    yield* rcon.closed
  })

  it.effect("ends with the failure of its session if it is launched as a layer", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      const launched = yield* Effect.forkChild(
        Layer.launch(Layer.provide(Layer.effectDiscard(bot), RconClient.layer({ password: options.password }))),
        { startImmediately: true }
      )
      yield* TestRcon.passTime("1 minute")
      yield* server.join({ name: "Bob" })
      yield* TestRcon.passTime("1 minute")
      assert.include((yield* server.executions).map(({ text }) => text), "say -1 Bob is joining")
      yield* server.refuse
      yield* server.restart({ downtime: "5 seconds" })
      yield* TestRcon.passTime("2 minutes")
      const exit = launched.pollUnsafe()
      assert(exit !== undefined && Exit.isFailure(exit))
      const failure = yield* Effect.flip(Fiber.join(launched))
      assert.isTrue(Schema.is(LoginFailure.LoginFailure)(failure) && failure.reason._tag === "LoginRefused")
    }).pipe(Effect.provide(TestRcon.layerTransport())))
})
