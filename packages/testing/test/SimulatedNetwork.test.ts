import { Session, type Transport } from "@bercon/session"
import { type Endpoint, ServerMachine, SimulatedNetwork, SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Scope } from "effect"
import { TestClock } from "effect/testing"
import * as Client from "./client.ts"

const SERVER = { host: "127.0.0.1", port: 2306 }
const OTHER = { host: "127.0.0.2", port: 2306 }

const datagram = (number: number) => Uint8Array.of(number >> 8, number)
const numberOf = (bytes: Uint8Array) => (bytes[0]! << 8) | bytes[1]!

/** A network with a server endpoint and one open connection to it. */
const setup = Effect.fnUntraced(function*(options?: SimulatedNetwork.Options) {
  const network = yield* SimulatedNetwork.make(options)
  const endpoint = yield* network.bind(SERVER)
  const connection = yield* Client.open(network.transport(SERVER))
  return { network, endpoint, connection }
})

const writeNumbers = (connection: Client.Polled, count: number) =>
  Effect.forEach(Array.from({ length: count }, (_, number) => number), (number) => connection.write(datagram(number)), {
    discard: true
  })

const numbers = <E>(pull: Effect.Effect<ReadonlyArray<{ readonly datagram: Uint8Array }>, E>) =>
  Effect.map(pull, (batch) => batch.map(({ datagram }) => numberOf(datagram)))

const kindOf = (exit: Exit.Exit<unknown, Transport.TransportError>) =>
  Exit.isFailure(exit) ? Cause.findErrorOption(exit.cause).valueOrUndefined?.reason.kind : undefined

