import { assert, describe, it } from "@effect/vitest"
import type { Claim } from "../../src/internal/reforger/expectation.ts"
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

  type Row = [text: string, kick: Claim, create: Claim, remove: Claim, list: Claim]
  const forms: ReadonlyArray<Row> = [
    ["Player 'it's me' kicked!", "Surely", "No", "No", "No"],
    ["Player 'a\nb' kicked!", "Surely", "No", "No", "No"],
    ["Player 'Bob' banned!", "No", "Surely", "No", "No"],
    ["Player 'a\nb' banned!", "No", "Surely", "No", "No"],
    ["Ban created!", "No", "Surely", "No", "No"],
    ["Failed to create ban.", "No", "Surely", "No", "No"],
    ["Not Valid time value in seconds", "No", "Perhaps", "No", "No"],
    ["Player not found", "Perhaps", "Perhaps", "No", "No"],
    ["Not Valid Player ID", "Perhaps", "Perhaps", "No", "No"],
    ["User not found!", "No", "Perhaps", "Surely", "No"],
    ["Ban removed!", "No", "No", "Surely", "No"],
    ["Processing ban list", "No", "No", "No", "Surely"],
    ["Server has no bans to list.", "No", "No", "No", "Surely"],
    ["Page not found!", "No", "No", "No", "Surely"],
    ["Failed to list bans.", "No", "No", "No", "Surely"],
    ["Not Valid page number", "No", "No", "No", "Perhaps"],
    ["Timeout", "No", "Surely", "Surely", "Surely"],
    ["Unknown error.", "No", "Surely", "Surely", "Surely"],
    ["unknown command", "Perhaps", "Perhaps", "Perhaps", "Perhaps"],
    ["Disallowed Command", "Perhaps", "Perhaps", "Perhaps", "Perhaps"],
    ["Command is supported only on Dedicated Servers", "Perhaps", "Perhaps", "Perhaps", "Perhaps"],
    ["Command is supported only on Dedicated Servers.", "Perhaps", "Perhaps", "Perhaps", "Perhaps"]
  ]
  /** Forms whose end is free. */
  const openForms: ReadonlyArray<Row> = [
    ["Multiple users found! Please use a unique identifier.\n- a | b", "No", "Surely", "Surely", "No"],
    ["Multiple users found!\n- a | Timeout", "No", "Surely", "Surely", "No"],
    ["Failed to remove ban.", "No", "No", "Surely", "No"],
    ["Failed to remove the ban of Unknown error.", "No", "No", "Surely", "No"],
    ["Help for ban command.\n#ban list", "No", "Perhaps", "Perhaps", "Perhaps"]
  ]
  const texts = [Outcomes.KICK, Outcomes.BAN_CREATE, Outcomes.BAN_REMOVE, Outcomes.BAN_LIST]
  const claims = (text: string) => texts.map((of) => Outcomes.claimOf(of, text))
  const NO_CLAIM = ["No", "No", "No", "No"]

  it.each([...forms, ...openForms])("include %j, which certain commands can have", (text, ...expected) => {
    for (const end of ["", "\0", "\r\n", " \0"]) assert.deepStrictEqual(claims(text + end), expected)
  })

  it("are recognised only at the start of a text, and only if they are the whole text or have a free end", () => {
    for (const text of ["", "Server is on fire", "Multiple users", "Help for kick command.", "Player Bob kicked!"]) {
      assert.deepStrictEqual(claims(text), NO_CLAIM, text)
    }
    for (const [text] of [...forms, ...openForms]) assert.deepStrictEqual(claims(`x ${text}`), NO_CLAIM, text)
    for (const [text] of forms) assert.deepStrictEqual(claims(`${text} x`), NO_CLAIM, text)
    for (const [text, ...expected] of openForms) assert.deepStrictEqual(claims(`${text} x`), expected, text)
  })

  it("are distinguished", () => {
    const known = [...forms, ...openForms].map(([text]) => text)
    const inside = known.map((text) => `x ${text}`)
    const longer = forms.map(([text]) => `${text} x`)
    const which = (is: (reply: string) => boolean) =>
      [...known, ...inside, ...longer, "Server is on fire", ""].filter((text) => is(`${text}\0`))
    assert.deepStrictEqual(which(Outcomes.isKicked), ["Player 'it's me' kicked!", "Player 'a\nb' kicked!"])
    const banned = ["Player 'Bob' banned!", "Player 'a\nb' banned!", "Ban created!"]
    assert.deepStrictEqual(which(Outcomes.isBanned), banned)
    assert.deepStrictEqual(which(Outcomes.isUnbanned), ["Ban removed!"])
    assert.deepStrictEqual(which(Outcomes.isNoPlayer), ["Player not found", "Not Valid Player ID"])
    assert.deepStrictEqual(which(Outcomes.isNoBan), ["User not found!"])
    assert.deepStrictEqual(which(Outcomes.isRefusal), [
      "Failed to create ban.",
      "Not Valid time value in seconds",
      "Player not found",
      "Not Valid Player ID",
      "User not found!",
      "unknown command",
      "Disallowed Command",
      "Command is supported only on Dedicated Servers",
      "Command is supported only on Dedicated Servers.",
      ...openForms.map(([text]) => text)
    ])
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
