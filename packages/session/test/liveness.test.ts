import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import {
  ACCIDENT,
  DOUBT_AFTER,
  INITIAL_LOSS,
  LEAST_LOSS,
  Liveness,
  PROBE_AFTER,
  PROBE_INTERVAL,
  SILENCE_MEMORY,
  type Verdict
} from "../src/internal/liveness.ts"
import { range } from "./support/Scenario.ts"

const INTERVAL = 30_000
const TIMEOUT = 8000

/**
 * Whether a question (a command or probe that is sent for the first time) is lost, if `lost` of each hundred are, evenly
 * spread.
 */
const isLost = (question: number, lost: number): boolean => (question * 37) % 100 < lost

/** An old session in which the server has answered all commands at once. */
const make = (options: { readonly replies?: number; readonly lost?: number; readonly timeout?: number } = {}) => {
  const liveness = new Liveness(INTERVAL, options.timeout ?? TIMEOUT)
  liveness.begin(-1000, false)
  const { lost = 0, replies = 100 } = options
  for (const i of range(replies)) {
    liveness.sent(-500, true)
    liveness.learn(isLost(i, lost))
    liveness.heard(-500, true, false)
  }
  return liveness
}

/** Sends a command at 0 that is not answered. Returns when each verdict was first given, and when probes were sent. */
const silence = (liveness: Liveness, until = 60_000, replyTime = 200) => {
  const verdicts: Partial<Record<Verdict, number>> = {}
  const probes: Array<number> = []
  liveness.sent(0, true)
  let now = 0
  let isDoubtful = false
  while (now < until) {
    const at = liveness.wakeAt(now, replyTime, isDoubtful)
    if (at === Infinity) break
    now = Math.max(now, at)
    const verdict = liveness.judge(now, replyTime, isDoubtful)
    verdicts[verdict] ??= now
    if (verdict === "Alive") now += 1
    if (verdict === "Dead") break
    if (verdict === "Doubt") isDoubtful = true
    if (verdict === "Probe") {
      probes.push(now)
      liveness.probed(now)
      liveness.sent(now, true)
    }
  }
  return { verdicts, probes }
}

describe("a server", () => {
  it("that takes 3 s for a reply is probed and doubted 2 s later than one that takes a second", () => {
    const { verdicts } = silence(make(), 60_000, 3000)
    assert.deepStrictEqual([verdicts.Probe, verdicts.Doubt], [3000, DOUBT_AFTER + 3000 - PROBE_AFTER])
  })

  it("that owes nothing is alive, however long it sends nothing", () => {
    const liveness = make()
    assert.strictEqual(liveness.judge(1e9, 200, false), "Alive")
    assert.strictEqual(liveness.wakeAt(0, 200, false), Infinity)
    assert.strictEqual(liveness.silentSince, Infinity)
  })

  it("is probed a second after an unanswered command, and not before", () => {
    const liveness = make()
    liveness.sent(0, true)
    assert.strictEqual(liveness.wakeAt(0, 200, false), PROBE_AFTER)
    assert.strictEqual(liveness.judge(PROBE_AFTER - 1, 200, false), "Alive")
    assert.strictEqual(liveness.judge(PROBE_AFTER, 200, false), "Probe")
    assert.strictEqual(PROBE_AFTER, 1000)
  })

  it("is probed every 150 ms, and more rarely the longer it is silent", () => {
    const { probes } = silence(make({ replies: 0, timeout: 60_000 }))
    assert.deepStrictEqual(probes.slice(0, 10), range(10).map((i) => 1000 + 150 * i))
    const intervals = probes.slice(1).map((at, i) => at - probes[i]!)
    assert.isAtLeast(Math.min(...intervals), PROBE_INTERVAL)
    assert.closeTo(intervals.at(-1)!, 60_000 / 16, 500)
    assert.isBelow(probes.length, 70, "a minute of silence does not use up the sequence numbers")
  })

  it("on a network that has lost nothing so far is doubted after 2.5 s of silence", () => {
    const { verdicts } = silence(make())
    assert.strictEqual(verdicts.Doubt, DOUBT_AFTER)
    assert.strictEqual(DOUBT_AFTER, 2500)
  })

  it("that has not answered any command of this session is not doubted within 8 s, because its usual reply time is unknown", () => {
    const { verdicts } = silence(make({ replies: 0 }))
    assert.strictEqual(verdicts.Doubt, undefined)
    assert.strictEqual(verdicts.Dead, TIMEOUT)
    const again = make()
    again.begin(-100, false)
    again.heard(-50, false, false)
    assert.strictEqual(silence(again).verdicts.Doubt, undefined, "a message is not a reply")
  })

  it("that has never answered is not doubted within 8 s", () => {
    assert.strictEqual(silence(new Liveness(INTERVAL, TIMEOUT)).verdicts.Doubt, undefined)
  })

  it("is dead after it has been silent for the silence timeout", () => {
    const liveness = make()
    liveness.sent(0, true)
    assert.notStrictEqual(liveness.judge(TIMEOUT - 1, 200, true), "Dead")
    assert.strictEqual(liveness.judge(TIMEOUT, 200, true), "Dead")
    assert.strictEqual(silence(make({ timeout: 2000 })).verdicts.Dead, 2000)
  })

  it.each([true, false])("ends its silence with any packet (a reply: %s)", (isReply) => {
    const liveness = make()
    liveness.sent(0, true)
    liveness.heard(2000, isReply, false)
    assert.strictEqual(liveness.silentSince, Infinity)
    assert.strictEqual(liveness.judge(1e6, 200, false), "Alive")
  })

  it("that still owes replies when a packet arrives is silent from then on", () => {
    const liveness = make()
    liveness.sent(0, true)
    liveness.sent(10, true)
    liveness.heard(500, true, true)
    assert.strictEqual(liveness.silentSince, 500)
    assert.strictEqual(liveness.judge(1499, 200, false), "Alive")
    assert.strictEqual(liveness.judge(1500, 200, false), "Probe")
    assert.strictEqual(liveness.judge(500 + TIMEOUT, 200, true), "Dead")
  })

  it("is probed, and not doubted again, if a login is requested already", () => {
    const liveness = make()
    silence(liveness, DOUBT_AFTER + 1)
    assert.strictEqual(liveness.judge(4000, 200, false), "Doubt")
    assert.strictEqual(liveness.judge(4000, 200, true), "Probe")
    assert.isAbove(liveness.wakeAt(DOUBT_AFTER, 200, true), DOUBT_AFTER)
  })
})

