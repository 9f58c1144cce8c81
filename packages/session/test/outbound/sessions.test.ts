import { assert, describe, it } from "@effect/vitest"
import { Exit } from "effect"
import { ORDINARY } from "../../src/internal/sequenceNumbers.ts"
import { Outgoing } from "../support/Outgoing.ts"
import { range } from "../support/Scenario.ts"

describe("a session that is lost", () => {
  it("fails a command for its epoch with IncompleteReply after a part of its reply, even while it waits to be sent again", () => {
    const outgoing = new Outgoing({ maxInFlight: 256 })
    outgoing.submit("x", { epoch: 1 })
    for (const i of range(ORDINARY)) outgoing.submit(`c${i}`, { repeatable: false })
    outgoing.part(0, 2, 0, "one")
    outgoing.part(0, 2, 0, "other")
    outgoing.outbound.lose(Infinity)
    assert.strictEqual(outgoing.outcome("x"), "IncompleteReply")
  })

  it("fails commands that are not repeatable, and keeps the others for the next session, the oldest first", () => {
    const outgoing = new Outgoing({ maxInFlight: 3 })
    for (const text of ["a", "once", "b", "waits"]) outgoing.submit(text, { repeatable: text !== "once" })
    outgoing.outbound.lose(Infinity)
    assert.deepStrictEqual(outgoing.outcomes, [["once", "SessionLost"]])
    assert.deepStrictEqual(outgoing.outbound.load, { waiting: 3, inFlight: 0 })
    assert.isFalse(outgoing.outbound.owes)
    outgoing.now = 100
    outgoing.outbound.begin(100)
    outgoing.outbound.start(100)
    assert.deepStrictEqual(outgoing.sent.slice(3).map(({ text }) => text), ["a", "b", "waits"])
    assert.deepStrictEqual(outgoing.sent.slice(3).map(({ number }) => number), [3, 4, 5], "0 to 2 are in quarantine")
  })

  it("keeps the order of submission, whatever the numbers, and even if the next session is also lost before all are answered", () => {
    const outgoing = new Outgoing({ maxInFlight: 4 })
    for (const i of range(ORDINARY - 2)) {
      outgoing.submit(`c${i}`)
      outgoing.reply(i, "")
    }
    outgoing.now = 1000
    const texts = ["a", "b", "c", "d"]
    for (const text of texts) outgoing.submit(text, { deadline: 1e6 })
    assert.deepStrictEqual(outgoing.sent.slice(-4).map(({ number }) => number), [ORDINARY - 2, ORDINARY - 1, 0, 1])
    outgoing.outbound.lose(Infinity)
    outgoing.outbound.start(1000)
    assert.deepStrictEqual(outgoing.sent.slice(-4).map(({ text }) => text), texts)
    // In the next session, only the second command is answered.
    outgoing.reply(outgoing.sent.at(-3)!.number, "")
    outgoing.outbound.lose(Infinity)
    outgoing.outbound.start(1000)
    assert.deepStrictEqual(outgoing.sent.slice(-3).map(({ text }) => text), ["a", "c", "d"])
  })

  it("fails commands for its epoch: sent ones as SessionLost, waiting ones as NotConnected", () => {
    const outgoing = new Outgoing({ maxInFlight: 1 })
    outgoing.submit("sent", { epoch: 1 })
    outgoing.submit("waits", { epoch: 1 })
    outgoing.submit("any")
    outgoing.outbound.lose(Infinity)
    assert.deepStrictEqual(outgoing.outcomes, [["sent", "SessionLost"], ["waits", "NotConnected"]])
    outgoing.outbound.start(0)
    assert.strictEqual(outgoing.sent.at(-1)!.text, "any")
  })

  it("does not affect commands sent after the login packet of the next session", () => {
    const outgoing = new Outgoing()
    outgoing.submit("before", { repeatable: false })
    outgoing.now = 10
    outgoing.submit("same", { repeatable: false })
    outgoing.now = 11
    outgoing.submit("after", { repeatable: false })
    outgoing.outbound.lose(10)
    assert.deepStrictEqual(outgoing.outcomes, [["before", "SessionLost"], ["same", "SessionLost"]])
    outgoing.reply(2, "here")
    assert.strictEqual(outgoing.outcome("after"), "here")
  })

  it("resumes retransmission if it continues after all", () => {
    const outgoing = new Outgoing()
    outgoing.submit("players")
    outgoing.until(2000, "Lost")
    assert.deepStrictEqual(outgoing.sentAt("players"), [0])
    outgoing.outbound.resume(2000)
    outgoing.until(2001)
    assert.deepStrictEqual(outgoing.sentAt("players"), [0, 2000])
  })

  it("lets the next session count from 0", () => {
    const outgoing = new Outgoing()
    for (const i of range(10)) {
      outgoing.submit(`c${i}`)
      outgoing.reply(i, "")
    }
    outgoing.outbound.lose(Infinity)
    outgoing.now = 1000
    outgoing.outbound.begin(1000)
    outgoing.submit("first")
    assert.strictEqual(outgoing.sent.at(-1)!.number, 0)
  })
})

describe("the end", () => {
  it("settles all commands as SessionClosed, each with the number of times it was sent", () => {
    const outgoing = new Outgoing({ maxInFlight: 2 })
    outgoing.submit("again")
    outgoing.outbound.lose(Infinity)
    outgoing.outbound.start(0)
    outgoing.submit("in flight")
    outgoing.submit("waits")
    outgoing.outbound.probe(0, true)
    outgoing.outbound.end(Exit.void)
    assert.deepStrictEqual(
      outgoing.outcomes.map((
        [text, outcome]
      ) => [text, outcome, (outgoing.errors.get(text) as { readonly sends: number }).sends]),
      [["again", "SessionClosed", 2], ["in flight", "SessionClosed", 1], ["waits", "SessionClosed", 0]]
    )
    assert.deepStrictEqual(outgoing.outbound.load, { waiting: 0, inFlight: 0 })
    assert.strictEqual(outgoing.outbound.wakeAt("Online"), Infinity)
  })

  it("settles a command as IncompleteReply if a part of its reply had arrived, because it was executed", () => {
    const outgoing = new Outgoing()
    outgoing.submit("bans")
    outgoing.part(0, 2, 0, "one")
    outgoing.outbound.end(Exit.void)
    assert.deepStrictEqual(outgoing.outcomes, [["bans", "IncompleteReply"]])
  })
})
