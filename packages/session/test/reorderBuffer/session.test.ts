import { assert, describe, it } from "@effect/vitest"
import { NEAR, REPEATED_FOR } from "../../src/internal/reorderBuffer.ts"
import { make, texts, TIMEOUT } from "../support/Reordering.ts"
import { range } from "../support/Scenario.ts"

describe("a message that only the current session can have sent", () => {
  it("has one of the next 8 numbers, and not one of the first 8 of a session", () => {
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
  it("forgets a message of the previous one that looked like a repetition, but was kept in case it was new", () => {
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

  it("is not affected by a message that the previous session has given up, whatever its checksum", () => {
    const { arrive, buffer } = make()
    for (const n of range(60)) if (n !== 50) arrive(n)
    buffer.tick(TIMEOUT)
    buffer.reset(TIMEOUT)
    assert.strictEqual(buffer.receive(TIMEOUT + 1, { number: 50, checksum: 0, message: "m50" }, Infinity), "New")
  })
})

describe("a server that restarts its numbering without notice", () => {
  it("is detected by an unknown message with a number before the expected one, if a restart is possible", () => {
    const { arrive, delivered, restarts } = make()
    for (const n of range(100)) arrive(n)
    arrive(101)
    assert.deepStrictEqual(restarts, [])
    assert.strictEqual(arrive(0, 500, { text: "new 0", since: 50 }), "New")
    assert.deepStrictEqual(restarts, [102], "after the held messages, before the message that proves it")
    assert.strictEqual(arrive(1, 500, { text: "new 1", since: 50 }), "New")
    assert.deepStrictEqual(delivered.slice(100), ["gap 1", "m101", "new 0", "new 1"])
  })

  it("may have sent its first messages already: they looked like repetitions, and no gap is reported", () => {
    const { arrive, delivered } = make()
    for (const n of range(5)) arrive(n)
    // The text of the login, with which every session begins, looked like a repetition.
    assert.strictEqual(arrive(0, 100, { since: 50 }), "Repeated")
    assert.strictEqual(arrive(1, 200, { text: "new 1", since: 50 }), "New")
    assert.deepStrictEqual(delivered.slice(5), ["new 1"])
    assert.strictEqual(arrive(0, 300, { since: 50 }), "Repeated")
  })

  it("is not assumed to have sent a repeated message if another message with its number arrives", () => {
    const { arrive, delivered } = make()
    for (const n of range(5)) arrive(n)
    for (const n of [0, 1]) assert.strictEqual(arrive(n, 100, { since: 50 }), "Repeated")
    assert.strictEqual(arrive(1, 200, { text: "new 1", since: 50 }), "New")
    assert.strictEqual(arrive(2, 200, { text: "new 2", since: 50 }), "New")
    assert.deepStrictEqual(delivered.slice(5), ["new 1", "new 2"])
  })

  it("is not assumed to have sent a message that was repeated before a restart was possible", () => {
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

  it("is assumed to have sent a message that was repeated as soon as a restart was possible", () => {
    const { arrive, delivered } = make()
    for (const n of range(5)) arrive(n)
    arrive(0, 50, { since: 50 })
    arrive(1, 60, { text: "new 1", since: 50 })
    assert.deepStrictEqual(delivered.slice(5), ["new 1"])
  })

  it("leaves a gap for the first messages unless all from 0 on were repeated", () => {
    const { arrive, buffer, delivered } = make()
    for (const n of range(5)) arrive(n)
    arrive(1, 100, { since: 50 })
    arrive(2, 200, { text: "new 2", since: 50 })
    buffer.tick(200 + TIMEOUT)
    assert.deepStrictEqual(delivered.slice(5), ["gap 2", "new 2"])
  })
})

describe("a server that continues its numbering", () => {
  it("is not suspected of a restart after many lost messages without a requested login, or if the next number is not below 8", () => {
    for (const [next, since] of [[256, Infinity], [264, 50], [220, 50]] as const) {
      const { arrive, restarts } = make()
      for (const n of range(200)) arrive(n)
      assert.strictEqual(arrive(next, 100, { since }), "New")
      assert.deepStrictEqual(restarts, [])
    }
  })

  it("is not suspected of a restart because of a few lost messages", () => {
    const { arrive, restarts } = make()
    for (const n of range(250)) arrive(n)
    arrive(257, 100, { since: 50 })
    assert.deepStrictEqual(restarts, [])
  })

  it("is not suspected of a restart because of a message that was given up, or is known", () => {
    const { arrive, buffer, restarts } = make()
    for (const n of range(10)) if (n !== 4) arrive(n)
    buffer.tick(TIMEOUT)
    assert.strictEqual(arrive(4, TIMEOUT + 1, { since: 50 }), "Late")
    assert.strictEqual(arrive(5, TIMEOUT + 1, { since: 50 }), "Repeated")
    assert.deepStrictEqual(restarts, [])
  })
})
