import { RconClient } from "@bercon/client"
import { SimulatedServer } from "@bercon/testing"
import * as NodeTestRcon from "@bercon/testing/NodeTestRcon"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"

const bot = Effect.gen(function*() {
  const rcon = yield* RconClient.RconClient
  yield* rcon.on("PlayerConnected", ({ player }) => rcon.say(`welcome, ${player.name}`))
})

it.live("greets over UDP", () =>
  Effect.gen(function*() {
    const rcon = yield* RconClient.RconClient
    const server = yield* SimulatedServer.SimulatedServer
    yield* bot
    const said = yield* rcon.waitFor("AdminChat", { trigger: server.join({ name: "Miller" }) })
    assert.strictEqual(said.message, "welcome, Miller")
  }).pipe(Effect.scoped, Effect.provide(NodeTestRcon.layer())))
