/**
 * A program that sends one command with `RconClient`, and reports the reply with one byte on standard output.
 * `src/installed.ts` bundles it into one file. `node startClient.ts <port> <password>`.
 */
import * as NodeRcon from "@bercon/client/NodeRcon"
import { RconClient } from "@bercon/client/RconClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"

const [port, password = ""] = process.argv.slice(2)
const client = NodeRcon.layer({
  host: "127.0.0.1",
  port: Number(port),
  password: Redacted.make(password),
  flavour: "BattlEye"
})
const program = Effect.gen(function*() {
  const rcon = yield* RconClient
  yield* rcon.command("short")
  process.stdout.write(".", () => process.exit())
})
await Effect.runPromise(Effect.provide(program, Layer.provideMerge(client, Logger.layer([]))))
