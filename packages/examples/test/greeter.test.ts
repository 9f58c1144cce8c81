import { SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { greeter } from "../src/greeter.ts"

it.effect("greets players who chat, even after a restart of the server", () =>
  Effect.gen(function*() {
    const server = yield* SimulatedServer.SimulatedServer
    yield* Effect.forkChild(greeter)
    yield* TestRcon.passTime("1 hour")
    yield* server.restart({ downtime: "5 minutes" })
    yield* TestRcon.passTime("1 hour")
    yield* server.join({ name: "Miller" })
    yield* server.chat(0, "Side", "good evening")
    yield* TestRcon.passTime("1 minute")

    const texts = (yield* server.executions).map(({ text }) => text)
    assert.deepStrictEqual(
      texts.filter((text) => text.startsWith("say")),
      ["say -1 0 players are here", "say 0 hello"]
    )
  }).pipe(Effect.provide(TestRcon.layer())))
