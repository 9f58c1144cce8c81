import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Result } from "effect"
import * as BansReply from "../../src/internal/reforger/bansReply.ts"
import * as PlayersReply from "../../src/internal/reforger/playersReply.ts"
import * as Corpus from "../corpus.ts"
import * as Hostile from "../hostile.ts"
import { receive, replyTo } from "./lists.ts"
import { identity, PLAYERS, UUID } from "./texts.ts"

const read = (...lines: ReadonlyArray<string>) => Result.getOrThrow(PlayersReply.parse([PLAYERS, ...lines].join("\n")))

describe("the reply to #players", () => {
  it.prop(
    "is an error without the heading, and otherwise has at most one unparsed line for each line below it",
    { text: Hostile.text, rows: Arbitrary.array(Hostile.text) },
    (
      { rows, text }
    ) => {
      assert.isTrue(Result.isFailure(PlayersReply.parse(text)))
      const lines = rows.join("\n").split("\n")
      assert.isAtMost(read(...lines).unparsed.length, lines.length)
    }
  )

  it.each(Corpus.all)("is parsed completely from $name", ({ replies }) => {
    for (const [file, text] of replies("players-reforger")) {
      const { rows, unparsed } = Result.getOrThrow(PlayersReply.parse(text))
      assert.deepStrictEqual(unparsed, [], file)
      assert.strictEqual(rows.length, text.trimEnd().split("\n").length - 1, file)
    }
  })

  it("contains all fields of a player", () => {
    const { rows } = read(`1 ; ${UUID.toUpperCase()} ; Cpt. ; Jerry`)
    assert.deepStrictEqual(JSON.parse(JSON.stringify(rows)), [
      { id: 1, name: "Cpt. ; Jerry", identity: UUID, verified: false }
    ])
  })

  it.each<[string, ReadonlyArray<[number, string]>]>([
    [`${PLAYERS}\n1 ; ${UUID} ; `, [[1, ""]]],
    [`${PLAYERS}\n1 ; ${UUID} ;`, [[1, ""]]],
    [`${PLAYERS}1 ; ${UUID} ; Bob`, [[1, "Bob"]]],
    [`${PLAYERS}\n1 ; ${UUID} ; Bob2 ; ${UUID} ; Eve\n3 ; ${UUID} ; Al`, [[1, "Bob"], [2, "Eve"], [3, "Al"]]],
    // The 7 may be the end of the name or the beginning of the number.
    [`${PLAYERS}\n1 ; ${UUID} ; Bob72 ; ${UUID} ; Eve`, [[1, "Bob"], [72, "Eve"]]],
    [PLAYERS, []],
    [`${PLAYERS}\n`, []]
  ])("contains the right rows from %j", (text, expected) => {
    const { rows, unparsed } = Result.getOrThrow(PlayersReply.parse(text))
    assert.deepStrictEqual(rows.map(({ id, name }): [number, string] => [id, name]), expected)
    assert.deepStrictEqual(unparsed, [])
  })

  it.each(["-1", "#-1", "-#1", "- 1", "##1", "1.5", "x1", "1 2", "9999999999"])(
    "has no player in slot %j, and keeps the row as it is",
    (number) => {
      const text = `${number} ; ${UUID} ; Alice`
      for (
        const { rows, unparsed } of [
          read(text, `2 ; ${UUID} ; Bob`),
          Result.getOrThrow(PlayersReply.parse(`${PLAYERS}\r\n${text}\r\n2 ; ${UUID} ; Bob\r\n`)),
          Result.getOrThrow(PlayersReply.parse(replyTo("#players", [PLAYERS, text, `2 ; ${UUID} ; Bob`]) ?? ""))
        ]
      ) {
        assert.deepStrictEqual(rows.map(String), ["#2 Bob"])
        assert.deepStrictEqual(unparsed, [{ line: 2, text }])
      }
    }
  )

  it.each(["3 ; 123 ; Al", "Al ; 3", `${UUID} ; 3 ; Al`, "- 3 | Al"])(
    "keeps the unreadable row %j even in a second message",
    (row) => {
      const reply = replyTo("#players", [`${PLAYERS}\n1 ; ${UUID} ; Bob`, row, `#2 ; ${UUID} ; Eve`])
      const { rows, unparsed } = Result.getOrThrow(PlayersReply.parse(reply ?? ""))
      assert.deepStrictEqual(rows.map(String), ["#1 Bob", "#2 Eve"])
      assert.deepStrictEqual(unparsed, [{ line: 3, text: row }])
    }
  )

  it("has a row inside a name only if no other row has the same number", () => {
    const name = `x2 ; ${UUID} ; Eve`
    const others = read(`1 ; ${identity(1)} ; ${name}`, `#2 ; ${identity(2)} ; Al`)
    assert.deepStrictEqual(others.rows.map(String), [`#1 ${name}`, "#2 Al"])
    assert.deepStrictEqual(others.unparsed, [])
    // If no other row has the same number, this part of the name may be a row whose newline is missing.
    const rows = read(`1 ; ${identity(1)} ; ${name}-3 ; ${UUID} ; Al1.5 ; ${UUID} ; Ed`, "what")
    assert.deepStrictEqual(rows.rows.map(String), ["#1 x", "#2 Eve", "#5 Ed"])
    assert.deepStrictEqual(rows.unparsed, [{ line: 2, text: `-3 ; ${UUID} ; Al1.` }, { line: 3, text: "what" }])
    const attached = read(`x1 ; ${UUID} ; Bob2 ; ${UUID} ; Eve`, "--- what", "what ---", "----what")
    assert.deepStrictEqual(attached.rows.map(String), ["#2 Eve"])
    assert.deepStrictEqual(attached.unparsed, [
      { line: 2, text: `x1 ; ${UUID} ; Bob` },
      { line: 3, text: "--- what" },
      { line: 4, text: "what ---" },
      { line: 5, text: "----what" }
    ])
  })

  it("may begin with a line end, but with no other text before the heading", () => {
    const { taken } = receive("#players", `\r\n${PLAYERS}\n1 ; ${UUID} ; Bob`)
    assert.deepStrictEqual(taken, [true, true])
    assert.strictEqual(Result.getOrThrow(PlayersReply.parse(`\r\n${PLAYERS}\n1 ; ${UUID} ; Bob`)).rows.length, 1)
    assert.deepStrictEqual(receive("#players", `x ${PLAYERS}`).taken, [true, false])
    assert.isTrue(Result.isFailure(PlayersReply.parse(`x ${PLAYERS}`)))
  })

  it("has no rows from events", () => {
    const { taken } = receive("#players", PLAYERS, "Server is on fire", "(Side) Bob: 1 ; 2", `3 ; ${UUID} ; Al`)
    assert.deepStrictEqual(taken, [true, true, false, false, true])
  })

  it("counts lines from the first line of the heading", () => {
    const { unparsed } = Result.getOrThrow(
      PlayersReply.parse(`Players on server:\r\n[Player#] ; [Player UID] ; [Player Name]\r\n-----\r\nwhat\r\n`)
    )
    assert.deepStrictEqual(unparsed, [{ line: 4, text: "what" }])
  })

  it.each<[string, ReadonlyArray<string>]>([
    ["NUL and a line end after the text", [`${PLAYERS}\n0 ; ${UUID} ; Alice\n12 ; ${UUID} ; Bob\0\r\n\0`]],
    ["NUL after each message", [`${PLAYERS}\0`, `0 ; ${UUID} ; Alice\0`, `12 ; ${UUID} ; Bob\0`]]
  ])("may have %s", (_, texts) => {
    const { rows, unparsed } = Result.getOrThrow(PlayersReply.parse(replyTo("#players", texts) ?? ""))
    assert.deepStrictEqual(rows.map(({ id, name }): [number, string] => [id, name]), [[0, "Alice"], [12, "Bob"]])
    assert.deepStrictEqual(unparsed, [])
  })

  it("keeps lines that are not rows", () => {
    const { rows, unparsed } = read(
      "what",
      `1 ; ${UUID} ; Bob`,
      `x 2 ; ${UUID} ; Eve`,
      "3 ; 123 ; Al",
      `9999999999 ; ${UUID} ; z`
    )
    assert.deepStrictEqual(rows.map(String), ["#1 Bob", "#2 Eve"])
    assert.deepStrictEqual(unparsed, [
      { line: 2, text: "what" },
      { line: 4, text: "x " },
      { line: 5, text: "3 ; 123 ; Al" },
      { line: 6, text: `9999999999 ; ${UUID} ; z` }
    ])
  })

  it.each([
    ["", undefined],
    ["Timeout", 1],
    [`1 ; ${UUID} ; Bob`, 1],
    ["Players on server:", 1],
    [`Players on server: [Player#] ; [Player Name]\n1 ; Bob`, 1],
    [`${PLAYERS} ; [Ping]\n1 ; ${UUID} ; Bob ; 20`, 1]
  ])(
    "must be a list of players, not %j",
    (text, line) => {
      const error = Result.getOrThrow(Result.flip(PlayersReply.parse(text)))
      assert.deepStrictEqual([error.command, error.text, error.line], ["#players", text, line])
    }
  )

  it("is parsed in time proportional to its length", () => {
    // Quadratic time would take minutes.
    const size = 1 << 20
    for (const piece of ["1", " ", "1 ; ", ";", "-", `1 ; ${UUID}`, `1 ; ${UUID} ; `, `1 ; ${UUID} ;`, "\n"]) {
      const line = piece.repeat(size / piece.length)
      assert.doesNotThrow(() => read(line))
      assert.doesNotThrow(() => BansReply.parse(`Total bans: 1 | Page: 1/1\n- ${line}`, 0))
      assert.strictEqual(receive("#players", PLAYERS + line).taken[1], true)
    }
  })
})
