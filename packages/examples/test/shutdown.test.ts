import { SimulatedNetwork, SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { shutdown } from "../src/shutdown.ts"

const inAMinute = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.forkChild(effect)
    yield* TestRcon.passTime("1 minute")
    return yield* Fiber.join(fiber)
  })

describe("shutdown", () => {
  it.effect("shuts the server down", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      assert.strictEqual(yield* shutdown, "it is shutting down")
      assert.deepStrictEqual(yield* server.sessions, [])
    }).pipe(Effect.provide(TestRcon.layer())))

  it.effect("reports that it is not allowed", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* shutdown, "it does not allow this over RCON")
    }).pipe(Effect.provide(TestRcon.layer({ server: { disallowed: ["#shutdown"] } }))))

  it.effect("reports that the command was not sent if the server is down", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      yield* server.restart({ downtime: "1 hour" })
      yield* TestRcon.passTime("1 minute")
      assert.match(
        yield* inAMinute(shutdown),
        /^it still runs: command "#shutdown": the session with .* has ended.* was not sent$/
      )
    }).pipe(Effect.provide(TestRcon.layer())))

  it.effect("reports that the command may have been executed if the reply is lost", () =>
    Effect.gen(function*() {
      const network = yield* SimulatedNetwork.SimulatedNetwork
      const server = yield* SimulatedServer.SimulatedServer
      yield* network.partition("toClient")
      assert.match(yield* inAMinute(shutdown), /^check whether it still runs: .* may have been executed$/)
      assert.strictEqual((yield* server.executions).filter(({ text }) => text === "#shutdown").length, 1)
    }).pipe(Effect.provide(TestRcon.layer())))
})
