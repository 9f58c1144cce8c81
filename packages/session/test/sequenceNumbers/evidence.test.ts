import { assert, describe, it } from "@effect/vitest"
import { DISORDER, LATE_REPLY, MEMORY, REPETITION_QUARANTINE } from "../../src/internal/lateness.ts"
import { ORDINARY, RELEASE_AFTER, RESERVED, SequenceNumbers } from "../../src/internal/sequenceNumbers.ts"
import { send, stray } from "../support/Numbers.ts"
import { range } from "../support/Scenario.ts"

describe("a reply to a later command", () => {
  it("passes the earlier commands: they are lost, and not delayed by a slow server", () => {
    const numbers = new SequenceNumbers()
    const [first, second, third] = [0, 1, 2].map((at) => send(numbers, at)) as [number, number, number]
    assert.strictEqual(numbers.answered(second, 10, 0), 1)
    assert.deepStrictEqual([first, third].map((number) => numbers.isPassed(number)), [true, false])
    numbers.sent(first, 20)
    assert.isFalse(numbers.isPassed(first), "its new datagram is under way")
    assert.strictEqual(numbers.answered(third, 30, 0), 0)
    assert.isFalse(numbers.isPassed(first))
  })

  it("passes only commands sent before the first datagram of its own command, because it may be the reply to that datagram", () => {
    const numbers = new SequenceNumbers()
    const twice = send(numbers, 0)
    const between = send(numbers, 1)
    numbers.sent(twice, 2)
    assert.strictEqual(numbers.answered(twice, 10, 0), 0)
    assert.isFalse(numbers.isPassed(between))
  })

  it("passes the earlier commands, in whatever order they were sent again", () => {
    const numbers = new SequenceNumbers()
    const given = range(4).map((i) => send(numbers, i))
    // The newest and the oldest once, then the second newest three times.
    for (const [i, number] of [3, 0, 2, 2, 2].entries()) numbers.sent(given[number]!, 10 + i)
    assert.strictEqual(numbers.answered(send(numbers, 20), 30, 0), 4)
    assert.deepStrictEqual(given.map((number) => numbers.isPassed(number)), [true, true, true, true])
    assert.isFalse(numbers.awaitsEvidence(30), "all sent commands are passed")
  })

  it("counts the numbers in use that it passes, and no others", () => {
    const numbers = new SequenceNumbers()
    numbers.abandon(send(numbers, 0))
    send(numbers, 1)
    send(numbers, 2)
    numbers.answered(send(numbers, 3), 4, 0)
    const last = send(numbers, 5)
    send(numbers, 6)
    assert.strictEqual(numbers.answered(last, 10, 0), 0, "they were passed before")
  })
})

describe("a server that works out of order", () => {
  /** The quarantine of a number that is given up and then passed, after an earlier event. */
  const releasedAt = (happen: (numbers: SequenceNumbers) => void, sentAt = 10_000): number => {
    const numbers = new SequenceNumbers()
    happen(numbers)
    const number = send(numbers, sentAt)
    numbers.abandon(number)
    numbers.answered(send(numbers, sentAt + 1), sentAt + 10, 0)
    return numbers.quarantinedUntil(number) - sentAt
  }
  const early = 10 + RELEASE_AFTER

  /** A command that is answered this long after a later one. */
  const overtake = (by: number) => (numbers: SequenceNumbers) => {
    const overtaken = send(numbers, 0)
    numbers.answered(send(numbers, 1), 10, 0)
    numbers.answered(overtaken, 10 + by, 0)
  }

  it("is detected by a reply more than a second after the reply to a later command; then no number is released early", () => {
    assert.strictEqual(releasedAt(overtake(DISORDER)), early)
    assert.strictEqual(releasedAt(overtake(DISORDER + 1)), LATE_REPLY)
  })

  it("is detected even if the overtaken command was abandoned", () => {
    const given = (by: number) => (numbers: SequenceNumbers) => {
      const overtaken = send(numbers, 0)
      numbers.answered(send(numbers, 1), 10, 0)
      numbers.abandon(overtaken)
      stray(numbers, overtaken, 10 + by)
    }
    assert.strictEqual(releasedAt(given(DISORDER)), early)
    assert.strictEqual(releasedAt(given(DISORDER + 1)), LATE_REPLY)
  })

  it("is detected by a reply that is repeated more than a second later", () => {
    const repeat = (after: number) => (numbers: SequenceNumbers) => {
      const number = send(numbers, 0)
      numbers.answered(number, 10, 0)
      stray(numbers, number, 10 + after)
    }
    assert.strictEqual(releasedAt(repeat(DISORDER)), early)
    assert.strictEqual(releasedAt(repeat(DISORDER + 1)), LATE_REPLY)
  })

  it("is remembered for an hour", () => {
    assert.strictEqual(releasedAt(overtake(2000), 2010 + MEMORY), early)
    assert.strictEqual(releasedAt(overtake(2000), 2010 + MEMORY - LATE_REPLY - 1), LATE_REPLY)
  })

  it("causes no probes for evidence for an hour after it was detected", () => {
    const numbers = new SequenceNumbers()
    assert.isFalse(numbers.awaitsEvidence(0), "nothing was sent")
    overtake(2000)(numbers)
    numbers.abandon(send(numbers, 3000))
    assert.isFalse(numbers.awaitsEvidence(3000))
    assert.isTrue(numbers.awaitsEvidence(2010 + MEMORY))
  })

  it("is not detected by a command that was sent again after it was passed", () => {
    assert.strictEqual(
      releasedAt((numbers) => {
        const again = send(numbers, 0)
        numbers.answered(send(numbers, 1), 10, 0)
        numbers.sent(again, 3000)
        numbers.answered(again, 3010, 0)
      }),
      early
    )
  })
})

