import { Fleet } from "@bercon/fleet"
import { TestFleet, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Exit, Layer, Redacted } from "effect"

describe("TestFleet", () => {
  it.effect("starts the given number of servers, each with a separate network, without passing time", () =>
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

  it.effect("prefers the options of a server to those of all servers", () =>
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

  it.effect("ignores an option that is undefined", () =>
    Effect.gen(function*() {
      const simulation = yield* TestFleet.TestFleet
      const altis = yield* simulation.get("altis")
      assert.deepStrictEqual(altis.server.address, { host: "192.0.2.7", port: 2306 })
      assert.strictEqual(altis.options.commandTimeout, "3 seconds")
    }).pipe(Effect.provide(TestFleet.layer({
      servers: { altis: { server: { host: undefined, port: undefined }, client: { commandTimeout: undefined } } },
      each: { server: { host: "192.0.2.7" }, client: { commandTimeout: "3 seconds" } }
    }))))

  it.effect("allows two servers at the same address, because each has a separate network", () =>
    Effect.gen(function*() {
      const fleet = yield* Fleet.Fleet
      const simulation = yield* TestFleet.TestFleet
      for (const [id, { server }] of yield* simulation.all) {
        assert.deepStrictEqual(server.address, { host: "127.0.0.1", port: 2306 })
        yield* server.join({ name: `a player on ${id}` })
      }
      const altis = yield* simulation.get("altis")
      // A second client of the same server, with another id.
      yield* fleet.add("altis again", altis.options)
      const { successes } = Fleet.partition(yield* TestRcon.passTime(fleet.players()))
      assert.deepStrictEqual(Array.from(successes, ([id, players]) => [id, players.map(({ name }) => name)]), [
        ["altis", ["a player on altis"]],
        ["stratis", ["a player on stratis"]],
        ["altis again", ["a player on altis"]]
      ])
      yield* altis.network.partition()
      yield* TestRcon.passTime("2 minutes")
      assert.deepStrictEqual(Array.from(yield* fleet.status, ([id, { _tag }]) => [id, _tag]), [
        ["altis", "Reconnecting"],
        ["stratis", "Online"],
        ["altis again", "Reconnecting"]
      ])
    }).pipe(Effect.provide(TestFleet.layer({
      servers: { altis: {}, stratis: {} },
      each: { server: { host: "127.0.0.1" } }
    }))))

  it.effect("dies if an id is taken or unknown, or the number of servers is invalid", () =>
    Effect.gen(function*() {
      const simulation = yield* TestFleet.TestFleet
      for (
        const effect of [
          Effect.asVoid(simulation.simulate("altis")),
          Effect.asVoid(simulation.get("stratis")),
          ...[-1, 1.5, NaN].map((servers) => Effect.asVoid(Effect.scoped(Layer.build(TestFleet.layer({ servers })))))
        ]
      ) {
        const exit = yield* Effect.exit(effect)
        assert.isTrue(Exit.hasDies(exit))
      }
    }).pipe(Effect.provide(TestFleet.layer({ servers: { altis: {} } }))))

  it.effect("does not resolve a host name that no simulated server has", () =>
    Effect.gen(function*() {
      const fleet = yield* Fleet.Fleet
      yield* fleet.add("nowhere", { host: "nowhere", port: 2306, password: Redacted.make("secret") })
      yield* TestRcon.passTime("1 second")
      const status = (yield* fleet.status).get("nowhere")
      assert(status?._tag === "Connecting" && status.cause._tag === "TransportError")
      assert.strictEqual(status.cause.reason.kind, "HostUnresolved")
    }).pipe(Effect.provide(TestFleet.layer())))

  it.effect("gives the same run for the same seeds", () => {
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
