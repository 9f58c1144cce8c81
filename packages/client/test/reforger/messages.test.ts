import { assert, describe, it } from "@effect/vitest"
import { join } from "../../src/internal/reforger/messages.ts"
import { UUID } from "./texts.ts"

describe("several messages", () => {
  const long = "x".repeat(1000)
  it.each([
    [["a", "b"], "a\nb"],
    [["a\n", "b"], "a\nb"],
    [[long, "b"], `${long}b`],
    [[long, `2 ; ${UUID} ; b`], `${long}\n2 ; ${UUID} ; b`],
    [[`${long}\n1`, `2 ; ${UUID} ; b`], `${long}\n12 ; ${UUID} ; b`],
    [[`${long}\n#`, `2 ; ${UUID} ; b`], `${long}\n#2 ; ${UUID} ; b`],
    [[`${long}\n-`, `2 ; ${UUID} ; b`], `${long}\n-2 ; ${UUID} ; b`],
    [[`${long}\n#123456789`, `2 ; ${UUID} ; b`], `${long}\n#1234567892 ; ${UUID} ; b`],
    [[`${long}\n1x`, `2 ; ${UUID} ; b`], `${long}\n1x\n2 ; ${UUID} ; b`],
    [[`${long}x1`, `2 ; ${UUID} ; b`], `${long}x1\n2 ; ${UUID} ; b`],
    [[long, `#2 ; ${UUID} ; b`], `${long}\n#2 ; ${UUID} ; b`],
    [[long, `-2 ; ${UUID} ; b`], `${long}\n-2 ; ${UUID} ; b`],
    [["a\0", "b\0"], "a\nb\0"],
    [["a\n\0", "b"], "a\nb"],
    // A short message is not cut inside a row.
    [["a\n1", `2 ; ${UUID} ; b`], `a\n1\n2 ; ${UUID} ; b`],
    [[long, `- ${UUID} | b`], `${long}\n- ${UUID} | b`],
    [["é".repeat(450), "b"], `${"é".repeat(450)}b`],
    [["€".repeat(299), "b"], `${"€".repeat(299)}\nb`],
    [["😀".repeat(225), "b"], `${"😀".repeat(225)}b`]
  ])("are joined into one text (example %#)", (texts, expected) => {
    assert.strictEqual(join(texts), expected)
  })
})
