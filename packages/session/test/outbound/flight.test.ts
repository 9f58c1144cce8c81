import { assert, describe, it } from "@effect/vitest"
import { FEW, LONGEST_INTERVAL } from "../../src/internal/retransmission.ts"
import { MINIMUM_TIMEOUT } from "../../src/internal/roundTrip.ts"
import { Outgoing } from "../support/Outgoing.ts"
import { range } from "../support/Scenario.ts"

describe("a command", () => {
  it("is sent at once, and settled with its reply", () => {
    const outgoing = new Outgoing()
    outgoing.submit("players")
    assert.deepStrictEqual(outgoing.sent, [{ at: 0, number: 0, text: "players", what: "Command" }])
    assert.deepStrictEqual(outgoing.outbound.load, { waiting: 0, inFlight: 1 })
    outgoing.now = 30
    assert.strictEqual(outgoing.reply(0, "nobody"), "Whole")
    assert.deepStrictEqual(outgoing.outcomes, [["players", "nobody"]])
    assert.deepStrictEqual(outgoing.outbound.load, { waiting: 0, inFlight: 0 })
    assert.isFalse(outgoing.outbound.owes)
    assert.deepStrictEqual(outgoing.measured, [30])
    assert.strictEqual(outgoing.outbound.roundTrip.smoothed, 20 + 10 / 8)
  })

  it("is sent again as the same datagram, at intervals that double up to a second", () => {
    const outgoing = new Outgoing()
    outgoing.submit("players")
    outgoing.until(5000)
    assert.deepStrictEqual(outgoing.sentAt("players"), [0, 200, 600, 1400, 2400, 3400, 4400])
    assert.deepStrictEqual([...new Set(outgoing.sent.map(({ number }) => number))], [0])
    assert.deepStrictEqual(outgoing.sent.map(({ what }) => what), ["Command", ...range(6).map(() => "Repetition")])
    assert.strictEqual(LONGEST_INTERVAL, 1000)
    assert.strictEqual(MINIMUM_TIMEOUT, 200)
  })

  it("is sent again less often on a slow network", () => {
    const outgoing = new Outgoing()
    for (const _ of range(50)) outgoing.outbound.roundTrip.measure(2500)
    outgoing.submit("players")
    outgoing.until(11_000)
    const [, second = 0, third = 0] = outgoing.sentAt("players")
    assert.isAtLeast(second, 2500)
    assert.isAtLeast(third - second, 2500)
  })

  it("that is not repeatable is sent once", () => {
    const outgoing = new Outgoing()
    outgoing.submit("kick 1", { repeatable: false })
    outgoing.until(19_999)
    assert.deepStrictEqual(outgoing.sentAt("kick 1"), [0])
  })

  it("sent twice is not measured, because either datagram may be the answered one", () => {
    const outgoing = new Outgoing()
    outgoing.submit("players")
    outgoing.until(300)
    outgoing.reply(0, "")
    assert.deepStrictEqual(outgoing.measured, [])
  })

  it("in flight while the process was suspended is not measured", () => {
    const outgoing = new Outgoing()
    outgoing.submit("admins")
    outgoing.now = 30
    outgoing.reply(0, "")
    outgoing.submit("players", { repeatable: false })
    outgoing.now = 5000
    outgoing.outbound.stoodStill(5000, 4950)
    outgoing.reply(1, "")
    outgoing.submit("bans")
    outgoing.now = 5040
    outgoing.reply(2, "")
    assert.deepStrictEqual(outgoing.measured, [30, 40])
  })

  it("counts as lost if a later command is answered first, and as not lost when it is answered", () => {
    const outgoing = new Outgoing()
    for (const text of ["a", "b", "c"]) outgoing.submit(text, { repeatable: false })
    outgoing.now = 1
    outgoing.submit("d")
    outgoing.reply(3, "")
    assert.deepStrictEqual(outgoing.losses, [true, true, true, false])
    outgoing.reply(0, "")
    assert.deepStrictEqual(outgoing.losses.slice(4), [false])
  })

  it("without a timely reply doubles the timeout of the next ones, up to a second", () => {
    const outgoing = new Outgoing()
    outgoing.submit("a")
    outgoing.until(200)
    assert.strictEqual(outgoing.outbound.roundTrip.timeout, 400)
    outgoing.until(600)
    assert.strictEqual(outgoing.outbound.roundTrip.timeout, 800)
    outgoing.until(5000)
    assert.strictEqual(outgoing.outbound.roundTrip.timeout, 1000)
  })
})

