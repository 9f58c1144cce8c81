import { assert, describe, it } from "@effect/vitest"
import { REPLY_BYTES } from "../../src/internal/inFlight.ts"
import { CONTRADICTIONS } from "../../src/internal/outbound.ts"
import { Outgoing } from "../support/Outgoing.ts"
import { range } from "../support/Scenario.ts"

describe("a reply in parts", () => {
  it("settles the command when all parts have arrived, in any order", () => {
    const outgoing = new Outgoing()
    outgoing.submit("bans")
    assert.strictEqual(outgoing.part(0, 3, 2, "c"), "Part")
    assert.strictEqual(outgoing.part(0, 3, 0, "a"), "Part")
    assert.strictEqual(outgoing.part(0, 3, 1, "b"), "Whole")
    assert.deepStrictEqual(outgoing.outcomes, [["bans", "abc"]])
  })

  it("postpones the retransmission, because the other parts are under way", () => {
    const outgoing = new Outgoing()
    outgoing.submit("bans")
    outgoing.until(190)
    outgoing.part(0, 3, 0, "a")
    const { timeout } = outgoing.outbound.roundTrip
    outgoing.until(189 + timeout)
    assert.deepStrictEqual(outgoing.sentAt("bans"), [0])
    outgoing.until(190 + timeout)
    assert.deepStrictEqual(outgoing.sentAt("bans"), [0, 190 + timeout])
  })

  it("does not cause a retransmission of a command that is not repeatable", () => {
    const outgoing = new Outgoing()
    outgoing.submit("bans", { repeatable: false })
    outgoing.part(0, 3, 0, "a")
    outgoing.until(19_999)
    assert.deepStrictEqual(outgoing.sentAt("bans"), [0])
  })

  it("measures the round trip by its first part", () => {
    const outgoing = new Outgoing()
    outgoing.submit("bans")
    outgoing.now = 40
    outgoing.part(0, 2, 0, "a")
    outgoing.now = 90
    outgoing.part(0, 2, 1, "b")
    assert.deepStrictEqual(outgoing.measured, [40])
  })

  it("whose parts contradict each other is requested anew under another number, and never joined", () => {
    const outgoing = new Outgoing()
    const ticket = outgoing.submit("players")!
    outgoing.until(200)
    outgoing.part(0, 2, 0, "old ")
    outgoing.part(0, 2, 0, "new ")
    assert.strictEqual(ticket.state, "Waiting")
    assert.strictEqual(outgoing.outbound.wakeAt("Online"), 200)
    outgoing.outbound.start(outgoing.now)
    assert.strictEqual(ticket.state, "InFlight")
    assert.strictEqual(outgoing.part(0, 2, 1, "list"), "Stray")
    assert.deepStrictEqual(outgoing.sent.map(({ number }) => number), [0, 0, 1])
    outgoing.part(1, 2, 0, "newer ")
    outgoing.part(1, 2, 1, "list")
    assert.deepStrictEqual(outgoing.outcomes, [["players", "newer list"]])
    assert.strictEqual(ticket.state, "Settled")
  })

  it("whose parts contradict each other repeatedly is given up as incomplete, and does not use up the numbers", () => {
    const outgoing = new Outgoing()
    outgoing.submit("players")
    while (outgoing.outcomes.length === 0) {
      const { number } = outgoing.sent.at(-1)!
      outgoing.part(number, 3, 0, "one")
      outgoing.part(number, 3, 0, "other")
      outgoing.outbound.start(outgoing.now)
    }
    assert.strictEqual(outgoing.outcome("players"), "IncompleteReply")
    assert.strictEqual(outgoing.sent.length, 1 + CONTRADICTIONS)
  })

  it("whose parts contradict each other although the command was sent once is incomplete", () => {
    const outgoing = new Outgoing()
    outgoing.submit("players", { repeatable: false, deadline: 3000 })
    outgoing.part(0, 2, 0, "a")
    outgoing.part(0, 2, 0, "b")
    outgoing.part(0, 2, 1, "c")
    outgoing.until(3000)
    assert.strictEqual(outgoing.outcome("players"), "IncompleteReply")
    assert.deepStrictEqual(outgoing.sentAt("players"), [0])
  })

  it("loses the parts beyond the memory limit", () => {
    const big = new Uint8Array(1024).fill(65)
    const parts = REPLY_BYTES / big.length
    const commands = Math.ceil(parts / 254)
    const waiting = new Outgoing({ maxInFlight: 256 })
    for (const i of range(commands)) waiting.submit(`bans ${i}`, { repeatable: false })
    let kept = 0
    for (const i of range(commands)) {
      for (const index of range(254)) if (waiting.part(i, 255, index, big) === "Part") kept++
    }
    assert.strictEqual(kept, parts)
    assert.strictEqual(waiting.part(0, 255, 254, big), "Excess")
    waiting.until(20_000)
    assert.isTrue(waiting.outcomes.every(([, outcome]) => outcome === "IncompleteReply"))
    waiting.submit("bans")
    const { number } = waiting.sent.at(-1)!
    assert.strictEqual(waiting.part(number, 2, 0, big), "Part", "there is room again")
  })

  it("frees its memory when it is complete, or its session has ended", () => {
    const outgoing = new Outgoing()
    const big = new Uint8Array(2000).fill(65)
    for (const round of range(100)) {
      outgoing.now = 100_000 * round
      outgoing.submit(`bans ${round}`)
      const { number } = outgoing.sent.at(-1)!
      for (const index of range(200)) {
        assert.strictEqual(
          outgoing.part(number, 200 + (round & 1), index, big),
          index === 199 && (round & 1) === 0 ? "Whole" : "Part"
        )
      }
      if ((round & 1) === 1) outgoing.outbound.lose(Infinity)
      outgoing.until(outgoing.now + 50_000)
    }
  })
})
