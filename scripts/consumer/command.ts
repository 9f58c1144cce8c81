/**
 * Lists the players of a simulated server with the installed command `bercon`.
 */
import * as NodeSimulatedServer from "@bercon/testing/NodeSimulatedServer"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { execFile } from "node:child_process"
import process from "node:process"
import { promisify } from "node:util"

const program = Effect.gen(function*() {
  const server = yield* NodeSimulatedServer.make({ password: Redacted.make("secret") })
  yield* server.join({ name: "Miller" })
  const { stdout } = yield* Effect.promise(() =>
    promisify(execFile)("node_modules/.bin/bercon", ["players", "--port", `${server.address.port}`], {
      env: { ...process.env, BERCON_PASSWORD: "secret" }
    })
  )
  process.stdout.write(stdout)
})

await Effect.runPromise(Effect.scoped(program))
