import { RconClient } from "@bercon/client"
import { Session } from "@bercon/session"
import { SimulatedNetwork, SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Layer, Redacted } from "effect"
import { TestClock } from "effect/testing"

const password = Redacted.make("secret")

describe("TestRcon", () => {
  it.effect("passTime lets all fibers run as far as they can before time passes", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      const version = yield* Effect.gen(function*() {
        const session = yield* Session.make({ password })
        return yield* session.command("version")
      }).pipe(Effect.scoped, Effect.forkChild)
      yield* TestRcon.passTime("1 hour")
      assert.strictEqual(yield* Fiber.join(version), "1.220")
      const [logins, commands] = yield* Effect.all([server.logins, server.commands])
      assert.deepStrictEqual(logins.map(({ time }) => time), [0])
      assert.deepStrictEqual(commands.map(({ text, time }) => [text, time]), [["version", 0]])
    }).pipe(Effect.provide(TestRcon.layerTransport())))

  it.effect("layer provides a client that is logged in, before any time has passed", () =>
    Effect.gen(function*() {
      const rcon = yield* RconClient.RconClient
      assert.strictEqual((yield* rcon.status)._tag, "Online")
      assert.strictEqual(yield* Clock.currentTimeMillis, 0)
      const server = yield* SimulatedServer.SimulatedServer
      yield* Effect.scoped(
        rcon.on("PlayerConnected", ({ player }) => rcon.kick(player.id)).pipe(
          Effect.andThen(server.join({ name: "Miller" })),
          Effect.andThen(TestRcon.passTime(0))
        )
      )
      assert.deepStrictEqual((yield* server.world).players, [])
    }).pipe(Effect.provide(TestRcon.layer({ server: { password: Redacted.make("of its own") } }))))

  it.effect("layer passes the time that the login takes", () =>
    Effect.gen(function*() {
      const rcon = yield* RconClient.RconClient
      assert.strictEqual((yield* rcon.status)._tag, "Online")
      assert.isAtLeast(yield* Clock.currentTimeMillis, 200)
    }).pipe(Effect.provide(TestRcon.layer({ network: { loss: 0.4, latency: "100 millis", seed: 1 } }))))

  it.effect("layer stops waiting for the login after a minute", () =>
    Effect.gen(function*() {
      const rcon = yield* RconClient.RconClient
      const network = yield* SimulatedNetwork.SimulatedNetwork
      assert.strictEqual((yield* rcon.status)._tag, "Connecting")
      assert.strictEqual(yield* Clock.currentTimeMillis, 60_000)
      yield* network.change({ loss: 0 })
      yield* TestRcon.passTime("1 minute")
      assert.strictEqual((yield* rcon.status)._tag, "Online")
    }).pipe(Effect.provide(TestRcon.layer({ network: { loss: 1 } }))))

  it.live("layer works on a real clock, too", () =>
    Effect.gen(function*() {
      const rcon = yield* RconClient.RconClient
      assert.deepStrictEqual(yield* rcon.players, [])
    }).pipe(Effect.provide(TestRcon.layer({ network: { latency: "5 millis" } }))))

  it.effect("make makes independent servers", () =>
    Effect.gen(function*() {
      const one = yield* TestRcon.make({ server: { host: "10.0.0.1" } })
      const other = yield* TestRcon.make({ server: { host: "10.0.0.2" } })
      yield* one.server.join({ name: "Miller" })
      assert.deepStrictEqual((yield* one.rcon.players).map(String), ["#0 Miller"])
      assert.deepStrictEqual(yield* other.rcon.players, [])
    }).pipe(Effect.scoped, Effect.provide(SimulatedNetwork.layer())))

  it.effect("layer fails if the login fails", () =>
    Effect.gen(function*() {
      const refused = yield* Effect.flip(Effect.scoped(Layer.build(
        TestRcon.layer({ client: { password: Redacted.make("wrong") } })
      )))
      assert.strictEqual(refused.reason._tag, "LoginRefused")
      const timedOut = yield* Effect.flip(Effect.scoped(Layer.build(
        TestRcon.layer({ client: { loginTimeout: "5 seconds" }, network: { loss: 1 } })
      )))
      assert.strictEqual(timedOut.reason._tag, "LoginTimeout")
    }))

  const day = (seed: number) =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      const network = yield* SimulatedNetwork.SimulatedNetwork
      const rcon = yield* RconClient.RconClient
      yield* TestRcon.passTime("1 minute")
      yield* server.restart({ downtime: "5 minutes" })
      yield* TestRcon.passTime("10 minutes")
      yield* server.join({ name: "Miller" })
      yield* Effect.exit(TestRcon.passTime(rcon.say("hello")))
      yield* TestRcon.passTime("1 minute")
      const { commands, logins, messages } = server
      return JSON.stringify([yield* logins, yield* commands, yield* messages, yield* network.statistics])
    }).pipe(Effect.provide(
      TestRcon.layer({ network: { loss: 0.3, latency: "40 millis", seed } }).pipe(Layer.provideMerge(TestClock.layer()))
    ))

  it.live("gives the same run for the same seed, and another run for another seed", () =>
    Effect.gen(function*() {
      const [one, again, other] = [yield* day(1), yield* day(1), yield* day(2)]
      assert.strictEqual(again, one)
      assert.notStrictEqual(other, one)
    }))

  it.effect("passTime passes time until an effect has ended, or fails after `within`", () =>
    Effect.gen(function*() {
      const rcon = yield* RconClient.RconClient
      const before = yield* Clock.currentTimeMillis
      assert.deepStrictEqual(yield* TestRcon.passTime(rcon.bans), [])
      assert.strictEqual((yield* Clock.currentTimeMillis) - before, 160)
      const error = yield* Effect.flip(TestRcon.passTime(Effect.never, "1 second"))
      assert.strictEqual(error._tag, "TimeoutError")
      assert.strictEqual((yield* Clock.currentTimeMillis) - before, 1160)
    }).pipe(Effect.provide(TestRcon.layer({ network: { latency: "80 millis" } }))))

  it.effect("passTime stops the clock when the effect ends, and wakes no fiber after that", () =>
    Effect.gen(function*() {
      const woken: Array<number> = []
      yield* Effect.forkChild(
        Effect.forEach([300, 300, 300], (pause) =>
          Effect.andThen(
            Effect.sleep(pause),
            Effect.map(Clock.currentTimeMillis, (time) => woken.push(time))
          ))
      )
      yield* TestRcon.passTime(Effect.sleep(650))
      assert.strictEqual(yield* Clock.currentTimeMillis, 650)
      assert.deepStrictEqual(woken, [300, 600])
      yield* TestRcon.passTime(250)
      assert.deepStrictEqual(woken, [300, 600, 900])
    }))

  it.effect("passTime returns the result or error of the effect, and passes no time if the effect needs none", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* Effect.flip(TestRcon.passTime(Effect.fail("no"))), "no")
      assert.strictEqual(yield* TestRcon.passTime(Effect.as(Effect.yieldNow, "done")), "done")
      assert.strictEqual(yield* Clock.currentTimeMillis, 0)
    }))

  it.effect("passTime refuses an infinite `within`", () =>
    Effect.gen(function*() {
      const exit = yield* Effect.exit(TestRcon.passTime(Effect.never, "Infinity"))
      assert.include(String(exit), "`within` must be finite")
    }))

  it.live("passTime waits on a real clock", () =>
    Effect.gen(function*() {
      const before = yield* Clock.currentTimeMillis
      yield* TestRcon.passTime("20 millis")
      assert.isAtLeast((yield* Clock.currentTimeMillis) - before, 19)
      assert.strictEqual(yield* TestRcon.passTime(Effect.as(Effect.sleep(1), "done")), "done")
    }))
})
