import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as MissionsReply from "../../src/internal/battleye/missionsReply.ts"
import * as Corpus from "../corpus.ts"
import * as Hostile from "../hostile.ts"

describe("the reply to missions", () => {
  it.each(Corpus.all)("is parsed completely from $name", ({ replies }) => {
    for (const [file, text] of replies("missions-")) {
      const missions = Result.getOrThrow(MissionsReply.parse(text))
      assert.deepStrictEqual(missions, text.trimEnd().split("\n").slice(1), file)
      assert.isTrue(missions.every((mission) => mission.endsWith(".pbo")), file)
    }
  })

  it("may have a CR before every LF, and NULs at its end", () => {
    assert.deepStrictEqual(
      MissionsReply.parse("Missions on server:\r\na.Altis.pbo\r\n b\u2028.Altis.pbo \r\n\0"),
      Result.succeed(["a.Altis.pbo", "b\u2028.Altis.pbo"])
    )
    assert.deepStrictEqual(MissionsReply.parse("Missions on server:\0"), Result.succeed([]))
  })

  it("may contain no missions", () => {
    assert.deepStrictEqual(MissionsReply.parse("Missions on server:\n"), Result.succeed([]))
  })

  it.prop(
    "is a list if its heading is right, and an error if it is not, whatever the rest",
    { text: Hostile.text },
    ({ text }) => {
      const error = Result.getOrThrow(Result.flip(MissionsReply.parse(text)))
      assert.deepStrictEqual([error.command, error.text], ["missions", text])
      assert.isTrue(Result.isSuccess(MissionsReply.parse(`Missions on server:\n${text}`)))
    }
  )
})
