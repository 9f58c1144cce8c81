import * as NodeSimulatedServer from "@bercon/testing/NodeSimulatedServer"
import { assert, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import * as ManyServers from "../src/manyServers.ts"

it.live("sends commands to fifty servers over UDP, of which one does not answer", () =>
  Effect.gen(function*() {
    const servers = yield* Effect.forEach(Array.from({ length: 50 }), () => NodeSimulatedServer.make())
    yield* servers[0]!.join({ name: "Miller" })
    yield* servers[7]!.goSilent
    const options = servers.map(({ address }) => ({ ...address, password: Redacted.make("secret") }))
    const clients = yield* ManyServers.start(options)
    const answers = yield* ManyServers.population(clients)
    const { port } = servers[7]!.address
    assert.deepStrictEqual(answers.flatMap((answer) => "problem" in answer ? [answer.port] : []), [port])
    assert.deepInclude(answers[0], { players: 1 })
    const failed = yield* ManyServers.announce(clients.filter((_, index) => index < 7), "Restart soon")
    assert.deepStrictEqual(failed, [])
    assert.include((yield* servers[3]!.executions).map(({ text }) => text), "say -1 Restart soon")
  }), 20_000)
