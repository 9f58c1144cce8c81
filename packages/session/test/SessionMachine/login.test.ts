import { Packet } from "@bercon/codec"
import { ServerMachine } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Redacted, Result } from "effect"
import { Bench } from "../support/Bench.ts"
import { gapsOf, messagesOf, minutes, Pair, perfect, seconds } from "../support/Pair.ts"

describe("a login", () => {
  it("is the first measurement of the round trip, if one packet was enough", () => {
    const bench = Bench.online()
    assert.strictEqual(Math.round(bench.machine.roundTripTime!), Math.round(20 + (30 - 20) / 8))
    const twice = new Bench().until(0)
    twice.machine.opened(0)
    twice.until(1020)
    twice.receive(Packet.loginResult(true))
    assert.strictEqual(twice.machine.roundTripTime, undefined)
  })

  it("may be awaited by a command that is valid only in the first session", () => {
    const bench = new Bench()
    assert.isTrue(Result.isSuccess(bench.submit("first", { epoch: 1 })))
    assert.isTrue(Result.isFailure(bench.submit("none", { epoch: 0 })))
    assert.isTrue(Result.isFailure(bench.submit("second", { epoch: 2 })))
  })

  it("fails exactly at its timeout, and not before", () => {
    const bench = new Bench({ loginTimeout: 500 }).until(0)
    bench.machine.opened(0)
    bench.until(499)
    assert.notInclude(bench.news(), "Closed")
    assert.include(bench.until(500).news(), "Closed")
  })

  it("shows in the status how often it was tried, and since when", () => {
    const bench = new Bench().until(0)
    bench.machine.opened(0)
    bench.until(2000)
    const { status } = bench.machine
    assert(status._tag === "Connecting")
    assert.deepStrictEqual([status.cause._tag, status.tries, status.since], ["Silence", 3, 0])
  })

  it("never times out after the first session", () => {
    const bench = Bench.online()
    bench.machine.refused(bench.now)
    bench.until(100_000)
    assert.notInclude(bench.news(), "Closed")
  })

  it("begins a session, which shows in the status, a gap and the epoch", () => {
    const bench = Bench.online()
    bench.machine.refused(bench.now)
    bench.until(1100)
    bench.news()
    bench.receive(Packet.loginResult(true))
    assert.deepStrictEqual(bench.news(), ["Online", "gap Reconnected undefined"])
    assert.strictEqual(bench.machine.epoch, 2)
  })
})

describe("a session that is lost", () => {
  it("first delivers the messages that it has held back", () => {
    const bench = Bench.online()
    bench.receive(Packet.message(1, "held"))
    bench.news()
    bench.machine.refused(bench.now)
    assert.deepStrictEqual(bench.flush().news(), ["gap Lost 1", "deliver 1 held", "Reconnecting: PortClosed"])
  })
})

describe("login", () => {
  it("is tried again on the same socket, never more than once a second, until it is answered", () => {
    const pair = new Pair({ seed: 1, conditions: { ...perfect, loss: 1 } })
    for (let second = 0; second <= 50; second++) {
      const before = pair.client.counters.logins
      pair.runUntil(seconds(second + 0.5))
      assert.isAtMost(pair.client.counters.logins - before, 1)
    }
    assert.isAtLeast(pair.client.counters.logins, 20)
    assert.strictEqual(pair.address, "10.0.0.1:50001")
    pair.conditions = perfect
    pair.runUntil(seconds(58))
    assert.deepStrictEqual(pair.statuses, ["Online"])
  })

  it("moves to a new socket after a minute without an answer", () => {
    const pair = new Pair({ seed: 1, conditions: { ...perfect, loss: 1 } })
    pair.runUntil(seconds(59))
    assert.strictEqual(pair.address, "10.0.0.1:50001")
    pair.runUntil(seconds(61))
    assert.strictEqual(pair.address, "10.0.0.1:50002")
  })

  it("ends at once when the password is refused", () => {
    const pair = new Pair({ seed: 1, server: { password: Redacted.make("another") } })
    pair.runUntil(seconds(1))
    assert.strictEqual(pair.client.counters.logins, 1)
    assert.deepStrictEqual(pair.statuses, ["Closed"])
    const { status } = pair.client
    assert.include(JSON.stringify(status), "LoginRefused")
    assert.notInclude(JSON.stringify(status), "secret")
  })

  it.each([["silent", false], ["closed", true]] as const)(
    "to a %s port ends in a LoginTimeout with that cause",
    (_, portClosed) => {
      const pair = new Pair({ seed: 1, client: { loginTimeout: seconds(10) } })
      if (portClosed) ServerMachine.stop(pair.server, 0)
      else ServerMachine.goSilent(pair.server, 0)
      pair.runUntil(minutes(1))
      const { status } = pair.client
      assert(status._tag === "Closed" && status.exit._tag === "Failure")
      const failure = status.exit.cause.reasons[0]
      assert(failure?._tag === "Fail" && failure.error.reason._tag === "LoginTimeout")
      assert.strictEqual(failure.error.reason.cause._tag, portClosed ? "PortClosed" : "Silence")
      assert.strictEqual(failure.error.reason.tries, pair.client.counters.logins)
    }
  )

  it("answered several times, by a server that handles the queued packets after its start, makes one session", () => {
    const pair = new Pair({ seed: 1 })
    ServerMachine.stop(pair.server, 0)
    // The kernel keeps these packets for a server that has bound its port and is still loading.
    const queued: Array<() => void> = []
    ServerMachine.start(pair.server)
    const receive = pair.hold(queued)
    pair.runUntil(seconds(40))
    assert.isAbove(queued.length, 5)
    receive()
    ServerMachine.emit(pair.server, pair.now, "first")
    ServerMachine.emit(pair.server, pair.now, "second")
    pair.runUntil(minutes(2))
    assert.deepStrictEqual(pair.statuses, ["Online"])
    assert.strictEqual(pair.server.sessions.size, 1)
    assert.deepStrictEqual(messagesOf(pair, ""), ["RCon admin #0 (10.0.0.1:50001) logged in", "first", "second"])
    assert.deepStrictEqual(gapsOf(pair), [])
  })
})
