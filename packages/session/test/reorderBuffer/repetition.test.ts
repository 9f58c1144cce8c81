import { assert, describe, it } from "@effect/vitest"
import { ReorderBuffer, REPEATED_FOR } from "../../src/internal/reorderBuffer.ts"
import { make, texts, TIMEOUT } from "../support/Reordering.ts"
import { range } from "../support/Scenario.ts"

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

  it("is recognised at any time if its number is nearer to the past numbers than to the future ones", () => {
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

  it("with the next number counts as new", () => {
    const { arrive, delivered } = make()
    for (const n of range(256)) arrive(n, n)
    assert.strictEqual(arrive(256, 300, { text: "m0" }), "New")
    assert.strictEqual(delivered.length, 257)
    arrive(258, 300)
    assert.strictEqual(arrive(259, 300, { text: "m3" }), "New", "the next after the newest")
  })

  it("with other content and a past number counts as old, and is not delivered", () => {
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

  it("is not taken for a repetition if its checksum is 0, and neither is a new message", () => {
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

  it("may be confused with a later message of its number that overtakes others, whose repetitions are ignored for 12 s", () => {
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

  it("is not confused with a later message of the same number", () => {
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

  it("are reported as a gap after the held messages, which are delivered first", () => {
    const { arrive, buffer, delivered } = make()
    for (const n of range(256)) arrive(n)
    arrive(257)
    arrive(256 + 150)
    arrive(256 + 151)
    assert.deepStrictEqual(delivered.slice(256), ["gap 1", "m257", "gap 148", "m406", "m407"])
    assert.strictEqual(buffer.wakeAt, Infinity)
  })
})
