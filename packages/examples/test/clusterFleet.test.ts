import { Embedded } from "@bercon/cluster"
import * as NodeSimulatedServer from "@bercon/testing/NodeSimulatedServer"
import { assert, it } from "@effect/vitest"
import { ConfigProvider, Effect, Layer, Redacted } from "effect"
import { Cluster } from "../src/cluster.ts"
import { add, program, runner, sessions } from "../src/clusterFleet.ts"

it.live("greets on all servers of a cluster, including one that another member adds", () =>
  Effect.gen(function*() {
    const simulate = NodeSimulatedServer.make({ password: Redacted.make("secret") })
    const [altis, stratis] = [yield* simulate, yield* simulate]
    const cluster = yield* Layer.build(Layer.provideMerge(sessions, Embedded.layer)).pipe(
      Effect.provideService(
        ConfigProvider.ConfigProvider,
        ConfigProvider.fromEnv({ env: { altis_PASSWORD: "secret", stratis_PASSWORD: "secret" } })
      )
    )
    yield* Effect.gen(function*() {
      const greeted = Effect.fn(function*(server: typeof altis) {
        const isOnline = Effect.map(server.sessions, (sessions) => sessions.length === 1)
        yield* Effect.sleep("50 millis").pipe(Effect.repeat({ until: () => isOnline, times: 200 }))
        yield* Effect.sleep("200 millis")
        yield* server.join({ name: "Miller" })
        yield* Effect.sleep("300 millis")
        assert.include((yield* server.executions).map(({ text }) => text), "say -1 welcome, Miller")
      })
      yield* Effect.forkScoped(program({ altis: altis.address }))
      yield* greeted(altis)
      yield* add("stratis", stratis.address)
      yield* greeted(stratis)
    }).pipe(Effect.provide(cluster))
  }))

it("the layer for several machines can be constructed", () =>
  assert.isTrue(Layer.isLayer(runner.pipe(Layer.provide(Cluster("10.0.0.1"))))))
