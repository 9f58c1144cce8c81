import { Plans, type RestartPlan } from "@bercon/operations"
import { SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as KeyValueStore from "effect/persistence/KeyValueStore"
import { TestClock } from "effect/testing"

const nightly: RestartPlan.Input = {
  id: "nightly",
  at: { cron: "0 4 * * *", timeZone: "UTC" },
  lock: "1 minute",
  kick: { before: "10 seconds" },
  command: "restartServer"
}

describe("a plan", () => {
  it.effect("warns, locks, kicks and restarts", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(Date.UTC(2026, 2, 28, 2))
      yield* Effect.gen(function*() {
        const server = yield* SimulatedServer.SimulatedServer
        yield* server.join({ name: "Miller" })
        yield* TestRcon.passTime("3 hours")
        const executions = yield* server.executions
        assert.deepStrictEqual(
          executions.filter(({ text }) => text !== "players").map(({ text, time }) =>
            `${new Date(time).toISOString().slice(11, 19)} ${text}`
          ),
          [
            "03:00:00 say -1 Restart in 1 hour",
            "03:30:00 say -1 Restart in 30 minutes",
            "03:45:00 say -1 Restart in 15 minutes",
            "03:55:00 say -1 Restart in 5 minutes",
            "03:59:00 say -1 Restart in 1 minute",
            "03:59:00 #lock",
            "03:59:50 kick 0 Restart",
            "04:00:00 admins",
            "04:00:00 #restartserver"
          ]
        )
      }).pipe(
        Effect.provide(
          Plans.layerClient("altis", { restarts: [nightly] }).pipe(
            Layer.provideMerge(TestRcon.layer()),
            Layer.provide(KeyValueStore.layerMemory)
          )
        )
      )
    }))
})
