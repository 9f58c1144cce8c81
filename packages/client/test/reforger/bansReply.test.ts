import { assert, describe, it } from "@effect/vitest"
import { Duration, Result } from "effect"
import * as BansReply from "../../src/internal/reforger/bansReply.ts"
import { join } from "../../src/internal/reforger/messages.ts"
import * as Corpus from "../corpus.ts"
import { receive, replyTo } from "./lists.ts"
import { identity, OLDER_BANS } from "./texts.ts"

describe("the reply to #ban list", () => {
  const page = (total: number, number: number, rows: number) =>
    [
      `Total bans: ${total} | Page: ${number}/${Math.ceil(total / 25)}`,
      "- Identity Id | Banned name",
      ...Array.from({ length: rows }, (_, index) => `- ${identity(index)} | a | ${index}`)
    ].join("\n")

  it("contains the bans of a page, and the total", () => {
    for (const start of ["", "Processing ban list\n"]) {
      assert.deepStrictEqual(
        BansReply.parse(`${start}${page(27, 2, 2)}\nwhat\n`, 10),
        Result.succeed({
          rows: [
            { target: identity(0), remaining: "unknown", name: "a | 0" },
            { target: identity(1), remaining: "unknown", name: "a | 1" }
          ],
          unparsed: [{ line: 15, text: "what" }],
          total: 27,
          pages: 2,
          lines: 6
        })
      )
    }
  })

  it.each(Corpus.all)("is parsed with its total, and without unparsed lines, from $name", ({ replies }) => {
    for (const [file, text] of replies("ban-list-reforger")) {
      const { total, unparsed } = Result.getOrThrow(BansReply.parse(text, 0))
      assert.strictEqual(total, Number(/^Total bans: (\d+)/.exec(text)?.[1] ?? 0), file)
      assert.deepStrictEqual(unparsed, [], file)
    }
  })

  it("may have the form of older servers", () => {
    const text = `${OLDER_BANS}\n1 ; ${identity(1)} ; 3600\n2 ; ${identity(2)} ; 0`
    const rows = [
      { target: identity(1), remaining: Duration.hours(1) },
      { target: identity(2), remaining: "permanent" as const }
    ]
    for (const start of ["", "Processing ban list\n"]) {
      assert.deepStrictEqual(
        BansReply.parse(start + text, 0),
        Result.succeed({ rows, unparsed: [], total: undefined, pages: 0, lines: 3 })
      )
    }
    assert.deepStrictEqual(
      BansReply.parse(OLDER_BANS, 0),
      Result.succeed({ rows: [], unparsed: [], total: undefined, pages: 0, lines: 1 })
    )
  })

  it("may begin with a line end, in the older form, too", () => {
    const text = `\r\n${OLDER_BANS}\n1 ; ${identity(1)} ; 0`
    assert.deepStrictEqual(receive("#ban list 1", text).taken, [true, true])
    assert.strictEqual(Result.getOrThrow(BansReply.parse(text, 0)).rows.length, 1)
    assert.deepStrictEqual(receive("#ban list 1", `x ${OLDER_BANS}`).taken, [true, false])
    assert.isTrue(Result.isFailure(BansReply.parse(`x ${OLDER_BANS}`, 0)))
    assert.deepStrictEqual(receive("#ban list 1", "Bans: none").taken, [true, false])
  })

  it("may be empty", () => {
    const empty = { rows: [], unparsed: [], pages: 0, lines: 0 }
    for (const end of ["", "\n", "\0"]) {
      assert.deepStrictEqual(
        BansReply.parse(`Server has no bans to list.${end}`, 0),
        Result.succeed({ ...empty, total: 0 })
      )
      assert.deepStrictEqual(
        BansReply.parse(`Page not found!${end}`, 0),
        Result.succeed({ ...empty, total: undefined })
      )
    }
    for (const text of ["x Page not found!", "Page not found! x"]) {
      assert.isTrue(Result.isFailure(BansReply.parse(text, 0)))
    }
  })

  it("keeps unreadable rows of the older form", () => {
    const lines = [
      `-1 ; ${identity(1)} ; 3600`,
      `2 ; ${identity(2)} ; for ever`,
      `3 ; ${identity(3)} ; -1`,
      `4 ; ${identity(4)} ; 60 ; reason`,
      `5 ; 123 ; 60`,
      `6 ; ${identity(6)} ;`
    ]
    const page = Result.getOrThrow(BansReply.parse([OLDER_BANS, ...lines].join("\n"), 10))
    assert.deepStrictEqual(page.rows, [])
    assert.deepStrictEqual(page.unparsed, lines.map((text, index) => ({ line: 12 + index, text })))
    const second = replyTo("#ban list 1", [OLDER_BANS, ...lines]) ?? ""
    assert.deepStrictEqual(Result.getOrThrow(BansReply.parse(second, 10)).unparsed, page.unparsed)
  })

  it("has a next page in the older form if the page is full", () => {
    const rows = (count: number) =>
      Array.from({ length: count }, (_, index) => `${index} ; ${identity(index)} ; 0`).join("\n")
    for (const [count, pages] of [[24, 0], [25, Infinity], [60, Infinity]] as const) {
      const page = Result.getOrThrow(BansReply.parse(`${OLDER_BANS}\n${rows(count)}`, 0))
      assert.deepStrictEqual([page.rows.length, page.pages], [count, pages])
    }
    // An unreadable line counts as a row.
    const unread = Result.getOrThrow(BansReply.parse(`${OLDER_BANS}\n${rows(24)}\nwhat`, 0))
    assert.deepStrictEqual([unread.rows.length, unread.pages], [24, Infinity])
  })

  it.each(["", "Timeout", "Failed to list bans.", "Total bans: 1", "Bans:", `${OLDER_BANS} ; [Reason]`])(
    "must be a list of bans, not %j",
    (text) => {
      const error = Result.getOrThrow(Result.flip(BansReply.parse(text, 0)))
      assert.deepStrictEqual([error.command, error.text], ["#ban", text])
    }
  )

  it("is complete when it has as many rows as its heading announces", () => {
    const long = page(26, 1, 25)
    const middle = long.indexOf("\n", 950)
    assert.strictEqual(receive("#ban list 1", "Processing ban list").wakeAt, 5000)
    assert.strictEqual(receive("#ban list 1", page(2, 1, 2)).wakeAt, -Infinity)
    assert.strictEqual(receive("#ban list 1", page(3, 1, 2)).wakeAt, 451)
    assert.strictEqual(receive("#ban list 1", long.slice(0, middle)).wakeAt, 5000)
    const whole = receive("#ban list 1", "Processing ban list", long.slice(0, middle), long.slice(middle + 1))
    assert.strictEqual(whole.outcome?._tag === "Complete" && join(whole.outcome.texts.slice(1)), long)
    assert.deepStrictEqual(receive("#ban list 2", page(26, 1, 25), page(26, 2, 1)).taken, [true, false, true])
  })

  it("with pages of another size is complete at the maximum number of rows, or after the quiet time", () => {
    const rows = (count: number) => Array.from({ length: count }, (_, index) => `- ${identity(index)} | a`).join("\n")
    // 30 bans on one page, in two messages.
    const whole = receive("#ban list 1", `Total bans: 30 | Page: 1/1\n${rows(25)}`, rows(5))
    assert.deepStrictEqual([whole.taken, whole.wakeAt], [[true, true, true], -Infinity])
    // 21 bans on three pages: a full page has 7 to 10 rows.
    assert.strictEqual(receive("#ban list 1", `Total bans: 21 | Page: 1/3\n${rows(7)}`).wakeAt, 451)
    assert.strictEqual(receive("#ban list 1", `Total bans: 21 | Page: 1/3\n${rows(10)}`).wakeAt, -Infinity)
    assert.strictEqual(receive("#ban list 3", `Total bans: 21 | Page: 3/3\n${rows(1)}`).wakeAt, 451)
    assert.strictEqual(receive("#ban list 3", `Total bans: 21 | Page: 3/3\n${rows(7)}`).wakeAt, -Infinity)
    assert.strictEqual(receive("#ban list 1", "Total bans: 0 | Page: 1/0").wakeAt, 451)
  })
})
