import { Packet, Text } from "@bercon/codec"
import { ServerMachine } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { Bench } from "../support/Bench.ts"
import {
  assertOwnReplies,
  executions,
  failures,
  minutes,
  online,
  Pair,
  perfect,
  seconds,
  terrible,
  unhurried
} from "../support/Pair.ts"
import { patient } from "../support/Scenario.ts"
import { checks, Seed } from "../support/Soak.ts"

describe("a command", () => {
  it("that was sent once gives a measurement of the round trip", () => {
    const bench = Bench.online()
    bench.submit("x")
    bench.until(90)
    bench.receive(Packet.commandReply(1, "y"))
    assert.deepStrictEqual(bench.news(), ["send Command", "measured 40", "settle x: y"])
  })

  it("that is cancelled frees its place for the next if there is a session", () => {
    const bench = Bench.online({ maxInFlight: 1 })
    const first = Result.getOrThrow(bench.submit("first"))
    bench.submit("second")
    bench.news()
    bench.machine.cancel(bench.now, first)
    assert.deepStrictEqual(bench.flush().news(), ["send Command"])
    bench.machine.cancel(bench.now, first)
    bench.machine.refused(bench.now)
    const third = Result.getOrThrow(bench.submit("third"))
    bench.news()
    bench.machine.cancel(bench.now, third)
    assert.deepStrictEqual(bench.flush().news(), [])
  })

  it("that waits fails with Overloaded if it waits for its turn, and with NotConnected if it waits for a session", () => {
    const bench = Bench.online({ maxInFlight: 1 })
    bench.submit("first", { deadline: 1e6 })
    bench.submit("second", { deadline: 500 })
    bench.submit("third", { deadline: 4000 })
    assert.include(bench.until(500).news(), "settle second: Overloaded")
    assert.include(bench.until(4000).news(), "settle third: NotConnected")
  })

  it("that is cancelled in flight frees its place: the next command is sent, and sent again if no reply comes", () => {
    const bench = Bench.online({ maxInFlight: 1 })
    const first = Result.getOrThrow(bench.submit("first", { repeatable: false }))
    bench.submit("second")
    bench.machine.cancel(bench.now, first)
    bench.flush().until(900)
    assert.isAbove(bench.sent.filter(({ _tag }) => _tag === "Command").length, 2)
  })

  it("without a session fails with the cause of the outage, or without a cause if its own session has not begun", () => {
    const causeAfter = (bench: Bench) => {
      bench.submit("waits", { deadline: bench.now + 100 })
      bench.until(bench.now + 100)
      const error = bench.errors.get("waits")
      assert(error?._tag === "NotConnected")
      return error.cause?._tag
    }
    const connecting = new Bench().until(0)
    connecting.machine.opened(0)
    connecting.until(1).machine.refused(1)
    assert.strictEqual(causeAfter(connecting), "PortClosed")

    const reconnecting = Bench.online()
    reconnecting.machine.refused(reconnecting.now)
    assert.strictEqual(causeAfter(reconnecting), "PortClosed")

    const doubted = Bench.online()
    doubted.submit("x")
    assert.include(doubted.until(3000).news(), "send Login")
    assert.strictEqual(doubted.machine.status._tag, "Online")
    assert.strictEqual(causeAfter(doubted), "Silence")

    const early = Bench.online().submit("for the next session", { epoch: 2 })
    assert(Result.isFailure(early) && early.failure._tag === "NotConnected")
    assert.isUndefined(early.failure.cause)
  })

  it("contributes to the measured loss, so that a bad network is not taken for a restarted server", () => {
    const bench = Bench.online({ silenceTimeout: 60_000 })
    for (let i = 0; i < 60; i++) {
      bench.submit(`lost ${i}`, { repeatable: false, deadline: bench.now + 10_000 })
      bench.submit(`found ${i}`)
      bench.until(bench.now + 10)
      for (const packet of bench.sent.splice(0)) {
        if (packet._tag === "Command" && Text.decode(packet.payload) === `found ${i}`) {
          bench.receive(Packet.commandReply(packet.sequence, ""))
        }
      }
    }
    const from = bench.now
    bench.news()
    bench.until(from + 3000)
    assert.notInclude(bench.news(), "send Login")
  })
})

