import { FleetError, ServerList, Servers, Wire } from "@bercon/cluster"
import type { Transport } from "@bercon/session"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, Stream } from "effect"

const altis = Wire.ListedServer.make({
  id: "altis",
  generation: "one",
  settings: { host: "10.0.0.1", port: 2306 }
})

/**
 * The definition that a runner finds, or its error. `heard` are the servers in the runner's copy of the list, `latest` reads
 * the current list, and `password` the password. Default: `"secret"`.
 */
const find = (id: string, { heard, latest, password = () => Effect.succeed(Redacted.make("secret")) }: {
  readonly heard: ReadonlyArray<Wire.ListedServer>
  readonly latest: ServerList.Service["latest"]
  readonly password?: Servers.ListOptions["password"]
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
        password
      }),
      list
    ))
  )
}

describe("a runner with the cluster's list of servers", () => {
  it.effect("finds a server that is in its copy of the list, even if the current list cannot be read", () =>
    Effect.gen(function*() {
      const found = yield* find("altis", { heard: [altis], latest: Effect.never })
      assert.strictEqual(found.transport.peer, "10.0.0.1:2306")
      assert.strictEqual(found.generation, "one")
    }))

  it.effect("reports a server as unknown only after it has read the current list", () =>
    Effect.gen(function*() {
      let attempts = 0
      const latest = (servers: ReadonlyArray<Wire.ListedServer>) =>
        Effect.suspend(() =>
          attempts++ === 0
            ? Effect.fail(new FleetError.FleetUnavailable({ problem: "no answer", execution: "NotExecuted" }))
            : Effect.succeed(new Map(servers.map((server) => [server.id, server])))
        )
      const found = yield* find("altis", { heard: [], latest: latest([altis]) })
      assert.strictEqual(found.generation, "one")
      attempts = 0
      const error = yield* Effect.flip(find("stratis", { heard: [altis], latest: latest([altis]) }))
      assert.strictEqual(error.message, "this runner has no game server \"stratis\"")
      assert.strictEqual(attempts, 2)
    }))

  it.effect("reports the definition whose password it cannot read, with the reason", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(find("altis", {
        heard: [altis],
        latest: Effect.never,
        password: (id) => Effect.fail({ message: `${id}_PASSWORD is missing` })
      }))
      assert.strictEqual(error._tag, "ServerUnknown")
      assert.strictEqual(error.message, "this runner has no game server \"altis\": altis_PASSWORD is missing")
      // The next definition of the server may be complete.
      assert.strictEqual(error.generation, "one")
    }))
})

describe("a runner with a record of servers", () => {
  const server = {
    transport: { peer: "10.0.0.1:2306", open: Effect.never },
    options: { password: Redacted.make("secret") }
  }
  const get = (id: string) =>
    Effect.flatMap(Servers.Servers, ({ get }) => get(id)).pipe(Effect.provide(Servers.layerRecord({ altis: server })))

  it.effect.each(["stratis", "constructor"])(
    "has only the servers of the record (not %s)",
    (id) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* get("altis"), server)
        assert.strictEqual((yield* Effect.flip(get(id))).message, `this runner has no game server "${id}"`)
      })
  )
})
