import * as NodeSimulatedServer from "@bercon/testing/NodeSimulatedServer"
import { assert, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { announce } from "../src/severalServers.ts"

it.live("tells every server", () =>
  Effect.gen(function*() {
    const servers = yield* Effect.all([NodeSimulatedServer.make(), NodeSimulatedServer.make()])
    const options = servers.map(({ address }) => ({ ...address, password: Redacted.make("secret") }))
    yield* announce(options, "Restart in five minutes")
    for (const server of servers) {
      const commands = yield* server.executions
      assert.include(commands.map(({ text }) => text), "say -1 Restart in five minutes")
    }
  }))
