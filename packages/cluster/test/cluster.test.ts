import { RconClient } from "@bercon/client"
import { RemoteSession, Servers } from "@bercon/cluster"
import { SimulatedNetwork, SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { Sharding } from "effect/cluster"
import * as MemoryCluster from "./memoryCluster.ts"

const PASSWORD = "a password that must not leave its runner"

const setup = Effect.gen(function*() {
  const network = yield* SimulatedNetwork.SimulatedNetwork
  const cluster = yield* MemoryCluster.make
  const server = yield* SimulatedServer.make({ password: Redacted.make(PASSWORD) })
  const servers: Servers.Servers["Service"]["get"] = (id) =>
    id === "altis"
      ? Effect.succeed({ transport: network.transport(server.address), options: { password: Redacted.make(PASSWORD) } })
      : Effect.fail(new Servers.ServerUnknown({ id }))
  return { cluster, server, servers, network }
})

describe("cluster", () => {
  it.effect("commands and events go through it", () =>
    Effect.gen(function*() {
      const { cluster, server, servers } = yield* setup
      yield* cluster.runner(1, servers)
      const { sharding } = yield* cluster.consumer
      const session = yield* TestRcon.passTime(
        RemoteSession.make("altis").pipe(Effect.provideService(Sharding.Sharding, sharding))
      )
      assert.strictEqual(yield* TestRcon.passTime(session.command("version")), "1.220")
      yield* server.join({ name: "Miller" })
      assert.strictEqual((yield* server.logins).length, 1)
    }).pipe(Effect.scoped, Effect.provide(Layer.fresh(SimulatedNetwork.layer()))))
})
void RconClient
