import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { NEAR, ReorderBuffer, REPEATED_FOR, WINDOW } from "../src/internal/reorderBuffer.ts"
import { generator } from "./support/Pair.ts"
import { range } from "./support/Scenario.ts"
import { checks, Seed } from "./support/Soak.ts"

const TIMEOUT = 5000

/** A buffer and its deliveries: texts, late ones in brackets, and gaps. */
const make = (timeout = TIMEOUT) => {
  const delivered: Array<string> = []
  /** Number of deliveries at each detected restart of the numbering. */
  const restarts: Array<number> = []
  const buffer = new ReorderBuffer<string>({
    deliver: (text, late) => delivered.push(late ? `(${text})` : text),
    gap: (missed) => delivered.push(`gap ${missed}`),
    restarted: () => restarts.push(delivered.length)
  }, timeout)
  /** Lets the n-th message of the server arrive. Its checksum is that of its text. */
  const arrive = (n: number, at = 0, options: { readonly text?: string; readonly since?: number } = {}) => {
    const text = options.text ?? `m${n}`
    return buffer.receive(at, { number: n & 255, checksum: checksum(text), message: text }, options.since ?? Infinity)
  }
  return { arrive, buffer, delivered, restarts }
}

const checksum = (text: string): number => {
  let sum = 7
  for (const character of text) sum = (Math.imul(sum, 31) + character.codePointAt(0)!) >>> 0
  return sum
}

const texts = (from: number, to: number) => range(to - from).map((i) => `m${from + i}`)

describe("messages in order", () => {
  it("are delivered as they arrive, round after round", () => {
    const { arrive, buffer, delivered } = make()
    for (const n of range(1000)) assert.strictEqual(arrive(n, 1000 * n), "New")
    assert.deepStrictEqual(delivered, texts(0, 1000))
    assert.strictEqual(buffer.wakeAt, Infinity, "nothing is waited for")
  })

  it("are delivered even if they equal the message with the same number of the previous round", () => {
    const { arrive, delivered } = make()
    for (const n of range(600)) arrive(n, n, { text: "same" })
    assert.strictEqual(delivered.length, 600)
  })
})

describe("a server that numbers its messages across all clients", () => {
  it("begins with any number, and messages are delivered from there on", () => {
    const { arrive, buffer, delivered } = make()
    assert.strictEqual(arrive(220), "New")
    assert.strictEqual(arrive(221), "New")
    assert.deepStrictEqual(delivered, ["gap 220", "m220", "m221"])
    assert.strictEqual(buffer.wakeAt, Infinity)
  })
})

