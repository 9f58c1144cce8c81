import { SimulatedNetwork, SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { heard, online, range } from "../support/Scenario.ts"

describe("messages", () => {
  it.effect("that never arrive leave a gap in the stream after the reorder timeout", () =>
    Effect.gen(function*() {
      const network = yield* SimulatedNetwork.SimulatedNetwork
      const server = yield* SimulatedServer.SimulatedServer
      const session = yield* online()
      const items = yield* heard(session, "message ")
      yield* network.partition("toClient")
      yield* server.emit("message 0")
      yield* server.emit("message 1")
      yield* network.heal("toClient")
      yield* server.emit("message 2")
      yield* TestClock.adjust("10900 millis")
      assert.deepStrictEqual(items, [])
      yield* TestClock.adjust("200 millis")
      assert.deepStrictEqual(items, ["gap: Lost 2", "message 2"])
      yield* server.emit("message 3")
      yield* TestClock.adjust("10 millis")
      assert.strictEqual(items.at(-1), "message 3")
    }).pipe(Effect.provide(TestRcon.layerTransport({
      server: { messageTries: 1, dropUnacknowledged: false },
      network: { latency: "5 millis" }
    }))))

  it.effect("are acknowledged at the moment of their arrival", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      yield* online()
      for (const i of range(300)) yield* server.emit(`message ${i}`)
      yield* TestClock.adjust("1 minute")
      const sent = (yield* server.messages).slice(1)
      const acknowledged = (yield* server.acknowledgements).slice(1)
      assert.strictEqual(sent.length, 300)
      assert.deepStrictEqual(
        acknowledged.map(({ sequence, time }) => [sequence, time]),
        sent.map(({ sequence, time }) => [sequence, time + 10])
      )
    }).pipe(Effect.provide(TestRcon.layerTransport({ network: { latency: "5 millis" } }))))
})
