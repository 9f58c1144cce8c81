import { ClusterFleet, Embedded, Fleet } from "@bercon/cluster"
import { SimulatedNetwork, SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Redacted } from "effect"
import { TestRunner } from "effect/cluster"
import { KeyValueStore } from "effect/persistence"

/** A program that was written for a fleet in one process. */
const program = Effect.gen(function*() {
  const fleet = yield* Fleet.Fleet
  const results = yield* fleet.say("Restart in five minutes", { timeout: "5 seconds" })
  return Array.from(results, ([id, exit]) => [id, Exit.isSuccess(exit)] as const)
})

const clusters = {
  "Embedded.layer": Embedded.layer,
  "TestRunner.layer of Effect": Layer.merge(TestRunner.layer, KeyValueStore.layerMemory)
}

describe.each(Object.entries(clusters))("a cluster of one process with %s", (_, cluster) => {
  it.effect("runs a program written for a fleet", () =>
    Effect.gen(function*() {
      const network = yield* SimulatedNetwork.SimulatedNetwork
      const servers = yield* Effect.forEach(["10.0.0.1", "10.0.0.2"], (host) => SimulatedServer.make({ host }))
      const [altis, stratis] = servers.map(({ address }) => address)
      const runner = ClusterFleet.layerRunner({
        transport: network.transport,
        password: () => Effect.succeed(Redacted.make("secret"))
      })
      const fleet = ClusterFleet.layer({ servers: { altis: altis!, stratis: stratis! } }).pipe(
        Layer.provide(Layer.provideMerge(runner, cluster))
      )
      assert.deepStrictEqual(yield* TestRcon.passTime(Effect.provide(program, fleet)), [
        ["altis", true],
        ["stratis", true]
      ])
      for (const server of servers) {
        assert.include((yield* server.executions).map(({ text }) => text), "say -1 Restart in five minutes")
      }
    }).pipe(Effect.scoped, Effect.provide(Layer.fresh(SimulatedNetwork.layer()))))
})
