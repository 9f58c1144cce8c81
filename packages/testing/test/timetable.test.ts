import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, Schema } from "effect"
import { Timetable } from "../src/internal/timetable.ts"

const takeAll = <A>(timetable: Timetable<A>, now: number): ReadonlyArray<A> => {
  const taken: Array<A> = []
  for (let value = timetable.take(now); value !== undefined; value = timetable.take(now)) taken.push(value)
  return taken
}

describe("Timetable", () => {
  it.effect.prop(
    "returns due entries, the earliest first; of entries that are due at the same time, the one added first",
    [Arbitrary.array(Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 20 }))), {
      maxLength: 60
    })],
    ([dues]) =>
      Effect.sync(() => {
        const timetable = new Timetable<readonly [due: number, order: number]>()
        dues.forEach((due, order) => timetable.add(due, [due, order]))
        assert.strictEqual(timetable.size, dues.length)
        assert.strictEqual(timetable.due, Math.min(...dues))
        const sorted = dues.map((due, order) => [due, order] as const).toSorted((a, b) => a[0] - b[0] || a[1] - b[1])
        assert.deepStrictEqual(takeAll(timetable, 10), sorted.filter(([due]) => due <= 10))
        assert.deepStrictEqual(takeAll(timetable, 20), sorted.filter(([due]) => due > 10))
        assert.strictEqual(timetable.size, 0)
        assert.strictEqual(timetable.due, Infinity)
      })
  )

  it("accepts tens of thousands of entries, in any order", () => {
    const timetable = new Timetable<number>()
    for (let i = 0; i < 65_536; i++) timetable.add(i * 40_503 % 65_536, i * 40_503 % 65_536)
    assert.deepStrictEqual(takeAll(timetable, Infinity), Array.from({ length: 65_536 }, (_, due) => due))
  })
})
