/**
 * Runs the bot against a simulated server on a real port, and prints the result.
 */
import * as NodeSimulatedServer from "@bercon/testing/NodeSimulatedServer"
import { Effect, Layer, Logger } from "effect"

const run = Effect.gen(function*() {
  const server = yield* NodeSimulatedServer.make()
  yield* server.join({ name: "Miller" })
  process.env["BERCON_PORT"] = `${server.address.port}`
  const { isOnline, main } = yield* Effect.promise(() => import("./bot.js"))
  const seen = yield* main
  console.log(JSON.stringify({ ...seen, status: isOnline(seen.status) }))
})

await Effect.runPromise(Effect.scoped(Effect.provide(run, Layer.mergeAll(Logger.layer([])))))