describe("a bad network", () => {
  it("delays the doubt about a silent server for longer, the more it loses", () => {
    const doubts = [0, 10, 30, 50, 70].map((lost) =>
      silence(make({ lost, replies: 1000, timeout: 1e6 }), 1e6).verdicts.Doubt!
    )
    assert.deepStrictEqual(doubts, doubts.toSorted((a, b) => a - b))
    assert.strictEqual(doubts[0], DOUBT_AFTER)
    assert.isAbove(doubts[3]!, 3500)
    assert.isAbove(doubts[4]!, TIMEOUT, "the silence timeout comes first")
  })

  it.prop(
    "is taken for a dead server with a probability of at most one in a million",
    [Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 80 }))],
    ([lost]) => {
      const liveness = make({ lost, replies: 2000, timeout: 1e6 })
      const { probes, verdicts } = silence(liveness, 1e6)
      const questions = 1 + probes.filter((at) => at < verdicts.Doubt!).length
      assert.isAtMost(Math.max(LEAST_LOSS, shareOf(lost)) ** questions, ACCIDENT)
    }
  )

  it("is judged by new questions only, because some servers ignore retransmissions", () => {
    const liveness = make({ replies: 1, timeout: 1e6 })
    liveness.sent(0, true)
    for (const at of range(100)) liveness.sent(100 * at, false)
    assert.notStrictEqual(liveness.judge(10_000, 200, false), "Doubt")
    for (const _ of range(12)) liveness.sent(10_000, true)
    assert.strictEqual(liveness.judge(10_000, 200, false), "Doubt")
  })

  it("is assumed to lose three in ten questions before any measurement, and the server is doubted within 3 s", () => {
    assert.strictEqual(INITIAL_LOSS, 0.3)
    const { probes, verdicts } = silence(make({ replies: 1 }))
    assert.isAtLeast(
      1 + probes.filter((at) => at < verdicts.Doubt!).length,
      Math.log(ACCIDENT) / Math.log(INITIAL_LOSS * 15 / 16)
    )
    assert.isAtMost(verdicts.Doubt!, 3000)
  })

  /** The measured loss after 2,000 questions, of which `lost` of each hundred are lost. */
  const shareOf = (lost: number): number => {
    let share = INITIAL_LOSS
    for (const i of range(2000)) share += ((isLost(i, lost) ? 1 : 0) - share) / 16
    return share
  }
})

