import { Packet } from "@bercon/codec"
import { SessionMachine } from "@bercon/session"
import { assert, describe, it } from "@effect/vitest"
import { Bench } from "../support/Bench.ts"
import { assertOwnReplies, failures, online, seconds } from "../support/Pair.ts"

describe("counters", () => {
  it("count the events that their names state, and nothing else", () => {
    const bench = Bench.online()
    bench.submit("x")
    bench.until(300)
    bench.receive(Packet.commandReply(1, "late"))
    bench.receive(Packet.commandReply(1, "late"))
    bench.receive(Packet.message(0, "a"))
    bench.receive(Packet.message(0, "a"))
    bench.receive(Packet.message(2, "c"))
    bench.receive(Packet.loginResult(true))
    bench.receive(Packet.loginResult(false))
    bench.until(300 + 11_000)
    bench.receive(Packet.message(1, "b"))
    bench.machine.receive(bench.now, new Uint8Array(20))
    bench.machine.receive(bench.now, new Uint8Array(3000))
    bench.until(30_250)
    bench.receive(Packet.commandReply(2, ""))
    assert.deepStrictEqual(bench.machine.counters, {
      logins: 1,
      retransmissions: 1,
      keepalives: 1,
      messages: 2,
      repeatedMessages: 1,
      lateMessages: 1,
      missedMessages: 1,
      strayReplies: 1,
      excessParts: 0,
      oversized: 1,
      malformed: 1,
      unexpected: 2
    })
  })

  it("count packets outside of a session as unexpected", () => {
    const bench = new Bench().until(0)
    bench.machine.opened(0)
    bench.until(1)
    bench.receive(Packet.message(0, "a"))
    bench.receive(Packet.commandReply(0, "a"))
    assert.strictEqual(bench.machine.counters.unexpected, 2)
    assert.notInclude(bench.news(), "send Acknowledge")
  })

  it("count a refusal within a working session as unexpected", () => {
    const bench = Bench.online()
    for (let i = 0; i < 10; i++) bench.receive(Packet.message(i, `old ${i}`))
    bench.submit("x")
    bench.until(2700)
    bench.receive(Packet.message(10, "a"))
    bench.receive(Packet.loginResult(false))
    assert.strictEqual(bench.machine.counters.unexpected, 1)
    assert.strictEqual(bench.machine.status._tag, "Online")
  })
})

describe("excessive data", () => {
  it("in one datagram, more than any server sends, is dropped", () => {
    const pair = online({ seed: 1 })
    const delivered = pair.delivered.length
    const largest = SessionMachine.MAX_DATAGRAM_BYTES - 9
    pair.client.receive(pair.now, Packet.encode(Packet.message(1, "x".repeat(largest + 1))))
    pair.flush()
    assert.strictEqual(pair.delivered.length, delivered)
    assert.strictEqual(pair.client.counters.oversized, 1)
    pair.client.receive(pair.now, Packet.encode(Packet.message(1, "x".repeat(largest))))
    pair.flush()
    assert.strictEqual(pair.delivered.length, delivered + 1)
  })

  it("in total is dropped: incomplete replies take at most 16 MiB", () => {
    const pair = online({ seed: 1, client: { maxInFlight: 256 } })
    for (let i = 0; i < 248; i++) pair.submit(`slow ${i}`, { repeatable: false })
    const part = "x".repeat(2000)
    for (let number = 0; number < 248; number++) {
      for (let index = 0; index < 60; index++) {
        pair.client.receive(pair.now, Packet.encode(Packet.commandReplyPart(number, 255, index, part)))
      }
    }
    const kept = 248 * 60 - pair.client.counters.excessParts
    assert.isAtMost(kept * part.length, 16 * 2 ** 20)
    assert.isAbove(kept * part.length, 15 * 2 ** 20)
  })
})

describe("hostile input", () => {
  it("is counted and dropped, and commands are still answered", () => {
    const pair = online({ seed: 1 })
    const hostile: ReadonlyArray<Uint8Array> = [
      new Uint8Array(0),
      new Uint8Array(65_507),
      Packet.encode(Packet.loginResult(false)),
      Packet.encode(Packet.loginResult(true)),
      Packet.encode(Packet.commandReply(200, "never asked")),
      ...Array.from({ length: 10_000 }, (_, i) => Packet.encode(Packet.commandReplyPart(i & 255, 255, i % 255, "x"))),
      Packet.encode(Packet.command(0, "players")).subarray(0, 12)
    ]
    for (const datagram of hostile) pair.client.receive(pair.now, datagram)
    pair.flush()
    pair.submit("echo still here")
    pair.runUntil(pair.now + seconds(5))
    assert.deepStrictEqual(failures(pair), [])
    assertOwnReplies(pair)
    assert.deepStrictEqual(pair.statuses, ["Online"])
    assert.strictEqual(pair.client.counters.malformed, 2)
    assert.strictEqual(pair.client.counters.oversized, 1)
    assert.strictEqual(pair.client.counters.unexpected, 2)
    assert.strictEqual(pair.client.counters.strayReplies, 10_001)
  })
})
