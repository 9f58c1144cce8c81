import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Schema } from "effect"
import { cut, idIn, markedReason, withoutMark } from "../src/internal/bans/mark.ts"
import { entry, id } from "./support.ts"

const bytes = (text: string) => new TextEncoder().encode(text).length

/** Characters of one to four bytes, and the blank. */
const characters = Arbitrary.array(Arbitrary.schema(Schema.Literals(["x", " ", "ё", "€", "😀"])), { maxLength: 150 })

describe("a marked reason", () => {
  it.prop(
    "has the number and as much of the reason as fits into 128 bytes",
    { characters, number: Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 36 ** 6 - 1 }))) },
    ({ characters, number }) => {
      const given = characters.join("").trim()
      const text = markedReason(entry(number, { reason: given }), "book")
      assert.strictEqual(idIn(text, "book"), id(number))
      assert.isAtMost(bytes(text), 128)
      const kept = withoutMark(text)
      assert.isTrue(given.startsWith(kept))
      // One more character would be too long.
      const [, more = ""] = /^( *\S?)/u.exec(given.slice(kept.length))!
      if (more !== "") assert.isAbove(bytes(text) + bytes(more), 128)
    },
    { arbitrary: { runs: 300 } }
  )

  it("is the mark alone if there is no reason", () => {
    assert.strictEqual(markedReason(entry(1, { reason: "" }), "book"), "[book:000001]")
    assert.strictEqual(withoutMark("[book:000001]"), "")
  })

  it("of 128 bytes is not cut", () => {
    const exact = "x".repeat(128 - "[book:000001] ".length)
    assert.strictEqual(markedReason(entry(1, { reason: exact }), "book"), `[book:000001] ${exact}`)
    assert.strictEqual(markedReason(entry(1, { reason: `${exact}x` }), "book"), `[book:000001] ${exact}`)
  })
})

describe("a reason", () => {
  it("that fits stays as it is, also with blanks at its end", () => {
    for (const reason of ["", "x ", `${"x".repeat(127)} `]) assert.strictEqual(cut(reason), reason)
  })

  it.prop(
    "that is too long ends with the last character that fits, without blanks",
    { begin: Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 120, maximum: 128 }))), characters },
    ({ begin, characters }) => {
      const reason = "x".repeat(begin) + characters.join("") + "x".repeat(9)
      const kept = cut(reason)
      assert.isTrue(reason.startsWith(kept))
      assert.strictEqual(kept, kept.trimEnd())
      const [more = ""] = /^ *\S/u.exec(reason.slice(kept.length)) ?? []
      assert.isAtMost(bytes(kept), 128)
      assert.isAbove(bytes(kept + more), 128)
    },
    { arbitrary: { runs: 100 } }
  )
})

describe("the number of a ban", () => {
  it("is found only in a mark of this book at the beginning of a reason", () => {
    const others = [
      "",
      "[book:00000]",
      "[book:0000001]",
      "[book:00000A]",
      "[book:000001",
      "[book:000001]x",
      "x [book:000001]"
    ]
    for (const reason of [...others, "[books:000001]", "[file:000001]", "(book:000001)"]) {
      assert.isUndefined(idIn(reason, "book"), reason)
    }
    for (const reason of ["[book:000001]", " [book:000001] x", "[book:000001] "]) {
      assert.strictEqual(idIn(reason, "book"), id(1), reason)
    }
  })
})
