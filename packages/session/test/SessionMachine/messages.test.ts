import { Packet } from "@bercon/codec"
import { ServerMachine } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { messagesOf, minutes, online, perfect, seconds, terrible, unhurried } from "../support/Pair.ts"
import { checks, Seed } from "../support/Soak.ts"

describe("messages", () => {
  it("are acknowledged at every repetition", () => {
    const pair = online({ seed: 1, conditions: { ...perfect, duplication: 1 } })
    for (let i = 0; i < 600; i++) {
      pair.at(pair.now + 50 * i, () => ServerMachine.emit(pair.server, pair.now, `m ${i}`))
    }
    const before = pair.server.acknowledgements.length
    pair.runUntil(minutes(2))
    // The network duplicates every acknowledgement, too.
    assert.strictEqual(pair.server.acknowledgements.length - before, 4 * 600)
    assert.strictEqual(messagesOf(pair, "m ").length, 600)
  })

  it("are acknowledged before they are delivered", () => {
    const pair = online({ seed: 1 })
    pair.client.receive(pair.now, Packet.encode(Packet.message(1, "hello")))
    assert.deepStrictEqual(pair.client.drain().map(({ _tag }) => _tag), ["Transmit", "Deliver"])
  })

  it("that never arrive are reported as a gap, and later ones are delivered after the reorder timeout", () => {
    const pair = online({ seed: 1, client: { reorderTimeout: seconds(3) } })
    pair.conditions = { ...perfect, loss: 1 }
    ServerMachine.emit(pair.server, pair.now, "m lost")
    pair.flush()
    pair.conditions = perfect
    // This server does not repeat the message.
    for (const session of pair.server.sessions.values()) session.unacknowledged.clear()
    ServerMachine.emit(pair.server, pair.now, "m next")
    pair.runUntil(pair.now + seconds(2))
    assert.deepStrictEqual(messagesOf(pair, "m "), [])
    pair.runUntil(pair.now + seconds(2))
    assert.deepStrictEqual(pair.delivered.slice(-2).map((item) => item._tag === "Gap" ? item.missed : item.text), [
      1,
      "m next"
    ])
  })
})

describe("messages of the previous session", () => {
  it("that are repeated after a new login are acknowledged, and have no other effect", () => {
    const pair = online({ seed: 1 })
    for (let i = 0; i < 57; i++) ServerMachine.emit(pair.server, pair.now, `old ${i}`)
    pair.runUntil(pair.now + seconds(1))
    pair.restart()
    pair.submit("echo x")
    pair.runUntil(pair.now + seconds(9))
    assert.strictEqual(pair.statuses.at(-1), "Online")
    const delivered = pair.delivered.length
    pair.client.receive(pair.now, Packet.encode(Packet.message(57, "old 56")))
    assert.deepStrictEqual(pair.client.drain().map(({ _tag }) => _tag), ["Transmit"])
    for (let i = 0; i < 100; i++) {
      pair.at(pair.now + minutes(i), () => ServerMachine.emit(pair.server, pair.now, `new ${i}`))
    }
    pair.runUntil(pair.now + minutes(101))
    assert.deepStrictEqual(
      pair.delivered.slice(delivered).map((item) => item._tag === "Gap" ? item : item.text),
      Array.from({ length: 100 }, (_, i) => `new ${i}`)
    )
  })
})

describe("messages on a bad network", () => {
  it.prop(
    "are delivered once and in order, except those of which no copy arrives",
    [Seed, Schema.Literals([0.05, 0.1, 0.2, 0.3])],
    ([seed, loss]) => {
      const pair = online({
        seed,
        conditions: { ...terrible, loss },
        server: { dropUnacknowledged: false },
        client: unhurried
      })
      const sent = Array.from({ length: 200 }, (_, i) => `m ${i}`)
      for (const [i, text] of sent.entries()) {
        pair.at(pair.now + 500 * i, () => ServerMachine.emit(pair.server, pair.now, text))
      }
      pair.runUntil(pair.now + minutes(3))
      const arrived = sent.filter((text) => pair.arrived.has(text))
      assert.isAtLeast(arrived.length, 190)
      assert.deepStrictEqual(messagesOf(pair, "m "), arrived)
      assert.strictEqual(pair.client.counters.lateMessages, 0)
      assert.strictEqual(pair.client.counters.missedMessages, sent.length - arrived.length)
      assert.strictEqual(pair.client.epoch, 1)
    },
    checks(20)
  )

  it("that arrive after they were given up are delivered late, after the gap", () => {
    const pair = online({ seed: 1, client: { reorderTimeout: seconds(1) } })
    pair.conditions = { ...perfect, loss: 1 }
    ServerMachine.emit(pair.server, pair.now, "m 0")
    pair.flush()
    pair.conditions = perfect
    ServerMachine.emit(pair.server, pair.now, "m 1")
    pair.runUntil(pair.now + seconds(5))
    assert.deepStrictEqual(
      pair.delivered.slice(-3).map((item) => item._tag === "Gap" ? `gap ${item.missed}` : [item.text, item.late]),
      ["gap 1", ["m 1", false], ["m 0", true]]
    )
    assert.deepInclude(pair.client.counters, { lateMessages: 1, missedMessages: 1 })
  })
})