describe("a message before its turn", () => {
  it("is held until the earlier ones have arrived", () => {
    const { arrive, buffer, delivered } = make()
    assert.strictEqual(arrive(2, 100), "New")
    assert.strictEqual(arrive(1, 200), "New")
    assert.deepStrictEqual(delivered, [])
    assert.strictEqual(buffer.wakeAt, 100 + TIMEOUT, "the message held for the longest time decides")
    assert.strictEqual(arrive(0, 300), "New")
    assert.deepStrictEqual(delivered, ["m0", "m1", "m2"])
    assert.strictEqual(buffer.wakeAt, Infinity)
  })

  it("is delivered after the reorder timeout, and the earlier ones are given up", () => {
    const { arrive, buffer, delivered } = make()
    arrive(0)
    arrive(3, 1000)
    arrive(6, 2000)
    buffer.tick(1000 + TIMEOUT - 1)
    assert.deepStrictEqual(delivered, ["m0"])
    buffer.tick(1000 + TIMEOUT)
    assert.deepStrictEqual(delivered, ["m0", "gap 2", "m3"])
    assert.strictEqual(buffer.wakeAt, 2000 + TIMEOUT)
    buffer.tick(2000 + TIMEOUT)
    assert.deepStrictEqual(delivered.slice(3), ["gap 2", "m6"])
    assert.strictEqual(buffer.wakeAt, Infinity)
  })

  it("is delivered at once with all others that are overdue", () => {
    const { arrive, buffer, delivered } = make()
    arrive(1)
    arrive(3)
    buffer.tick(2 * TIMEOUT)
    assert.deepStrictEqual(delivered, ["gap 1", "m1", "gap 1", "m3"])
  })

  it("is delivered at the end, because the missing ones cannot arrive any more", () => {
    const { arrive, buffer, delivered } = make()
    arrive(2)
    arrive(4)
    buffer.flush(10)
    assert.deepStrictEqual(delivered, ["gap 2", "m2", "gap 1", "m4"])
    assert.strictEqual(buffer.wakeAt, Infinity)
    buffer.flush(20)
    assert.strictEqual(delivered.length, 4)
  })

  it("is held with up to 191 others; beyond that the oldest missing ones are given up", () => {
    const { arrive, delivered } = make()
    for (const n of range(WINDOW - 1)) arrive(n + 1)
    assert.deepStrictEqual(delivered, [])
    arrive(WINDOW)
    assert.deepStrictEqual(delivered, ["gap 1", ...texts(1, WINDOW + 1)])
  })

  it("that is repeated while it is held is not held a second time, nor for longer", () => {
    const { arrive, buffer, delivered } = make()
    arrive(1, 0)
    assert.strictEqual(arrive(1, 2000), "Repeated")
    assert.strictEqual(arrive(1, 4000), "Repeated")
    assert.strictEqual(buffer.wakeAt, TIMEOUT)
    buffer.tick(TIMEOUT)
    assert.deepStrictEqual(delivered, ["gap 1", "m1"])
  })

  it("is not replaced by another message with its number, and both are delivered", () => {
    const { arrive, buffer, delivered } = make()
    arrive(0)
    arrive(5, 1000)
    assert.strictEqual(arrive(5, 3000, { text: "other" }), "Late")
    assert.deepStrictEqual(delivered, ["m0", "gap 4", "m5", "(other)"])
    assert.strictEqual(buffer.wakeAt, Infinity)
    assert.strictEqual(arrive(5, 3500, { text: "other" }), "Repeated")
    arrive(6, 4000)
    assert.strictEqual(delivered.at(-1), "m6")
  })

  it("with the number of another is held if the server may have restarted its numbering", () => {
    const { arrive, buffer, delivered } = make()
    arrive(0)
    arrive(5, 1000)
    assert.strictEqual(arrive(2, 3000, { text: "m2", since: 50 }), "New")
    assert.strictEqual(arrive(5, 3000, { text: "other", since: 50 }), "New")
    assert.deepStrictEqual(delivered, ["m0", "gap 1", "m2", "gap 2", "m5"])
    buffer.tick(3000 + TIMEOUT)
    assert.deepStrictEqual(delivered.slice(5), ["gap 5", "other"])
  })
})

describe("a repeated message", () => {
  it("is recognised by its number and its content", () => {
    const { arrive, delivered } = make()
    for (const n of range(300)) {
      assert.strictEqual(arrive(n, 1000 * n), "New")
      assert.strictEqual(arrive(n, 1000 * n + 500), "Repeated")
      if (n > 0) assert.strictEqual(arrive(n - 1, 1000 * n + 600), "Repeated")
    }
    assert.deepStrictEqual(delivered, texts(0, 300))
  })

  it("is always recognised while it is nearer to the last delivered than to the newest", () => {
    const { arrive, delivered } = make()
    for (const n of range(100)) arrive(n)
    assert.strictEqual(arrive(30, 1e9), "Repeated")
    assert.strictEqual(delivered.length, 100)
  })

  it("whose number could be that of a future message is recognised for 12 s after its last arrival", () => {
    const again = (at: number, repeatedAt?: number) => {
      const { arrive } = make()
      for (const n of range(200)) arrive(n)
      if (repeatedAt !== undefined) assert.strictEqual(arrive(60, repeatedAt), "Repeated")
      // 60 is nearer to the future numbers than to the past ones.
      return arrive(60, at)
    }
    assert.strictEqual(again(REPEATED_FOR - 1), "Repeated")
    assert.strictEqual(again(REPEATED_FOR), "New")
    assert.strictEqual(again(REPEATED_FOR + 7000, 8000), "Repeated")
    assert.strictEqual(again(REPEATED_FOR + 8000, 8000), "New")
  })

  it("is new if it is exactly the next", () => {
    const { arrive, delivered } = make()
    for (const n of range(256)) arrive(n, n)
    assert.strictEqual(arrive(256, 300, { text: "m0" }), "New")
    assert.strictEqual(delivered.length, 257)
    arrive(258, 300)
    assert.strictEqual(arrive(259, 300, { text: "m3" }), "New", "the next after the newest")
  })

  it("with other content and a number behind counts as old, and is not delivered a second time", () => {
    const { arrive, delivered } = make()
    for (const n of range(300)) arrive(n)
    assert.strictEqual(arrive(20, 0, { text: "m20" }), "Repeated")
    assert.strictEqual(delivered.length, 300)
  })
})

