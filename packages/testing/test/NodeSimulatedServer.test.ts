import type { Endpoint } from "@bercon/testing"
import * as NodeSimulatedServer from "@bercon/testing/NodeSimulatedServer"
import * as NodeDatagramSocket from "@effect/platform-node-shared/NodeDatagramSocket"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit } from "effect"
import * as Client from "./client.ts"

const connect = Effect.fnUntraced(function*({ host, port }: Endpoint.Address) {
  const socket = yield* NodeDatagramSocket.make({ connect: { address: host, port } })
  const reader = yield* socket.reader
  const writer = yield* socket.writer
  const connection: Client.Polled = {
    pull: Effect.orDie(
      Effect.map(reader.pull, ([first, ...rest]) => [first.payload, ...rest.map((each) => each.payload)])
    ),
    write: (payload) => Effect.orDie(writer.write({ payload }))
  }
  return Client.make(connection)
})

/** Receives until `count` datagrams have arrived. */
const pull = Effect.fnUntraced(function*(client: ReturnType<typeof Client.make>, count: number) {
  const texts: Array<string> = []
  while (texts.length < count) texts.push(...(yield* client.pull))
  return texts
})

describe("NodeSimulatedServer", () => {
  it.live("serves on a real port, and binds the same port after a restart", () =>
    Effect.gen(function*() {
      const server = yield* NodeSimulatedServer.make({ world: { missions: ["a".repeat(1500)] } })
      assert.strictEqual(server.address.host, "127.0.0.1")
      assert.isAbove(server.address.port, 0)
      const client = yield* connect(server.address)
      yield* client.login
      assert.strictEqual((yield* pull(client, 2))[0], "login true")
      yield* client.command(0, "missions")
      assert.deepStrictEqual(yield* pull(client, 2), ["0: part 0 of 2, 1024 bytes", "0: part 1 of 2, 497 bytes"])

      yield* server.restart({ downtime: "20 millis" })
      yield* Effect.sleep("40 millis")
      yield* client.login
      const texts = yield* pull(client, 2)
      assert.strictEqual(texts[0], "login true")
      assert.match(texts[1] ?? "", /^message 0: RCon admin #0 \(127\.0\.0\.1:\d+\) logged in$/)
    }).pipe(Effect.timeout("3 seconds")))

  it.live("can be behind a bad network, even after a restart", () =>
    Effect.gen(function*() {
      const server = yield* NodeSimulatedServer.make({
        network: { toServer: { duplication: 1 }, toClient: { latency: "20 millis" }, seed: 1 }
      })
      const client = yield* connect(server.address)
      const exchange = Effect.gen(function*() {
        yield* client.login
        assert.strictEqual((yield* pull(client, 4)).filter((text) => text === "login true").length, 2)
      })
      yield* exchange
      assert.deepStrictEqual((yield* server.drops).map(({ cause }) => cause), ["Replaced"])
      yield* server.stop()
      yield* server.start
      yield* exchange
    }).pipe(Effect.timeout("3 seconds")))

  it.live("refuses an invalid network or port", () =>
    Effect.gen(function*() {
      const invalid: ReadonlyArray<NodeSimulatedServer.Options> = [
        { network: { loss: 30 } },
        ...[70_000, -1, 1.5, NaN].map((port) => ({ port }))
      ]
      for (const options of invalid) {
        const exit = yield* Effect.exit(NodeSimulatedServer.make(options))
        assert.isTrue(Exit.isFailure(exit) && Cause.squash(exit.cause) instanceof RangeError)
      }
    }))

  it.live("fails if its port is in use, or if this machine does not have its address", () =>
    Effect.gen(function*() {
      const server = yield* NodeSimulatedServer.make()
      const { port } = server.address
      const error = yield* Effect.flip(NodeSimulatedServer.make({ port }))
      assert.strictEqual(error.message, `cannot listen at 127.0.0.1:${port}: the port is in use`)
      const notHere = yield* Effect.flip(NodeSimulatedServer.make({ host: "192.0.2.1" }))
      assert.strictEqual(notHere.kind, "AddressNotAvailable")
    }))
})
