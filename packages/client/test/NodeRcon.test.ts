import { RconClient } from "@bercon/client"
import * as NodeRcon from "@bercon/client/NodeRcon"
import { SimulatedServer } from "@bercon/testing"
import * as NodeSimulatedServer from "@bercon/testing/NodeSimulatedServer"
import { assert, describe, it } from "@effect/vitest"
import { Config, ConfigProvider, Effect, Layer, Redacted } from "effect"

const read = (env: Record<string, string>) =>
  NodeRcon.config.pipe(Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env })))

describe("NodeRcon", () => {
  it.effect("reads the server's address and the password from the environment", () =>
    Effect.gen(function*() {
      const { host, password, port } = yield* read({ BERCON_PORT: "2306", BERCON_PASSWORD: "secret" })
      assert.deepStrictEqual([host, port, Redacted.value(password)], ["127.0.0.1", 2306, "secret"])
      const elsewhere = yield* read({ BERCON_HOST: "rcon.test", BERCON_PORT: "2306", BERCON_PASSWORD: "secret" })
      assert.strictEqual(elsewhere.host, "rcon.test")
    }))

  it.effect("fails with the name of the missing or invalid variable", () =>
    Effect.gen(function*() {
      const missing = yield* Effect.flip(read({ BERCON_PORT: "2306" }))
      assert.include(missing.message, "BERCON_PASSWORD")
      const outOfRange = yield* Effect.flip(read({ BERCON_PORT: "65536", BERCON_PASSWORD: "secret" }))
      assert.include(outOfRange.message, "BERCON_PORT")
      assert.notInclude(outOfRange.message, "secret")
      const layer = yield* Layer.build(NodeRcon.layerFromEnv()).pipe(
        Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env: {} })),
        Effect.flip
      )
      assert.instanceOf(layer, Config.ConfigError)
    }))

  it.live("talks to a server over UDP", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      yield* server.join({ name: "Bob" })
      const options = {
        ...server.address,
        password: Redacted.make("secret")
      }
      const made = yield* NodeRcon.make(options)
      assert.deepStrictEqual((yield* made.players).map(String), ["#0 Bob"])
      const players = yield* RconClient.RconClient.pipe(
        Effect.flatMap((rcon) => rcon.players),
        Effect.provide(NodeRcon.layer(options))
      )
      assert.strictEqual(players.length, 1)
    }).pipe(Effect.provide(NodeSimulatedServer.layer())))

  it.live("refuses an invalid port", () =>
    Effect.gen(function*() {
      const error = yield* NodeRcon.make({ host: "127.0.0.1", port: 65536, password: Redacted.make("secret") }).pipe(
        Effect.flip
      )
      assert.include(error.message, "65536")
    }))
})
