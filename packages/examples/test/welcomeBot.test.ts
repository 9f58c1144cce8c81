import { SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { welcomeBot } from "../src/welcomeBot.ts"

const whispered = Effect.gen(function*() {
  const { executions } = yield* SimulatedServer.SimulatedServer
  return (yield* executions).map(({ text }) => text).filter((text) => text.startsWith("say "))
})

it.effect("welcomes a player, and welcomes the player back", () =>
  Effect.gen(function*() {
    const server = yield* SimulatedServer.SimulatedServer
    yield* welcomeBot
    const { slot } = yield* server.join({ name: "Miller" })
    yield* TestRcon.passTime("1 minute")
    yield* server.leave(slot)
    yield* server.join({ name: "Miller" })
    yield* TestRcon.passTime("1 minute")

    assert.deepStrictEqual(yield* whispered, ["say 0 welcome, the rules are on our page", "say 0 welcome back"])
  }).pipe(Effect.provide(TestRcon.layer())))

it.effect("welcomes all players on a network that loses three of ten datagrams, even after a restart", () =>
  Effect.gen(function*() {
    const server = yield* SimulatedServer.SimulatedServer
    yield* welcomeBot
    yield* TestRcon.passTime("1 minute")
    yield* server.restart({ downtime: "5 minutes" })
    yield* TestRcon.passTime("10 minutes")
    for (const name of ["Miller", "Kerry", "Stavrou"]) yield* server.join({ name })
    yield* TestRcon.passTime("1 minute")

    assert.deepStrictEqual(
      new Set(yield* whispered),
      new Set([0, 1, 2].map((slot) => `say ${slot} welcome, the rules are on our page`))
    )
  }).pipe(Effect.provide(TestRcon.layer({ network: { loss: 0.3, latency: "40 millis", seed: "welcome" } }))))
