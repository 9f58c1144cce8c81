import { Transport } from "@bercon/session"
import { SimulatedNetwork, SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Clock, Effect, Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import * as Client from "./client.ts"

const open = Effect.gen(function*() {
  const transport = yield* Transport.Transport
  return Client.make(yield* Client.open(transport))
})

/** A client that is logged in and has acknowledged the message about it. */
const online = Effect.gen(function*() {
  const client = yield* open
  yield* client.login
  yield* client.acknowledge(0)
  yield* client.pull
  return client
})

const refused = Effect.fnUntraced(function*(client: Effect.Success<typeof open>) {
  const exit = yield* Effect.exit(client.login)
  if (Exit.isSuccess(exit)) return false
  const error = Cause.squash(exit.cause)
  return error instanceof Transport.TransportError && error.reason.kind === "Refused"
})

describe("SimulatedServer", () => {
  it.effect("accepts a login, answers and sends messages", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      const client = yield* open
      yield* client.login
      assert.deepStrictEqual(yield* client.pull, [
        "login true",
        "message 0: RCon admin #0 (127.0.0.1:50001) logged in"
      ])
      yield* client.command(0, "version")
      assert.deepStrictEqual(yield* client.pull, ["0: 1.220"])
      yield* server.join({ name: "Max", guid: "5a1b2c3d4e5f60710000000000000000" })
      yield* server.chat(0, "Side", "hello")
      yield* server.kick(0, "Client not responding")
      yield* server.join({ name: "Kerry", guid: null })
      yield* server.identify(0, "6a1b2c3d4e5f60718293a4b5c6d7e8f9")
      yield* server.verify(0)
      yield* server.leave(0)
      assert.deepStrictEqual(yield* client.pull, [
        "message 1: Player #0 Max (198.18.238.206:2304) connected",
        "message 2: Player #0 Max - BE GUID: 5a1b2c3d4e5f60710000000000000000",
        "message 3: Verified GUID (5a1b2c3d4e5f60710000000000000000) of player #0 Max",
        "message 4: (Side) Max: hello",
        "message 5: Player #0 Max (5a1b2c3d4e5f60710000000000000000) has been kicked by BattlEye: Client not responding",
        "message 6: Player #0 Max disconnected",
        "message 7: Player #0 Kerry (198.18.124.191:2304) connected",
        "message 8: Player #0 Kerry - BE GUID: 6a1b2c3d4e5f60718293a4b5c6d7e8f9",
        "message 9: Verified GUID (6a1b2c3d4e5f60718293a4b5c6d7e8f9) of player #0 Kerry",
        "message 10: Player #0 Kerry disconnected"
      ])
    }).pipe(Effect.provide(TestRcon.layerTransport())))

  it.effect("records logins, commands, executions, messages, acknowledgements and violations", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      const client = yield* online
      yield* client.command(0, "")
      yield* client.command(1, "say -1 hello")
      yield* client.command(2, "sya -1 hello")
      yield* TestClock.adjust("1 second")
      yield* client.acknowledge(9)
      yield* TestClock.adjust(0)
      assert.deepStrictEqual((yield* server.commands).map(({ text }) => text), ["", "say -1 hello", "sya -1 hello"])
      assert.deepStrictEqual((yield* server.executions).map(({ text }) => text), ["say -1 hello"])
      assert.deepStrictEqual((yield* server.logins).map(({ admin }) => admin), [0])
      assert.deepStrictEqual((yield* server.messages).map(({ sequence }) => sequence), [0, 1])
      assert.deepStrictEqual((yield* server.acknowledgements).map(({ sequence }) => sequence), [0])
      assert.deepStrictEqual((yield* server.violations).map(({ reason, time }) => [reason._tag, time]), [
        ["NeverSent", 1_000]
      ])
      assert.deepStrictEqual(yield* server.sessions, [{ address: "127.0.0.1:50001", admin: 0, since: 0 }])
    }).pipe(Effect.provide(TestRcon.layerTransport())))

  it.effect("lets a test change its world and its answers", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      const client = yield* online
      yield* server.update((world) => ({ ...world, version: "1.217" }))
      yield* client.command(0, "version")
      assert.deepStrictEqual(yield* client.pull, ["0: 1.217"])
      assert.strictEqual((yield* server.world).version, "1.217")
      yield* server.onCommand(() => "mine")
      yield* client.command(1, "version")
      assert.deepStrictEqual(yield* client.pull, ["1: mine"])
    }).pipe(Effect.provide(TestRcon.layerTransport())))

  it.effect("drops a session after 45 s without a command, by the clock", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      const client = yield* online
      yield* TestClock.adjust("30 seconds")
      yield* client.command(0, "")
      yield* TestClock.adjust("44 seconds")
      assert.deepStrictEqual(yield* server.drops, [])
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual((yield* server.drops).map(({ cause, time }) => [cause, time]), [["Silence", 75_000]])
    }).pipe(Effect.provide(TestRcon.layerTransport())))

  it.effect("dates its records by the clock with which it was made", () =>
    Effect.gen(function*() {
      const date = Date.UTC(2026, 0, 1)
      const clock = yield* Clock.Clock
      const dated: Clock.Clock = {
        currentTimeMillisUnsafe: () => date + clock.currentTimeMillisUnsafe(),
        currentTimeMillis: Effect.map(clock.currentTimeMillis, (time) => date + time),
        currentTimeNanosUnsafe: () => BigInt(date) * 1_000_000n + clock.currentTimeNanosUnsafe(),
        currentTimeNanos: Effect.map(clock.currentTimeNanos, (time) => BigInt(date) * 1_000_000n + time),
        monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
        monotonicTimeNanos: clock.monotonicTimeNanos,
        sleep: (duration) => clock.sleep(duration)
      }
      yield* TestClock.adjust("1 second")
      const network = yield* SimulatedNetwork.SimulatedNetwork
      const server = yield* Effect.provideService(SimulatedServer.make(), Clock.Clock, dated)
      const client = Client.make(yield* Client.open(network.transport(server.address)))
      yield* client.login
      yield* client.acknowledge(0)
      yield* TestClock.adjust("1 minute")
      yield* client.login
      yield* client.command(0, `addBan ${"0".repeat(32)} 5`)
      yield* TestClock.adjust(0)
      assert.deepStrictEqual((yield* server.drops).map(({ time }) => time), [date + 46_000])
      assert.deepStrictEqual((yield* server.commands).map(({ time }) => time), [date + 61_000])
      assert.deepStrictEqual((yield* server.world).bans.map(({ expires }) => expires), [date + 361_000])
    }).pipe(Effect.provide(SimulatedNetwork.layer())))

  it.effect("sends a message five times in 10 s, by the clock, then drops the session", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      const client = yield* online
      yield* server.emit("hello")
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* client.pull, Array(5).fill("message 1: hello"))
      assert.deepStrictEqual((yield* server.drops).map(({ cause, time }) => [cause, time]), [[
        "Unacknowledged",
        10_000
      ]])
    }).pipe(Effect.provide(TestRcon.layerTransport())))

  it.effect("delays replies by the clock: a command with a shorter delay gets its reply before an earlier command", () =>
    Effect.gen(function*() {
      const client = yield* online
      yield* client.command(0, "missions")
      yield* TestClock.adjust("100 millis")
      yield* client.command(1, "version")
      const reply = yield* Effect.forkChild(client.pull)
      yield* TestClock.adjust("200 millis")
      assert.deepStrictEqual(yield* Fiber.join(reply), ["1: 1.220"])
      yield* TestClock.adjust("700 millis")
      assert.deepStrictEqual(yield* client.pull, ["0: Missions on server:\n"])
    }).pipe(Effect.provide(TestRcon.layerTransport({
      server: {
        replyDelay: "1 second",
        onCommand: (text) => text === "version" ? { delay: "200 millis" } : undefined
      }
    }))))

  it.effect("closes its port for a restart, and has no sessions afterwards", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      const client = yield* online
      yield* server.restart({ downtime: "20 seconds" })
      assert.isTrue(yield* refused(client))
      yield* TestClock.adjust("19 seconds")
      assert.isTrue(yield* refused(client))
      yield* TestClock.adjust("1 second")
      assert.isFalse(yield* refused(client))
      assert.deepStrictEqual(yield* client.pull, [
        "login true",
        "message 0: RCon admin #0 (127.0.0.1:50001) logged in"
      ])
    }).pipe(Effect.provide(TestRcon.layerTransport())))

  it.effect("answers #restartserver and #shutdown before its port closes", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      const client = yield* online
      yield* client.command(0, "#restartserver")
      assert.deepStrictEqual(yield* client.pull, ["0: "])
      assert.isTrue(yield* refused(client))
      yield* TestClock.adjust("30 seconds")
      yield* client.login
      yield* client.command(0, "#shutdown")
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* client.pull).at(-1), "0: ")
      assert.isTrue(yield* refused(client))
      yield* server.start
      assert.isFalse(yield* refused(client))
    }).pipe(Effect.provide(TestRcon.layerTransport())))

  it.effect("stops, starts, falls silent, forgets and refuses on demand", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      const client = yield* online
      yield* server.goSilent
      yield* client.command(0, "version")
      yield* TestClock.adjust(0)
      yield* server.resume
      yield* client.command(1, "version")
      assert.deepStrictEqual(yield* client.pull, ["1: 1.220"])
      yield* server.forget
      assert.deepStrictEqual(yield* server.sessions, [])
      yield* server.refuse
      yield* client.login
      assert.deepStrictEqual(yield* client.pull, ["login false"])
      yield* server.admit
      yield* client.login
      assert.strictEqual((yield* client.pull)[0], "login true")
      yield* server.join({ name: "Max" })
      yield* server.stop({ keepPlayers: true })
      assert.strictEqual((yield* server.world).players.length, 1)
      yield* server.stop()
      assert.strictEqual((yield* server.world).players.length, 0)
      assert.isTrue(yield* refused(client))
      yield* server.start
      assert.isFalse(yield* refused(client))
      assert.deepStrictEqual((yield* server.drops).map(({ cause }) => cause), ["Forgotten", "Stopped"])
    }).pipe(Effect.provide(TestRcon.layerTransport())))

  it.effect("dies if a hook throws: its port is closed, and its effects die", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      const client = yield* online
      const failure = yield* Effect.forkChild(Effect.exit(server.failure))
      yield* server.onCommand(() => {
        throw new Error("no such luck")
      })
      yield* client.command(0, "version")
      const exits = [
        yield* Fiber.join(failure),
        yield* Effect.exit(Effect.asVoid(server.commands)),
        yield* Effect.exit(server.stop())
      ]
      for (const exit of exits) assert.match(Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "", /no such luck/)
      assert.isTrue(yield* refused(client))
    }).pipe(Effect.provide(TestRcon.layerTransport())))

  it.effect("survives an invalid call by the test", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      const exit = yield* Effect.exit(server.leave(7))
      assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
      yield* server.join({ name: "Max" })
    }).pipe(Effect.provide(TestRcon.layerTransport())))

  it.effect("frees its address when its scope is closed", () =>
    Effect.gen(function*() {
      const network = yield* SimulatedNetwork.SimulatedNetwork
      yield* Effect.scoped(SimulatedServer.make())
      yield* network.bind(SimulatedServer.DEFAULT_ADDRESS)
    }).pipe(Effect.provide(SimulatedNetwork.layer())))

  it.effect("can share a network with servers at other addresses", () =>
    Effect.gen(function*() {
      const network = yield* SimulatedNetwork.SimulatedNetwork
      const one = yield* SimulatedServer.make({ world: { version: "1" } })
      const two = yield* SimulatedServer.make({ world: { version: "2" }, host: "127.0.0.2" })
      const error = yield* Effect.flip(SimulatedServer.make(two.address))
      assert.strictEqual(error.kind, "AddressInUse")
      const client = Client.make(yield* Client.open(network.transport(two.address)))
      yield* client.login
      yield* client.command(0, "version")
      yield* TestClock.adjust(0)
      assert.strictEqual((yield* client.pull).at(-1), "0: 2")
      assert.deepStrictEqual(yield* one.logins, [])
    }).pipe(Effect.provide(SimulatedNetwork.layer())))
})
