import { Session, Transport } from "@bercon/session"
import { SimulatedNetwork, SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { heard, online, password, patient, range, tapped, timed } from "../support/Scenario.ts"

describe("messages", () => {
  it.effect("that never come leave a gap in the stream, when the server does not repeat them any more", () =>
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

  it.effect("are acknowledged in the moment they come", () =>
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

  it.effect("stay in order if the reorder timeout ends while an acknowledgement is being written", () =>
    Effect.gen(function*() {
      const network = yield* SimulatedNetwork.SimulatedNetwork
      const server = yield* SimulatedServer.SimulatedServer
      const line = yield* tapped
      const [session] = yield* timed(
        Session.make({ password, reorderTimeout: "1 second" }).pipe(
          Effect.provideService(Transport.Transport, line.transport)
        )
      )
      const items = yield* heard(session, "message ")
      const lose = (text: string) =>
        network.partition("toClient").pipe(
          Effect.andThen(server.emit(text)),
          Effect.andThen(network.heal("toClient"))
        )
      yield* lose("message 1")
      yield* server.emit("message 2")
      yield* TestClock.adjust("20 millis")
      yield* lose("message 3")
      yield* server.emit("message 4")
      yield* TestClock.adjust("920 millis")
      // The first one comes at last, and the write of its acknowledgement outlasts the wait for the third.
      line.writeTime = 90
      yield* TestClock.adjust("12 millis")
      yield* network.partition("toClient")
      yield* TestClock.adjust("200 millis")
      assert.deepStrictEqual(items, ["message 1", "message 2", "gap: Lost 1", "message 4"])
    }).pipe(Effect.provide(TestRcon.layerTransport({
      server: { ...patient, messageGap: "950 millis" },
      network: { latency: "5 millis" }
    }))))
})
