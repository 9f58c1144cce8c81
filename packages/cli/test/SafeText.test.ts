import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { displayWidth } from "effect/cli/CliOutput"
import * as SafeText from "../src/output/SafeText.ts"

/** The characters that a terminal obeys instead of showing them, by the lists of Unicode and ECMA-48. */
const obeyed = (text: string): ReadonlyArray<string> =>
  Array.from(text).filter((character) => {
    const code = character.codePointAt(0)!
    return code < 0x20 || code >= 0x7f && code < 0xa0 || code >= 0xd800 && code < 0xe000 ||
      code >= 0x200b && code <= 0x200f || code >= 0x2028 && code <= 0x202e || code >= 0x2060 && code <= 0x206f ||
      code === 0xad || code === 0x61c || code === 0x180e || code === 0xfeff || code >= 0xe0000 && code < 0xe0100
  })

/** Texts with many of the characters that matter. */
const Hostile = Schema.Array(Schema.Union([
  Schema.String,
  Schema.Literals([
    "\x1b[2J",
    "\x1b]0;title\x07",
    "\x9b31m",
    "\r",
    "\n",
    "\t",
    "\u202e",
    "\u2066",
    "\u200b",
    "\u200d",
    "\ufeff",
    "\u2028",
    "\ud800",
    "\u{e0041}",
    "e\u0301",
    "日本",
    "👩‍👧"
  ]),
  Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 0x10ffff }))
]))

const textOf = (parts: typeof Hostile.Type): string =>
  parts.map((part) => typeof part === "number" ? String.fromCodePoint(part) : part).join("")

describe("SafeText", () => {
  it.prop("line: leaves no character that a terminal obeys", [Hostile], ([parts]) => {
    assert.deepStrictEqual(obeyed(SafeText.line(textOf(parts))), [])
  }, { arbitrary: { runs: 500 } })

  it.prop("lines: leaves no character that a terminal obeys, except line feeds and tabs", [Hostile], ([parts]) => {
    assert.isTrue(obeyed(SafeText.lines(textOf(parts))).every((character) => character === "\n" || character === "\t"))
  }, { arbitrary: { runs: 500 } })

  it.prop(
    "json: leaves no character that a terminal obeys, and keeps the meaning of the JSON",
    [Hostile],
    ([parts]) => {
      const text = textOf(parts)
      const written = SafeText.json(JSON.stringify({ text }))
      assert.deepStrictEqual(obeyed(written), [])
      assert.deepStrictEqual(JSON.parse(written), { text })
    },
    { arbitrary: { runs: 500 } }
  )

  it.prop("line: leaves no character without width, except marks and variation selectors", [Hostile], ([parts]) => {
    // Marks and variation selectors belong to the character before them.
    for (const character of SafeText.line(textOf(parts))) {
      if (displayWidth(character) === 0) assert.match(character, /^[\p{Mark}\uFE00-\uFE0F]$/u)
    }
  })

  it.each([
    ["Zoë 日本 👍 שלום", "Zoë 日本 👍 שלום"],
    ["\x1b]0;owned\x07", "\\x1b]0;owned\\x07"],
    ["abc\u202egnp", "abc\\u202egnp"],
    ["a\u200bb", "a\\u200bb"],
    ["\u{e0041}", "\\u{e0041}"],
    ["a\r\nb", "a\\x0d\\x0ab"]
  ])("line: %j is shown as %s", (text, shown) => assert.strictEqual(SafeText.line(text), shown))
})
