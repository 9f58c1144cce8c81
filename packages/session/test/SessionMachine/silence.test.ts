import { Packet } from "@bercon/codec"
import { ServerMachine } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import {
  assertOwnReplies,
  executions,
  failures,
  gapsOf,
  messagesOf,
  minutes,
  online,
  type Pair,
  perfect,
  seconds,
  unhurried
} from "../support/Pair.ts"
import { patient } from "../support/Scenario.ts"
import { checks, Seed } from "../support/Soak.ts"

describe("a server that falls silent", () => {
  /** A session in which a few commands were answered. */
  const settled = (options: ConstructorParameters<typeof Pair>[0]) => {
    const pair = online(options)
    for (let i = 0; i < 5; i++) pair.at(pair.now + seconds(i), () => pair.submit(`echo settled ${i}`))
    pair.runUntil(pair.now + seconds(10))
    pair.outcomes.length = 0
    return pair
  }

  it("because it has restarted is back within 3 s of the first command, on a network without loss", () => {
    for (const latency of [0.1, 5, 50, 120]) {
      const pair = settled({ seed: 1, conditions: { ...perfect, latency } })
      ServerMachine.forget(pair.server, pair.now)
      const from = pair.now
      pair.submit("echo repeatable")
      pair.submit("echo once", { repeatable: false })
      pair.at(from + seconds(1), () => pair.submit("echo later"))
      pair.runUntil(from + seconds(20))
      assert.deepStrictEqual(pair.statuses, ["Online", "Reconnecting", "Online"])
      assert.isAtMost(pair.statusesAt.at(-1)! - from, seconds(3), `at a latency of ${latency} ms`)
      assert.deepStrictEqual(failures(pair), [["echo once", "SessionLost"]])
      assertOwnReplies(pair)
      assert.strictEqual(pair.outcomes.length, 3)
      assert.strictEqual(pair.server.sessions.size, 1, "one admin session is left")
      assert.strictEqual(pair.client.counters.logins, 2)
      assert.deepStrictEqual(gapsOf(pair).map(({ cause }) => cause), ["Reconnected"])
    }
  })

  it.prop(
    "because it has restarted is detected even on a bad network, whichever login and command replies are lost",
    [Seed, Schema.Literals([0.01, 0.05, 0.1, 0.2, 0.3])],
    ([seed, loss]) => {
      const pair = settled({ seed, conditions: { ...perfect, loss, latency: 20 }, client: unhurried })
      const { epoch } = pair.client
      ServerMachine.forget(pair.server, pair.now)
      for (let i = 0; i < 30; i++) {
        pair.at(pair.now + seconds(i), () => pair.submit(`echo ${i}`, { timeout: minutes(2) }))
      }
      pair.runUntil(pair.now + minutes(2))
      assert.isAbove(pair.client.epoch, epoch)
      assert.deepStrictEqual(failures(pair), [])
      assertOwnReplies(pair)
      assert.strictEqual(pair.client.status._tag, "Online")
      assert.strictEqual(pair.server.sessions.size, 1, "one admin session is left")
    },
    checks(40)
  )

  it("because it has restarted is back within 3 s of the keepalive that detects it", () => {
    const pair = settled({ seed: 1 })
    const keepaliveAt = pair.commandsSentAt.at(-1)! + seconds(30)
    ServerMachine.forget(pair.server, pair.now)
    pair.runUntil(keepaliveAt + seconds(3))
    assert.deepStrictEqual(pair.statuses, ["Online", "Reconnecting", "Online"])
  })

  it.each([3, 7, 10, 12])(
    "for %i s because it loads a mission causes no loss: commands are answered, messages arrive, one session is left",
    (stall) => {
      const pair = settled({ seed: 1 })
      const executed = pair.server.commands.length
      const queue: Array<() => void> = []
      const from = pair.now
      const resume = pair.hold(queue)
      pair.submit("echo repeatable")
      pair.submit("echo once", { repeatable: false, timeout: seconds(20) })
      pair.at(from + seconds(1), () => pair.submit("echo once later", { repeatable: false }))
      pair.at(from + seconds(2.6), () => pair.submit("echo in doubt", { repeatable: false }))
      pair.at(from + seconds(stall), () => {
        resume()
        ServerMachine.emit(pair.server, pair.now, "mission loaded")
      })
      pair.runUntil(from + seconds(40))
      assert.deepStrictEqual(failures(pair), [])
      assert.strictEqual(pair.outcomes.length, 4)
      assertOwnReplies(pair)
      assert.strictEqual(pair.client.status._tag, "Online")
      assert.strictEqual(pair.server.sessions.size, 1, "one admin session is left")
      for (const text of ["echo once", "echo once later", "echo in doubt"]) {
        assert.strictEqual(executions(pair, text), 1)
      }
      assert.isAbove(pair.server.commands.length, executed)
      assert.deepStrictEqual(messagesOf(pair, "mission"), ["mission loaded"])
      assert.deepStrictEqual(gapsOf(pair).filter(({ cause }) => cause === "Lost"), [])
    }
  )

  it("for 6 s again and again causes at most one new session", () => {
    const pair = settled({ seed: 1 })
    for (let i = 0; i < 5; i++) {
      const resume = pair.hold([])
      pair.at(pair.now + seconds(i === 0 ? 7 : 6), resume)
      pair.submit(`echo ${i}`, { repeatable: false })
      pair.runUntil(pair.now + minutes(5))
    }
    assert.deepStrictEqual(failures(pair), [])
    assert.isAtMost(pair.client.epoch, 2)
  })

  it("and then continues its session: a late refusal is ignored, and a late acceptance begins one new session", () => {
    const pair = settled({ seed: 1 })
    for (let i = 0; i < 20; i++) ServerMachine.emit(pair.server, pair.now, `old ${i}`)
    pair.flush()
    pair.runUntil(pair.now + 100)
    const epoch = pair.client.epoch
    pair.submit("echo x")
    pair.dropArriving()
    pair.conditions = { ...perfect, loss: 1 }
    pair.runUntil(pair.now + seconds(2.7))
    pair.conditions = perfect
    assert.strictEqual(pair.client.counters.logins, 2)
    pair.client.receive(pair.now, Packet.encode(Packet.message(21, "something of the session")))
    pair.client.receive(pair.now, Packet.encode(Packet.loginResult(false)))
    assert.strictEqual(pair.client.status._tag, "Online", "a refusal contradicts a session that works")
    assert.strictEqual(pair.client.epoch, epoch)
    pair.client.receive(pair.now, Packet.encode(Packet.loginResult(true)))
    pair.runUntil(pair.now + 200)
    assert.strictEqual(pair.client.epoch, epoch + 1)
    pair.client.receive(pair.now, Packet.encode(Packet.loginResult(true)))
    pair.runUntil(pair.now + 200)
    assert.strictEqual(pair.client.epoch, epoch + 1, "only one login packet was sent")
  })

  it("ends the session if it refuses the login that is requested then", () => {
    const pair = settled({ seed: 1 })
    ServerMachine.forget(pair.server, pair.now)
    pair.server.refusing = true
    pair.submit("echo x")
    pair.runUntil(pair.now + seconds(5))
    assert.deepStrictEqual(pair.statuses, ["Online", "Closed"])
    assert.deepStrictEqual(failures(pair), [["echo x", "SessionClosed"]])
  })

  it("for longer than the silence timeout makes the session Reconnecting, and may still answer", () => {
    const pair = settled({ seed: 1 })
    const from = pair.now
    const resume = pair.hold([])
    pair.submit("echo once", { repeatable: false })
    pair.runUntil(from + seconds(9))
    assert.deepStrictEqual(pair.statuses, ["Online", "Reconnecting"])
    assert.strictEqual(pair.statusesAt.at(-1), from + seconds(8))
    const sent = pair.commandsSentAt.length
    pair.runUntil(from + seconds(12))
    assert.strictEqual(pair.commandsSentAt.length, sent, "only logins are sent")
    assert.strictEqual(pair.submit("echo for this session alone", { epoch: pair.client.epoch }), undefined)
    resume()
    pair.runUntil(from + seconds(13))
    assert.strictEqual(pair.client.status._tag, "Online")
    assert.deepStrictEqual(failures(pair), [["echo for this session alone", "NotConnected"]])
    const [failure] = pair.outcomes.flatMap(({ result }) => Result.isFailure(result) ? [result.failure] : [])
    assert.isTrue(failure?.isRetryable, "the session may return")
    assertOwnReplies(pair)
  })

  it.prop(
    "is not confused with a network that loses 30 %: no new session begins",
    [Seed],
    ([seed]) => {
      const pair = online({ seed, conditions: { ...perfect, loss: 0.3, latency: 20 }, server: patient })
      for (let i = 0; i < 60; i++) pair.at(pair.now + seconds(10 * i), () => pair.submit(`echo ${i}`))
      pair.runUntil(pair.now + minutes(12))
      assert.strictEqual(pair.client.epoch, 1)
    },
    checks(20)
  )

  it("for good is sent a login on a new socket after a minute, when its old session is given up", () => {
    const pair = settled({ seed: 1 })
    ServerMachine.goSilent(pair.server, pair.now)
    const from = pair.now
    pair.submit("echo repeatable", { timeout: minutes(5) })
    pair.submit("echo once", { timeout: minutes(5), repeatable: false })
    pair.runUntil(from + seconds(62))
    assert.strictEqual(pair.address, "10.0.0.1:50001")
    assert.deepStrictEqual(pair.outcomes, [])
    pair.runUntil(from + seconds(63))
    assert.strictEqual(pair.address, "10.0.0.1:50002")
    assert.deepStrictEqual(failures(pair), [["echo once", "SessionLost"]])
    ServerMachine.resume(pair.server, pair.now)
    pair.runUntil(from + minutes(3))
    assert.strictEqual(pair.outcomes.at(-1)?.text, "echo repeatable")
    assertOwnReplies(pair)
  })
})

describe("a server that ignores repeated numbers", () => {
  it("does not count as dead if it never answers a command whose reply was lost", () => {
    const pair = online({ seed: 1, server: { repeats: "ignore" } })
    pair.submit("echo x")
    // The command has arrived by then, and its reply is under way.
    pair.runUntil(pair.now + 6)
    pair.dropArriving()
    pair.runUntil(pair.now + minutes(1))
    assert.deepStrictEqual(failures(pair), [["echo x", "NoReply"]])
    assert.strictEqual(executions(pair, "echo x"), 1)
    assert.deepStrictEqual(pair.statuses, ["Online"])
  })

  it("keeps an idle session for a day, even on a bad network", () => {
    const pair = online({ seed: 5, server: { repeats: "ignore" }, conditions: { ...perfect, loss: 0.02 } })
    pair.runUntil(24 * 60 * minutes(1))
    assert.deepStrictEqual(pair.statuses, ["Online"])
  })
})
