/**
 * A server that runs as a separate process: it answers commands that begin with "echo", and prints its port.
 */
import * as NodeSimulatedServer from "@bercon/testing/NodeSimulatedServer"
import * as NodeRuntime from "@effect/platform-node-shared/NodeRuntime"
import { Console, Effect } from "effect"

Effect.gen(function*() {
  const server = yield* NodeSimulatedServer.make({
    onCommand: (text) => text.startsWith("echo ") ? { reply: text, delay: "300 millis" } : undefined
  })
  yield* Console.log(String(server.address.port))
  return yield* Effect.never
}).pipe(Effect.scoped, NodeRuntime.runMain)
