import { SimulatedNetwork } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import * as Client from "./client.ts"
import { datagram, numbers, OTHER, SERVER, setup, writeNumbers } from "./network.ts"

describe("a network with conditions", () => {
  it.effect("delays each datagram by its latency", () =>
    Effect.gen(function*() {
      const { connection, endpoint, network } = yield* setup({ latency: "40 millis" })
      const arrived = yield* Effect.forkChild(numbers(endpoint.pull))
      yield* writeNumbers(connection, 2)
      yield* TestClock.adjust("39 millis")
      assert.strictEqual((yield* network.statistics).toServer.delivered, 0)
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(yield* Fiber.join(arrived), [0, 1])
    }))

  it.effect("can be changed while datagrams are under way", () =>
    Effect.gen(function*() {
      const { connection, endpoint, network } = yield* setup({ latency: "1 second" })
      yield* connection.write(datagram(0))
      yield* network.change({ toServer: { latency: "100 millis" } })
      yield* connection.write(datagram(1))
      yield* TestClock.adjust("100 millis")
      assert.deepStrictEqual(yield* numbers(endpoint.pull), [1])
      yield* TestClock.adjust("900 millis")
      assert.deepStrictEqual(yield* numbers(endpoint.pull), [0])
      yield* endpoint.write("127.0.0.1:50001", datagram(2))
      yield* TestClock.adjust("999 millis")
      assert.strictEqual((yield* network.statistics).toClient.delivered, 0)
    }))

  it.effect("lets later datagrams overtake one that is held back", () =>
    Effect.gen(function*() {
      const { connection, endpoint, network } = yield* setup({ reordering: 1, reorderingDelay: "10 millis" })
      yield* connection.write(datagram(0))
      yield* network.change({ reordering: 0 })
      yield* connection.write(datagram(1))
      assert.deepStrictEqual(yield* numbers(endpoint.pull), [1])
      yield* TestClock.adjust("10 millis")
      assert.deepStrictEqual(yield* numbers(endpoint.pull), [0])
    }))

  it.effect("keeps the fates of datagrams to one server independent of those to another", () =>
    Effect.gen(function*() {
      const fates = Effect.fnUntraced(function*(noise: number) {
        const { connection, endpoint, network } = yield* setup({ loss: 0.5 })
        const other = yield* Client.open(network.transport(OTHER))
        yield* network.bind(OTHER)
        for (let number = 0; number < 100; number++) {
          yield* writeNumbers(other, noise)
          yield* connection.write(datagram(number))
        }
        return yield* numbers(endpoint.pull)
      })
      const alone = yield* fates(0)
      assert.isAbove(alone.length, 0)
      assert.deepStrictEqual(yield* fates(3), alone)
    }).pipe(Effect.scoped))

  it.effect("is not changed by invalid conditions", () =>
    Effect.gen(function*() {
      const { connection, network } = yield* setup()
      const exit = yield* Effect.exit(network.change({ toServer: { loss: 1 }, toClient: { loss: 30 } }))
      assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
      yield* connection.write(datagram(0))
      assert.strictEqual((yield* network.statistics).toServer.delivered, 1)
    }))

  it.effect("damages one bit of the datagram, and does not change the sender's bytes", () =>
    Effect.gen(function*() {
      const { connection, endpoint } = yield* setup({ corruption: 1 })
      const bytes = new Uint8Array(100)
      yield* connection.write(bytes)
      const [received] = yield* endpoint.pull
      const bits = received.datagram.reduce((sum, byte) => sum + byte.toString(2).replaceAll("0", "").length, 0)
      assert.strictEqual(bits, 1)
      assert.isTrue(bytes.every((byte) => byte === 0))
    }))

  const conditions = { loss: 0.3, duplication: 0.2, corruption: 0.1, reordering: 0.1, jitter: "5 millis" } as const

  const experiment = Effect.fnUntraced(function*(options: SimulatedNetwork.Options) {
    const { connection, endpoint, network } = yield* setup({ receiveCapacity: 10_000, ...options })
    yield* writeNumbers(connection, 2_000)
    yield* TestClock.adjust("1 second")
    return { order: yield* numbers(endpoint.pull), statistics: (yield* network.statistics).toServer }
  })

  it.effect("gives the same run for the same seed, and another run for another seed", () =>
    Effect.gen(function*() {
      const once = yield* experiment({ ...conditions, seed: "a" })
      assert.deepStrictEqual(yield* experiment({ ...conditions, seed: "a" }), once)
      assert.notDeepEqual(yield* experiment({ ...conditions, seed: "b" }), once)
    }))

  it.effect("has approximately the given fraction of each fault", () =>
    Effect.gen(function*() {
      const { statistics } = yield* experiment({ ...conditions, seed: 1 })
      const arrived = statistics.sent - statistics.lost
      assert.strictEqual(statistics.sent, 2_000)
      assert.closeTo(statistics.lost / statistics.sent, 0.3, 0.03)
      assert.closeTo(statistics.duplicated / arrived, 0.2, 0.03)
      assert.closeTo(statistics.corrupted / arrived, 0.1, 0.03)
      assert.closeTo(statistics.reordered / arrived, 0.1, 0.03)
      assert.strictEqual(statistics.delivered, arrived + statistics.duplicated)
    }))

  it.effect("loses the same datagrams, and more, if only the loss is raised", () =>
    Effect.gen(function*() {
      const some = yield* experiment({ loss: 0.1 })
      const more = yield* experiment({ loss: 0.2 })
      const kept = new Set(some.order)
      assert.isTrue(more.order.every((number) => kept.has(number)))
      assert.isBelow(more.order.length, some.order.length)
    }))

  it.effect("refuses invalid options", () =>
    Effect.gen(function*() {
      const capacities = [0, 1.5, NaN].map((receiveCapacity) => ({ receiveCapacity }))
      for (
        const options of [...capacities, { loss: 30 }, { toClient: { duplication: -1 } }, {
          jitter: "Infinity"
        }] as const
      ) {
        const exit = yield* Effect.exit(SimulatedNetwork.make(options))
        assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
      }
    }))

  it.effect("carries at most 65,536 delayed datagrams, and counts those it drops", () =>
    Effect.gen(function*() {
      const network = yield* SimulatedNetwork.make({ latency: "1 second" })
      const { send } = yield* network.transport(SERVER).open
      for (let i = 0; i < 65_536; i++) send(datagram(0))
      assert.strictEqual((yield* network.statistics).toServer.overflowed, 0)
      for (let i = 0; i < 2; i++) send(datagram(0))
      assert.strictEqual((yield* network.statistics).toServer.overflowed, 2)
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* network.statistics).toServer.refused, 65_536)
    }))
})
