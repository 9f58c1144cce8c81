import { RestartPlan } from "@bercon/operations"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Schema } from "effect"
import { DurationText, rounded } from "../src/internal/plans/text.ts"

describe("the time until a restart", () => {
  it.each([
    [-1, 0],
    [0, 0],
    [1499, 1000],
    [1500, 2000],
    [119_400, 119_000],
    [119_500, 120_000],
    [120_000, 120_000],
    [149_999, 120_000],
    [150_000, 180_000],
    [3_629_999, 3_600_000]
  ])("is rounded to minutes from two minutes on, otherwise to seconds: %i ms", (millis, expected) => {
    assert.strictEqual(Duration.toMillis(rounded(millis)), expected)
  })

  it("is 0 seconds if less than half a second is left", () => {
    assert.strictEqual(RestartPlan.formatDuration(Duration.millis(499), "en"), "0 seconds")
    assert.strictEqual(RestartPlan.formatDuration(Duration.millis(500), "en"), "1 second")
    assert.strictEqual(RestartPlan.formatDuration(Duration.zero, "de"), "0 Sekunden")
    // Units with a count of zero are left out.
    assert.strictEqual(RestartPlan.formatDuration(Duration.days(1), "en"), "1 day")
    assert.strictEqual(RestartPlan.formatDuration(Duration.seconds(86_405), "en"), "1 day, 5 seconds")
  })
})

describe("a duration in JSON", () => {
  it("that cannot be read is refused with an example", () => {
    assert.throws(() => Schema.decodeSync(DurationText)("whenever"), /a duration such as "30 minutes"/)
  })
})