describe("stray replies", () => {
  it("give the round-trip time as soon as each datagram of a command has its reply, and not before", () => {
    const numbers = new SequenceNumbers()
    const number = send(numbers, 2000, 3)
    numbers.answered(number, 2500, 2500)
    assert.strictEqual(stray(numbers, number, 3500), undefined)
    assert.strictEqual(stray(numbers, number, 4500), 2500)
    assert.strictEqual(stray(numbers, number, 4600), undefined, "one too many: the network has repeated it")
  })

  it("to an abandoned command give its round-trip time, too", () => {
    const numbers = new SequenceNumbers()
    const number = send(numbers, 100)
    numbers.abandon(number)
    assert.strictEqual(stray(numbers, number, 1600), 1500)
    assert.strictEqual(stray(numbers, number, 1700), undefined)
  })

  it("to a number taken out of quarantine give no round-trip time", () => {
    const numbers = new SequenceNumbers()
    for (const _ of range(ORDINARY)) send(numbers, 0)
    for (const _ of range(RESERVED)) numbers.sent(numbers.takeForProbe(0)!, 0)
    numbers.abandon(0)
    const probe = numbers.takeForProbe(1)!
    numbers.sent(probe, 1)
    numbers.abandon(probe)
    assert.strictEqual(stray(numbers, probe, 10), undefined)
  })

  it("to numbers that were never sent have no effect", () => {
    const numbers = new SequenceNumbers()
    stray(numbers, 5, 10)
    assert.deepStrictEqual(range(7).map(() => numbers.take(10)), [...range(7)])
  })

  it("to numbers sent more than 40 s ago have no effect", () => {
    const numbers = new SequenceNumbers()
    const number = send(numbers, 0)
    numbers.answered(send(numbers, 1), 2, 0)
    numbers.abandon(number)
    stray(numbers, number, LATE_REPLY + 1)
    numbers.abandon(send(numbers, LATE_REPLY + 2))
    assert.isTrue(numbers.awaitsEvidence(LATE_REPLY + 2), "no disorder was seen")
    stray(numbers, 0, LATE_REPLY)
    assert.isFalse(numbers.awaitsEvidence(LATE_REPLY + 2), "up to then they prove disorder")
  })
})

describe("a suspended process", () => {
  it("does not conclude anything from replies that it reads late: neither disorder, nor the delay of replies and repetitions", () => {
    const numbers = new SequenceNumbers()
    const overtaken = send(numbers, 0)
    const answered = send(numbers, 1)
    const gone = send(numbers, 2)
    numbers.abandon(gone)
    numbers.answered(answered, 20, 19)
    numbers.stoodStill(38_000, 37_980)
    numbers.answered(overtaken, 38_001, 20)
    assert.strictEqual(numbers.stray(gone, 38_001, 20), undefined)
    numbers.stray(answered, 38_001, 20)
    const later = send(numbers, 38_001)
    numbers.abandon(later)
    assert.isTrue(numbers.awaitsEvidence(38_001), "no disorder was seen")
    assert.strictEqual(numbers.quarantinedUntil(later), 38_001 + LATE_REPLY)
    const next = send(numbers, 38_002)
    numbers.answered(next, 38_010, 8)
    assert.strictEqual(numbers.quarantinedUntil(next), 38_010 + REPETITION_QUARANTINE)
  })

  it("marks the numbers that were sent before the suspension", () => {
    const numbers = new SequenceNumbers()
    const before = send(numbers, 100)
    numbers.stoodStill(5000, 1000)
    const after = send(numbers, 5000)
    assert.deepStrictEqual([before, after].map((number) => numbers.hasStoodStill(number)), [true, false])
    assert.deepStrictEqual([before, after].map((number) => numbers.timeSince(number, 5100)), [4000, 100])
  })
})
