import { assert, describe, it } from "@effect/vitest"
import { DISORDER, LATE_REPLY, LATEST_REPETITION, MEMORY, REPETITION_QUARANTINE } from "../../src/internal/lateness.ts"
import { ORDINARY, RELEASE_AFTER, RESERVED, SequenceNumbers } from "../../src/internal/sequenceNumbers.ts"
import { availableAt, send, stray } from "../support/Numbers.ts"
import { range } from "../support/Scenario.ts"

describe("a number that was sent once and answered", () => {
  it("is available after two round trips, but after a second at the latest", () => {
    const after = (roundTrip: number) =>
      availableAt((numbers) => {
        const number = send(numbers, 0)
        numbers.answered(number, 300, roundTrip)
        return number
      }) - 300
    assert.deepStrictEqual([150, 499, 500, 501, 25_000].map(after), [300, 998, 1000, 1000, 1000])
  })

  it("needs no evidence that the server has passed it", () => {
    const numbers = new SequenceNumbers()
    numbers.answered(send(numbers, 0), 10, 0)
    assert.isFalse(numbers.awaitsEvidence(10))
    send(numbers, 20)
    assert.isTrue(numbers.awaitsEvidence(20))
  })

  it("is available after a millisecond if its reply came at once", () => {
    assert.strictEqual(
      availableAt((numbers) => {
        const number = send(numbers, 0)
        numbers.answered(number, 0, 0)
        return number
      }),
      1
    )
  })

  it("does not delay other numbers for the time that its own reply took", () => {
    const numbers = new SequenceNumbers()
    const slow = send(numbers, 0)
    for (const i of range(ORDINARY - 1)) numbers.answered(send(numbers, i), i + 10, 0)
    numbers.answered(slow, 5000, 0)
    assert.isDefined(numbers.take(5000))
  })

  it("is quarantined for four times the delay of a repetition, but at least a second and at most 40, if replies are repeated", () => {
    for (
      const [after, quarantine] of [[3, REPETITION_QUARANTINE], [200, 1000], [700, 2800], [8000, 32_000], [
        15_000,
        LATE_REPLY
      ]] as const
    ) {
      assert.strictEqual(
        availableAt((numbers) => {
          const repeated = send(numbers, 0)
          numbers.answered(repeated, 10, 0)
          stray(numbers, repeated, 10 + after)
          const number = send(numbers, 20_000)
          numbers.answered(number, 20_010, 0)
          return number
        }),
        20_010 + quarantine,
        `a reply was repeated after ${after} ms`
      )
    }
  })

  it("is quarantined for longer as soon as a reply to another number is repeated", () => {
    assert.strictEqual(
      availableAt((numbers) => {
        const repeated = send(numbers, 0)
        numbers.answered(repeated, 10, 0)
        const number = send(numbers, 100)
        numbers.answered(number, 110, 0)
        stray(numbers, repeated, 900)
        return number
      }),
      110 + 4 * 890
    )
  })

  it("is quarantined by the longest delay of a repetition, even if a later repetition has a shorter one", () => {
    assert.strictEqual(
      availableAt((numbers) => {
        const repeated = send(numbers, 0)
        numbers.answered(repeated, 0, 0)
        stray(numbers, repeated, 3000)
        stray(numbers, repeated, 3001)
        const quick = send(numbers, 4000)
        numbers.answered(quick, 4000, 0)
        stray(numbers, quick, 4005)
        const number = send(numbers, 5000)
        numbers.answered(number, 5000, 0)
        return number
      }),
      5000 + 4 * 3001
    )
  })

  it("is not affected by repetitions more than an hour ago, nor by repetitions more than 20 s after their reply", () => {
    const quarantine = (repeatedAt: number, sentAt: number) =>
      availableAt((numbers) => {
        const repeated = send(numbers, 0)
        numbers.answered(repeated, 0, 0)
        stray(numbers, repeated, repeatedAt)
        const number = send(numbers, sentAt)
        numbers.answered(number, sentAt, 0)
        return number
      }) - sentAt
    assert.strictEqual(quarantine(5000, 5000 + MEMORY - 1), 20_000)
    assert.strictEqual(quarantine(5000, 5000 + MEMORY), 1)
    assert.strictEqual(quarantine(LATEST_REPETITION, LATEST_REPETITION), LATE_REPLY)
    assert.strictEqual(quarantine(LATEST_REPETITION + 1, LATEST_REPETITION + 1), 1)
  })

  it("is quarantined by the delays of the last hour, even if earlier delays were longer", () => {
    assert.strictEqual(
      availableAt((numbers) => {
        const repeated = send(numbers, 0)
        numbers.answered(repeated, 0, 0)
        stray(numbers, repeated, 9000)
        const later = send(numbers, 4_000_000)
        numbers.answered(later, 4_000_000, 0)
        stray(numbers, later, 4_000_700)
        const number = send(numbers, 4_001_000)
        numbers.answered(number, 4_001_000, 0)
        return number
      }),
      4_001_000 + 2800
    )
  })
})