describe("a server that was silent and came back by itself", () => {
  it("is doubted only after twice that silence", () => {
    const liveness = make()
    liveness.sent(-4000, true)
    liveness.heard(0, true, false)
    assert.strictEqual(silence(liveness).verdicts.Doubt, undefined)
    const later = make({ timeout: 1e6 })
    later.sent(-4000, true)
    later.heard(0, true, false)
    assert.strictEqual(silence(later, 1e6).verdicts.Doubt, 8000)
  })

  it("is doubted as before if that was an hour ago, or if the silence was at most 2.5 s", () => {
    const after = (silentFor: number, ago: number) => {
      const liveness = make({ timeout: 1e6 })
      liveness.sent(-ago - silentFor, true)
      liveness.heard(-ago, true, false)
      return silence(liveness, 1e6).verdicts.Doubt
    }
    assert.strictEqual(after(4000, SILENCE_MEMORY), DOUBT_AFTER)
    assert.strictEqual(after(4000, SILENCE_MEMORY - 10_000), 8000)
    assert.strictEqual(after(DOUBT_AFTER, 0), DOUBT_AFTER)
    assert.strictEqual(after(DOUBT_AFTER + 1, 0), 2 * (DOUBT_AFTER + 1))
  })

  it("is remembered for an hour, and no moment longer", () => {
    const liveness = make({ timeout: 1e9 })
    liveness.sent(-4000, true)
    liveness.heard(0, true, false)
    for (const _ of range(20)) liveness.sent(SILENCE_MEMORY - 3000, true)
    assert.strictEqual(liveness.judge(SILENCE_MEMORY - 1, 200, false), "Probe")
    assert.strictEqual(liveness.judge(SILENCE_MEMORY, 200, false), "Doubt")
  })

  it("is remembered by its longest silence", () => {
    const liveness = make({ timeout: 1e6 })
    for (const [from, to] of [[-20_000, -10_000], [-8000, -5000]] as const) {
      liveness.sent(from, true)
      liveness.heard(to, true, false)
    }
    assert.strictEqual(silence(liveness, 1e6).verdicts.Doubt, 20_000)
  })
})

describe("a keepalive", () => {
  it("is due when neither a command nor a retransmission was sent for the interval", () => {
    const liveness = new Liveness(INTERVAL, TIMEOUT)
    liveness.begin(1000, false)
    assert.strictEqual(liveness.keepaliveAt, 1000 + INTERVAL)
    liveness.sent(5000, true)
    liveness.sent(6000, false)
    assert.strictEqual(liveness.keepaliveAt, 6000 + INTERVAL)
    liveness.heard(9000, true, false)
    assert.strictEqual(liveness.keepaliveAt, 6000 + INTERVAL, "packets of the server do not count")
  })

  it("that could not be sent for lack of a number is tried again a second later", () => {
    const liveness = new Liveness(INTERVAL, TIMEOUT)
    liveness.begin(0, false)
    liveness.probed(INTERVAL)
    assert.strictEqual(liveness.keepaliveAt, INTERVAL + PROBE_AFTER)
  })
})

describe("a process that was suspended", () => {
  it("does not count that time as silence of the server", () => {
    const liveness = make()
    liveness.sent(0, true)
    liveness.stoodStill(9000)
    assert.strictEqual(liveness.silentSince, 9000)
    assert.strictEqual(liveness.judge(9000, 200, false), "Alive")
    assert.strictEqual(liveness.judge(9000 + PROBE_AFTER, 200, false), "Probe")
  })

  it("sends its probes at the same intervals as before", () => {
    const liveness = make()
    liveness.sent(0, true)
    liveness.probed(1000)
    liveness.stoodStill(5000)
    assert.strictEqual(liveness.judge(6149, 200, false), "Alive")
    assert.strictEqual(liveness.judge(6150, 200, false), "Probe")
  })
})

describe("a session that begins", () => {
  it("is owed nothing by the server, or only replies to commands that were already sent in it", () => {
    const liveness = new Liveness(INTERVAL, TIMEOUT)
    liveness.sent(0, true)
    liveness.begin(5000, false)
    assert.strictEqual(liveness.silentSince, Infinity)
    liveness.begin(6000, true)
    assert.strictEqual(liveness.silentSince, 6000)
  })

  it("counts its questions anew", () => {
    const liveness = make({ replies: 1 })
    for (const _ of range(50)) liveness.sent(0, true)
    liveness.begin(100, true)
    liveness.heard(200, true, true)
    assert.notStrictEqual(liveness.judge(200 + DOUBT_AFTER, 200, false), "Doubt")
  })
})
