import { TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { join, listen, online, provided, setup } from "./oneServer.ts"

describe("when the connection to the runner breaks", () => {
  it.effect("the session stays, and there is a gap without a new login", () =>
    Effect.gen(function*() {
      const { cluster, owner, server } = yield* setup(1)
      const { session } = yield* join(cluster)
      const heard = yield* listen(session)
      yield* online(session)
      yield* TestRcon.passTime("1 second")
      yield* cluster.cut(owner().port)
      yield* TestRcon.passTime("3 seconds")
      yield* server.emit("after the cut")
      yield* TestRcon.passTime("1 second")
      assert.deepStrictEqual(heard.slice(1), ["gap Lost undefined", "after the cut"])
      assert.strictEqual(yield* session.epoch, 1)
      assert.strictEqual((yield* session.status)._tag, "Online")
      assert.strictEqual((yield* server.logins).length, 1)
    }).pipe(Effect.scoped, provided))

  it.effect("a command that must not run twice is delivered again by the engine, and is not run again", () =>
    Effect.gen(function*() {
      const { cluster, network, owner, server } = yield* setup(1)
      const { session } = yield* join(cluster)
      yield* online(session)
      yield* network.change({ latency: "500 millis" })
      const once = yield* Effect.forkChild(session.command("say -1 once", { repeatable: false }), {
        startImmediately: true
      })
      const again = yield* Effect.forkChild(session.command("version"), { startImmediately: true })
      yield* TestRcon.passTime("600 millis")
      yield* cluster.cut(owner().port)
      yield* TestRcon.passTime("10 seconds")
      const delivered = cluster.wire.filter((line) => line.includes("say -1 once")).length
      assert.isAtLeast(delivered, 2)
      assert.strictEqual((yield* Effect.flip(Fiber.join(once))).reason._tag, "SessionLost")
      assert.strictEqual(yield* Fiber.join(again), "1.220")
      assert.strictEqual((yield* server.commands).filter(({ text }) => text === "say -1 once").length, 1)
    }).pipe(Effect.scoped, provided))
})