describe("a number that may still be answered", () => {
  const cases: ReadonlyArray<readonly [what: string, prepare: (numbers: SequenceNumbers) => number]> = [
    ["was given up", (numbers) => {
      const number = send(numbers, 0)
      numbers.abandon(number)
      return number
    }],
    ["was sent twice, and answered", (numbers) => {
      const number = send(numbers, 0, 2)
      numbers.answered(number, 10, 0)
      return number
    }],
    ["was sent twice, given up, and answered once since", (numbers) => {
      const number = send(numbers, 0, 2)
      numbers.abandon(number)
      stray(numbers, number, 10)
      return number
    }]
  ]

  it.each(cases)("because it %s is quarantined for 40 s after its last datagram", (_, prepare) => {
    assert.strictEqual(availableAt(prepare), LATE_REPLY)
  })

  it.each(cases)("because it %s is released 5 s after the reply to a later command", (_, prepare) => {
    assert.strictEqual(
      availableAt((numbers) => {
        const number = prepare(numbers)
        const later = send(numbers, 1)
        numbers.answered(later, 100, 0)
        return number
      }),
      100 + RELEASE_AFTER
    )
  })

  it.each(cases)("because it %s is not released by the reply to a command of the same moment", (_, prepare) => {
    assert.strictEqual(
      availableAt((numbers) => {
        const number = prepare(numbers)
        const same = send(numbers, 0)
        numbers.answered(same, 100, 0)
        return number
      }),
      LATE_REPLY
    )
  })

  it("is quarantined for twice the longest reply time of the last hour, if that is longer than 40 seconds", () => {
    const after = (time: number, ago: number) =>
      availableAt((numbers) => {
        numbers.answered(send(numbers, 0), time, time)
        const number = send(numbers, time + ago)
        numbers.abandon(number)
        numbers.answered(send(numbers, time + ago), time + ago, 10)
        return number
      }) - time - ago
    assert.deepStrictEqual([10_000, 20_000, 21_000, 300_000].map((time) => after(time, 0)), [
      LATE_REPLY,
      LATE_REPLY,
      42_000,
      600_000
    ])
    assert.strictEqual(after(30_000, MEMORY - 1), 60_000)
    assert.strictEqual(after(30_000, MEMORY), LATE_REPLY)
  })

  it("is quarantined by the longest reply time, which counts until an hour after the last reply that took as long", () => {
    const numbers = new SequenceNumbers()
    const reply = (at: number, time: number) => numbers.answered(send(numbers, at - time), at, time)
    reply(40_000, 1000)
    reply(70_000, 30_000)
    reply(70_000 + MEMORY - 1, 30_000)
    reply(70_000 + MEMORY, 10)
    const number = send(numbers, 70_000 + MEMORY)
    numbers.abandon(number)
    assert.strictEqual(numbers.quarantinedUntil(number), 70_000 + MEMORY + 60_000)
  })

  it("is quarantined for longer after a late reply, even to an abandoned command", () => {
    assert.strictEqual(
      availableAt((numbers) => {
        const late = send(numbers, 0, 2)
        numbers.abandon(late)
        const number = send(numbers, 1000)
        numbers.abandon(number)
        stray(numbers, late, 34_000)
        return number
      }),
      1000 + 2 * 35_000
    )
  })

  it("is available as if answered in time if the only due reply arrives late", () => {
    assert.strictEqual(
      availableAt((numbers) => {
        const number = send(numbers, 0)
        numbers.abandon(number)
        stray(numbers, number, 300)
        return number
      }),
      900
    )
  })

  it("is used only after all numbers whose quarantine is over", () => {
    const numbers = new SequenceNumbers()
    const released = send(numbers, 0, 2)
    numbers.answered(released, 10, 0)
    const later = send(numbers, 20)
    numbers.answered(later, 30, 0)
    const at = 10 + RELEASE_AFTER + 1000
    const given = range(ORDINARY - 1).map(() => numbers.take(at))
    assert.notInclude(given, released)
    assert.strictEqual(numbers.take(at), released)
  })

  it("is used before numbers that were released later", () => {
    const numbers = new SequenceNumbers()
    const late = send(numbers, 0, 2)
    const early = send(numbers, 1, 2)
    numbers.answered(early, 2, 0)
    const first = send(numbers, 3)
    numbers.sent(late, 4)
    numbers.answered(first, 5, 0)
    numbers.answered(late, 6, 0)
    numbers.answered(send(numbers, 7), 8, 0)
    for (let i = 0; i < ORDINARY - 2; i++) numbers.take(100)
    assert.strictEqual(numbers.take(8 + RELEASE_AFTER), early)
    assert.strictEqual(numbers.take(8 + RELEASE_AFTER), late)
  })

  it("is used first among those released at one moment if it was unused for the longest time", () => {
    const numbers = new SequenceNumbers()
    const given = range(ORDINARY - 1).map((i) => send(numbers, i, 2))
    for (const number of given) numbers.answered(number, 1000, 0)
    numbers.answered(send(numbers, 1001), 1010, 0)
    assert.strictEqual(
      numbers.take(1010 + RELEASE_AFTER + 100),
      ORDINARY - 1,
      "a number that was answered in time comes first"
    )
    assert.strictEqual(numbers.take(1010 + RELEASE_AFTER + 100), 0)
    assert.strictEqual(numbers.take(1010 + RELEASE_AFTER + 100), 1)
  })

  it("keeps the quarantine of its former use if it is used again before that ends", () => {
    const numbers = new SequenceNumbers()
    for (const _ of range(ORDINARY)) send(numbers, 0)
    for (const number of range(ORDINARY)) numbers.abandon(number)
    for (const _ of range(RESERVED)) numbers.sent(numbers.takeForProbe(1)!, 1)
    const number = numbers.takeForProbe(2)!
    assert.isFalse(numbers.isClean(number), "a reply may belong to its former use")
    numbers.sent(number, 2)
    numbers.answered(number, 3, 0)
    assert.strictEqual(numbers.quarantinedUntil(number), 2 + LATE_REPLY)
  })

  it("waits for the replies of its former use, although it was used again and answered, once the network is known to reorder", () => {
    const numbers = new SequenceNumbers()
    const number = send(numbers, 0, 2)
    numbers.answered(number, 10, 0)
    numbers.answered(send(numbers, 20), 30, 0)
    while (numbers.take(30 + RELEASE_AFTER) !== number);
    assert.isTrue(numbers.isClean(number))
    numbers.sent(number, 6000)
    numbers.answered(number, 6010, 0)
    assert.strictEqual(numbers.quarantinedUntil(number), 6011)
    // Evidence of disorder revokes the release.
    numbers.sent(1, 6020)
    numbers.sent(2, 6021)
    numbers.answered(2, 6030, 0)
    numbers.answered(1, 6031 + DISORDER, 0)
    assert.strictEqual(numbers.quarantinedUntil(number), LATE_REPLY)
  })

  it("waits for the replies of its former use, although it was used again, given up, and answered after that", () => {
    const numbers = new SequenceNumbers()
    const number = send(numbers, 0, 2)
    numbers.answered(number, 10, 0)
    numbers.answered(send(numbers, 20), 30, 0)
    while (numbers.take(30 + RELEASE_AFTER) !== number);
    numbers.sent(number, 6000)
    numbers.abandon(number)
    stray(numbers, number, 6010)
    assert.strictEqual(numbers.quarantinedUntil(number), 6010 + RELEASE_AFTER)
  })
})

describe("a number whose quarantine ends at this moment", () => {
  it("counts as unused, because the next reply certainly belongs to its new use", () => {
    const numbers = new SequenceNumbers()
    for (const _ of range(ORDINARY)) numbers.abandon(send(numbers, 0))
    assert.strictEqual(numbers.take(LATE_REPLY - 1), undefined)
    assert.strictEqual(numbers.take(LATE_REPLY), 0)
    numbers.sent(0, LATE_REPLY)
    numbers.answered(0, LATE_REPLY + 10, 10)
    assert.strictEqual(numbers.quarantinedUntil(0), LATE_REPLY + 30)
  })
})
