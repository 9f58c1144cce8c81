/**
 * Runs the program against a simulated server on a real port, in a cluster that consists of this process. Prints the
 * result.
 */
import * as NodeSimulatedServer from "@bercon/testing/NodeSimulatedServer"
import { ConfigProvider, Effect, Logger, Redacted } from "effect"
import { main } from "./program.js"

const run = Effect.gen(function*() {
  const server = yield* NodeSimulatedServer.make({ password: Redacted.make("secret") })
  yield* server.join({ name: "Miller" })
  const { results, servers } = yield* main({ altis: server.address }).pipe(
    Effect.provideService(
      ConfigProvider.ConfigProvider,
      ConfigProvider.fromEnv({ env: { altis_PASSWORD: "secret" } })
    )
  )
  const names = [...results.successes.values()].flat().map(({ name }) => name)
  console.log(JSON.stringify({ names, servers: [...servers.keys()] }))
})

await Effect.runPromise(Effect.scoped(Effect.provide(run, Logger.layer([]))))
