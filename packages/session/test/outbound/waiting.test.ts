import { LoginFailure } from "@bercon/session"
import { assert, describe, it } from "@effect/vitest"
import { LATE_REPLY } from "../../src/internal/lateness.ts"
import { EVIDENCE_INTERVAL } from "../../src/internal/outbound.ts"
import { ORDINARY, RELEASE_AFTER } from "../../src/internal/sequenceNumbers.ts"
import { Outgoing } from "../support/Outgoing.ts"
import { range } from "../support/Scenario.ts"

describe("waiting commands", () => {
  it("are sent first come, first served, as commands in flight are answered", () => {
    const outgoing = new Outgoing({ maxInFlight: 2 })
    const tickets = range(5).map((i) => outgoing.submit(`c${i}`)!)
    assert.deepStrictEqual(outgoing.outbound.load, { waiting: 3, inFlight: 2 })
    assert.deepStrictEqual(tickets.map(({ state }) => state), ["InFlight", "InFlight", "Waiting", "Waiting", "Waiting"])
    outgoing.reply(1, "")
    outgoing.reply(0, "")
    assert.deepStrictEqual(outgoing.sent.map(({ text }) => text), ["c0", "c1", "c2", "c3"])
  })

  it("are not overtaken by a command that is submitted when there is room", () => {
    const outgoing = new Outgoing({ maxInFlight: 2 })
    outgoing.submit("waits", {}, "Lost")
    outgoing.submit("later")
    outgoing.outbound.start(0)
    assert.deepStrictEqual(outgoing.sent.map(({ text }) => text), ["waits", "later"])
  })

  it("are refused beyond the capacity of the queue, even without a session", () => {
    for (const phase of ["Online", "Lost"] as const) {
      const outgoing = new Outgoing({ maxInFlight: 1, queueCapacity: 2 })
      if (phase === "Online") outgoing.submit("in flight")
      for (const i of range(3)) outgoing.submit(`c${i}`, {}, phase)
      assert.deepStrictEqual(outgoing.outcomes, [["c2", "Overloaded"]])
    }
  })

  it("are refused by a queue of capacity 0, but a command that can be sent at once is sent", () => {
    const outgoing = new Outgoing({ maxInFlight: 1, queueCapacity: 0 })
    outgoing.submit("first")
    outgoing.submit("second")
    assert.deepStrictEqual(outgoing.outcomes, [["second", "Overloaded"]])
    assert.deepStrictEqual(outgoing.sentAt("first"), [0])
  })

  it("fail with the cause of the outage if there is no session before their deadline", () => {
    const outgoing = new Outgoing()
    outgoing.outage = new LoginFailure.Silence({})
    outgoing.submit("waits", { deadline: 100 }, "Lost")
    outgoing.until(100, "Lost")
    const error = outgoing.errors.get("waits")
    assert(error?._tag === "NotConnected")
    assert.strictEqual(error.cause, outgoing.outage)
  })

  it("are removed when they are cancelled", () => {
    const outgoing = new Outgoing({ maxInFlight: 1 })
    outgoing.submit("first")
    outgoing.outbound.cancel(outgoing.submit("second")!)
    outgoing.submit("third")
    outgoing.reply(0, "")
    assert.deepStrictEqual(outgoing.sent.map(({ text }) => text), ["first", "third"])
    assert.deepStrictEqual(outgoing.outcomes, [["first", ""]])
  })
})

