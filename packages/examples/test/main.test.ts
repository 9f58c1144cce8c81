import { SimulatedServer } from "@bercon/testing"
import * as NodeSimulatedServer from "@bercon/testing/NodeSimulatedServer"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"

/** `main.ts` in a process of its own, for as long as the scope is open. */
const main = Effect.acquireRelease(
  Effect.sync(() => spawn(process.execPath, [fileURLToPath(new URL("../src/main.ts", import.meta.url))])),
  (child) => Effect.sync(() => child.kill("SIGKILL"))
)

it.live("main.ts runs as it stands, against a server where it expects one", (context) =>
  Effect.gen(function*() {
    const server = yield* SimulatedServer.SimulatedServer
    yield* server.join({ name: "Miller" })
    const child = yield* main
    const executed = (text: string) =>
      Effect.repeat(Effect.delay(server.executions, "20 millis"), {
        until: (commands) => commands.some((command) => command.text === text)
      })
    yield* executed("say -1 1 players are here")
    // It listens right after it has spoken, but from here that cannot be seen.
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
    // Somebody's own server may run on this machine.
    Effect.catchIf(
      (error) => error.kind === "AddressInUse",
      () => Effect.sync(() => context.skip("port 2306 is taken"))
    )
  ), 30_000)
