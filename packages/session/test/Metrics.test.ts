import { Packet } from "@bercon/codec"
import { Session, Transport } from "@bercon/session"
import { SimulatedNetwork, SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Metric, Schema, Tracer } from "effect"
import { TestClock } from "effect/testing"
import { Meter } from "../src/internal/meter.ts"
import { attributesOf, Distribution, ROUND_TRIP_BOUNDARIES } from "../src/internal/series.ts"
import { Bench } from "./support/Bench.ts"
import { password, tapped } from "./support/Scenario.ts"

/** The value of each series of a server (of a histogram: the count), by its name and its other attributes. */
const readings = Effect.map(Metric.snapshot, (series) => {
  const values = new Map<string, number>()
  for (const { attributes, id, state } of series) {
    const { "server.address": address, "server.port": _, ...rest } = attributes ?? {}
    if (address === undefined) continue
    const { count, value } = state as { readonly count?: number; readonly value?: number }
    values.set([id, ...Object.values(rest)].join(" "), Number(count ?? value))
  }
  return values
})

describe("the attributes of the server", () => {
  it.each([
    ["127.0.0.1:2306", "127.0.0.1", "2306"],
    ["[::1]:2306", "::1", "2306"],
    ["rcon.example.org:2306", "rcon.example.org", "2306"],
    ["mock", "mock", undefined]
  ])("%s are its address, and its port if it has one", (peer, address, port) => {
    const expected = { "server.address": address, ...(port !== undefined && { "server.port": port }) }
    assert.deepStrictEqual(attributesOf(peer), expected)
  })
})

describe("a distribution", () => {
  it.effect.prop(
    "has the state of Effect's histogram",
    [Schema.Array(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 20 })))],
    ([values]) =>
      Effect.gen(function*() {
        const histogram = Metric.histogram("values", { boundaries: ROUND_TRIP_BOUNDARIES })
        const distribution = new Distribution(ROUND_TRIP_BOUNDARIES)
        for (const value of [...values, ...ROUND_TRIP_BOUNDARIES]) {
          distribution.record(value)
          yield* Metric.update(histogram, value)
        }
        assert.deepStrictEqual(distribution.state, yield* Metric.value(histogram))
      }).pipe(Effect.provideService(Metric.MetricRegistry, new Map()))
  )
})