describe("commands", () => {
  it.prop(
    "all get their own reply, and none is executed twice, at 30 % loss, 5 % duplication, 10 % reordering",
    [Seed],
    ([seed]) => {
      const pair = online({ seed, conditions: terrible, server: patient, client: { ...unhurried, maxInFlight: 8 } })
      for (let i = 0; i < 300; i++) pair.submit(`echo ${i}`, { timeout: minutes(10) })
      pair.runUntil(minutes(5))
      assert.strictEqual(pair.outcomes.length, 300)
      assert.deepStrictEqual(failures(pair), [])
      assertOwnReplies(pair)
      for (let i = 0; i < 300; i++) assert.strictEqual(executions(pair, `echo ${i}`), 1)
    },
    checks(30)
  )

  it.prop(
    "get their own reply from a server that executes every repetition",
    [Seed],
    ([seed]) => {
      const pair = online({ seed, conditions: terrible, server: { ...patient, repeats: "execute" }, client: unhurried })
      for (let i = 0; i < 300; i++) pair.submit(`echo ${i}`, { timeout: minutes(10) })
      pair.runUntil(minutes(5))
      assert.deepStrictEqual(failures(pair), [])
      assert.strictEqual(pair.outcomes.length, 300)
      assertOwnReplies(pair)
    },
    checks(30)
  )

  it("that are not repeatable are sent only once, and fail with NoReply if no reply comes", () => {
    const pair = online({ seed: 1 })
    const before = pair.server.commands.length
    pair.conditions = { ...perfect, loss: 1 }
    pair.submit("echo lost", { repeatable: false, timeout: seconds(5) })
    pair.at(pair.now + seconds(1), () => (pair.conditions = perfect))
    pair.runUntil(minutes(2))
    assert.deepStrictEqual(failures(pair), [["echo lost", "NoReply"]])
    assert.strictEqual(pair.server.commands.slice(before).filter(({ text }) => text !== "").length, 0)
    assert.deepStrictEqual(pair.statuses, ["Online"], "the server was alive all the time")
  })

  it("without a session before their deadline fail unsent", () => {
    const pair = new Pair({ seed: 1, conditions: { ...perfect, loss: 1 } })
    pair.submit("echo early", { timeout: seconds(5) })
    pair.runUntil(minutes(1))
    assert.deepStrictEqual(failures(pair), [["echo early", "NotConnected"]])
    assert.strictEqual(pair.commandsSentAt.length, 0)
  })

  it("submitted before the login are sent after it, first come, first served", () => {
    const pair = new Pair({ seed: 1, client: { maxInFlight: 2 } })
    for (let i = 0; i < 20; i++) pair.submit(`echo ${i}`)
    pair.runUntil(minutes(1))
    assert.deepStrictEqual(pair.outcomes.map(({ text }) => text), Array.from({ length: 20 }, (_, i) => `echo ${i}`))
  })

  it("beyond the capacity of the queue are refused at once, unsent", () => {
    const pair = online({ seed: 1, client: { maxInFlight: 2, queueCapacity: 3 } })
    for (let i = 0; i < 10; i++) pair.submit(`echo ${i}`)
    assert.deepStrictEqual(
      failures(pair),
      [5, 6, 7, 8, 9].map((i) => [`echo ${i}`, "Overloaded"] as const)
    )
    pair.runUntil(minutes(2))
    assert.strictEqual(pair.outcomes.length, 10)
    assert.strictEqual(failures(pair).length, 5)
    assert.deepStrictEqual([4, 5, 6, 7, 8, 9].map((i) => executions(pair, `echo ${i}`)), [1, 0, 0, 0, 0, 0])
  })

  it.each([6, 30])("never get another command's reply that is %i s late, while numbers wrap many times", (late) => {
    let count = 0
    const pair = online({
      seed: 1,
      server: { onCommand: (text) => ({ reply: text, delay: ++count % 5 === 0 ? seconds(late) : 0 }) }
    })
    for (let i = 0; i < 3000; i++) pair.at(pair.now + 100 * i, () => pair.submit(`echo ${i}`))
    pair.runUntil(minutes(10))
    assert.strictEqual(pair.outcomes.length, 3000)
    assertOwnReplies(pair)
    if (late < 20) assert.deepStrictEqual(failures(pair), [])
  })

  it("that are cancelled free their place at once, and their late replies are ignored", () => {
    const pair = online({ seed: 1, client: { maxInFlight: 1 }, server: { replyDelay: seconds(3) } })
    const ticket = pair.submit("echo gone")
    pair.submit("echo stays")
    pair.cancel(ticket)
    pair.runUntil(pair.now + seconds(4))
    assert.deepStrictEqual(pair.outcomes.map(({ text }) => text), ["echo stays"])
    assertOwnReplies(pair)
  })

  it.prop(
    "get long replies completely or not at all, whichever parts are lost, repeated or late",
    [Seed],
    ([seed]) => {
      const reply = Array.from({ length: 5000 }, (_, i) => `row ${i} of a long list`).join("\n")
      const pair = online({
        seed,
        conditions: { ...terrible, loss: 0.1 },
        client: unhurried,
        server: { ...patient, onCommand: (text) => text === "bans" ? reply : text }
      })
      for (let i = 0; i < 5; i++) pair.submit("bans", { timeout: minutes(1) })
      pair.submit("bans", { timeout: minutes(1), repeatable: false })
      pair.runUntil(minutes(5))
      assert.strictEqual(pair.outcomes.length, 6)
      for (const { result } of pair.outcomes) {
        if (Result.isSuccess(result)) assert.strictEqual(result.success, reply)
        else assert.include(["NoReply", "IncompleteReply"], result.failure._tag)
      }
      assert.isAtMost(failures(pair).length, 1)
    },
    checks(20)
  )
})

