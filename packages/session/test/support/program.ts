/**
 * A program that runs as a separate process: it sends a command to the server at the given port, prints the reply, and
 * then ends, or stays until it is interrupted.
 */
import { Session } from "@bercon/session"
import * as DatagramSocketTransport from "@bercon/session/DatagramSocketTransport"
import * as NodeRuntime from "@effect/platform-node-shared/NodeRuntime"
import { Console, Effect, Redacted } from "effect"

const [, , port, mode] = process.argv

const program = Effect.gen(function*() {
  const session = yield* Session.make({ password: Redacted.make("secret"), loginTimeout: "1 minute" })
  yield* Console.log(yield* session.command("echo hello"))
  if (mode === "stay") return yield* Effect.never
}).pipe(Effect.scoped, Effect.provide(DatagramSocketTransport.layer({ host: "127.0.0.1", port: Number(port) })))

if (mode === "stay") NodeRuntime.runMain(program)
else await Effect.runPromise(program)
