import { SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { moderator } from "../src/moderator.ts"

it.effect("bans players who sell cheats", () =>
  Effect.gen(function*() {
    const server = yield* SimulatedServer.SimulatedServer
    yield* moderator
    yield* server.join({ name: "Miller" })
    yield* server.join({ name: "Kerry" })
    yield* server.chat(1, "Global", "aimbot for sale")
    yield* TestRcon.passTime("1 second")

    const { bans, players } = yield* server.world
    assert.deepStrictEqual(players.map(({ name }) => name), ["Miller"])
    assert.deepStrictEqual(bans.map(({ reason }) => reason), ["advertising"])
    const texts = (yield* server.executions).map(({ text }) => text)
    assert.includeMembers(texts, ["say -1 Miller is joining", "say -1 Kerry is joining"])
  }).pipe(Effect.provide(TestRcon.layer())))
