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
    const isGreeted = Effect.map(
      server.executions,
      (executions) => executions.some(({ text }) => text === "say -1 welcome, Miller")
    )
    // A player who joins before the bot listens is not greeted.
    yield* Effect.andThen(server.join({ name: "Miller" }), Effect.sleep("200 millis")).pipe(
      Effect.repeat({ until: () => isGreeted, times: 50 })
    )
    assert.isTrue(yield* isGreeted)
    assert.lengthOf(yield* server.sessions, 1)
  }))

it("the layer for several machines can be constructed", () => assert.isTrue(Layer.isLayer(Cluster("10.0.0.1"))))