describe("commands that wait for a number, because all are in use or quarantined,", () => {
  it("are sent when one is available", () => {
    const outgoing = new Outgoing({ maxInFlight: 256 })
    for (const i of range(ORDINARY)) outgoing.submit(`c${i}`, { repeatable: false, deadline: 60_000 })
    outgoing.submit("waits", { deadline: 60_000 })
    assert.deepStrictEqual(outgoing.outbound.load, { waiting: 1, inFlight: ORDINARY })
    outgoing.now = 10
    outgoing.reply(7, "")
    assert.deepStrictEqual(outgoing.sentAt("waits"), [])
    outgoing.until(30)
    assert.deepStrictEqual(outgoing.sentAt("waits"), [30])
    assert.strictEqual(outgoing.sent.at(-1)!.number, 7)
  })

  it("get one twice the round trip after a reply, however long the process was suspended", () => {
    const available = (stoodStill: boolean) => {
      const outgoing = new Outgoing({ maxInFlight: 256 })
      outgoing.now = 1000
      for (const i of range(ORDINARY)) outgoing.submit(`c${i}`, { repeatable: false, deadline: 60_000 })
      outgoing.submit("waits", { deadline: 60_000 })
      outgoing.now = stoodStill ? 9000 : 1030
      if (stoodStill) outgoing.outbound.stoodStill(outgoing.now, 7970)
      outgoing.reply(7, "")
      const at = outgoing.now
      outgoing.until(20_000)
      return outgoing.sentAt("waits")[0]! - at
    }
    assert.deepStrictEqual([available(false), available(true)], [60, 60])
  })

  it("cause no probes while the server works out of order", () => {
    const outgoing = new Outgoing({ maxInFlight: 256 })
    outgoing.submit("slow", { repeatable: false })
    outgoing.now = 1
    outgoing.submit("fast")
    outgoing.now = 20
    outgoing.reply(1, "")
    outgoing.now = 2000
    outgoing.reply(0, "")
    for (const i of range(ORDINARY)) outgoing.submit(`c${i}`, { repeatable: false, deadline: 60_000 })
    outgoing.submit("waits", { deadline: 60_000 })
    outgoing.until(10_000)
    assert.deepStrictEqual(outgoing.sentAt(""), [])
  })

  it("cause no ticks while the session is doubted", () => {
    const outgoing = new Outgoing({ maxInFlight: 256 })
    for (const i of range(ORDINARY)) outgoing.submit(`c${i}`, { repeatable: false, deadline: 60_000 })
    outgoing.submit("waits", { deadline: 60_000 })
    assert.isBelow(outgoing.outbound.wakeAt("Online"), 60_000)
    assert.strictEqual(outgoing.outbound.wakeAt("Doubting"), 60_000)
  })

  it("get one after a late complete reply to a cancelled command", () => {
    const outgoing = new Outgoing({ maxInFlight: 256 })
    for (const i of range(ORDINARY)) outgoing.outbound.cancel(outgoing.submit(`c${i}`, { repeatable: false })!)
    outgoing.submit("waits")
    outgoing.now = 100
    assert.strictEqual(outgoing.part(5, 2, 0, "a part"), "Stray")
    outgoing.until(400)
    assert.deepStrictEqual(outgoing.sentAt("waits"), [])
    assert.strictEqual(outgoing.reply(7, "late"), "Stray")
    outgoing.until(1500)
    assert.deepStrictEqual(outgoing.sentAt("waits").at(0), 1200, "after twice the time that the reply took")
    assert.strictEqual(outgoing.sent.at(-1)!.number, 7)
  })

  it("cause probes, whose replies prove that the server has handled the old commands", () => {
    const outgoing = new Outgoing({ maxInFlight: 256 })
    for (const i of range(ORDINARY)) outgoing.outbound.cancel(outgoing.submit(`c${i}`)!)
    outgoing.until(1000)
    outgoing.submit("waits", { deadline: 1e6 })
    const probe = outgoing.sent.at(-1)!
    assert.deepStrictEqual([probe.text, probe.what], ["", "Probe"])
    assert.isAtLeast(probe.number, ORDINARY)
    outgoing.until(1020)
    outgoing.reply(probe.number, "")
    outgoing.until(1019 + RELEASE_AFTER)
    assert.deepStrictEqual(outgoing.sentAt("waits"), [])
    outgoing.until(1020 + RELEASE_AFTER)
    assert.deepStrictEqual(outgoing.sentAt("waits"), [1020 + RELEASE_AFTER])
  })

  it("cause probes at most every half second", () => {
    const outgoing = new Outgoing({ maxInFlight: 256 })
    for (const i of range(ORDINARY)) outgoing.submit(`c${i}`, { repeatable: false, deadline: 10 })
    outgoing.until(10)
    for (const i of range(10)) outgoing.submit(`waits ${i}`, { deadline: 1e6 })
    // After every input, the machine tries to send the waiting commands.
    for (const i of range(50)) {
      outgoing.until(100 * (i + 1))
      outgoing.outbound.start(outgoing.now)
    }
    const probes = outgoing.sentAt("")
    assert.isAtLeast(probes.length, 5)
    for (const [i, at] of probes.slice(1).entries()) assert.isAtLeast(at - probes[i]!, EVIDENCE_INTERVAL)
    outgoing.until(10 + LATE_REPLY)
    assert.strictEqual(
      outgoing.sentAt("waits 0").at(0),
      LATE_REPLY,
      "without a reply they wait until the quarantine ends"
    )
  })
})

describe("a command with `isCurrent`", () => {
  it("is not sent if the function throws, and other commands are not affected", () => {
    const outgoing = new Outgoing({ maxInFlight: 1 })
    outgoing.submit("first")
    let calls = 0
    const fault = new Error("the caller's fault")
    outgoing.submit("faulty", {
      isCurrent: () => {
        if (calls++ > 0) throw fault
        return true
      }
    })
    outgoing.submit("next")
    outgoing.reply(0, "")
    const error = outgoing.errors.get("faulty")
    assert(error?._tag === "Outdated")
    assert.strictEqual(error.cause, fault)
    assert.deepStrictEqual(outgoing.sentAt("next"), [0])
  })

  it("is not sent if the function returns false at the submission or while the command waits", () => {
    const outgoing = new Outgoing({ maxInFlight: 1 })
    let current = false
    outgoing.submit("early", { isCurrent: () => current })
    current = true
    outgoing.submit("first")
    outgoing.submit("second", { isCurrent: () => current })
    current = false
    outgoing.reply(0, "")
    assert.deepStrictEqual(outgoing.outcomes, [["early", "Outdated"], ["first", ""], ["second", "Outdated"]])
    assert.deepStrictEqual(outgoing.sent.map(({ text }) => text), ["first"])
  })

  it("is not sent again if the function returns false, but its reply is still awaited", () => {
    const outgoing = new Outgoing()
    let current = true
    outgoing.submit("kick 1", { isCurrent: () => current })
    current = false
    outgoing.until(10_000)
    assert.deepStrictEqual(outgoing.sentAt("kick 1"), [0])
    outgoing.reply(0, "done")
    assert.strictEqual(outgoing.outcome("kick 1"), "done")
  })

  it("fails as SessionLost if the session was lost after it was sent, and the function returns false", () => {
    const outgoing = new Outgoing()
    let current = true
    outgoing.submit("kick 1", { isCurrent: () => current })
    outgoing.outbound.lose(Infinity)
    current = false
    outgoing.outbound.start(0)
    assert.strictEqual(outgoing.outcome("kick 1"), "SessionLost")
  })
})