describe("a message that was given up", () => {
  const givenUp = () => {
    const made = make()
    made.arrive(0)
    made.arrive(3)
    made.buffer.tick(TIMEOUT)
    assert.deepStrictEqual(made.delivered, ["m0", "gap 2", "m3"])
    return made
  }

  it("is delivered if it still arrives: once, out of order, after the gap", () => {
    const { arrive, delivered } = givenUp()
    assert.strictEqual(arrive(2, TIMEOUT + 100), "Late")
    assert.strictEqual(arrive(1, TIMEOUT + 200), "Late")
    assert.deepStrictEqual(delivered.slice(3), ["(m2)", "(m1)"])
    assert.strictEqual(arrive(2, TIMEOUT + 300), "Repeated")
    assert.strictEqual(arrive(1, TIMEOUT + 1e6), "Repeated")
    assert.strictEqual(arrive(4, TIMEOUT + 400), "New")
    assert.deepStrictEqual(delivered.slice(5), ["m4"])
  })

  it("is not taken for a repetition, whatever its checksum, nor is one with a number that never arrived", () => {
    const delivered: Array<string> = []
    const buffer = new ReorderBuffer<string>({
      deliver: (text) => delivered.push(text),
      gap: () => {},
      restarted: () => {}
    }, TIMEOUT)
    buffer.receive(0, { number: 1, checksum: 7, message: "one" }, Infinity)
    buffer.tick(TIMEOUT)
    assert.strictEqual(buffer.receive(TIMEOUT, { number: 0, checksum: 0, message: "zero" }, Infinity), "Late")
    assert.deepStrictEqual(delivered, ["one", "zero"])
    assert.strictEqual(buffer.receive(TIMEOUT, { number: 3, checksum: 0, message: "three" }, Infinity), "New")
  })

  it("may be confused with an overtaking one of the next round, which is then not delivered twice", () => {
    const overtaken = () => {
      const made = givenUp()
      for (const n of range(125)) made.arrive(n + 4, TIMEOUT)
      assert.strictEqual(made.arrive(257, TIMEOUT), "Late")
      for (const n of range(128)) made.arrive(n + 129, TIMEOUT)
      assert.deepStrictEqual(made.delivered.slice(-2), ["m255", "m256"])
      return made
    }
    const { arrive, delivered } = overtaken()
    arrive(257, TIMEOUT + 100)
    arrive(258, TIMEOUT + 100)
    assert.deepStrictEqual(delivered.slice(-2), ["m256", "m258"])
    const other = overtaken()
    other.arrive(257, TIMEOUT + 100, { text: "another" })
    assert.strictEqual(other.delivered.at(-1), "another")
    const later = overtaken()
    later.arrive(257, TIMEOUT + REPEATED_FOR)
    assert.strictEqual(later.delivered.at(-1), "m257")
  })

  it("is expected for 12 s, and counts as old afterwards", () => {
    const { arrive } = givenUp()
    assert.strictEqual(arrive(2, TIMEOUT + REPEATED_FOR - 1), "Late")
    assert.strictEqual(arrive(1, TIMEOUT + REPEATED_FOR), "Repeated")
  })

  it("is not taken for the message of the next round", () => {
    const { arrive, delivered } = givenUp()
    for (const n of range(252)) arrive(n + 4, TIMEOUT)
    assert.strictEqual(arrive(256, TIMEOUT), "New")
    assert.strictEqual(arrive(257, TIMEOUT), "New")
    assert.strictEqual(delivered.at(-1), "m257")
  })
})

