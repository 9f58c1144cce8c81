import { SimulatedNetwork } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Scope } from "effect"
import { TestClock } from "effect/testing"
import * as Client from "./client.ts"
import { datagram, failureOf, kindOf, numberOf, numbers, OTHER, SERVER, setup, writeNumbers } from "./network.ts"

describe("SimulatedNetwork", () => {
  it.effect("delivers in both directions, in order, without delay", () =>
    Effect.gen(function*() {
      const { connection, endpoint } = yield* setup()
      yield* writeNumbers(connection, 3)
      const received = yield* endpoint.pull
      assert.deepStrictEqual(received.map(({ from }) => from), Array(3).fill("127.0.0.1:50001"))
      assert.deepStrictEqual(received.map(({ datagram }) => numberOf(datagram)), [0, 1, 2])
      yield* endpoint.write(received[0].from, datagram(7))
      assert.deepStrictEqual((yield* connection.pull).map(numberOf), [7])
    }))

  it.effect("copies the sender's bytes", () =>
    Effect.gen(function*() {
      const { connection, endpoint } = yield* setup()
      const bytes = datagram(5)
      yield* connection.write(bytes)
      bytes.fill(0)
      assert.deepStrictEqual(yield* numbers(endpoint.pull), [5])
    }))

  it.effect("binds an address only once at a time", () =>
    Effect.gen(function*() {
      const network = yield* SimulatedNetwork.make()
      yield* Effect.scoped(network.bind(SERVER))
      yield* network.bind(SERVER)
      const error = yield* Effect.flip(network.bind(SERVER))
      assert.strictEqual(error.kind, "AddressInUse")
    }))

  it.effect("refuses a write to an address without a server", () =>
    Effect.gen(function*() {
      const network = yield* SimulatedNetwork.make()
      const connection = yield* Client.open(network.transport(SERVER))
      assert.strictEqual(kindOf(yield* Effect.exit(connection.write(datagram(0)))), "Refused")
      const endpoint = yield* network.bind(SERVER)
      yield* connection.write(datagram(1))
      assert.deepStrictEqual(yield* numbers(endpoint.pull), [1])
    }))

  it.effect("reports the refusal of a delayed datagram when it arrives", () =>
    Effect.gen(function*() {
      const network = yield* SimulatedNetwork.make({ toServer: { latency: 30 } })
      const connection = yield* Client.open(network.transport(SERVER))
      yield* connection.write(datagram(0))
      yield* TestClock.adjust(30)
      assert.strictEqual(kindOf(yield* Effect.exit(connection.write(datagram(1)))), "Refused")
      yield* connection.write(datagram(2))
      assert.strictEqual((yield* network.statistics).toServer.sent, 3)
    }))

  it.effect("fails with Closed for a server whose scope is closed; a client whose scope is closed sends nothing", () =>
    Effect.gen(function*() {
      const network = yield* SimulatedNetwork.make()
      const scope = yield* Scope.make()
      const endpoint = yield* Scope.provide(network.bind(SERVER), scope)
      const connection = yield* Scope.provide(Client.open(network.transport(SERVER)), scope)
      const server = yield* Effect.forkChild(Effect.flip(endpoint.pull), { startImmediately: true })
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual((yield* Fiber.join(server)).kind, "Closed")
      yield* connection.write(datagram(0))
      assert.strictEqual((yield* network.statistics).toServer.sent, 0)
      assert.strictEqual((yield* Effect.flip(endpoint.write("127.0.0.1:50001", datagram(0)))).kind, "Closed")
    }))

  it.effect("closes every socket when its own scope closes", () =>
    Effect.gen(function*() {
      const { connection, endpoint } = yield* Effect.scoped(Effect.gen(function*() {
        const network = yield* SimulatedNetwork.make()
        const outlives = yield* Scope.make()
        return {
          endpoint: yield* Scope.provide(network.bind(SERVER), outlives),
          connection: yield* Scope.provide(Client.open(network.transport(SERVER)), outlives)
        }
      }))
      assert.strictEqual((yield* Effect.flip(endpoint.pull)).kind, "Closed")
      assert.strictEqual(kindOf(yield* Effect.exit(connection.pull)), "Closed")
    }))

  it.effect("drops datagrams beyond the receiver's queue", () =>
    Effect.gen(function*() {
      const { connection, endpoint, network } = yield* setup({ receiveCapacity: 2 })
      yield* writeNumbers(connection, 5)
      assert.deepStrictEqual(yield* numbers(endpoint.pull), [0, 1])
      const { toServer } = yield* network.statistics
      assert.deepStrictEqual([toServer.delivered, toServer.overflowed], [2, 3])
    }))

  it.effect("cuts and restores each direction", () =>
    Effect.gen(function*() {
      const { connection, endpoint, network } = yield* setup()
      yield* network.partition("toServer")
      yield* connection.write(datagram(0))
      yield* endpoint.write("127.0.0.1:50001", datagram(1))
      assert.deepStrictEqual((yield* connection.pull).map(numberOf), [1])
      yield* network.partition()
      yield* endpoint.write("127.0.0.1:50001", datagram(2))
      yield* network.heal()
      yield* connection.write(datagram(3))
      assert.deepStrictEqual(yield* numbers(endpoint.pull), [3])
      const { toClient, toServer } = yield* network.statistics
      assert.deepStrictEqual([toServer.cut, toClient.cut], [1, 1])
    }))

  it.effect("cuts the line to one server, and not those to others", () =>
    Effect.gen(function*() {
      const { connection, endpoint, network } = yield* setup()
      const other = yield* network.bind(OTHER)
      const toOther = yield* Client.open(network.transport(OTHER))
      yield* network.line(OTHER).partition()
      yield* connection.write(datagram(0))
      yield* toOther.write(datagram(1))
      assert.deepStrictEqual(yield* numbers(endpoint.pull), [0])
      yield* network.partition("toServer")
      yield* network.line(OTHER).heal()
      yield* connection.write(datagram(2))
      yield* toOther.write(datagram(3))
      assert.deepStrictEqual(yield* numbers(other.pull), [3])
      assert.strictEqual((yield* network.statistics).toServer.cut, 2)
      yield* network.line({ ...OTHER, host: "127.0.0.3" }).heal()
      const toThird = yield* Client.open(network.transport({ ...OTHER, host: "127.0.0.3" }))
      assert.strictEqual(kindOf(yield* Effect.exit(toThird.write(datagram(4)))), "Refused")
    }))

  it.effect("keeps the conditions and failures set for one server until others are set for all servers", () =>
    Effect.gen(function*() {
      const { connection, network } = yield* setup()
      const line = network.line(OTHER)
      yield* network.bind(OTHER)
      const toOther = yield* Client.open(network.transport(OTHER))
      yield* line.change({ toServer: { loss: 1 } })
      yield* line.fail({ open: "Unknown", write: "Unreachable" })
      assert.deepStrictEqual(yield* failureOf(network.transport(OTHER).open), ["OpenFailed", "Unknown"])
      assert.deepStrictEqual(yield* failureOf(toOther.write(datagram(0))), ["IoFailed", "Unreachable"])
      yield* connection.write(datagram(1))
      yield* network.fail({})
      yield* toOther.write(datagram(2))
      yield* network.change({ loss: 0 })
      yield* toOther.write(datagram(3))
      const { toServer } = yield* network.statistics
      assert.deepStrictEqual([toServer.sent, toServer.lost, toServer.delivered], [3, 1, 2])
      yield* line.breakSockets("Closed")
      yield* connection.write(datagram(4))
      assert.deepStrictEqual(yield* failureOf(toOther.pull), ["IoFailed", "Closed"])
    }))

  it.effect("does not report a closed port if the direction to the client is cut", () =>
    Effect.gen(function*() {
      const network = yield* SimulatedNetwork.make()
      const connection = yield* Client.open(network.transport(SERVER))
      yield* network.partition("toClient")
      yield* connection.write(datagram(0))
      assert.strictEqual((yield* network.statistics).toServer.refused, 1)
    }))
})
