import { Fleet } from "@bercon/fleet"
import { TestFleet, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Exit, Redacted } from "effect"

describe("TestFleet", () => {
  it.effect("has a number of servers, each with a separate network, before any time has passed", () =>
    Effect.gen(function*() {
      const fleet = yield* Fleet.Fleet
      const simulation = yield* TestFleet.TestFleet
      assert.strictEqual(yield* Clock.currentTimeMillis, 0)
      assert.deepStrictEqual(yield* fleet.ids, ["server-1", "server-2", "server-3"])
      assert.deepStrictEqual([...(yield* simulation.all).keys()], ["server-1", "server-2", "server-3"])
      for (const { _tag } of (yield* fleet.status).values()) assert.strictEqual(_tag, "Online")
      const { network } = yield* simulation.get("server-2")
      yield* network.partition()
      const results = yield* TestRcon.passTime(fleet.players({ timeout: "5 seconds" }))
      assert.deepStrictEqual(Array.from(results.values(), Exit.isSuccess), [true, false, true])
    }).pipe(Effect.provide(TestFleet.layer({ servers: 3 }))))

  it.effect("options of a server take precedence over those of all servers", () =>
    Effect.gen(function*() {
      const fleet = yield* Fleet.Fleet
      const simulation = yield* TestFleet.TestFleet
      const altis = yield* simulation.get("altis")
      const stratis = yield* simulation.get("stratis")
      const tanoa = yield* simulation.simulate("tanoa")
      assert.deepStrictEqual(altis.server.address, { host: "192.0.2.7", port: 2310 })
      assert.deepStrictEqual(stratis.server.address, { host: "10.0.0.2", port: 2310 })
      assert.strictEqual(Redacted.value(altis.options.password), "of its own")
      assert.strictEqual(Redacted.value(stratis.options.password), "of all")
      assert.strictEqual(stratis.options.commandTimeout, "3 seconds")
      yield* fleet.add("tanoa", tanoa.options)
      yield* TestRcon.passTime("1 second")
      for (const { _tag } of (yield* fleet.status).values()) assert.strictEqual(_tag, "Online")
      assert.isAtLeast(yield* Clock.currentTimeMillis, 40)
    }).pipe(Effect.provide(TestFleet.layer({
      servers: { altis: { server: { host: "192.0.2.7", password: Redacted.make("of its own") } }, stratis: {} },
      each: {
        server: { port: 2310, password: Redacted.make("of all") },
        network: { latency: "20 millis" },
        client: { commandTimeout: "3 seconds" }
      }
    }))))

  it.effect("dies if an id or address is taken, or an id is unknown", () =>
    Effect.gen(function*() {
      const simulation = yield* TestFleet.TestFleet
      for (
        const effect of [
          simulation.simulate("altis"),
          simulation.simulate("stratis", { server: { host: "10.0.0.1" } }),
          simulation.get("stratis")
        ]
      ) {
        const exit = yield* Effect.exit(effect)
        assert.isTrue(Exit.hasDies(exit))
      }
    }).pipe(Effect.provide(TestFleet.layer({ servers: { altis: {} } }))))

  it.effect("has no host at an address without a simulated server", () =>
    Effect.gen(function*() {
      const fleet = yield* Fleet.Fleet
      yield* fleet.add("nowhere", { host: "nowhere", port: 2306, password: Redacted.make("secret") })
      yield* TestRcon.passTime("1 second")
      const status = (yield* fleet.status).get("nowhere")
      assert.strictEqual(status?._tag === "Connecting" ? status.cause._tag : undefined, "TransportError")
    }).pipe(Effect.provide(TestFleet.layer())))

  it.effect("the same seeds give the same run", () => {
    const day = Effect.gen(function*() {
      const simulation = yield* TestFleet.TestFleet
      yield* TestRcon.passTime("10 minutes")
      return yield* Effect.forEach([...(yield* simulation.all).values()], ({ network }) => network.statistics)
    }).pipe(Effect.provide(TestFleet.layer({ servers: 5, each: { network: { loss: 0.2, latency: "20 millis" } } })))
    return Effect.gen(function*() {
      const [one, other] = [yield* day, yield* day]
      assert.deepStrictEqual(one, other)
      assert.isAbove(new Set(one.map((statistics) => JSON.stringify(statistics))).size, 1)
    })
  })
})