describe("numbers", () => {
  it("are not mixed up if the network repeats every seventh reply after 12 ms", () => {
    for (const maxInFlight of [1, 32, 256]) {
      for (const [latency, loss] of [[0.05, 0], [10, 0], [10, 0.02]] as const) {
        const pair = online({
          seed: maxInFlight,
          client: { ...unhurried, maxInFlight },
          conditions: { latency, loss, duplication: 0.05, reordering: 0.1 },
          server: { onCommand: (text) => text.startsWith("long") ? text.padEnd(3000) : text }
        })
        pair.repeatReply = (n) => n % 7 === 0 ? 12 : undefined
        const commands = Array.from({ length: 3000 }, (_, i) => `${i % 9 === 0 ? "long" : "echo"} ${i}`)
        for (const text of commands) pair.submit(text, { timeout: minutes(30) })
        pair.runUntil(pair.now + minutes(30))
        assert.strictEqual(pair.outcomes.length, 3000)
        for (const { result, text } of pair.outcomes) assert.strictEqual(Result.getOrThrow(result).trimEnd(), text)
      }
    }
  })

  it("that are used again for commands with equal replies do not distort the round-trip time", () => {
    const pair = online({ seed: 1, client: { maxInFlight: 256 }, server: { onCommand: () => "" } })
    for (let i = 0; i < 1000; i++) pair.submit(`say -1 ${i}`)
    pair.runUntil(pair.now + seconds(2))
    assert.strictEqual(pair.outcomes.length, 1000)
    assert.isBelow(pair.client.roundTripTime!, 20)
  })

  it.each([true, false])(
    "serve a thousand commands with equal replies, none executed twice (repeatable: %s)",
    (repeatable) => {
      const pair = online({ seed: 1, server: { onCommand: () => "" } })
      for (let i = 0; i < 1000; i++) pair.submit(`addBan ${i}`, { repeatable })
      pair.runUntil(pair.now + seconds(10))
      assert.strictEqual(pair.outcomes.length, 1000)
      assert.deepStrictEqual(failures(pair), [])
      for (let i = 0; i < 1000; i++) assert.strictEqual(executions(pair, `addBan ${i}`), 1)
    }
  )

  it("released by late replies are given to waiting commands", () => {
    const pair = online({
      seed: 1,
      client: { maxInFlight: 256 },
      server: { onCommand: (text) => text.startsWith("slow") ? { reply: text, delay: 600 } : text }
    })
    const tickets = Array.from({ length: 256 }, (_, i) => pair.submit(`slow ${i}`, { repeatable: false }))
    for (const ticket of tickets) pair.cancel(ticket)
    pair.submit("echo waiting")
    pair.runUntil(pair.now + seconds(5))
    assert.deepStrictEqual(pair.outcomes.map(({ result, text }) => [text, Result.isSuccess(result)]), [
      ["echo waiting", true]
    ])
  })
})

describe("commands that may become invalid", () => {
  it("are neither sent nor sent again after they have become invalid", () => {
    const pair = online({ seed: 1, client: { maxInFlight: 1 } })
    let current = true
    pair.submit("version")
    pair.submit("echo queued", { isCurrent: () => current })
    current = false
    pair.submit("echo late", { isCurrent: () => current })
    pair.runUntil(pair.now + seconds(10))
    assert.deepStrictEqual(failures(pair), [["echo late", "Outdated"], ["echo queued", "Outdated"]])
    current = true
    pair.conditions = { ...perfect, loss: 1 }
    pair.submit("echo lost", { isCurrent: () => current, timeout: seconds(6) })
    current = false
    pair.conditions = perfect
    pair.runUntil(pair.now + seconds(10))
    assert.isFalse(pair.server.commands.some(({ text }) => text.startsWith("echo")))
    assert.strictEqual(failures(pair).at(-1)?.[1], "NoReply")
  })

  it("because they are for one session are not carried over to the next", () => {
    const pair = online({ seed: 1, client: { maxInFlight: 1 } })
    ServerMachine.stop(pair.server, pair.now)
    const epoch = pair.client.epoch
    pair.submit("echo in flight", { epoch, timeout: minutes(5) })
    pair.submit("echo queued", { epoch, timeout: minutes(5) })
    pair.at(pair.now + seconds(20), () => {
      pair.submit("echo offline", { epoch, timeout: minutes(5) })
      ServerMachine.start(pair.server)
    })
    pair.runUntil(minutes(2))
    assert.strictEqual(pair.client.status._tag, "Online")
    assert.deepStrictEqual(failures(pair), [
      ["echo in flight", "SessionLost"],
      ["echo queued", "NotConnected"],
      ["echo offline", "NotConnected"]
    ])
    assert.isFalse(
      pair.outcomes.some(({ result }) => Result.isFailure(result) && result.failure.isRetryable),
      "trying again would not help, because the session never returns"
    )
    pair.submit("echo of the previous session", { epoch })
    pair.submit("echo online", { epoch: epoch + 1 })
    pair.runUntil(pair.now + seconds(1))
    assert.deepStrictEqual(failures(pair).slice(3), [["echo of the previous session", "NotConnected"]])
    assert.deepStrictEqual(pair.server.commands.map(({ text }) => text).filter((text) => text !== ""), ["echo online"])
  })
})
