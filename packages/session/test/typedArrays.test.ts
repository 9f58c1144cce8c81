import { assert, describe, it } from "@effect/vitest"
import { grown, lengthFor } from "../src/internal/typedArrays.ts"

describe("a typed array", () => {
  it("grows until it includes an index, from 16 on by doubling", () => {
    assert.deepStrictEqual([lengthFor(0, 0), lengthFor(15, 16), lengthFor(16, 16), lengthFor(200, 16)], [
      16,
      16,
      32,
      256
    ])
  })

  it("keeps its elements when it grows, and fills new ones with a given value", () => {
    const array = grown(new Float64Array([1, 2]), 4, -Infinity)
    assert.deepStrictEqual(array, new Float64Array([1, 2, -Infinity, -Infinity]))
  })
})
