import { TestFleet, TestRcon } from "@bercon/testing"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { HttpClient } from "effect/http"
import { FleetBot } from "../src/fleetBot.ts"
import { MetricsServer } from "../src/metricsServer.ts"

const servers = { altis: {}, stratis: {}, tanoa: {} }

it.effect("welcomes players on each server", () =>
  Effect.gen(function*() {
    const simulation = yield* TestFleet.TestFleet
    for (const id of Object.keys(servers)) {
      const { server } = yield* simulation.get(id)
      yield* server.join({ name: "Miller" })
      yield* TestRcon.passTime("1 minute")
      const texts = (yield* server.executions).map(({ text }) => text)
      assert.include(texts, `say 0 welcome to ${id}, Miller`)
    }
  }).pipe(Effect.provide(FleetBot.pipe(Layer.provideMerge(TestFleet.layer({ servers }))))))

it.live("serves the metrics", () =>
  Effect.gen(function*() {
    const response = yield* HttpClient.get("/metrics")
    assert.match(yield* response.text, /^# TYPE \w+/m)
  }).pipe(Effect.provide(MetricsServer.pipe(Layer.provideMerge(NodeHttpServer.layerTest)))))
