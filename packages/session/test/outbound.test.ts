import { Packet, Text } from "@bercon/codec"
import type { CommandError } from "@bercon/session"
import { assert, describe, it } from "@effect/vitest"
import { Exit, Result } from "effect"
import { REPLY_BYTES } from "../src/internal/inFlight.ts"
import { LATE_REPLY } from "../src/internal/lateness.ts"
import { CONTRADICTIONS, EVIDENCE_GAP, Outbound, type Phase } from "../src/internal/outbound.ts"
import { FEW, LONGEST_GAP } from "../src/internal/retransmission.ts"
import { MINIMUM_TIMEOUT } from "../src/internal/roundTrip.ts"
import { ORDINARY, RELEASE_AFTER } from "../src/internal/sequenceNumbers.ts"
import type { Request, Ticket } from "../src/internal/ticket.ts"
import { range } from "./support/Scenario.ts"

interface Sent {
  readonly at: number
  readonly number: number
  readonly text: string
  readonly what: "Command" | "Repetition" | "Probe"
}

/** Outbound commands and their outcomes. Every input happens at `now`. */
class Harness {
  now = 0
  readonly sent: Array<Sent> = []
  readonly outcomes: Array<readonly [text: string, outcome: string]> = []
  readonly errors = new Map<string, CommandError.CommandError["reason"]>()
  readonly losses: Array<boolean> = []
  readonly measured: Array<number> = []
  readonly outbound: Outbound<string>
  #what: Sent["what"] = "Command"

