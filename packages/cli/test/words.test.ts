import { assert, describe, it } from "@effect/vitest"
import { inWords } from "../src/output/words.ts"

describe("a gap in words", () => {
  it.each([
    [1, "1 event is missing"],
    [2, "2 events are missing"],
    [undefined, "an unknown number of events is missing"]
  ])(
    "of %s: %s",
    (missed, words) =>
      assert.strictEqual(inWords({ _tag: "Gap", cause: "Lost", ...(missed !== undefined && { missed }) }), words)
  )
})
