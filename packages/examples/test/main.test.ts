import { SimulatedServer } from "@bercon/testing"
import * as NodeSimulatedServer from "@bercon/testing/NodeSimulatedServer"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"

/** Runs `main.ts` in another process until the scope closes. */
const main = Effect.acquireRelease(
  Effect.sync(() => spawn(process.execPath, [fileURLToPath(new URL("../src/main.ts", import.meta.url))])),
  (child) => Effect.sync(() => child.kill("SIGKILL"))
)

it.live("main.ts runs unchanged, with a server at the address that it expects", (context) =>
  Effect.gen(function*() {
    const server = yield* SimulatedServer.SimulatedServer
    yield* server.join({ name: "Miller" })
    const child = yield* main
    const executed = (text: string) =>
      Effect.repeat(Effect.delay(server.executions, "20 millis"), {
        until: (commands) => commands.some((command) => command.text === text)
      })
    yield* executed("say -1 1 players are here")
    // The program subscribes to events right after this message. The test cannot observe that, so it repeats the chat.
    yield* Effect.raceFirst(
      executed("say 0 hello"),
      Effect.forever(Effect.andThen(server.chat(0, "Side", "good evening"), Effect.sleep("200 millis")))
    )
    const code = yield* Effect.callback<number | null>((resume) => {
      child.once("exit", (code) => resume(Effect.succeed(code)))
      child.kill("SIGINT")
    })
    assert.strictEqual(code, 130)
  }).pipe(
    Effect.provide(NodeSimulatedServer.layer({ port: 2306 })),
    // Another server may run on this machine.
    Effect.catchIf(
      (error) => error.kind === "AddressInUse",
      () => Effect.sync(() => context.skip("port 2306 is in use"))
    )
  ), 30_000)
