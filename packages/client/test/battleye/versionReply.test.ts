import { Version } from "@bercon/client"
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as VersionReply from "../../src/internal/battleye/versionReply.ts"
import * as Hostile from "../hostile.ts"

describe("the reply to version", () => {
  it.each([
    ["1.220", "1.220"],
    ["1.217\n", "1.217"],
    ["1.217\0", "1.217"],
    ["\r\n 1.217 \0\r\n", "1.217"],
    ["BattlEye Server: v1.220.", "1.220"],
    ["Initialized (v1.220, DayZ 1.29.163451)", "1.220"],
    ["DayZ 1.29.163451, v1.220", "1.220"],
    ["DayZ 1.29.163", undefined],
    ["123.456", "123.456"],
    ["1234.567", undefined],
    ["1.2201", undefined],
    ["beta", undefined]
  ])("is parsed: %j has the number %s", (text, number) => {
    const version = Result.getOrThrow(VersionReply.parse(text))
    assert.deepStrictEqual(
      version,
      new Version.Version({ text: text.replaceAll("\0", "").trim(), ...(number !== undefined && { number }) })
    )
  })

  it("must not be blank", () => {
    for (const text of ["", " \n", "\0"]) {
      const error = Result.getOrThrow(Result.flip(VersionReply.parse(text)))
      assert.deepStrictEqual([error.command, error.text, error.line], ["version", text, text === "" ? undefined : 1])
    }
  })

  it.prop("is accepted unless it is blank, whatever its text", { text: Hostile.text }, ({ text }) => {
    assert.strictEqual(Result.isSuccess(VersionReply.parse(text)), /[^\0\t\n\r ]/.test(text))
  })
})
