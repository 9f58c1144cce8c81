import { FleetError, ServerList, Servers, Wire } from "@bercon/cluster"
import type { Transport } from "@bercon/session"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, Stream } from "effect"

const altis = Wire.ListedServer.make({
  id: "altis",
  generation: "one",
  settings: { host: "10.0.0.1", port: 2306 }
})

/** The definitions that a runner finds, if it has heard of some servers and the list has others by now. */
const find = (id: string, { heard, latest }: {
  readonly heard: ReadonlyArray<Wire.ListedServer>
  readonly latest: ServerList.Service["latest"]
}) => {
  const listed = (servers: ReadonlyArray<Wire.ListedServer>) => new Map(servers.map((server) => [server.id, server]))
  const list = Layer.mock(ServerList.ServerList, { changes: Stream.make(listed(heard)), latest })
  return Effect.flatMap(Servers.Servers, ({ get }) => get(id)).pipe(
    Effect.provide(Layer.provide(
      Servers.layerList({
        transport: ({ host, port }): Transport.Transport["Service"] => ({
          peer: `${host}:${port}`,
          open: Effect.never
        }),
        password: () => Effect.succeed(Redacted.make("secret"))
      }),
      list
    ))
  )
}

describe("a runner with the cluster's list of servers", () => {
  it.effect("finds a server that it has heard of, even if the list cannot be read now", () =>
    Effect.gen(function*() {
      const found = yield* find("altis", { heard: [altis], latest: Effect.never })
      assert.strictEqual(found.transport.peer, "10.0.0.1:2306")
      assert.strictEqual(found.generation, "one")
    }))

  it.effect("denies a server only after the list of now was read", () =>
    Effect.gen(function*() {
      let attempts = 0
      const latest = (servers: ReadonlyArray<Wire.ListedServer>) =>
        Effect.suspend(() =>
          attempts++ === 0
            ? Effect.fail(new FleetError.FleetUnavailable({ problem: "nobody answers", execution: "NotExecuted" }))
            : Effect.succeed(new Map(servers.map((server) => [server.id, server])))
        )
      const found = yield* find("altis", { heard: [], latest: latest([altis]) })
      assert.strictEqual(found.generation, "one")
      attempts = 0
      const error = yield* Effect.flip(find("stratis", { heard: [altis], latest: latest([altis]) }))
      assert.strictEqual(error.message, "this runner has no game server \"stratis\"")
      assert.strictEqual(attempts, 2)
    }))
})