  constructor(options: { readonly maxInFlight?: number; readonly queueCapacity?: number } = {}) {
    this.outbound = new Outbound({ peer: "server", maxInFlight: 32, queueCapacity: 1000, ...options }, {
      transmit: (datagram) => {
        const packet = Result.getOrThrow(Packet.decodeClient(datagram))
        assert(packet._tag === "Command")
        this.sent.push({ at: this.now, number: packet.sequence, text: Text.decode(packet.payload), what: this.#what })
      },
      settle: (text, result) => {
        this.outcomes.push([text, Result.isSuccess(result) ? Text.decode(result.success) : result.failure._tag])
        if (Result.isFailure(result)) this.errors.set(text, result.failure)
      },
      sent: (at, what) => {
        assert.strictEqual(at, this.now)
        this.#what = what
      },
      outageCause: () => undefined,
      learn: (isLost) => this.losses.push(isLost),
      measured: (milliseconds) => this.measured.push(milliseconds)
    })
    // The round trip is measured once, as a login does it.
    this.outbound.roundTrip.measure(20)
  }

  submit(text: string, options: Partial<Request<string>> = {}, phase: Phase = "Online"): Ticket<string> | undefined {
    const submitted = this.outbound.submit(this.now, {
      handle: text,
      payload: Text.encode(text),
      repeatable: true,
      epoch: undefined,
      isCurrent: undefined,
      deadline: this.now + 20_000,
      ...options
    }, phase)
    if (Result.isFailure(submitted)) this.outcomes.push([text, submitted.failure._tag])
    return Result.isSuccess(submitted) ? submitted.success : undefined
  }

  /** Lets time pass, with a tick whenever one is due. */
  until(end: number, phase: Phase = "Online"): void {
    for (let steps = 0; this.outbound.wakeAt(phase) <= end; steps++) {
      assert.isBelow(steps, 10_000, "time stands still")
      this.now = Math.max(this.now, this.outbound.wakeAt(phase))
      this.outbound.tick(this.now, phase)
      if (phase === "Online") this.outbound.start(this.now)
    }
    this.now = end
  }

  reply(number: number, text: string) {
    const received = this.outbound.receive(this.now, Packet.commandReply(number, text))
    this.outbound.start(this.now)
    return received
  }

  part(number: number, total: number, index: number, text: string | Uint8Array) {
    return this.outbound.receive(this.now, Packet.commandReplyPart(number, total, index, text))
  }

  /** The times at which a text was sent. */
  sentAt(text: string): ReadonlyArray<number> {
    return this.sent.filter((each) => each.text === text).map(({ at }) => at)
  }

  outcome(text: string): string | undefined {
    return this.outcomes.find(([each]) => each === text)?.[1]
  }
}

describe("a command", () => {
  it("is sent at once, and settled with its reply", () => {
    const harness = new Harness()
    harness.submit("players")
    assert.deepStrictEqual(harness.sent, [{ at: 0, number: 0, text: "players", what: "Command" }])
    assert.deepStrictEqual(harness.outbound.load, { waiting: 0, inFlight: 1 })
    harness.now = 30
    assert.strictEqual(harness.reply(0, "nobody"), "Whole")
    assert.deepStrictEqual(harness.outcomes, [["players", "nobody"]])
    assert.deepStrictEqual(harness.outbound.load, { waiting: 0, inFlight: 0 })
    assert.isFalse(harness.outbound.owes)
    assert.deepStrictEqual(harness.measured, [30])
    assert.strictEqual(harness.outbound.roundTrip.smoothed, 20 + 10 / 8)
  })

  it("is sent again as the same datagram, with gaps that double up to a second", () => {
    const harness = new Harness()
    harness.submit("players")
    harness.until(5000)
    assert.deepStrictEqual(harness.sentAt("players"), [0, 200, 600, 1400, 2400, 3400, 4400])
    assert.deepStrictEqual([...new Set(harness.sent.map(({ number }) => number))], [0])
    assert.deepStrictEqual(harness.sent.map(({ what }) => what), ["Command", ...range(6).map(() => "Repetition")])
    assert.strictEqual(LONGEST_GAP, 1000)
    assert.strictEqual(MINIMUM_TIMEOUT, 200)
  })

  it("is sent again less often on a slow line", () => {
    const harness = new Harness()
    for (const _ of range(50)) harness.outbound.roundTrip.measure(2500)
    harness.submit("players")
    harness.until(11_000)
    const [, second = 0, third = 0] = harness.sentAt("players")
    assert.isAtLeast(second, 2500)
    assert.isAtLeast(third - second, 2500)
  })

  it("that is not repeatable is sent once", () => {
    const harness = new Harness()
    harness.submit("kick 1", { repeatable: false })
    harness.until(19_999)
    assert.deepStrictEqual(harness.sentAt("kick 1"), [0])
  })

  it("sent twice is not measured, because the answered datagram is unknown", () => {
    const harness = new Harness()
    harness.submit("players")
    harness.until(300)
    harness.reply(0, "")
    assert.deepStrictEqual(harness.measured, [])
  })

  it("in flight while the process was suspended is not measured", () => {
    const harness = new Harness()
    harness.submit("admins")
    harness.now = 30
    harness.reply(0, "")
    harness.submit("players", { repeatable: false })
    harness.now = 5000
    harness.outbound.stoodStill(5000, 4950)
    harness.reply(1, "")
    harness.submit("bans")
    harness.now = 5040
    harness.reply(2, "")
    assert.deepStrictEqual(harness.measured, [30, 40])
  })

  it("is recorded as lost or not by replies to later datagrams", () => {
    const harness = new Harness()
    for (const text of ["a", "b", "c"]) harness.submit(text, { repeatable: false })
    harness.now = 1
    harness.submit("d")
    harness.reply(3, "")
    assert.deepStrictEqual(harness.losses, [true, true, true, false])
    harness.reply(0, "")
    assert.deepStrictEqual(harness.losses.slice(4), [false])
  })

  it("that times out gives the next ones more time", () => {
    const harness = new Harness()
    harness.submit("a")
    harness.until(200)
    assert.strictEqual(harness.outbound.roundTrip.timeout, 400)
    harness.until(600)
    assert.strictEqual(harness.outbound.roundTrip.timeout, 800)
    harness.until(5000)
    assert.strictEqual(harness.outbound.roundTrip.timeout, 1000)
  })
})

describe("many commands in flight", () => {
  const repetitions = (harness: Harness) => harness.sent.filter(({ what }) => what === "Repetition").length

  it("are all sent again if the server has answered a later one, because they are lost", () => {
    const harness = new Harness({ maxInFlight: 64 })
    for (const i of range(40)) harness.submit(`c${i}`)
    harness.now = 1
    const last = harness.submit("last")!
    harness.now = 20
    harness.reply(last.number, "")
    harness.until(199)
    assert.strictEqual(repetitions(harness), 0)
    harness.until(200)
    assert.strictEqual(repetitions(harness), 40)
  })

  it("are not sent again while the server answers earlier ones, because it is busy", () => {
    const harness = new Harness({ maxInFlight: 64 })
    for (const i of range(40)) harness.submit(`c${i}`, { deadline: 1e6 })
    for (const i of range(40)) {
      harness.until(190 * (i + 1))
      harness.reply(i, "")
    }
    assert.strictEqual(harness.sent.length, 40)
    assert.strictEqual(harness.outcomes.length, 40)
  })

  it("cause one probe if they are more than four and no reply arrives, and are sent again when it is answered", () => {
    const harness = new Harness({ maxInFlight: 64 })
    for (const i of range(FEW + 1)) harness.submit(`c${i}`)
    harness.until(200)
    assert.deepStrictEqual(harness.sent.slice(FEW + 1).map(({ what }) => what), ["Probe"])
    assert.strictEqual(harness.outbound.roundTrip.timeout, 400)
    harness.until(220)
    harness.reply(harness.sent.at(-1)!.number, "")
    assert.strictEqual(harness.outbound.wakeAt("Online"), 220)
    harness.until(220)
    assert.strictEqual(repetitions(harness), FEW + 1)
  })

  it("cause probes with growing gaps while none is answered", () => {
    const harness = new Harness({ maxInFlight: 64 })
    for (const i of range(40)) harness.submit(`c${i}`)
    harness.until(5000)
    assert.strictEqual(repetitions(harness), 0)
    assert.deepStrictEqual(harness.sentAt(""), [200, 600, 1400, 2400, 3400, 4400])
  })

  it("are all sent again if they are at most four and no reply arrives", () => {
    const harness = new Harness()
    for (const i of range(FEW)) harness.submit(`c${i}`)
    harness.until(200)
    assert.strictEqual(repetitions(harness), FEW)
    assert.strictEqual(FEW, 4)
  })
})

describe("a reply in parts", () => {
  it("settles the command when it is complete, in any order", () => {
    const harness = new Harness()
    harness.submit("bans")
    assert.strictEqual(harness.part(0, 3, 2, "c"), "Part")
    assert.strictEqual(harness.part(0, 3, 0, "a"), "Part")
    assert.strictEqual(harness.part(0, 3, 1, "b"), "Whole")
    assert.deepStrictEqual(harness.outcomes, [["bans", "abc"]])
  })

  it("postpones the retransmission, because the other parts are under way", () => {
    const harness = new Harness()
    harness.submit("bans")
    harness.until(190)
    harness.part(0, 3, 0, "a")
    const { timeout } = harness.outbound.roundTrip
    harness.until(189 + timeout)
    assert.deepStrictEqual(harness.sentAt("bans"), [0])
    harness.until(190 + timeout)
    assert.deepStrictEqual(harness.sentAt("bans"), [0, 190 + timeout])
  })

  it("does not cause a retransmission of a command that is not repeatable", () => {
    const harness = new Harness()
    harness.submit("bans", { repeatable: false })
    harness.part(0, 3, 0, "a")
    harness.until(19_999)
    assert.deepStrictEqual(harness.sentAt("bans"), [0])
  })

  it("is measured by its first part", () => {
    const harness = new Harness()
    harness.submit("bans")
    harness.now = 40
    harness.part(0, 2, 0, "a")
    harness.now = 90
    harness.part(0, 2, 1, "b")
    assert.deepStrictEqual(harness.measured, [40])
  })

  it("whose parts contradict each other is requested anew under another number, and never joined", () => {
    const harness = new Harness()
    const ticket = harness.submit("players")!
    harness.until(200)
    harness.part(0, 2, 0, "old ")
    harness.part(0, 2, 0, "new ")
    assert.strictEqual(ticket.state, "Waiting")
    assert.strictEqual(harness.outbound.wakeAt("Online"), 200)
    harness.outbound.start(harness.now)
    assert.strictEqual(ticket.state, "InFlight")
    assert.strictEqual(harness.part(0, 2, 1, "list"), "Stray")
    assert.deepStrictEqual(harness.sent.map(({ number }) => number), [0, 0, 1])
    harness.part(1, 2, 0, "newer ")
    harness.part(1, 2, 1, "list")
    assert.deepStrictEqual(harness.outcomes, [["players", "newer list"]])
    assert.strictEqual(ticket.state, "Settled")
  })

  it("whose parts contradict each other repeatedly is given up as incomplete, and does not use up the numbers", () => {
    const harness = new Harness()
    harness.submit("players")
    while (harness.outcomes.length === 0) {
      const { number } = harness.sent.at(-1)!
      harness.part(number, 3, 0, "one")
      harness.part(number, 3, 0, "other")
      harness.outbound.start(harness.now)
    }
    assert.strictEqual(harness.outcome("players"), "IncompleteReply")
    assert.strictEqual(harness.sent.length, 1 + CONTRADICTIONS)
  })

  it("whose parts contradict each other although the command was sent once is incomplete", () => {
    const harness = new Harness()
    harness.submit("players", { repeatable: false, deadline: 3000 })
    harness.part(0, 2, 0, "a")
    harness.part(0, 2, 0, "b")
    harness.part(0, 2, 1, "c")
    harness.until(3000)
    assert.strictEqual(harness.outcome("players"), "IncompleteReply")
    assert.deepStrictEqual(harness.sentAt("players"), [0])
  })

  it("beyond the memory limit is dropped", () => {
    const big = new Uint8Array(1024).fill(65)
    const parts = REPLY_BYTES / big.length
    const commands = Math.ceil(parts / 254)
    const waiting = new Harness({ maxInFlight: 256 })
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
    const harness = new Harness()
    const big = new Uint8Array(2000).fill(65)
    for (const round of range(100)) {
      harness.now = 100_000 * round
      harness.submit(`bans ${round}`)
      const { number } = harness.sent.at(-1)!
      for (const index of range(200)) {
        assert.strictEqual(
          harness.part(number, 200 + (round & 1), index, big),
          index === 199 && (round & 1) === 0 ? "Whole" : "Part"
        )
      }
      if ((round & 1) === 1) harness.outbound.lose(Infinity)
      harness.until(harness.now + 50_000)
    }
  })
})

describe("without a reply by its deadline", () => {
  it("a command that was sent fails as NoReply", () => {
    const harness = new Harness()
    harness.submit("players", { deadline: 3000 })
    harness.until(2999)
    assert.deepStrictEqual(harness.outcomes, [])
    harness.until(3000)
    assert.deepStrictEqual(harness.outcomes, [["players", "NoReply"]])
    assert.deepInclude(harness.errors.get("players"), { peer: "server", sends: 5 })
    assert.deepStrictEqual(harness.outbound.load, { waiting: 0, inFlight: 0 })
    assert.strictEqual(harness.outbound.wakeAt("Online"), Infinity)
  })

  it("a command with a part of its reply fails as IncompleteReply, with the number of missing parts", () => {
    const harness = new Harness()
    harness.submit("bans", { deadline: 3000 })
    harness.part(0, 5, 1, "b")
    harness.part(0, 5, 4, "e")
    harness.until(3000)
    assert.strictEqual(harness.outcome("bans"), "IncompleteReply")
    assert.deepInclude(harness.errors.get("bans"), { missing: 3, total: 5 })
  })

  it("a command that waits for its turn fails as Overloaded, with the number of other waiting commands", () => {
    const harness = new Harness({ maxInFlight: 1 })
    harness.submit("first")
    harness.submit("second", { deadline: 100 })
    harness.submit("third", { deadline: 200 })
    harness.until(100)
    assert.deepStrictEqual(harness.outcomes, [["second", "Overloaded"]])
    assert.deepInclude(harness.errors.get("second"), { waiting: 1 })
    harness.until(200)
    assert.deepInclude(harness.errors.get("third"), { waiting: 0 })
  })

  it("a command whose deadline has come is not sent, even if its turn comes at the same moment", () => {
    const harness = new Harness({ maxInFlight: 1 })
    harness.submit("first")
    harness.submit("late", { deadline: 100 })
    harness.submit("next")
    harness.now = 100
    harness.reply(0, "")
    assert.deepStrictEqual(harness.outcomes, [["first", ""], ["late", "Overloaded"]])
    assert.deepStrictEqual(harness.sent.map(({ text }) => text), ["first", "next"])
    harness.reply(1, "")
    harness.submit("too late", { deadline: 100 })
    harness.until(100)
    assert.strictEqual(harness.outcome("too late"), "Overloaded")
    assert.deepStrictEqual(harness.sentAt("too late"), [])
  })

  it("a command that waits for a session fails as NotConnected", () => {
    const harness = new Harness()
    harness.submit("players", { deadline: 100 }, "Lost")
    harness.until(100, "Doubting")
    assert.deepStrictEqual(harness.outcomes, [["players", "NotConnected"]])
    assert.deepStrictEqual(harness.sent, [])
  })

  it("a command in flight in a lost session fails as SessionLost, and is not sent again meanwhile", () => {
    const harness = new Harness()
    harness.submit("players", { deadline: 3000 })
    harness.until(2000)
    const sends = harness.sent.length
    harness.until(3000, "Lost")
    assert.strictEqual(harness.sent.length, sends)
    assert.deepStrictEqual(harness.outcomes, [["players", "SessionLost"]])
    assert.deepInclude(harness.errors.get("players"), { sends })
  })

  it("a command to be sent again in the next session fails as SessionLost, because it was sent", () => {
    const harness = new Harness()
    harness.submit("players", { deadline: 3000 })
    harness.outbound.lose(Infinity)
    harness.until(3000, "Lost")
    assert.deepStrictEqual(harness.outcomes, [["players", "SessionLost"]])
    harness.submit("late", { deadline: 6000 })
    harness.outbound.lose(Infinity)
    harness.until(6000, "Doubting")
    assert.strictEqual(harness.outcome("late"), "SessionLost", "even if there is a session again")
  })

  it("a command with a part of its reply in a lost session has been executed", () => {
    const harness = new Harness()
    harness.submit("bans", { deadline: 3000 })
    harness.part(0, 4, 0, "a")
    harness.outbound.lose(Infinity)
    harness.until(3000, "Lost")
    assert.strictEqual(harness.outcome("bans"), "IncompleteReply")
    assert.deepInclude(harness.errors.get("bans"), { missing: 3, total: 4 })
  })
})

describe("waiting commands", () => {
  it("are sent first come, first served, as commands in flight are answered", () => {
    const harness = new Harness({ maxInFlight: 2 })
    const tickets = range(5).map((i) => harness.submit(`c${i}`)!)
    assert.deepStrictEqual(harness.outbound.load, { waiting: 3, inFlight: 2 })
    assert.deepStrictEqual(tickets.map(({ state }) => state), ["InFlight", "InFlight", "Waiting", "Waiting", "Waiting"])
    harness.reply(1, "")
    harness.reply(0, "")
    assert.deepStrictEqual(harness.sent.map(({ text }) => text), ["c0", "c1", "c2", "c3"])
  })

  it("are not overtaken by a command that is submitted when there is room", () => {
    const harness = new Harness({ maxInFlight: 2 })
    harness.submit("waits", {}, "Lost")
    harness.submit("later")
    harness.outbound.start(0)
    assert.deepStrictEqual(harness.sent.map(({ text }) => text), ["waits", "later"])
  })

  it("are refused beyond the capacity of the queue, even without a session", () => {
    for (const phase of ["Online", "Lost"] as const) {
      const harness = new Harness({ maxInFlight: 1, queueCapacity: 2 })
      if (phase === "Online") harness.submit("in flight")
      for (const i of range(3)) harness.submit(`c${i}`, {}, phase)
      assert.deepStrictEqual(harness.outcomes, [["c2", "Overloaded"]])
    }
  })

  it("are refused by a queue of capacity 0, but a command that can be sent at once is sent", () => {
    const harness = new Harness({ maxInFlight: 1, queueCapacity: 0 })
    harness.submit("first")
    harness.submit("second")
    assert.deepStrictEqual(harness.outcomes, [["second", "Overloaded"]])
    assert.deepStrictEqual(harness.sentAt("first"), [0])
  })

  it("are removed when they are cancelled", () => {
    const harness = new Harness({ maxInFlight: 1 })
    harness.submit("first")
    harness.outbound.cancel(harness.submit("second")!)
    harness.submit("third")
    harness.reply(0, "")
    assert.deepStrictEqual(harness.sent.map(({ text }) => text), ["first", "third"])
    assert.deepStrictEqual(harness.outcomes, [["first", ""]])
  })

  it("wait for a number when all are in use or quarantined, and are sent when one is available", () => {
    const harness = new Harness({ maxInFlight: 256 })
    for (const i of range(ORDINARY)) harness.submit(`c${i}`, { repeatable: false, deadline: 60_000 })
    harness.submit("waits", { deadline: 60_000 })
    assert.deepStrictEqual(harness.outbound.load, { waiting: 1, inFlight: ORDINARY })
    harness.now = 10
    harness.reply(7, "")
    assert.deepStrictEqual(harness.sentAt("waits"), [])
    harness.until(30)
    assert.deepStrictEqual(harness.sentAt("waits"), [30])
    assert.strictEqual(harness.sent.at(-1)!.number, 7)
  })

  it("get a number after twice the round trip, whatever time it is, and however long the process was suspended", () => {
    const available = (stoodStill: boolean) => {
      const harness = new Harness({ maxInFlight: 256 })
      harness.now = 1000
      for (const i of range(ORDINARY)) harness.submit(`c${i}`, { repeatable: false, deadline: 60_000 })
      harness.submit("waits", { deadline: 60_000 })
      harness.now = stoodStill ? 9000 : 1030
      if (stoodStill) harness.outbound.stoodStill(harness.now, 7970)
      harness.reply(7, "")
      const at = harness.now
      harness.until(20_000)
      return harness.sentAt("waits")[0]! - at
    }
    assert.deepStrictEqual([available(false), available(true)], [60, 60])
  })

  it("for a number cause no probes while the server works out of order", () => {
    const harness = new Harness({ maxInFlight: 256 })
    harness.submit("slow", { repeatable: false })
    harness.now = 1
    harness.submit("fast")
    harness.now = 20
    harness.reply(1, "")
    harness.now = 2000
    harness.reply(0, "")
    for (const i of range(ORDINARY)) harness.submit(`c${i}`, { repeatable: false, deadline: 60_000 })
    harness.submit("waits", { deadline: 60_000 })
    harness.until(10_000)
    assert.deepStrictEqual(harness.sentAt(""), [])
  })

  it("cause no ticks while the session is doubted", () => {
    const harness = new Harness({ maxInFlight: 256 })
    for (const i of range(ORDINARY)) harness.submit(`c${i}`, { repeatable: false, deadline: 60_000 })
    harness.submit("waits", { deadline: 60_000 })
    assert.isBelow(harness.outbound.wakeAt("Online"), 60_000)
    assert.strictEqual(harness.outbound.wakeAt("Doubting"), 60_000)
  })

  it("for a number get one after a late complete reply to an abandoned command", () => {
    const harness = new Harness({ maxInFlight: 256 })
    for (const i of range(ORDINARY)) harness.outbound.cancel(harness.submit(`c${i}`, { repeatable: false })!)
    harness.submit("waits")
    harness.now = 100
    assert.strictEqual(harness.part(5, 2, 0, "a part"), "Stray")
    harness.until(400)
    assert.deepStrictEqual(harness.sentAt("waits"), [])
    assert.strictEqual(harness.reply(7, "late"), "Stray")
    harness.until(1500)
    assert.deepStrictEqual(harness.sentAt("waits").at(0), 1200, "after twice the time of the reply")
    assert.strictEqual(harness.sent.at(-1)!.number, 7)
  })

  it("for a number cause probes, whose replies prove that the server has passed old commands", () => {
    const harness = new Harness({ maxInFlight: 256 })
    for (const i of range(ORDINARY)) harness.outbound.cancel(harness.submit(`c${i}`)!)
    harness.until(1000)
    harness.submit("waits", { deadline: 1e6 })
    const probe = harness.sent.at(-1)!
    assert.deepStrictEqual([probe.text, probe.what], ["", "Probe"])
    assert.isAtLeast(probe.number, ORDINARY)
    harness.until(1020)
    harness.reply(probe.number, "")
    harness.until(1019 + RELEASE_AFTER)
    assert.deepStrictEqual(harness.sentAt("waits"), [])
    harness.until(1020 + RELEASE_AFTER)
    assert.deepStrictEqual(harness.sentAt("waits"), [1020 + RELEASE_AFTER])
  })

  it("for a number cause probes at most every half second", () => {
    const harness = new Harness({ maxInFlight: 256 })
    for (const i of range(ORDINARY)) harness.submit(`c${i}`, { repeatable: false, deadline: 10 })
    harness.until(10)
    for (const i of range(10)) harness.submit(`waits ${i}`, { deadline: 1e6 })
    harness.until(5000)
    const probes = harness.sentAt("")
    assert.isAtLeast(probes.length, 5)
    for (const [i, at] of probes.slice(1).entries()) assert.isAtLeast(at - probes[i]!, EVIDENCE_GAP)
    harness.until(10 + LATE_REPLY)
    assert.strictEqual(
      harness.sentAt("waits 0").at(0),
      LATE_REPLY,
      "without a reply they wait until the quarantine ends"
    )
  })
})

describe("a command with `isCurrent`", () => {
  it("is not sent if that throws, without an effect on others", () => {
    const harness = new Harness({ maxInFlight: 1 })
    harness.submit("first")
    let calls = 0
    harness.submit("faulty", {
      isCurrent: () => {
        if (calls++ > 0) throw new Error("the caller's fault")
        return true
      }
    })
    harness.submit("next")
    harness.reply(0, "")
    assert.strictEqual(harness.outcome("faulty"), "Outdated")
    assert.deepStrictEqual(harness.sentAt("next"), [0])
  })

  it("is not sent if that returns false before the submission or while it waits", () => {
    const harness = new Harness({ maxInFlight: 1 })
    let current = false
    harness.submit("early", { isCurrent: () => current })
    current = true
    harness.submit("first")
    harness.submit("second", { isCurrent: () => current })
    current = false
    harness.reply(0, "")
    assert.deepStrictEqual(harness.outcomes, [["early", "Outdated"], ["first", ""], ["second", "Outdated"]])
    assert.deepStrictEqual(harness.sent.map(({ text }) => text), ["first"])
  })

  it("is not sent again if that returns false, but its reply is still awaited", () => {
    const harness = new Harness()
    let current = true
    harness.submit("kick 1", { isCurrent: () => current })
    current = false
    harness.until(10_000)
    assert.deepStrictEqual(harness.sentAt("kick 1"), [0])
    harness.reply(0, "done")
    assert.strictEqual(harness.outcome("kick 1"), "done")
  })

  it("fails as SessionLost if it was sent in a lost session and that returns false", () => {
    const harness = new Harness()
    let current = true
    harness.submit("kick 1", { isCurrent: () => current })
    harness.outbound.lose(Infinity)
    current = false
    harness.outbound.start(0)
    assert.strictEqual(harness.outcome("kick 1"), "SessionLost")
  })
})

describe("a reply", () => {
  it("belongs to the time before a moment if all datagrams of its command were sent before it", () => {
    const harness = new Harness()
    harness.submit("players")
    harness.until(200)
    assert.deepStrictEqual(harness.sentAt("players"), [0, 200])
    assert.deepStrictEqual([200, 201].map((time) => harness.outbound.wasSentBefore(0, time)), [false, true])
  })
})

describe("a session that is lost", () => {
  it("fails a command for its epoch as IncompleteReply if a part of the reply had arrived, although it waits to be sent anew", () => {
    const harness = new Harness({ maxInFlight: 256 })
    harness.submit("x", { epoch: 1 })
    for (const i of range(ORDINARY)) harness.submit(`c${i}`, { repeatable: false })
    harness.part(0, 2, 0, "one")
    harness.part(0, 2, 0, "other")
    harness.outbound.lose(Infinity)
    assert.strictEqual(harness.outcome("x"), "IncompleteReply")
  })

  it("fails commands that are not repeatable, and keeps the others for the next session, the oldest first", () => {
    const harness = new Harness({ maxInFlight: 3 })
    for (const text of ["a", "once", "b", "waits"]) harness.submit(text, { repeatable: text !== "once" })
    harness.outbound.lose(Infinity)
    assert.deepStrictEqual(harness.outcomes, [["once", "SessionLost"]])
    assert.deepStrictEqual(harness.outbound.load, { waiting: 3, inFlight: 0 })
    assert.isFalse(harness.outbound.owes)
    harness.now = 100
    harness.outbound.begin()
    harness.outbound.start(100)
    assert.deepStrictEqual(harness.sent.slice(3).map(({ text }) => text), ["a", "b", "waits"])
    assert.deepStrictEqual(harness.sent.slice(3).map(({ number }) => number), [3, 4, 5], "0 to 2 are in quarantine")
  })

  it("keeps the order of submission, whatever the numbers, and even if it is lost again before all were sent", () => {
    const harness = new Harness({ maxInFlight: 4 })
    for (const i of range(ORDINARY - 2)) {
      harness.submit(`c${i}`)
      harness.reply(i, "")
    }
    harness.now = 1000
    const texts = ["a", "b", "c", "d"]
    for (const text of texts) harness.submit(text, { deadline: 1e6 })
    assert.deepStrictEqual(harness.sent.slice(-4).map(({ number }) => number), [ORDINARY - 2, ORDINARY - 1, 0, 1])
    harness.outbound.lose(Infinity)
    harness.outbound.start(1000)
    assert.deepStrictEqual(harness.sent.slice(-4).map(({ text }) => text), texts)
    // The only evidence of the next session is a reply to the second.
    harness.reply(harness.sent.at(-3)!.number, "")
    harness.outbound.lose(Infinity)
    harness.outbound.start(1000)
    assert.deepStrictEqual(harness.sent.slice(-3).map(({ text }) => text), ["a", "c", "d"])
  })

  it("fails commands for its epoch: sent ones as SessionLost, waiting ones as NotConnected", () => {
    const harness = new Harness({ maxInFlight: 1 })
    harness.submit("sent", { epoch: 1 })
    harness.submit("waits", { epoch: 1 })
    harness.submit("any")
    harness.outbound.lose(Infinity)
    assert.deepStrictEqual(harness.outcomes, [["sent", "SessionLost"], ["waits", "NotConnected"]])
    harness.outbound.start(0)
    assert.strictEqual(harness.sent.at(-1)!.text, "any")
  })

  it("does not affect commands sent after the login packet of the next session", () => {
    const harness = new Harness()
    harness.submit("before", { repeatable: false })
    harness.now = 10
    harness.submit("same", { repeatable: false })
    harness.now = 11
    harness.submit("after", { repeatable: false })
    harness.outbound.lose(10)
    assert.deepStrictEqual(harness.outcomes, [["before", "SessionLost"], ["same", "SessionLost"]])
    harness.reply(2, "here")
    assert.strictEqual(harness.outcome("after"), "here")
  })

  it("that continues after all resumes retransmission", () => {
    const harness = new Harness()
    harness.submit("players")
    harness.until(2000, "Lost")
    assert.deepStrictEqual(harness.sentAt("players"), [0])
    harness.outbound.resume(2000)
    harness.until(2001)
    assert.deepStrictEqual(harness.sentAt("players"), [0, 2000])
  })

  it("lets the next session count from 0", () => {
    const harness = new Harness()
    for (const i of range(10)) {
      harness.submit(`c${i}`)
      harness.reply(i, "")
    }
    harness.outbound.lose(Infinity)
    harness.now = 1000
    harness.outbound.begin()
    harness.submit("first")
    assert.strictEqual(harness.sent.at(-1)!.number, 0)
  })
})

describe("probes", () => {
  it("have no deadline, do not count as load, and are owed a reply", () => {
    const harness = new Harness({ maxInFlight: 1 })
    assert.isTrue(harness.outbound.probe(0, false))
    assert.deepStrictEqual(harness.outbound.load, { waiting: 0, inFlight: 0 })
    assert.isTrue(harness.outbound.owes)
    harness.submit("players")
    assert.deepStrictEqual(harness.sent.map(({ text }) => text), ["", "players"], "they take no place of a command")
    harness.until(1e6)
    assert.deepStrictEqual(harness.sentAt(""), [0])
    assert.isTrue(harness.outbound.owes)
  })

  it("that are repeatable are sent again until there is a reply", () => {
    const harness = new Harness()
    harness.outbound.probe(0, true)
    harness.until(700)
    assert.deepStrictEqual(harness.sentAt(""), [0, 200, 600])
    harness.reply(0, "")
    harness.until(1e6)
    assert.strictEqual(harness.sent.length, 3)
    assert.isFalse(harness.outbound.owes)
  })

  it("end when any command is answered", () => {
    const harness = new Harness()
    harness.outbound.probe(0, true)
    harness.outbound.probe(0, true)
    harness.submit("players")
    harness.submit("bans")
    harness.reply(2, "")
    assert.isTrue(harness.outbound.owes, "the other command is still in flight")
    assert.deepStrictEqual(harness.outbound.load, { waiting: 0, inFlight: 1 })
    harness.reply(3, "")
    assert.isFalse(harness.outbound.owes)
    harness.until(1e6)
    assert.strictEqual(harness.sent.length, 4)
    assert.strictEqual(harness.reply(0, ""), "Stray")
  })

  it("are not possible while every number is in use", () => {
    const harness = new Harness({ maxInFlight: 256 })
    for (const i of range(ORDINARY)) harness.submit(`c${i}`)
    for (const _ of range(256 - ORDINARY)) assert.isTrue(harness.outbound.probe(0, false))
    assert.isFalse(harness.outbound.probe(0, false))
  })

  it("end with their session", () => {
    const harness = new Harness()
    harness.outbound.probe(0, true)
    harness.outbound.lose(Infinity)
    assert.isFalse(harness.outbound.owes)
    assert.deepStrictEqual(harness.outcomes, [])
    assert.deepStrictEqual(harness.outbound.load, { waiting: 0, inFlight: 0 })
  })
})

describe("a cancelled command", () => {
  it("gives no round-trip time if the process was suspended", () => {
    const harness = new Harness()
    harness.outbound.cancel(harness.submit("kick 1")!)
    harness.now = 9000
    harness.outbound.stoodStill(9000, 8950)
    harness.reply(0, "")
    assert.strictEqual(harness.outbound.roundTrip.smoothed, 20)
  })

  it("gives a round-trip time by its late reply", () => {
    const harness = new Harness()
    harness.outbound.cancel(harness.submit("kick 1")!)
    harness.now = 60
    harness.reply(0, "")
    assert.strictEqual(harness.outbound.roundTrip.smoothed, 20 + 40 / 8)
  })

  it("in flight frees its place at once, and its reply is a stray", () => {
    const harness = new Harness({ maxInFlight: 1 })
    const ticket = harness.submit("gone")!
    harness.submit("stays")
    harness.outbound.cancel(ticket)
    harness.outbound.start(0)
    assert.deepStrictEqual(harness.sent.map(({ number, text }) => [number, text]), [[0, "gone"], [1, "stays"]])
    assert.strictEqual(harness.reply(0, "late"), "Stray")
    assert.deepStrictEqual(harness.outcomes, [])
    assert.strictEqual(ticket.state, "Settled")
  })

  it("that waits for the next session is not sent", () => {
    const harness = new Harness()
    const ticket = harness.submit("gone")!
    harness.outbound.lose(Infinity)
    assert.strictEqual(ticket.state, "Waiting")
    harness.outbound.cancel(ticket)
    harness.outbound.start(0)
    assert.deepStrictEqual(harness.sentAt("gone"), [0])
  })
})

describe("the end", () => {
  it("settles all as SessionClosed, each with the number of times it was sent", () => {
    const harness = new Harness({ maxInFlight: 2 })
    harness.submit("again")
    harness.outbound.lose(Infinity)
    harness.outbound.start(0)
    harness.submit("in flight")
    harness.submit("waits")
    harness.outbound.probe(0, true)
    harness.outbound.end(Exit.void)
    assert.deepStrictEqual(
      harness.outcomes.map((
        [text, outcome]
      ) => [text, outcome, (harness.errors.get(text) as { readonly sends: number }).sends]),
      [["again", "SessionClosed", 2], ["in flight", "SessionClosed", 1], ["waits", "SessionClosed", 0]]
    )
    assert.deepStrictEqual(harness.outbound.load, { waiting: 0, inFlight: 0 })
    assert.strictEqual(harness.outbound.wakeAt("Online"), Infinity)
  })
})
