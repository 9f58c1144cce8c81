import { assert, describe, it } from "@effect/vitest"
import { Outgoing } from "../support/Outgoing.ts"

describe("without a reply by its deadline", () => {
  it("a command that was sent fails as NoReply", () => {
    const outgoing = new Outgoing()
    outgoing.submit("players", { deadline: 3000 })
    outgoing.until(2999)
    assert.deepStrictEqual(outgoing.outcomes, [])
    outgoing.until(3000)
    assert.deepStrictEqual(outgoing.outcomes, [["players", "NoReply"]])
    assert.deepInclude(outgoing.errors.get("players"), { peer: "server", sends: 5 })
    assert.deepStrictEqual(outgoing.outbound.load, { waiting: 0, inFlight: 0 })
    assert.strictEqual(outgoing.outbound.wakeAt("Online"), Infinity)
  })

  it("a command with a part of its reply fails as IncompleteReply, with the number of missing parts", () => {
    const outgoing = new Outgoing()
    outgoing.submit("bans", { deadline: 3000 })
    outgoing.part(0, 5, 1, "b")
    outgoing.part(0, 5, 4, "e")
    outgoing.until(3000)
    assert.strictEqual(outgoing.outcome("bans"), "IncompleteReply")
    assert.deepInclude(outgoing.errors.get("bans"), { missing: 3, total: 5 })
  })

  it("a command that waits for its turn fails as Overloaded, with the number of other waiting commands", () => {
    const outgoing = new Outgoing({ maxInFlight: 1 })
    outgoing.submit("first")
    outgoing.submit("second", { deadline: 100 })
    outgoing.submit("third", { deadline: 200 })
    outgoing.until(100)
    assert.deepStrictEqual(outgoing.outcomes, [["second", "Overloaded"]])
    assert.deepInclude(outgoing.errors.get("second"), { waiting: 1 })
    outgoing.until(200)
    assert.deepInclude(outgoing.errors.get("third"), { waiting: 0 })
  })

  it("a command whose deadline has come is not sent, even if its turn comes at the same moment", () => {
    const outgoing = new Outgoing({ maxInFlight: 1 })
    outgoing.submit("first")
    outgoing.submit("late", { deadline: 100 })
    outgoing.submit("next")
    outgoing.now = 100
    outgoing.reply(0, "")
    assert.deepStrictEqual(outgoing.outcomes, [["first", ""], ["late", "Overloaded"]])
    assert.deepStrictEqual(outgoing.sent.map(({ text }) => text), ["first", "next"])
    outgoing.reply(1, "")
    outgoing.submit("too late", { deadline: 100 })
    outgoing.until(100)
    assert.strictEqual(outgoing.outcome("too late"), "Overloaded")
    assert.deepStrictEqual(outgoing.sentAt("too late"), [])
  })

  it("a command that waits for a session fails as NotConnected", () => {
    const outgoing = new Outgoing()
    outgoing.submit("players", { deadline: 100 }, "Lost")
    outgoing.until(100, "Doubting")
    assert.deepStrictEqual(outgoing.outcomes, [["players", "NotConnected"]])
    assert.deepStrictEqual(outgoing.sent, [])
  })

  it("a command in flight in a lost session fails as SessionLost, and is not sent again meanwhile", () => {
    const outgoing = new Outgoing()
    outgoing.submit("players", { deadline: 3000 })
    outgoing.until(2000)
    const sends = outgoing.sent.length
    outgoing.until(3000, "Lost")
    assert.strictEqual(outgoing.sent.length, sends)
    assert.deepStrictEqual(outgoing.outcomes, [["players", "SessionLost"]])
    assert.deepInclude(outgoing.errors.get("players"), { sends })
  })

  it("a command to be sent again in the next session fails as SessionLost, because it was sent before", () => {
    const outgoing = new Outgoing()
    outgoing.submit("players", { deadline: 3000 })
    outgoing.outbound.lose(Infinity)
    outgoing.until(3000, "Lost")
    assert.deepStrictEqual(outgoing.outcomes, [["players", "SessionLost"]])
    outgoing.submit("late", { deadline: 6000 })
    outgoing.outbound.lose(Infinity)
    outgoing.until(6000, "Doubting")
    assert.strictEqual(outgoing.outcome("late"), "SessionLost", "even if there is a session again")
  })

  it("a command with a part of its reply in a lost session fails as IncompleteReply, because it was executed", () => {
    const outgoing = new Outgoing()
    outgoing.submit("bans", { deadline: 3000 })
    outgoing.part(0, 4, 0, "a")
    outgoing.outbound.lose(Infinity)
    outgoing.until(3000, "Lost")
    assert.strictEqual(outgoing.outcome("bans"), "IncompleteReply")
    assert.deepInclude(outgoing.errors.get("bans"), { missing: 3, total: 4 })
  })
})