describe("so many missed messages that a new one looks old", () => {
  it("are detected by two consecutive new ones, and neither is lost", () => {
    const { arrive, delivered } = make()
    for (const n of range(256)) arrive(n)
    assert.strictEqual(arrive(256 + 150), "Repeated", "it might be the old one")
    assert.strictEqual(arrive(256 + 151), "New")
    assert.deepStrictEqual(delivered.slice(256), ["gap 150", "m406", "m407"])
    assert.strictEqual(arrive(256 + 152), "New")
  })

  it("are not confused with two old ones that are not consecutive", () => {
    const { arrive, delivered } = make()
    for (const n of range(300)) arrive(n)
    for (const n of [20, 22, 21, 23, 30]) {
      assert.strictEqual(arrive(n, 0, { text: `old ${n}` }), "Repeated")
    }
    assert.deepStrictEqual(delivered, texts(0, 300))
  })

  it("are counted together with the ones held before them", () => {
    const { arrive, buffer, delivered } = make()
    for (const n of range(256)) arrive(n)
    arrive(257)
    arrive(256 + 150)
    arrive(256 + 151)
    assert.deepStrictEqual(delivered.slice(256), ["gap 1", "m257", "gap 148", "m406", "m407"])
    assert.strictEqual(buffer.wakeAt, Infinity)
  })
})

describe("a message that only the current session can have sent", () => {
  it("has one of the next 8 numbers, none of which a new session begins with", () => {
    const { arrive, buffer } = make()
    const continuing = () => range(256).filter((number) => buffer.isContinuedBy(number))
    for (const n of range(NEAR - 1)) arrive(n)
    assert.deepStrictEqual(continuing(), [])
    arrive(NEAR - 1)
    assert.deepStrictEqual(continuing(), range(NEAR).map((i) => NEAR + i))
    for (const n of range(250 - NEAR)) arrive(NEAR + n)
    assert.deepStrictEqual(continuing(), range(6).map((i) => 250 + i))
    assert.strictEqual(NEAR, 8)
  })
})

describe("a new session", () => {
  it("forgets the suspected old message of the previous one", () => {
    const { arrive, buffer, delivered } = make()
    for (const n of range(60)) arrive(n)
    assert.strictEqual(arrive(10, 50, { text: "suspect" }), "Repeated")
    buffer.reset(60)
    for (const n of range(60)) arrive(n, 20_000)
    assert.strictEqual(arrive(11, 40_000, { text: "other" }), "Repeated")
    assert.notInclude(delivered, "suspect")
  })

  it("counts from 0, after the held messages of the previous one are delivered", () => {
    const { arrive, buffer, delivered } = make()
    for (const n of range(10)) arrive(n)
    arrive(12)
    buffer.reset(100)
    assert.deepStrictEqual(delivered.slice(10), ["gap 2", "m12"])
    for (const n of range(3)) assert.strictEqual(arrive(n, 200, { text: `new ${n}` }), "New")
    assert.deepStrictEqual(delivered.slice(12), ["new 0", "new 1", "new 2"])
  })

  it("may begin with the same texts as the previous one", () => {
    const { arrive, buffer, delivered } = make()
    for (const n of range(3)) arrive(n)
    buffer.reset(100)
    for (const n of range(NEAR)) arrive(n, 200)
    assert.deepStrictEqual(delivered, [...texts(0, 3), ...texts(0, NEAR)])
  })

  it("ignores repetitions of the last messages of the previous one for 12 s", () => {
    const again = (n: number, at: number, options?: { readonly text: string }) => {
      const { arrive, buffer } = make()
      for (const n of range(60)) arrive(n)
      buffer.reset(100)
      return arrive(n, at, options)
    }
    assert.strictEqual(again(NEAR, 200), "Repeated")
    assert.strictEqual(again(NEAR - 1, 200), "New")
    assert.strictEqual(again(59, REPEATED_FOR - 1), "Repeated")
    assert.strictEqual(again(59, REPEATED_FOR), "New")
    assert.strictEqual(again(59, 200, { text: "other" }), "New")
    assert.strictEqual(again(60, 200), "New")
  })

  it("is not affected by a message that the previous one has given up", () => {
    const { arrive, buffer } = make()
    for (const n of range(60)) if (n !== 50) arrive(n)
    buffer.tick(TIMEOUT)
    buffer.reset(TIMEOUT)
    assert.strictEqual(arrive(50, TIMEOUT + 1), "New")
  })
})

