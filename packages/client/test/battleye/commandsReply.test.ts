import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as CommandsReply from "../../src/internal/battleye/commandsReply.ts"

describe("the reply to `commands`", () => {
  it("is parsed as a list of names", () => {
    assert.deepStrictEqual(
      CommandsReply.parse("List of available commands:\nplayers\n  kick \n\nban\n\0"),
      Result.succeed(["players", "kick", "ban"])
    )
  })

  it("is refused without its heading", () => {
    const error = Result.getOrThrow(Result.flip(CommandsReply.parse("players\nkick")))
    assert.deepStrictEqual([error.command, error.line], ["commands", 1])
  })
})
