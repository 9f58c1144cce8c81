import { assert, describe, it } from "@effect/vitest"
import { inWords } from "../src/output/words.ts"

describe("a gap in the events", () => {
  it.each([
    [1, "1 event is missing"],
    [2, "2 events are missing"],
    [undefined, "an unknown number of events is missing"]
  ])(
    "with `missed` %s is described as \"%s\"",
    (missed, words) =>
      assert.strictEqual(inWords({ _tag: "Gap", cause: "Lost", ...(missed !== undefined && { missed }) }), words)
  )
})
