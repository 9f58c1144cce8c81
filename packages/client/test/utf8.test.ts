import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Schema } from "effect"
import { bytesOf, takes } from "../src/internal/utf8.ts"

const encoder = new TextEncoder()

describe("the size of a text", () => {
  const unit = Arbitrary.schema(
    Schema.Literals(["a", "\x7f", "\x80", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\uffff", "💥", "\ud83d", "\udca5"])
  )

  it.prop(
    "is the number of bytes that are sent, also if the text has halves of characters",
    [
      Arbitrary.array(unit, { maxLength: 12 }),
      Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 40 })))
    ],
    ([units, bytes]) => {
      const text = units.join("")
      const size = encoder.encode(text).length
      assert.strictEqual(bytesOf(text), size)
      assert.strictEqual(takes(text, bytes), size >= bytes)
    },
    { arbitrary: { runs: 500 } }
  )
})
