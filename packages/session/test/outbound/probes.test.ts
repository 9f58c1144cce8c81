import { assert, describe, it } from "@effect/vitest"
import { ORDINARY } from "../../src/internal/sequenceNumbers.ts"
import { Outgoing } from "../support/Outgoing.ts"
import { range } from "../support/Scenario.ts"

describe("probes", () => {
  it("have no deadline, do not count as load, and the server owes them a reply", () => {
    const outgoing = new Outgoing({ maxInFlight: 1 })
    assert.isTrue(outgoing.outbound.probe(0, false))
    assert.deepStrictEqual(outgoing.outbound.load, { waiting: 0, inFlight: 0 })
    assert.isTrue(outgoing.outbound.owes)
    outgoing.submit("players")
    assert.deepStrictEqual(
      outgoing.sent.map(({ text }) => text),
      ["", "players"],
      "they do not take the place of a command"
    )
    outgoing.until(1e6)
    assert.deepStrictEqual(outgoing.sentAt(""), [0])
    assert.isTrue(outgoing.outbound.owes)
  })

  it("that are repeatable are sent again until there is a reply", () => {
    const outgoing = new Outgoing()
    outgoing.outbound.probe(0, true)
    outgoing.until(700)
    assert.deepStrictEqual(outgoing.sentAt(""), [0, 200, 600])
    outgoing.reply(0, "")
    outgoing.until(1e6)
    assert.strictEqual(outgoing.sent.length, 3)
    assert.isFalse(outgoing.outbound.owes)
  })

  it("end when any command is answered", () => {
    const outgoing = new Outgoing()
    outgoing.outbound.probe(0, true)
    outgoing.outbound.probe(0, true)
    outgoing.submit("players")
    outgoing.submit("bans")
    outgoing.reply(2, "")
    assert.isTrue(outgoing.outbound.owes, "the other command is still in flight")
    assert.deepStrictEqual(outgoing.outbound.load, { waiting: 0, inFlight: 1 })
    outgoing.reply(3, "")
    assert.isFalse(outgoing.outbound.owes)
    outgoing.until(1e6)
    assert.strictEqual(outgoing.sent.length, 4)
    assert.strictEqual(outgoing.reply(0, ""), "Stray")
  })

  it("are not possible while every number is in use", () => {
    const outgoing = new Outgoing({ maxInFlight: 256 })
    for (const i of range(ORDINARY)) outgoing.submit(`c${i}`)
    for (const _ of range(256 - ORDINARY)) assert.isTrue(outgoing.outbound.probe(0, false))
    assert.isFalse(outgoing.outbound.probe(0, false))
  })

  it("end with their session", () => {
    const outgoing = new Outgoing()
    outgoing.outbound.probe(0, true)
    outgoing.outbound.lose(Infinity)
    assert.isFalse(outgoing.outbound.owes)
    assert.deepStrictEqual(outgoing.outcomes, [])
    assert.deepStrictEqual(outgoing.outbound.load, { waiting: 0, inFlight: 0 })
  })
})