const failureOf = <A>(effect: Effect.Effect<A, Transport.TransportError, Scope.Scope>) =>
  Effect.map(Effect.scoped(Effect.flip(effect)), ({ reason }) => [reason._tag, reason.kind])

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

  it.effect("gives each connection a different address, and only its server's datagrams", () =>
    Effect.gen(function*() {
      const { connection, endpoint, network } = yield* setup()
      const stranger = yield* network.bind({ host: "127.0.0.1", port: 9999 })
      const second = yield* Client.open(network.transport(SERVER))
      yield* second.write(datagram(1))
      assert.strictEqual((yield* endpoint.pull)[0].from, "127.0.0.1:50002")
      yield* stranger.write("127.0.0.1:50001", datagram(2))
      yield* endpoint.write("127.0.0.1:50001", datagram(3))
      assert.deepStrictEqual((yield* connection.pull).map(numberOf), [3])
    }))

  it.effect("shares no bytes with the sender", () =>
    Effect.gen(function*() {
      const { connection, endpoint } = yield* setup()
      const bytes = datagram(5)
      yield* connection.write(bytes)
      bytes.fill(0)
      assert.deepStrictEqual(yield* numbers(endpoint.pull), [5])
    }))

  it.effect("binds an address once at a time", () =>
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

  it.effect("refuses the next write if the refusal is delayed", () =>
    Effect.gen(function*() {
      const network = yield* SimulatedNetwork.make({ toServer: { latency: 30 } })
      const connection = yield* Client.open(network.transport(SERVER))
      yield* connection.write(datagram(0))
      yield* TestClock.adjust(30)
      assert.strictEqual(kindOf(yield* Effect.exit(connection.write(datagram(1)))), "Refused")
      yield* connection.write(datagram(2))
      assert.strictEqual((yield* network.statistics).toServer.sent, 3)
    }))

  it.effect("fails with Closed for a server whose scope is closed; a client then sends nothing", () =>
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

  it.effect("closes every socket with its own scope", () =>
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

  it.effect("delays by its latency, by the clock", () =>
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

  it.effect("changes and fails one line alone, until all are changed", () =>
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

  it.effect("keeps the fates of a server's datagrams independent of other traffic", () =>
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

  it.effect("reports no closed port if the way back is cut", () =>
    Effect.gen(function*() {
      const network = yield* SimulatedNetwork.make()
      const connection = yield* Client.open(network.transport(SERVER))
      yield* network.partition("toClient")
      yield* connection.write(datagram(0))
      assert.strictEqual((yield* network.statistics).toServer.refused, 1)
    }))

  it.effect("opens no socket while opening fails", () =>
    Effect.gen(function*() {
      const network = yield* SimulatedNetwork.make({ failures: { open: "HostUnresolved" } })
      yield* network.bind(SERVER)
      const { open } = network.transport(SERVER)
      assert.deepStrictEqual(yield* failureOf(open), ["OpenFailed", "HostUnresolved"])
      yield* network.fail({ open: "PermissionDenied" })
      assert.deepStrictEqual(yield* failureOf(open), ["OpenFailed", "PermissionDenied"])
      yield* network.fail({})
      yield* open
    }))

  it.effect("sends nothing while writes fail, and still receives", () =>
    Effect.gen(function*() {
      const { connection, endpoint, network } = yield* setup()
      yield* network.fail({ write: "Unreachable" })
      assert.deepStrictEqual(yield* failureOf(connection.write(datagram(0))), ["IoFailed", "Unreachable"])
      yield* endpoint.write("127.0.0.1:50001", datagram(1))
      assert.deepStrictEqual((yield* connection.pull).map(numberOf), [1])
      yield* network.fail({})
      yield* connection.write(datagram(2))
      assert.deepStrictEqual(yield* numbers(endpoint.pull), [2])
      assert.strictEqual((yield* network.statistics).toServer.sent, 1)
    }))

  it.effect("breaks the open sockets, but not later ones", () =>
    Effect.gen(function*() {
      const { connection, endpoint, network } = yield* setup()
      const waiting = yield* Effect.forkChild(failureOf(connection.pull), { startImmediately: true })
      yield* network.breakSockets()
      assert.deepStrictEqual(yield* Fiber.join(waiting), ["IoFailed", "Unknown"])
      assert.deepStrictEqual(yield* failureOf(connection.write(datagram(0))), ["IoFailed", "Unknown"])
      yield* network.breakSockets("Unreachable")
      assert.deepStrictEqual(yield* failureOf(connection.pull), ["IoFailed", "Unknown"])
      yield* endpoint.write("127.0.0.1:50001", datagram(1))
      assert.strictEqual((yield* network.statistics).toClient.refused, 1)
      const second = yield* Client.open(network.transport(SERVER))
      yield* second.write(datagram(2))
      assert.deepStrictEqual(yield* numbers(endpoint.pull), [2])
    }))

  it.effect("does not end a session whose socket breaks if another can be opened", () =>
    Effect.gen(function*() {
      const network = yield* SimulatedNetwork.SimulatedNetwork
      const server = yield* SimulatedServer.SimulatedServer
      const session = yield* Session.make({ password: ServerMachine.DEFAULT_PASSWORD })
      yield* network.fail({ open: "AddressInUse" })
      yield* network.breakSockets("Closed")
      yield* TestRcon.passTime("10 seconds")
      assert.strictEqual((yield* session.status)._tag, "Reconnecting")
      yield* network.fail({})
      yield* TestRcon.passTime("1 minute")
      assert.strictEqual((yield* session.status)._tag, "Online")
      assert.deepStrictEqual((yield* server.sessions).map(({ address }) => address).slice(-1), ["127.0.0.1:50002"])
    }).pipe(Effect.scoped, Effect.provide(TestRcon.layerTransport())))

  it.effect("damages one bit of a copy", () =>
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

  it.effect("gives the same run for the same seed, and another for another seed", () =>
    Effect.gen(function*() {
      const once = yield* experiment({ ...conditions, seed: "a" })
      assert.deepStrictEqual(yield* experiment({ ...conditions, seed: "a" }), once)
      assert.notDeepEqual(yield* experiment({ ...conditions, seed: "b" }), once)
    }))

  it.effect("meets every given rate approximately", () =>
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

  it.effect("loses the same datagrams and more if only the loss is raised", () =>
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

  /** A connection, and the calls of its receiver. */
  const listening = Effect.fnUntraced(
    function*(network: SimulatedNetwork.SimulatedNetwork["Service"], server: Endpoint.Address) {
      const connection = yield* network.transport(server).open
      const calls: Array<string> = []
      connection.listen({
        receive: (datagram) => calls.push(`receive ${numberOf(datagram)}`),
        notSent: ({ reason }) => calls.push(`notSent ${reason.kind}`),
        failed: (cause) => calls.push(`failed ${Cause.pretty(cause).split("\n")[0]}`)
      })
      return { calls, send: connection.send }
    }
  )

  it.effect("calls no receiver after the connection's scope has closed", () =>
    Effect.gen(function*() {
      const network = yield* SimulatedNetwork.make({ latency: "1 second" })
      const endpoint = yield* network.bind(OTHER)
      const { calls, send } = yield* Effect.scoped(Effect.gen(function*() {
        const connection = yield* listening(network, SERVER)
        yield* endpoint.write("127.0.0.1:50001", datagram(1))
        connection.send(datagram(2))
        return connection
      }))
      send(datagram(3))
      yield* network.breakSockets()
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(calls, [])
      const { toServer } = yield* network.statistics
      assert.deepStrictEqual([toServer.sent, toServer.refused], [1, 1])
    }))

  it.effect("reports no refusal to a socket that broke while the datagram was under way", () =>
    Effect.gen(function*() {
      const network = yield* SimulatedNetwork.make({ latency: "1 second" })
      const { calls, send } = yield* listening(network, SERVER)
      send(datagram(1))
      yield* network.breakSockets("Unreachable")
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(calls.length, 1)
      assert.match(calls[0]!, /^failed /)
    }))

  const PORTS = 65_536 - 50_001

  it.effect("reuses a free address, and does not take it from its new owner when the old one closes", () =>
    Effect.gen(function*() {
      const network = yield* SimulatedNetwork.make()
      const endpoint = yield* network.bind(SERVER)
      const old = yield* Scope.make()
      yield* Scope.provide(network.transport(SERVER).open, old)
      yield* network.breakSockets()
      for (let i = 1; i < PORTS; i++) yield* Effect.scoped(network.transport(SERVER).open)
      const { calls, send } = yield* listening(network, SERVER)
      yield* Scope.close(old, Exit.void)
      send(datagram(1))
      assert.strictEqual((yield* endpoint.pull)[0].from, "127.0.0.1:50001")
      yield* endpoint.write("127.0.0.1:50001", datagram(2))
      assert.deepStrictEqual(calls, ["receive 2"])
    }))

  it.effect("opens no more sockets than there are local ports", () =>
    Effect.gen(function*() {
      const network = yield* SimulatedNetwork.make()
      const first = yield* Scope.make()
      const { open } = network.transport(SERVER)
      yield* Scope.provide(open, first)
      for (let i = 1; i < PORTS; i++) yield* open
      assert.deepStrictEqual(yield* failureOf(open), ["OpenFailed", "AddressInUse"])
      yield* Scope.close(first, Exit.void)
      yield* open
      assert.deepStrictEqual(yield* failureOf(open), ["OpenFailed", "AddressInUse"])
    }))

  it.effect("reports a dead delivery to servers and clients", () =>
    Effect.gen(function*() {
      const network = yield* SimulatedNetwork.make({ latency: "1 second" })
      const endpoint = yield* network.bind(SERVER)
      const { calls } = yield* listening(network, SERVER)
      const faulty = yield* network.transport(SERVER).open
      faulty.listen({
        receive: () => {
          throw new Error("the receiver has a bug")
        },
        notSent: () => {},
        failed: () => {}
      })
      yield* endpoint.write("127.0.0.1:50002", datagram(1))
      yield* TestClock.adjust("1 second")
      assert.strictEqual(calls.length, 1)
      assert.match(calls[0]!, /^failed .*the receiver has a bug/)
      const exit = yield* Effect.exit(endpoint.pull)
      assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
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
