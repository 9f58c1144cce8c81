import { assert, describe, it } from "@effect/vitest"
import { Duration, Option } from "effect"
import { parseDuration } from "../src/flags.ts"

describe("a duration", () => {
  it.each([
    ["90s", 90_000],
    ["1h30m", 5_400_000],
    [" 7 d ", 604_800_000],
    ["0.5w", 302_400_000],
    ["500ms", 500],
    ["12", 12_000],
    ["1.5", 1500],
    ["0", 0],
    ["forever", Infinity]
  ])("%j has the right length", (text, millis) => {
    assert.deepStrictEqual(Option.map(parseDuration(text), Duration.toMillis), Option.some(millis))
  })

  // The 30 of `1h30` probably means minutes, so it must not be read as seconds.
  it.each(["", "1h30", "5m10", "soon", "-1s", "1.s", ".5", "1e3", "9".repeat(400), `${"9".repeat(309)}w`])(
    "is not read from %j",
    (text) => assert.deepStrictEqual(parseDuration(text), Option.none())
  )
})
