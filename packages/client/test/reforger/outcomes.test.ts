import { assert, describe, it } from "@effect/vitest"
import { expectationOf } from "../../src/internal/reforger/expectationOf.ts"
import * as Outcomes from "../../src/internal/reforger/outcomes.ts"
import * as Corpus from "../corpus.ts"
import { receive } from "./lists.ts"

describe("the outcomes of actions", () => {
  it.each(Corpus.all)("are recognised in $name", ({ replies }) => {
    const results = [...replies("ban-result-reforger"), ...replies("kick-result-reforger")]
    for (const [file, text] of results) {
      const command = file.startsWith("kick") ? "#kick 1" : "#ban create 1 0"
      const known = [command, "#ban remove x"].some((command) => expectationOf(command).claim(text, undefined) !== "No")
      assert.isTrue(known, file)
    }
    for (const [file, text] of replies("ban-help-reforger")) {
      assert.strictEqual(receive("#ban", text).wakeAt, -Infinity, file)
    }
  })

  it("are distinguished", () => {
    const texts = [
      "Player 'it's me' kicked!",
      "Player 'Bob' banned!",
      "Ban created!",
      "Ban removed!",
      "Player not found",
      "Not Valid Player ID",
      "User not found!",
      "Failed to create ban.",
      "Failed to remove ban.",
      "Failed to remove the ban.",
      "Multiple users found! Please use a unique identifier.\n- a | b",
      "Server is on fire",
      "Timeout",
      "Unknown error.",
      "Command is supported only on Dedicated Servers\0"
    ]
    const which = (is: (reply: string) => boolean) => texts.flatMap((text, index) => is(text) ? [index] : [])
    assert.deepStrictEqual(which(Outcomes.isKicked), [0])
    assert.deepStrictEqual(which(Outcomes.isBanned), [1, 2])
    assert.deepStrictEqual(which(Outcomes.isUnbanned), [3])
    assert.deepStrictEqual(which(Outcomes.isNoPlayer), [4, 5])
    assert.deepStrictEqual(which(Outcomes.isNoBan), [6])
    assert.notIncludeMembers(which(Outcomes.isRefusal), [11, 12, 13])
    assert.includeMembers(which(Outcomes.isRefusal), [6, 7, 8, 9, 10, 14])
  })

  it.each([
    "unknown command",
    "Disallowed Command",
    "Command is supported only on Dedicated Servers",
    "unknown command\n\0"
  ])(
    "may be %j, which is complete output of any command",
    (text) => {
      const commands = ["#players", "#kick 1", "#ban create 1 0", "#ban remove x", "#ban list 1", "#foo"]
      for (const command of commands) {
        const { outcome, wakeAt } = receive(command, text)
        assert.deepStrictEqual([wakeAt, outcome?._tag], [-Infinity, "Complete"], command)
      }
    }
  )
})
