import { Session } from "@bercon/session"
import { type Endpoint, ServerMachine, SimulatedNetwork, SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Scope } from "effect"
import { TestClock } from "effect/testing"
import * as Client from "./client.ts"
import { datagram, failureOf, numberOf, numbers, OTHER, SERVER, setup } from "./network.ts"

describe("the clients' machine", () => {
  it.effect("gives each connection a different address, and only the datagrams of its server", () =>
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

  it.effect("opens no socket while a failure of `open` is set", () =>
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

  it.effect("sends nothing while a failure of `write` is set, and still receives", () =>
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

  it.effect("lets a session survive a broken socket if another one can be opened", () =>
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

  it.effect("reuses the address of a broken socket, and keeps it for the new socket when the old one is closed", () =>
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

  it.effect("reports a defect of a receiver to servers and clients", () =>
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
})