describe("a server that restarts its numbering without notice", () => {
  it("is detected by an unknown message behind the expected one, if a restart is possible", () => {
    const { arrive, delivered, restarts } = make()
    for (const n of range(100)) arrive(n)
    arrive(101)
    assert.deepStrictEqual(restarts, [])
    assert.strictEqual(arrive(0, 500, { text: "new 0", since: 50 }), "New")
    assert.deepStrictEqual(restarts, [102], "after the held messages, before the message that proves it")
    assert.strictEqual(arrive(1, 500, { text: "new 1", since: 50 }), "New")
    assert.deepStrictEqual(delivered.slice(100), ["gap 1", "m101", "new 0", "new 1"])
  })

  it("has sent its first messages with the same texts as before if repetitions of those arrived", () => {
    const { arrive, delivered } = make()
    for (const n of range(5)) arrive(n)
    // The text of the login, with which every session begins, looked like a repetition.
    assert.strictEqual(arrive(0, 100, { since: 50 }), "Repeated")
    assert.strictEqual(arrive(1, 200, { text: "new 1", since: 50 }), "New")
    assert.deepStrictEqual(delivered.slice(5), ["new 1"])
    assert.strictEqual(arrive(0, 300, { since: 50 }), "Repeated")
  })

  it("has not sent a first message that a later one contradicts", () => {
    const { arrive, delivered } = make()
    for (const n of range(5)) arrive(n)
    for (const n of [0, 1]) assert.strictEqual(arrive(n, 100, { since: 50 }), "Repeated")
    assert.strictEqual(arrive(1, 200, { text: "new 1", since: 50 }), "New")
    assert.strictEqual(arrive(2, 200, { text: "new 2", since: 50 }), "New")
    assert.deepStrictEqual(delivered.slice(5), ["new 1", "new 2"])
  })

  it("has not sent a message that was repeated before a restart was possible", () => {
    const { arrive, delivered } = make()
    for (const n of range(5)) arrive(n)
    arrive(1, 40)
    arrive(0, 100, { since: 50 })
    arrive(2, 200, { text: "new 2", since: 50 })
    arrive(1, 300, { text: "new 1", since: 50 })
    assert.deepStrictEqual(delivered.slice(5), ["new 1", "new 2"])
  })

  it.each([60, 150, 200, 248])("is detected by its first messages, however many there were before: %i", (count) => {
    const { arrive, delivered, restarts } = make()
    for (const n of range(count)) arrive(n)
    arrive(0, 100, { text: "new 0", since: 50 })
    arrive(1, 100, { text: "new 1", since: 50 })
    assert.deepStrictEqual(restarts, [count])
    assert.deepStrictEqual(delivered.slice(count), ["new 0", "new 1"])
  })

  it("is not suspected because of many lost messages if no login was requested, or if a higher number follows", () => {
    for (const [next, since] of [[256, Infinity], [264, 50], [220, 50]] as const) {
      const { arrive, restarts } = make()
      for (const n of range(200)) arrive(n)
      assert.strictEqual(arrive(next, 100, { since }), "New")
      assert.deepStrictEqual(restarts, [])
    }
  })

  it("has sent the messages that were repeated from that moment on", () => {
    const { arrive, delivered } = make()
    for (const n of range(5)) arrive(n)
    arrive(0, 50, { since: 50 })
    arrive(1, 60, { text: "new 1", since: 50 })
    assert.deepStrictEqual(delivered.slice(5), ["new 1"])
  })

  it("is not suspected because of a few lost messages", () => {
    const { arrive, restarts } = make()
    for (const n of range(250)) arrive(n)
    arrive(257, 100, { since: 50 })
    assert.deepStrictEqual(restarts, [])
  })

  it("has lost the messages that were not repeated", () => {
    const { arrive, buffer, delivered } = make()
    for (const n of range(5)) arrive(n)
    arrive(1, 100, { since: 50 })
    arrive(2, 200, { text: "new 2", since: 50 })
    buffer.tick(200 + TIMEOUT)
    assert.deepStrictEqual(delivered.slice(5), ["gap 2", "new 2"])
  })

  it("is not suspected because of a message that was given up, or is known", () => {
    const { arrive, buffer, restarts } = make()
    for (const n of range(10)) if (n !== 4) arrive(n)
    buffer.tick(TIMEOUT)
    assert.strictEqual(arrive(4, TIMEOUT + 1, { since: 50 }), "Late")
    assert.strictEqual(arrive(5, TIMEOUT + 1, { since: 50 }), "Repeated")
    assert.deepStrictEqual(restarts, [])
  })
})

