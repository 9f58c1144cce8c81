import { RconClient } from "@bercon/client"
import { SimulatedServer } from "@bercon/testing"
import * as NodeTestRcon from "@bercon/testing/NodeTestRcon"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"

describe("NodeTestRcon", () => {
  it.live("provides a server on a free port, and a client that is logged in to it", () =>
    Effect.gen(function*() {
      const rcon = yield* RconClient.RconClient
      const server = yield* SimulatedServer.SimulatedServer
      assert.strictEqual((yield* rcon.status)._tag, "Online")
      yield* server.join({ name: "Miller" })
      assert.deepStrictEqual((yield* rcon.players).map(String), ["#0 Miller"])
      assert.deepStrictEqual(yield* server.violations, [])
    }).pipe(Effect.provide(NodeTestRcon.layer({ server: { password: Redacted.make("of its own") } }))))

  it.live("makes several independent servers", () =>
    Effect.gen(function*() {
      const one = yield* NodeTestRcon.make({ server: { network: { latency: "5 millis" } } })
      const other = yield* NodeTestRcon.make()
      assert.notStrictEqual(one.server.address.port, other.server.address.port)
      yield* one.server.join({ name: "Miller" })
      assert.deepStrictEqual((yield* one.rcon.players).map(String), ["#0 Miller"])
      assert.deepStrictEqual(yield* other.rcon.players, [])
    }))

  it.live("fails if the port is in use, and if the login is refused", () =>
    Effect.gen(function*() {
      const { server } = yield* NodeTestRcon.make()
      const inUse = yield* Effect.flip(NodeTestRcon.make({ server: { port: server.address.port } }))
      assert.strictEqual(inUse._tag, "EndpointError")
      const refused = yield* Effect.flip(
        Layer.build(NodeTestRcon.layer({ client: { password: Redacted.make("wrong") } }))
      )
      assert.strictEqual(refused._tag === "LoginFailure" && refused.reason._tag, "LoginRefused")
    }))
})
