import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, DateTime, Schema } from "effect"
import * as Calendar from "../src/internal/plans/calendar.ts"
import { MINUTE, START } from "./planSimulation.ts"

const nightly = { cron: "0 4 * * *", timeZone: "Europe/Berlin" }
const once = { once: DateTime.makeUnsafe("2026-03-28T03:10:00Z") }
const keyOf = (times: Calendar.Times) => Calendar.make(times).key

describe("the key of a calendar", () => {
  it("never changes from one release to the next, because it is in the records of plans", () => {
    assert.strictEqual(keyOf(nightly), "[\"0 4 * * *\",\"Europe/Berlin\",\"earlier\"]")
    assert.strictEqual(keyOf(once), "[1774667400000]")
  })

  it("differs if the times differ", () => {
    const others: ReadonlyArray<Calendar.Times> = [
      nightly,
      { ...nightly, cron: "0 5 * * *" },
      { ...nightly, timeZone: "UTC" },
      { ...nightly, onDstOverlap: "later" },
      { ...nightly, onDstOverlap: "both" },
      once,
      { once: DateTime.add(once.once, { seconds: 1 }) }
    ]
    assert.strictEqual(new Set(others.map(keyOf)).size, others.length)
  })

  it("is the same if the same times are written in another way", () => {
    assert.strictEqual(keyOf({ ...nightly, onDstOverlap: "earlier" }), keyOf(nightly))
    assert.strictEqual(keyOf({ ...once, timeZone: "UTC" }), keyOf(once))
  })
})

describe("the next time of a calendar", () => {
  const minutes = Arbitrary.array(Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 600 }))), {
    minLength: 1,
    maxLength: 8
  })

  it.prop("is after the given one, whatever was asked before", { minutes }, ({ minutes }) => {
    const calendar = Calendar.make({ cron: "0 */2 * * *", timeZone: "UTC" })
    for (const minute of minutes) {
      const next = START + (Math.floor(minute / 120) + 1) * 120 * MINUTE
      assert.strictEqual(calendar.after(START + minute * MINUTE), next)
      assert.strictEqual(calendar.after(next), next + 120 * MINUTE)
    }
  }, { arbitrary: { runs: 50 } })
})
