import { assert, describe, it } from "@effect/vitest"
import { allocate } from "../src/internal/slab.ts"

describe("allocate", () => {
  it("returns zeroed arrays that do not overlap, many of them in one buffer", () => {
    const views = Array.from({ length: 100 }, (_, i) => {
      const view = allocate(200)
      assert.isTrue(view.length === 200 && view.every((byte) => byte === 0))
      return view.fill(i)
    })
    views.forEach((view, i) => assert.isTrue(view.every((byte) => byte === i)))
    // The first buffer may already contain other datagrams.
    assert.isAtMost(new Set(views.map(({ buffer }) => buffer)).size, 1 + Math.ceil(100 / Math.floor(8192 / 200)))
  })

  it("continues with a new buffer if a transport has transferred the old one", () => {
    const { buffer } = allocate(10)
    structuredClone(buffer, { transfer: [buffer] })
    assert.strictEqual(buffer.byteLength, 0)
    assert.strictEqual(allocate(10).length, 10)
  })
})
