import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { LATE_REPLY } from "../../src/internal/lateness.ts"
import { ORDINARY, RELEASE_AFTER, RESERVED, SequenceNumbers } from "../../src/internal/sequenceNumbers.ts"
import { send, stray } from "../support/Numbers.ts"
import { generator } from "../support/Pair.ts"
import { range } from "../support/Scenario.ts"
import { checks, Seed } from "../support/Soak.ts"

describe("numbers", () => {
  it("are used in a circle from 0, without the reserved ones", () => {
    const numbers = new SequenceNumbers()
    const given = range(ORDINARY + 3).map((i) => {
      const number = send(numbers, 1000 * i)
      numbers.answered(number, 1000 * i + 10, 0)
      return number
    })
    assert.deepStrictEqual(given, [...range(ORDINARY), 0, 1, 2])
    assert.strictEqual(ORDINARY + RESERVED, 256)
  })

  it("used a second time do not take a late reply for a repetition of the reply from their first use", () => {
    const numbers = new SequenceNumbers()
    for (const _ of range(ORDINARY)) numbers.answered(send(numbers, 0), 0, 0)
    const again = send(numbers, 10_000)
    numbers.abandon(again)
    stray(numbers, again, 10_020)
    const next = send(numbers, 10_021)
    numbers.answered(next, 10_021, 0)
    assert.strictEqual(numbers.quarantinedUntil(next), 10_022, "no repetition was seen")
  })

  it("that were never used are in no quarantine, even after a forged reply to them and a repeated one to another number", () => {
    const numbers = new SequenceNumbers()
    const used = send(numbers, 0)
    numbers.answered(used, 10, 0)
    assert.strictEqual(stray(numbers, used, 500), undefined, "a repeated reply")
    assert.strictEqual(stray(numbers, used + 2, 500), undefined, "a forged reply")
    assert.deepStrictEqual([numbers.take(500), numbers.take(500)], [used + 1, used + 2])
  })

  it("that are given back are found by the next search after their quarantine", () => {
    const numbers = new SequenceNumbers()
    for (const _ of range(ORDINARY)) send(numbers, 0)
    assert.strictEqual(numbers.take(1), undefined)
    numbers.abandon(3)
    assert.strictEqual(numbers.availableAt, LATE_REPLY)
    assert.strictEqual(numbers.take(LATE_REPLY), 3)
  })

  it("in use are not used again; if all are in use, none is available until one is given back", () => {
    const numbers = new SequenceNumbers()
    const given = range(ORDINARY).map(() => send(numbers, 0))
    assert.strictEqual(new Set(given).size, ORDINARY)
    assert.strictEqual(numbers.take(1e9), undefined)
    assert.strictEqual(numbers.availableAt, Infinity)
    numbers.answered(7, 1e9, 0)
    assert.strictEqual(numbers.take(1e9), undefined)
    assert.strictEqual(numbers.take(1e9 + 1), 7)
  })

  it("are available from the moment at which their quarantine ends, and `availableAt` is the earliest of these moments", () => {
    const numbers = new SequenceNumbers()
    const given = range(ORDINARY).map(() => send(numbers, 0))
    numbers.answered(9, 100, 100)
    numbers.answered(7, 110, 110)
    assert.strictEqual(numbers.availableAt, 300)
    assert.strictEqual(numbers.take(299), undefined)
    assert.strictEqual(numbers.take(300), 9)
    assert.strictEqual(numbers.availableAt, 330)
    numbers.abandon(5)
    assert.strictEqual(numbers.availableAt, 330)
    assert.strictEqual(numbers.take(330), 7)
    assert.strictEqual(numbers.availableAt, LATE_REPLY)
    assert.strictEqual(given.length, ORDINARY)
  })

  it("record when they were last sent, in any use", () => {
    const numbers = new SequenceNumbers()
    assert.strictEqual(numbers.lastSentAt(0), -Infinity)
    const number = send(numbers, 3000, 3)
    assert.strictEqual(numbers.lastSentAt(number), 3000)
    numbers.abandon(number)
    assert.strictEqual(numbers.lastSentAt(number), 3000)
  })

  it("record how often, and when first, they were sent in their current use", () => {
    const numbers = new SequenceNumbers()
    const number = send(numbers, 3000, 3)
    assert.deepStrictEqual([numbers.sends(number), numbers.firstSentAt(number)], [3, 1000])
    numbers.answered(number, 3010, 0)
    numbers.restart()
    const again = numbers.take(1e6)!
    assert.deepStrictEqual([again, numbers.sends(again)], [number, 0])
    numbers.sent(again, 1e6)
    assert.deepStrictEqual([numbers.sends(again), numbers.firstSentAt(again)], [1, 1e6])
  })

  it("begin at 0 again in a new session, unless 0 is in quarantine", () => {
    const numbers = new SequenceNumbers()
    for (const _ of range(3)) numbers.answered(send(numbers, 0), 10, 0)
    numbers.restart()
    assert.strictEqual(numbers.take(1000), 0)
    numbers.sent(0, 1000)
    numbers.abandon(0)
    numbers.restart()
    assert.strictEqual(numbers.take(2000), 1)
  })
})

