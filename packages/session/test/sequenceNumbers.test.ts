import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { DISORDER, LATE_REPLY, LATEST_REPETITION, MEMORY, REPETITION_QUARANTINE } from "../src/internal/lateness.ts"
import { ORDINARY, RELEASE_AFTER, RESERVED, SequenceNumbers } from "../src/internal/sequenceNumbers.ts"
import { generator } from "./support/Pair.ts"
import { range } from "./support/Scenario.ts"
import { checks, Seed } from "./support/Soak.ts"

/** Takes a number and sends it `sends` times, a second apart, the last time at `at`. */
const send = (numbers: SequenceNumbers, at: number, sends = 1): number => {
  const number = numbers.take(at)
  assert(number !== undefined, "no number is available")
  for (let i = sends - 1; i >= 0; i--) numbers.sent(number, at - 1000 * i)
  return number
}

/** A complete reply to a number that is not in use. */
const stray = (numbers: SequenceNumbers, number: number, now: number) =>
  numbers.stray(number, now, now - numbers.firstSentAt(number))

/** When a number becomes available after an event. */
const availableAt = (prepare: (numbers: SequenceNumbers) => number): number => {
  const numbers = new SequenceNumbers()
  return numbers.quarantinedUntil(prepare(numbers))
}

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

  it("do not count as repeated because of a reply to their former use", () => {
    const numbers = new SequenceNumbers()
    for (const _ of range(ORDINARY)) numbers.answered(send(numbers, 0), 0, 0)
    const again = send(numbers, 10_000)
    numbers.abandon(again)
    stray(numbers, again, 10_020)
    const next = send(numbers, 10_021)
    numbers.answered(next, 10_021, 0)
    assert.strictEqual(numbers.quarantinedUntil(next), 10_022, "no repetition was seen")
  })

  it("that are given back are available to the next search at once", () => {
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

  it("are available from the very moment at which their quarantine ends, and so is the first of them", () => {
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

  it("begin at 0 again with a session, unless 0 is in quarantine", () => {
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

  it("leaves no datagram behind that would need evidence", () => {
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

  it("is quarantined for a second while the network repeats replies, and longer if they are repeated later than that", () => {
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

  it("keeps its quarantine if a later repetition has a shorter delay", () => {
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

  it("forgets how late repetitions were before the last hour", () => {
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

  it("is quarantined for twice the longest time that a reply took, if that is longer, for an hour", () => {
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

  it("is quarantined for the longest time of all replies, remembered from the last one that took so long", () => {
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
    assert.strictEqual(numbers.take(1010 + RELEASE_AFTER + 100), ORDINARY - 1, "it was answered in time")
    assert.strictEqual(numbers.take(1010 + RELEASE_AFTER + 100), 0)
    assert.strictEqual(numbers.take(1010 + RELEASE_AFTER + 100), 1)
  })

  it("keeps the quarantine of its former use if it is used again before its end", () => {
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

  it("used again after its release, and answered, still owes the earlier replies", () => {
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

  it("used again after its release, and answered only after it was given up, still owes the earlier replies", () => {
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

  it("is detected by a reply more than a second after one to a later command, and then releases no number early", () => {
    assert.strictEqual(releasedAt(overtake(DISORDER)), early)
    assert.strictEqual(releasedAt(overtake(DISORDER + 1)), LATE_REPLY)
  })

  it("is detected by such a reply to an abandoned command", () => {
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

  it("is expected to do so for an hour", () => {
    assert.strictEqual(releasedAt(overtake(2000), 2010 + MEMORY), early)
    assert.strictEqual(releasedAt(overtake(2000), 2010 + MEMORY - LATE_REPLY - 1), LATE_REPLY)
  })

  it("causes no probes for evidence meanwhile", () => {
    const numbers = new SequenceNumbers()
    assert.isFalse(numbers.awaitsEvidence(0), "nothing is out")
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

describe("a reply to a later command", () => {
  it("passes the earlier ones, which distinguishes a lost datagram from a slow server", () => {
    const numbers = new SequenceNumbers()
    const [first, second, third] = [0, 1, 2].map((at) => send(numbers, at)) as [number, number, number]
    assert.strictEqual(numbers.answered(second, 10, 0), 1)
    assert.deepStrictEqual([first, third].map((number) => numbers.isPassed(number)), [true, false])
    numbers.sent(first, 20)
    assert.isFalse(numbers.isPassed(first), "its new datagram is under way")
    assert.strictEqual(numbers.answered(third, 30, 0), 0)
    assert.isFalse(numbers.isPassed(first))
  })

  it("passes only commands sent before its first datagram, because it may be a reply to that", () => {
    const numbers = new SequenceNumbers()
    const twice = send(numbers, 0)
    const between = send(numbers, 1)
    numbers.sent(twice, 2)
    assert.strictEqual(numbers.answered(twice, 10, 0), 0)
    assert.isFalse(numbers.isPassed(between))
  })

  it("passes the earlier ones, in whatever order they were sent again", () => {
    const numbers = new SequenceNumbers()
    const given = range(4).map((i) => send(numbers, i))
    // The newest, the oldest, one between them, and the newest twice more.
    for (const [i, number] of [3, 0, 2, 2, 2].entries()) numbers.sent(given[number]!, 10 + i)
    assert.strictEqual(numbers.answered(send(numbers, 20), 30, 0), 4)
    assert.deepStrictEqual(given.map((number) => numbers.isPassed(number)), [true, true, true, true])
    assert.isFalse(numbers.awaitsEvidence(30), "nothing is out that is not passed")
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

describe("numbers for probes", () => {
  it("are ordinary ones while one is available", () => {
    const numbers = new SequenceNumbers()
    assert.strictEqual(numbers.takeForProbe(0), 0)
    assert.strictEqual(numbers.takeForProbe(0), 1)
    assert.strictEqual(numbers.take(0), 2)
    for (const _ of range(5)) numbers.answered(send(numbers, 0), 0, 0)
    assert.strictEqual(numbers.takeForProbe(1), 8, "not one that was used a moment ago")
  })

  it("are preferably those whose reply certainly belongs to the probe", () => {
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
    assert.strictEqual(numbers.answered(probe, 110, 0), 0, "it passes none")
    assert.isFalse(numbers.isPassed(1))
  })
})

describe("a suspended process", () => {
  it("does not conclude anything from late reading: neither disorder, nor the delay of replies and repetitions", () => {
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
    assert.isTrue(numbers.awaitsEvidence(38_002) || numbers.quarantinedUntil(overtaken) < 39_002, "no disorder")
    const later = send(numbers, 38_001)
    numbers.abandon(later)
    assert.strictEqual(numbers.quarantinedUntil(later), 38_001 + LATE_REPLY)
    const next = send(numbers, 38_002)
    numbers.answered(next, 38_010, 8)
    assert.strictEqual(numbers.quarantinedUntil(next), 38_010 + REPETITION_QUARANTINE)
  })

  it("marks the numbers that were sent before", () => {
    const numbers = new SequenceNumbers()
    const before = send(numbers, 100)
    numbers.stoodStill(5000, 1000)
    const after = send(numbers, 5000)
    assert.deepStrictEqual([before, after].map((number) => numbers.hasStoodStill(number)), [true, false])
    assert.deepStrictEqual([before, after].map((number) => numbers.timeSince(number, 5100)), [4000, 100])
  })
})

describe("strays", () => {
  it("give the round-trip time when each datagram of a command has its reply, and not before", () => {
    const numbers = new SequenceNumbers()
    const number = send(numbers, 2000, 3)
    numbers.answered(number, 2500, 2500)
    assert.strictEqual(stray(numbers, number, 3500), undefined)
    assert.strictEqual(stray(numbers, number, 4500), 2500)
    assert.strictEqual(stray(numbers, number, 4600), undefined, "one too many: the network repeats")
  })

  it("to an abandoned command give it, too", () => {
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

describe("any sequence of events", () => {
  it.prop(
    "never reuses a number in use, and reuses one in quarantine only if no reply can be owed or the server has passed it",
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