describe("several commands in flight", () => {
  const repetitions = (outgoing: Outgoing) => outgoing.sent.filter(({ what }) => what === "Repetition").length

  it("are all sent again if the server has answered a later one, because they are lost", () => {
    const outgoing = new Outgoing({ maxInFlight: 64 })
    for (const i of range(40)) outgoing.submit(`c${i}`)
    outgoing.now = 1
    const last = outgoing.submit("last")!
    outgoing.now = 20
    outgoing.reply(last.number, "")
    outgoing.until(199)
    assert.strictEqual(repetitions(outgoing), 0)
    outgoing.until(200)
    assert.strictEqual(repetitions(outgoing), 40)
  })

  it("are not sent again while the server answers earlier ones, because it is busy", () => {
    const outgoing = new Outgoing({ maxInFlight: 64 })
    for (const i of range(40)) outgoing.submit(`c${i}`, { deadline: 1e6 })
    for (const i of range(40)) {
      outgoing.until(190 * (i + 1))
      outgoing.reply(i, "")
    }
    assert.strictEqual(outgoing.sent.length, 40)
    assert.strictEqual(outgoing.outcomes.length, 40)
  })

  it("cause one probe if they are more than four and no reply arrives, and are sent again when the probe is answered", () => {
    const outgoing = new Outgoing({ maxInFlight: 64 })
    for (const i of range(FEW + 1)) outgoing.submit(`c${i}`)
    outgoing.until(200)
    assert.deepStrictEqual(outgoing.sent.slice(FEW + 1).map(({ what }) => what), ["Probe"])
    assert.strictEqual(outgoing.outbound.roundTrip.timeout, 400)
    outgoing.until(220)
    outgoing.reply(outgoing.sent.at(-1)!.number, "")
    assert.strictEqual(outgoing.outbound.wakeAt("Online"), 220)
    outgoing.until(220)
    assert.strictEqual(repetitions(outgoing), FEW + 1)
  })

  it("cause probes at growing intervals while none is answered", () => {
    const outgoing = new Outgoing({ maxInFlight: 64 })
    for (const i of range(40)) outgoing.submit(`c${i}`)
    outgoing.until(5000)
    assert.strictEqual(repetitions(outgoing), 0)
    assert.deepStrictEqual(outgoing.sentAt(""), [200, 600, 1400, 2400, 3400, 4400])
  })

  it("are all sent again if they are at most four and no reply arrives", () => {
    const outgoing = new Outgoing()
    for (const i of range(FEW)) outgoing.submit(`c${i}`)
    outgoing.until(200)
    assert.strictEqual(repetitions(outgoing), FEW)
    assert.strictEqual(FEW, 4)
  })
})

describe("a cancelled command", () => {
  it("gives no round-trip time if the process was suspended", () => {
    const outgoing = new Outgoing()
    outgoing.outbound.cancel(outgoing.submit("kick 1")!)
    outgoing.now = 9000
    outgoing.outbound.stoodStill(9000, 8950)
    outgoing.reply(0, "")
    assert.strictEqual(outgoing.outbound.roundTrip.smoothed, 20)
  })

  it("gives a round-trip time by its late reply", () => {
    const outgoing = new Outgoing()
    outgoing.outbound.cancel(outgoing.submit("kick 1")!)
    outgoing.now = 60
    outgoing.reply(0, "")
    assert.strictEqual(outgoing.outbound.roundTrip.smoothed, 20 + 40 / 8)
  })

  it("in flight frees its place at once, and its reply is a stray", () => {
    const outgoing = new Outgoing({ maxInFlight: 1 })
    const ticket = outgoing.submit("gone")!
    outgoing.submit("stays")
    outgoing.outbound.cancel(ticket)
    outgoing.outbound.start(0)
    assert.deepStrictEqual(outgoing.sent.map(({ number, text }) => [number, text]), [[0, "gone"], [1, "stays"]])
    assert.strictEqual(outgoing.reply(0, "late"), "Stray")
    assert.deepStrictEqual(outgoing.outcomes, [])
    assert.strictEqual(ticket.state, "Settled")
  })

  it("that waits for the next session is not sent", () => {
    const outgoing = new Outgoing()
    const ticket = outgoing.submit("gone")!
    outgoing.outbound.lose(Infinity)
    assert.strictEqual(ticket.state, "Waiting")
    outgoing.outbound.cancel(ticket)
    outgoing.outbound.start(0)
    assert.deepStrictEqual(outgoing.sentAt("gone"), [0])
  })
})

describe("a number", () => {
  it("counts as sent before a time if all of its datagrams were", () => {
    const outgoing = new Outgoing()
    outgoing.submit("players")
    outgoing.until(200)
    assert.deepStrictEqual(outgoing.sentAt("players"), [0, 200])
    assert.deepStrictEqual([200, 201].map((time) => outgoing.outbound.wasSentBefore(0, time)), [false, true])
  })
})
