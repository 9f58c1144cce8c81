import { assert, describe, it } from "@effect/vitest"
import { DemoFailed } from "../src/demo/DemoFailed.ts"
import * as Failure from "../src/Failure.ts"

describe("the description of a failure", () => {
  it("has no next step if the demo has failed, because no flag changes the demo's time limit", () => {
    assert.strictEqual(Failure.describe(new DemoFailed({ message: "no news came" })), "no news came")
  })
})
