import { assert, describe, it } from "@effect/vitest"
import { shortened } from "../src/internal/shortened.ts"

describe("a text that an error repeats", () => {
  it("is cut after 100 characters, and never within one", () => {
    assert.strictEqual(shortened("x".repeat(100)), "x".repeat(100))
    assert.strictEqual(shortened("x".repeat(101)), `${"x".repeat(100)}…`)
    assert.strictEqual(shortened(`${"x".repeat(99)}💥`), `${"x".repeat(99)}…`)
  })
})
