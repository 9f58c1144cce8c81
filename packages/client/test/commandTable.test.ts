import { assert, describe, it } from "@effect/vitest"
import { actions, actionsWith, isHarmless, lists, queries } from "../src/internal/commandTable.ts"

describe("isHarmless", () => {
  it.each([
    "",
    "@logout",
    ...Object.values(queries).map(({ text }) => text),
    ...Object.values(lists).flatMap(({ bans, players }) => [players, bans]),
    "#ban list 12",
    " PLAYERS "
  ])("is true for a command that changes nothing: %j", (text) => {
    assert.isTrue(isHarmless(text))
  })

  it.each([
    ...Object.values(actions).map(({ text }) => text),
    actionsWith.loadBans("bans.txt").text,
    actionsWith.maxPing(300).text,
    actionsWith.selectMission("Altis", "").text,
    "kick 0",
    "say -1 players",
    "#ban list 1 2",
    "#ban create 1 0",
    // A second line is another command.
    "players\n#shutdown",
    "players #shutdown",
    "unknown"
  ])("is false for a command that may change something: %j", (text) => {
    assert.isFalse(isHarmless(text))
  })
})
