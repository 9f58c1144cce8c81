/**
 * Runs the bot and the fleet against simulated servers on real ports, and prints the results.
 */
import * as NodeSimulatedServer from "@bercon/testing/NodeSimulatedServer"
import { Effect, Logger } from "effect"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { layerFile, population } from "./fleet.js"

const run = Effect.gen(function*() {
  const server = yield* NodeSimulatedServer.make()
  yield* server.join({ name: "Miller" })
  process.env["BERCON_PORT"] = `${server.address.port}`
  const { isOnline, main } = yield* Effect.promise(() => import("./bot.js"))
  const seen = yield* main
  console.log(JSON.stringify({ ...seen, status: isOnline(seen.status) }))

  const other = yield* NodeSimulatedServer.make()
  yield* other.join({ name: "Kerry" })
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "bercon-fleet-"))),
    (folder) => Effect.sync(() => Fs.rmSync(folder, { recursive: true }))
  )
  const file = Path.join(folder, "servers.toml")
  const servers = { altis: server.address.port, stratis: other.address.port }
  const tables = Object.entries(servers).map(([id, port]) =>
    `[servers.${id}]\nhost = "127.0.0.1"\nport = ${port}\npasswordFile = "secret"\n`
  )
  Fs.writeFileSync(file, tables.join("\n"))
  Fs.writeFileSync(Path.join(folder, "secret"), "secret\n")
  console.log(JSON.stringify(yield* Effect.provide(population, layerFile(file))))
})

await Effect.runPromise(Effect.scoped(Effect.provide(run, Logger.layer([]))))
