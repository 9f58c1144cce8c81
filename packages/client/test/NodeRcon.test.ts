import { RconClient } from "@bercon/client"
import * as NodeRcon from "@bercon/client/NodeRcon"
import { SimulatedServer } from "@bercon/testing"
import * as NodeSimulatedServer from "@bercon/testing/NodeSimulatedServer"
import { assert, describe, it } from "@effect/vitest"
import { Config, ConfigProvider, Effect, Exit, Layer, Option, Redacted } from "effect"

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

  const portRange = "an integer from 1 to 65535"
  it.effect.each<{ readonly env: Record<string, string>; readonly message: string }>([
    { env: {}, message: `BERCON_PORT must be set to the server's RConPort, ${portRange}` },
    { env: { BERCON_PORT: "" }, message: `BERCON_PORT must be set to the server's RConPort, ${portRange}` },
    ...["abc", "0", "65536", "2306.5", "-1", "23e2"].map((port) => ({
      env: { BERCON_PORT: port },
      message: `BERCON_PORT must be ${portRange} (got "${port}")`
    })),
    { env: { BERCON_PORT: "2306" }, message: "BERCON_PASSWORD must be set to the server's RConPassword" }
  ])("fails with the variable, its value and the allowed range: $env", ({ env, message }) =>
    Effect.gen(function*() {
      assert.include((yield* Effect.flip(read(env))).message, message)
      const error = yield* Layer.build(NodeRcon.layerFromEnv()).pipe(
        Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env })),
        Effect.flip
      )
      assert.instanceOf(error, Config.ConfigError)
      assert.include(error.message, message)
    }))

  it.effect("fails without the password in the error", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(read({ BERCON_PORT: "65536", BERCON_PASSWORD: "secret" }))
      assert.notInclude(`${error.message} ${JSON.stringify(error)} ${String(error)}`, "secret")
    }))

  it.effect("counts as absent, so that a default applies, if a variable is not set; an invalid one fails", () =>
    Effect.gen(function*() {
      const optional = (env: Record<string, string>) =>
        Config.option(NodeRcon.config).pipe(
          Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env }))
        )
      assert.isTrue(Option.isNone(yield* optional({})))
      assert.isTrue(Option.isNone(yield* optional({ BERCON_PORT: " 2306 " })))
      assert.isTrue(Option.isSome(yield* optional({ BERCON_PORT: " 2306 ", BERCON_PASSWORD: "secret" })))
      assert.isTrue(Exit.isFailure(yield* Effect.exit(optional({ BERCON_PORT: "x", BERCON_PASSWORD: "secret" }))))
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
