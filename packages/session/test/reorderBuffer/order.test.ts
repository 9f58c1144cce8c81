import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { WINDOW } from "../../src/internal/reorderBuffer.ts"
import { generator } from "../support/Pair.ts"
import { make, texts, TIMEOUT } from "../support/Reordering.ts"
import { range } from "../support/Scenario.ts"
import { checks, Seed } from "../support/Soak.ts"

describe("messages in order", () => {
  it("are delivered as they arrive, round after round", () => {
    const { arrive, buffer, delivered } = make()
    for (const n of range(1000)) assert.strictEqual(arrive(n, 1000 * n), "New")
    assert.deepStrictEqual(delivered, texts(0, 1000))
    assert.strictEqual(buffer.wakeAt, Infinity, "nothing is waited for")
  })

  it("are delivered even if a message with the same number and text was delivered in the previous round", () => {
    const { arrive, delivered } = make()
    for (const n of range(600)) arrive(n, n, { text: "same" })
    assert.strictEqual(delivered.length, 600)
  })
})

describe("a server that numbers its messages across all clients", () => {
  it("may begin with any number, and its messages are delivered from there on", () => {
    const { arrive, buffer, delivered } = make()
    assert.strictEqual(arrive(220), "New")
    assert.strictEqual(arrive(221), "New")
    assert.deepStrictEqual(delivered, ["gap 220", "m220", "m221"])
    assert.strictEqual(buffer.wakeAt, Infinity)
  })
})

describe("a message that arrives before its turn", () => {
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

  it("is delivered together with all others that are overdue", () => {
    const { arrive, buffer, delivered } = make()
    arrive(1)
    arrive(3)
    buffer.tick(2 * TIMEOUT)
    assert.deepStrictEqual(delivered, ["gap 1", "m1", "gap 1", "m3"])
  })

  it("is delivered when the session ends, because the missing ones cannot arrive any more", () => {
    const { arrive, buffer, delivered } = make()
    arrive(2)
    arrive(4)
    buffer.flush(10)
    assert.deepStrictEqual(delivered, ["gap 2", "m2", "gap 1", "m4"])
    assert.strictEqual(buffer.wakeAt, Infinity)
    buffer.flush(20)
    assert.strictEqual(delivered.length, 4)
  })

  it("is held with up to 190 others; beyond that the oldest missing ones are given up", () => {
    const { arrive, delivered } = make()
    for (const n of range(WINDOW - 1)) arrive(n + 1)
    assert.deepStrictEqual(delivered, [])
    arrive(WINDOW)
    assert.deepStrictEqual(delivered, ["gap 1", ...texts(1, WINDOW + 1)])
  })

  it("is not held a second time, nor for longer, if it is repeated while it is held", () => {
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

describe("whatever the network does,", () => {
  /**
   * Sends messages over a bad network until each is acknowledged, for 10 s at most. Returns the deliveries, and as `given` the
   * messages that never arrived.
   */
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
    "all arriving messages are delivered once and in order if they are held for as long as the server repeats them",
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
    "all arriving messages are delivered once, late ones out of order, if they are held for a shorter time",
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
