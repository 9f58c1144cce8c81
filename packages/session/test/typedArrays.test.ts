import { assert, describe, it } from "@effect/vitest"
import { Columns, lengthFor, noTimes } from "../src/internal/typedArrays.ts"

describe("typed arrays", () => {
  it("grow from a length of 16 by doubling, until they include an index", () => {
    assert.deepStrictEqual([lengthFor(0, 0), lengthFor(15, 16), lengthFor(16, 16), lengthFor(200, 16)], [
      16,
      16,
      32,
      256
    ])
  })

  it("in the same columns share a buffer, but no element", () => {
    const columns = new Columns(8, 1 + 8 + 2)
    const bytes = columns.grown(new Uint8Array([1, 2]), 3)
    const times = columns.grown(noTimes, -Infinity)
    const indices = columns.grown(new Int16Array([-5]), -1)
    assert.deepStrictEqual(bytes, new Uint8Array([1, 2, 3, 3, 3, 3, 3, 3]))
    assert.deepStrictEqual(times, new Float64Array(8).fill(-Infinity))
    assert.deepStrictEqual(indices, new Int16Array([-5, -1, -1, -1, -1, -1, -1, -1]))
    assert.strictEqual(indices.buffer, bytes.buffer)
  })
})