describe("metrics", () => {
  it.effect("count outcomes of commands, retransmissions, keepalives, logins, lost sessions, messages and dropped datagrams", () =>
    Effect.gen(function*() {
      const network = yield* SimulatedNetwork.SimulatedNetwork
      const server = yield* SimulatedServer.SimulatedServer
      const line = yield* tapped
      const session = yield* Session.make({ password, maxInFlight: 2, queueCapacity: 1 }).pipe(
        Effect.provideService(Transport.Transport, line.transport)
      )
      const inject = (datagram: Uint8Array) => {
        line.inject([datagram])
        return session.command("version")
      }
      yield* inject(new Uint8Array(3))
      yield* inject(Packet.encode(Packet.commandReply(200, "stray")))
      yield* inject(Packet.encode(Packet.loginResult(true)))
      yield* Effect.flip(session.command("a\0"))

      yield* network.partition()
      const flight = yield* Effect.forEach(
        ["a", "b", "c", "d"],
        (text) => Effect.forkChild(session.command(text), { startImmediately: true })
      )
      assert.strictEqual((yield* readings).get("bercon_commands_in_flight"), 2)
      assert.strictEqual((yield* readings).get("bercon_commands_waiting"), 1)
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(flight[0]!)
      yield* network.heal()
      yield* TestClock.adjust("10 seconds")

      // The first datagram of the first message is lost. The next message is held back until the server repeats the
      // first.
      yield* network.partition("toClient")
      yield* server.emit("lost")
      yield* network.heal("toClient")
      yield* server.emit("next")
      yield* TestClock.adjust("1 minute")
      yield* server.restart({ downtime: "1 minute" })
      yield* TestClock.adjust("3 minutes")

      const values = yield* readings
      const positive = (name: string) => assert.isAbove(values.get(name) ?? 0, 0, name)
      assert.strictEqual(values.get("bercon_commands_total Success"), 5)
      assert.strictEqual(values.get("bercon_commands_total InvalidCommand"), 1)
      assert.strictEqual(values.get("bercon_commands_total Overloaded"), 1)
      assert.strictEqual(values.get("bercon_commands_total Interrupted"), 1)
      positive("bercon_retransmissions_total")
      positive("bercon_round_trip_seconds")
      positive("bercon_keepalives_total")
      positive("bercon_logins_total")
      assert.strictEqual(values.get("bercon_reconnects_total PortClosed"), 1)
      positive("bercon_messages_total Delivered")
      assert.strictEqual(values.get("bercon_datagrams_dropped_total Malformed"), 1)
      assert.strictEqual(values.get("bercon_datagrams_dropped_total Unexpected"), 1)
      positive("bercon_datagrams_dropped_total Stray")
      assert.strictEqual(values.get("bercon_commands_in_flight"), 0)
      assert.strictEqual(values.get("bercon_commands_waiting"), 0)
    }).pipe(Effect.provide(TestRcon.layerTransport()), Effect.provideService(Metric.MetricRegistry, new Map())))

  it.effect("separate the outcomes of commands from the causes of lost sessions, even if their names are equal", () =>
    Effect.gen(function*() {
      const { counters } = new Bench().machine
      const meter = new Meter(
        "server",
        { counters, status: { _tag: "Online" }, load: { waiting: 0, inFlight: 0 } },
        yield* Effect.context()
      )
      meter.settled("Silence")
      meter.settled("Silence")
      meter.lost("Silence")
      const values = yield* readings
      assert.deepStrictEqual([
        values.get("bercon_commands_total Silence"),
        values.get("bercon_reconnects_total Silence")
      ], [2, 1])
      meter.close()
    }).pipe(Effect.provideService(Metric.MetricRegistry, new Map())))

  it.effect("add up over sessions, whatever the order of the attributes in their contexts, even if one has its own `server.address`", () =>
    Effect.gen(function*() {
      const { counters } = new Bench().machine
      const contexts = [
        { region: "eu", team: "a" },
        { team: "a", region: "eu" },
        { "server.address": "another", region: "eu", team: "a" }
      ]
      for (const attributes of contexts) {
        const context = yield* Effect.provideService(Effect.context(), Metric.CurrentMetricAttributes, attributes)
        const meter = new Meter(
          "server",
          { counters, status: { _tag: "Online" }, load: { waiting: 0, inFlight: 0 } },
          context
        )
        meter.settled("Success")
        meter.close()
      }
      const series = yield* Metric.snapshot
      assert.deepStrictEqual(
        series.map(({ attributes, state }) => [attributes, (state as { count?: number }).count]),
        [[{ outcome: "Success", region: "eu", "server.address": "server", team: "a" }, 3]]
      )
    }).pipe(Effect.provideService(Metric.MetricRegistry, new Map())))

  it.effect("lose the gauges of a closed session, and keep its counts", () =>
    Effect.gen(function*() {
      const names = Effect.map(readings, (values) => [...values.keys()])
      yield* Effect.scoped(Effect.gen(function*() {
        yield* Session.make({ password })
        const gauges = ["bercon_online", "bercon_commands_in_flight", "bercon_commands_waiting"]
        assert.includeMembers(yield* names, [...gauges, "bercon_logins_total"])
        assert.strictEqual((yield* readings).get("bercon_online"), 1)
      }))
      assert.notInclude(yield* names, "bercon_online")
      assert.notInclude(yield* names, "bercon_commands_in_flight")
      assert.notInclude(yield* names, "bercon_commands_waiting")
      assert.include(yield* names, "bercon_logins_total")
    }).pipe(Effect.provide(TestRcon.layerTransport()), Effect.provideService(Metric.MetricRegistry, new Map())))

  it.effect("distinguish messages that were repeated, missed, or late", () =>
    Effect.gen(function*() {
      const network = yield* SimulatedNetwork.SimulatedNetwork
      const server = yield* SimulatedServer.SimulatedServer
      yield* Session.make({ password, reorderTimeout: "1 second" })
      yield* TestRcon.passTime(0)
      yield* network.partition("toClient")
      yield* server.emit("late")
      yield* network.heal("toClient")
      yield* network.partition("toServer")
      yield* server.emit("again")
      yield* TestClock.adjust("1 second")
      yield* network.heal("toServer")
      yield* TestClock.adjust("10 seconds")
      const values = yield* readings
      assert.strictEqual(values.get("bercon_messages_total Delivered"), 2)
      assert.strictEqual(values.get("bercon_messages_total Missed"), 1)
      assert.strictEqual(values.get("bercon_messages_total Late"), 1)
      assert.strictEqual(values.get("bercon_messages_total Repeated"), 1)
    }).pipe(Effect.provide(TestRcon.layerTransport()), Effect.provideService(Metric.MetricRegistry, new Map())))
})

describe("spans", () => {
  it.effect("are made for each command if a tracer is installed, with the command's first word and never its arguments", () =>
    Effect.gen(function*() {
      const spans: Array<Tracer.NativeSpan> = []
      const tracer = Tracer.make({
        span: (options) => {
          const span = new Tracer.NativeSpan(options)
          spans.push(span)
          return span
        }
      })
      const session = yield* Session.make({ password })
      yield* session.command("RConPassword hunter2").pipe(Effect.provideService(Tracer.Tracer, tracer))
      yield* session.command("version")
      assert.strictEqual(spans.length, 1)
      const span = spans[0]!
      assert.strictEqual(span.name, "bercon.command")
      assert.strictEqual(span.kind, "client")
      assert.deepStrictEqual(Object.fromEntries(span.attributes), {
        "bercon.command": "RConPassword",
        "server.address": "127.0.0.1",
        "server.port": "2306"
      })
      assert.strictEqual(span.status._tag, "Ended")
    }).pipe(Effect.provide(TestRcon.layerTransport())))
})
