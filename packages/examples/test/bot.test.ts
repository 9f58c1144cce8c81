import { RconClient } from "@bercon/client"
import { SimulatedServer, TestRcon } from "@bercon/testing"
import * as NodeTestRcon from "@bercon/testing/NodeTestRcon"
import { assert, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Redacted } from "effect"
import { BotLive } from "../src/bot.ts"

const client = RconClient.layer({ password: Redacted.make("secret") })

it.effect("welcomes players who join, even after a restart, and ends if the server refuses the password", () =>
  Effect.gen(function*() {
    const server = yield* SimulatedServer.SimulatedServer
    const bot = yield* Effect.forkChild(Layer.launch(Layer.provide(BotLive, client)), { startImmediately: true })
    yield* TestRcon.passTime("1 minute")
    yield* server.join({ name: "Miller" })
    yield* TestRcon.passTime("1 minute")
    yield* server.restart({ downtime: "1 minute" })
    yield* TestRcon.passTime("5 minutes")
    yield* server.join({ name: "Kerry" })
    yield* TestRcon.passTime("1 minute")
    const said = (yield* server.executions).map(({ text }) => text).filter((text) => text.startsWith("say"))
    assert.deepStrictEqual(said, ["say 0 welcome, Miller", "say 0 welcome, Kerry"])
    yield* server.refuse
    yield* server.restart({ downtime: "1 minute" })
    yield* TestRcon.passTime("5 minutes")
    assert.isTrue(Exit.isFailure(yield* Fiber.await(bot)))
  }).pipe(Effect.provide(TestRcon.layerTransport())))

it.live("welcomes players over UDP, too", () =>
  Effect.gen(function*() {
    const server = yield* SimulatedServer.SimulatedServer
    const rcon = yield* RconClient.RconClient
    yield* Effect.forkChild(
      Layer.launch(Layer.provide(BotLive, Layer.succeed(RconClient.RconClient, rcon))),
      { startImmediately: true }
    )
    const { message } = yield* rcon.waitFor("AdminChat", {
      trigger: server.join({ name: "Miller" }),
      timeout: "5 seconds"
    })
    assert.strictEqual(message, "welcome, Miller")
  }).pipe(Effect.provide(NodeTestRcon.layer())))
