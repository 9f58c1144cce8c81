import { RconClient } from "@bercon/client"
import { SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Metric } from "effect"
import { simulated } from "./simulatedClient.ts"

describe("metrics", () => {
  it.effect("count events and players", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      yield* RconClient.RconClient
      yield* TestRcon.passTime("1 second")
      yield* server.join({ name: "Ann" })
      yield* server.join({ name: "Bob" })
      yield* TestRcon.passTime("1 minute")
      const series = yield* Metric.snapshot
      const valueOf = (id: string, event?: string) => {
        const state = series.find((one) => one.id === id && one.attributes?.["event"] === event)?.state
        return state as { readonly count?: number; readonly value?: number } | undefined
      }
      assert.strictEqual(valueOf("bercon_events_total", "PlayerConnected")?.count, 2)
      assert.strictEqual(valueOf("bercon_events_total", "PlayerIdentified")?.count, 2)
      assert.strictEqual(valueOf("bercon_players")?.value, 2)
    }).pipe(Effect.provide(simulated()), Effect.provideService(Metric.MetricRegistry, new Map())))
})