describe("numbers for probes", () => {
  it("are ordinary ones while one is available", () => {
    const numbers = new SequenceNumbers()
    assert.strictEqual(numbers.takeForProbe(0), 0)
    assert.isTrue(numbers.isClean(0))
    assert.strictEqual(numbers.takeForProbe(0), 1)
    assert.strictEqual(numbers.take(0), 2)
    for (const _ of range(5)) numbers.answered(send(numbers, 0), 0, 0)
    assert.strictEqual(numbers.takeForProbe(1), 8, "not one that was used a moment ago")
  })

  it("are ordinary ones from the moment at which their quarantine ends", () => {
    const numbers = new SequenceNumbers()
    for (const _ of range(ORDINARY)) send(numbers, 0)
    numbers.answered(9, 100, 100)
    assert.strictEqual(numbers.takeForProbe(299), ORDINARY)
    assert.strictEqual(numbers.takeForProbe(300), 9)
  })

  it("are preferably those for which no reply to an earlier command is expected", () => {
    const numbers = new SequenceNumbers()
    for (const _ of range(ORDINARY)) send(numbers, 0)
    for (const _ of range(RESERVED)) numbers.sent(numbers.takeForProbe(0)!, 0)
    numbers.answered(3, 100, 0)
    const unused = numbers.takeForProbe(300)!
    assert.deepStrictEqual([unused, numbers.isClean(unused)], [3, true])
    numbers.sent(4, 300)
    numbers.answered(4, 310, 0)
    numbers.sent(unused, 320)
    numbers.answered(unused, 330, 0)
    numbers.take(1000)
    const released = numbers.takeForProbe(330 + RELEASE_AFTER)!
    assert.deepStrictEqual([released, numbers.isClean(released)], [4, true])
  })

  it("are reserved ones while commands have used up all others, then any number that is not in use, then none", () => {
    const numbers = new SequenceNumbers()
    for (const _ of range(ORDINARY)) send(numbers, 0)
    assert.deepStrictEqual(
      range(RESERVED).map(() => numbers.takeForProbe(0) ?? -1),
      range(RESERVED).map((i) => ORDINARY + i)
    )
    assert.strictEqual(numbers.takeForProbe(0), undefined)
    for (const [number, at] of [[200, 12], [9, 11], [7, 10], [8, 10], [5, 13]] as const) {
      numbers.sent(number, at)
      numbers.abandon(number)
    }
    assert.strictEqual(numbers.takeForProbe(20), 7, "the one quarantined for longest")
    assert.strictEqual(numbers.takeForProbe(20), 8)
    assert.strictEqual(numbers.takeForProbe(20), 9)
  })

  it("that are reserved do not affect the number of the next command", () => {
    const numbers = new SequenceNumbers()
    for (const _ of range(ORDINARY)) send(numbers, 0)
    numbers.answered(3, 10, 0)
    assert.strictEqual(numbers.take(100), 3)
    assert.strictEqual(numbers.takeForProbe(100), ORDINARY)
    assert.strictEqual(numbers.takeForProbe(100), ORDINARY + 1)
    numbers.abandon(2)
    numbers.abandon(200)
    assert.strictEqual(numbers.take(LATE_REPLY), 200, "the next after 3")
  })

  it("prove nothing if they are taken out of quarantine, because the reply may belong to their former use", () => {
    const numbers = new SequenceNumbers()
    for (const _ of range(ORDINARY)) send(numbers, 0)
    for (const _ of range(RESERVED)) numbers.sent(numbers.takeForProbe(0)!, 0)
    numbers.abandon(0)
    const probe = numbers.takeForProbe(1)!
    numbers.sent(probe, 100)
    assert.strictEqual(numbers.answered(probe, 110, 0), 0, "the number of commands that it passes")
    assert.isFalse(numbers.isPassed(1))
  })
})

describe("any sequence of events", () => {
  it.prop(
    "never reuses a number in use; a number that may still be answered waits for 40 s, or for 5 s after it was passed",
    [Seed, Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 3000 }))],
    ([seed, steps]) => {
      const random = generator(seed)
      const pick = (n: number) => Math.floor(random() * n)
      const numbers = new SequenceNumbers()
      const inUse = new Map<number, { sends: number; first: number; last: number }>()
      /** When the last datagram of a former use was sent, and when the server was first seen to have passed it. */
      const owed = new Map<number, { since: number; passedAt: number }>()
      let now = 0
      for (let step = 0; step < steps; step++) {
        now += pick(20)
        const [some] = [...inUse.keys()].slice(pick(Math.max(1, inUse.size)))
        switch (some === undefined ? 0 : pick(6)) {
          case 0:
          case 1: {
            const number = numbers.take(now)
            if (number === undefined) break
            assert.isFalse(inUse.has(number), "it is in use")
            const debt = owed.get(number)
            if (debt !== undefined && debt.since + LATE_REPLY > now) {
              assert.isAtMost(debt.passedAt + RELEASE_AFTER, now, "it is in quarantine")
            }
            numbers.sent(number, now)
            inUse.set(number, { sends: 1, first: now, last: now })
            break
          }
          case 2: {
            numbers.sent(some!, now)
            const use = inUse.get(some!)!
            use.sends++
            use.last = now
            break
          }
          case 3:
            numbers.abandon(some!)
            owed.set(some!, { since: inUse.get(some!)!.last, passedAt: Infinity })
            inUse.delete(some!)
            break
          default: {
            const use = inUse.get(some!)!
            inUse.delete(some!)
            numbers.answered(some!, now, 0)
            if (use.sends > 1) owed.set(some!, { since: use.last, passedAt: Infinity })
            for (const debt of owed.values()) {
              if (debt.since < use.first) debt.passedAt = Math.min(debt.passedAt, now)
            }
          }
        }
      }
    },
    checks(50)
  )
})
