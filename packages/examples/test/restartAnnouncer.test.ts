import { SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, it } from "@effect/vitest"
import { DateTime, Effect } from "effect"
import { restartAnnouncer } from "../src/restartAnnouncer.ts"

it.effect("announces the daily restart, and restarts the server", () =>
  Effect.gen(function*() {
    const server = yield* SimulatedServer.SimulatedServer
    yield* Effect.forkChild(restartAnnouncer)
    yield* TestRcon.passTime("1 day")

    const acted = (yield* server.executions).filter(({ text }) => text !== "players")
    assert.deepStrictEqual(
      acted.map(({ text, time }) => `${DateTime.formatIso(DateTime.makeUnsafe(time)).slice(11, 16)} ${text}`),
      [
        "03:30 say -1 Restart in 30 min",
        "03:50 say -1 Restart in 10 min",
        "03:55 say -1 Restart in 5 min",
        "03:59 say -1 Restart in 1 min",
        "04:00 #restartserver"
      ]
    )
  }).pipe(Effect.provide(TestRcon.layer())))
