import * as NodeSimulatedServer from "@bercon/testing/NodeSimulatedServer"
import { assert, it } from "@effect/vitest"
import { ConfigProvider, Effect, Exit, Redacted } from "effect"
import { onCluster, onFleet, onOne } from "../src/threeLevels.ts"

const password = Redacted.make("secret")

const simulate = Effect.gen(function*() {
  const server = yield* NodeSimulatedServer.make({ password })
  const said = Effect.map(
    server.executions,
    (executions) => executions.map(({ text }) => text).filter((text) => text.startsWith("say"))
  )
  return { ...server, said }
})

const env = (variables: Readonly<Record<string, string>>) =>
  Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env: variables }))

it.live("announces on one server", () =>
  Effect.gen(function*() {
    const { address, said } = yield* simulate
    yield* onOne.pipe(env({ BERCON_HOST: address.host, BERCON_PORT: `${address.port}`, BERCON_PASSWORD: "secret" }))
    assert.deepStrictEqual(yield* said, ["say -1 Restart in five minutes"])
  }))

it.live("announces on a fleet, and on a cluster", () =>
  Effect.gen(function*() {
    const servers = [yield* simulate, yield* simulate]
    const [altis, stratis] = servers.map(({ address }) => ({ ...address, password }))
    const fleet = yield* onFleet({ altis: altis!, stratis: stratis! })
    const cluster = yield* onCluster({ altis: servers[0]!.address, stratis: servers[1]!.address }).pipe(
      env({ altis_PASSWORD: "secret", stratis_PASSWORD: "secret" })
    )
    for (const results of [fleet, cluster]) {
      assert.deepStrictEqual(Array.from(results, ([id, exit]) => [id, Exit.isSuccess(exit)]), [
        ["altis", true],
        ["stratis", true]
      ])
    }
    for (const { said } of servers) assert.lengthOf(yield* said, 2)
  }))