describe("any behaviour of the network", () => {
  /** Sends messages over a bad line until each is acknowledged, for 10 s at most, and returns the deliveries. */
  const story = (seed: number, loss: number, timeout: number, every: number, count: number) => {
    const random = generator(seed)
    const { arrive, buffer, delivered } = make(timeout)
    const events: Array<readonly [at: number, n: number]> = []
    const given: Set<number> = new Set()
    for (const n of range(count)) {
      let came = false
      for (const tries of range(5)) {
        if (random() >= loss) {
          came = true
          const late = random() < 0.1 ? 300 * random() : 0
          for (let copy = random() < 0.1 ? 2 : 1; copy > 0; copy--) {
            events.push([n * every + 2000 * tries + late + copy, n])
          }
          if (random() >= loss) break
        }
      }
      if (!came) given.add(n)
    }
    events.sort(([a], [b]) => a - b)
    for (const [at, n] of events) {
      buffer.tick(at)
      arrive(n, at)
    }
    buffer.tick(1e9)
    return { delivered, given }
  }

  it.prop(
    "delivers all arriving messages once and in order if they are held for as long as the server repeats",
    [Seed, Schema.Literals([0.05, 0.1, 0.2, 0.3])],
    ([seed, loss]) => {
      const { delivered, given } = story(seed, loss, 11_000, 200, 700)
      assert.deepStrictEqual(
        delivered.filter((text) => !text.startsWith("gap")),
        range(700).filter((n) => !given.has(n)).map((n) => `m${n}`)
      )
    },
    checks(30)
  )

  it.prop(
    "delivers all arriving messages once, late ones out of order, if they are held for less",
    [Seed, Schema.Literals([0, 100, 1000, 5000])],
    ([seed, timeout]) => {
      const { delivered, given } = story(seed, 0.3, timeout, 200, 700)
      const numbers = delivered.filter((text) => !text.startsWith("gap")).map((text) => Number(text.replace(/\D/g, "")))
      assert.deepStrictEqual(
        numbers.toSorted((a, b) => a - b),
        range(700).filter((n) => !given.has(n))
      )
      const inOrder = delivered.filter((text) => text.startsWith("m"))
      assert.deepStrictEqual(inOrder, inOrder.toSorted((a, b) => Number(a.slice(1)) - Number(b.slice(1))))
      const missed = delivered.reduce((sum, text) => text.startsWith("gap ") ? sum + Number(text.slice(4)) : sum, 0)
      const late = delivered.filter((text) => text.startsWith("(")).length
      assert.strictEqual(
        missed,
        late + [...given].filter((n) => n < Math.max(...numbers)).length,
        "the gaps count all missing messages"
      )
    },
    checks(30)
  )
})
