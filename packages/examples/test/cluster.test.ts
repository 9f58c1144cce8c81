import * as NodeSimulatedServer from "@bercon/testing/NodeSimulatedServer"
import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TestRunner } from "effect/cluster"
import { Cluster, program, runner } from "../src/cluster.ts"

it.live("greets through a cluster of one runner", () =>
  Effect.gen(function*() {
    const server = yield* NodeSimulatedServer.make()
    const layer = Layer.provideMerge(runner(server.address), TestRunner.layer)
    yield* Effect.forkScoped(Effect.provide(program, layer))
    yield* Effect.sleep("500 millis").pipe(Effect.repeat({
      until: () => Effect.map(server.sessions, (sessions) => sessions.length === 1),
      times: 20
    }))
    yield* Effect.sleep("200 millis")
    yield* server.join({ name: "Miller" })
    yield* Effect.sleep("200 millis")
    const commands = yield* server.executions
    assert.include(commands.map(({ text }) => text), "say -1 welcome, Miller")
  }))

it("is a layer over Postgres on other machines", () => assert.isTrue(Layer.isLayer(Cluster("10.0.0.1"))))
