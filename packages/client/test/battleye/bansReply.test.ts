import { Address, Ban, Guid } from "@bercon/client"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Duration, Result, Schema } from "effect"
import * as BansReply from "../../src/internal/battleye/bansReply.ts"
import * as Corpus from "../corpus.ts"
import * as Hostile from "../hostile.ts"

const HEADING = "GUID Bans:\n[#] [GUID] [Minutes left] [Reason]\n" + "-".repeat(40)
const IP_HEADING = "IP Bans:\n[#] [IP Address] [Minutes left] [Reason]\n" + "-".repeat(46)
const GUID = Guid.Guid.make("0123456789abcdef0123456789abcdef")

const parse = (text: string) => Result.getOrThrow(BansReply.parse(text))
const read = (...rows: ReadonlyArray<string>) => parse([HEADING, ...rows].join("\n"))

/** The text as servers print it. */
const print = ({ id, reason, remaining, target }: Ban.Ban): string => {
  const minutes = remaining === "permanent"
    ? "perm"
    : typeof remaining === "string"
    ? "-"
    : String(Duration.toMinutes(remaining))
  const start = `${String(id).padEnd(2)} ${target.padEnd(15)} ${minutes.padEnd(4)}`
  return reason === "" ? start.trimEnd() : `${start} ${reason}`
}

const printAll = (bans: ReadonlyArray<Ban.Ban>): string =>
  [
    HEADING,
    ...bans.filter((ban) => Guid.isGuid(ban.target)).map(print),
    "",
    IP_HEADING,
    ...bans.filter((ban) => Address.isIpAddress(ban.target)).map(print)
  ].join("\n")

const octet = Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 })))

const ban = (target: Arbitrary.Arbitrary<Ban.BanTarget>): Arbitrary.Arbitrary<Ban.Ban> =>
  Arbitrary.all({
    id: Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 20000 }))),
    target,
    minutes: Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: -2, maximum: 2147483647 }))),
    reason: Hostile.anyName
  }).pipe(Arbitrary.map(({ id, minutes, reason, target }) =>
    new Ban.Ban({
      id: id as Ban.BanId,
      target,
      remaining: minutes === -2 ? "expired" : minutes === -1 ? "permanent" : Duration.minutes(minutes),
      reason
    })
  ))

const bans: Arbitrary.Arbitrary<ReadonlyArray<Ban.Ban>> = Arbitrary.all([
  Arbitrary.array(
    ban(Arbitrary.map(octet, (byte) => byte.toString(16).padStart(2, "0").repeat(16) as Guid.Guid)),
    { maxLength: 10 }
  ),
  Arbitrary.array(ban(Arbitrary.map(octet, (byte) => `203.0.${byte}.${255 - byte}` as Address.IpAddress)), {
    maxLength: 10
  })
]).pipe(Arbitrary.map((sections) => sections.flat()))

describe("the reply to bans", () => {
  it.prop("is parsed as it was printed", { bans }, ({ bans }) => {
    const table = { rows: bans, unparsed: [], total: undefined, cut: false }
    for (const end of ["", "\n", "\0", "\r\n", "\n\0 "]) assert.deepStrictEqual(parse(printAll(bans) + end), table)
    assert.deepStrictEqual(parse(printAll(bans).replaceAll("\n", "\r\n")), table)
  }, { arbitrary: { runs: 300 } })

  it.prop(
    "is an error without the heading, and with the heading has at most one row for each line",
    { text: Hostile.text, rows: Arbitrary.array(Hostile.text) },
    (
      { rows, text }
    ) => {
      assert.isTrue(Result.isFailure(BansReply.parse(text)))
      const lines = rows.join("\n").split("\n")
      const table = read(...lines)
      assert.isAtMost(table.rows.length + table.unparsed.length, lines.length)
    }
  )

  it.each(Corpus.all)(
    "is parsed completely from $name",
    ({ replies }) => {
      for (const [file, text] of replies("bans-")) {
        // Single rows of several servers are stored without a heading.
        const { rows, unparsed } = file.startsWith("bans-rows-") ? read(text) : parse(text)
        assert.deepStrictEqual(unparsed, [], file)
        assert.strictEqual(rows.length, text.split("\n").filter((line) => /^\d/.test(line)).length, file)
      }
    }
  )

  it("contains all fields of a ban", () => {
    const { rows } = read(`321 ${GUID} 4321 [admin][24.12.25 18:00:00] Teamkill`)
    assert.deepStrictEqual(rows, [
      new Ban.Ban({
        id: Ban.BanId.make(321),
        target: GUID,
        remaining: Duration.minutes(4321),
        reason: "[admin][24.12.25 18:00:00] Teamkill"
      })
    ])
  })

  it("is parsed to GUIDs in lower case", () => {
    assert.deepStrictEqual(read(`0  ${GUID.toUpperCase()} perm one`).rows.map(({ target }) => target), [GUID])
  })

  it("continues the numbers from GUIDs to addresses", () => {
    const table = read(`0  ${GUID} perm one`, "", IP_HEADING, "1  203.0.113.7     perm two")
    assert.deepStrictEqual(table.rows.map(({ id, target }) => [id, target]), [[0, GUID], [1, "203.0.113.7"]])
    assert.deepStrictEqual(table.unparsed, [])
  })

  it.each([
    [`0  ${GUID} perm`, "permanent", ""],
    [`0  ${GUID} perm `, "permanent", ""],
    [`0  ${GUID} perm  two  blanks `, "permanent", " two  blanks "],
    [`0  ${GUID} -`, "expired", ""],
    [`0  ${GUID} -    `, "expired", ""],
    [`0  ${GUID} -    be nice!`, "expired", "be nice!"],
    [`0  ${GUID} - - -`, "expired", "- -"],
    [`0  ${GUID} 0    x`, Duration.zero, "x"],
    [`0  ${GUID} 59   x`, Duration.minutes(59), "x"],
    [`0  ${GUID} 59    x`, Duration.minutes(59), " x"],
    [`0  ${GUID} 54321 [x] y`, Duration.minutes(54321), "[x] y"],
    [`0  ${GUID} 2147483647  x`, Duration.minutes(2147483647), " x"],
    [`12345 ${GUID} perm perm`, "permanent", "perm"],
    ["0 203.0.113.7 perm 1.2.3.4", "permanent", "1.2.3.4"],
    [`0  ${GUID} perm a\u2028b\rc`, "permanent", "a\u2028b\rc"],
    [`0  ${GUID.toUpperCase()} perm ${GUID.toUpperCase()} perm x`, "permanent", `${GUID.toUpperCase()} perm x`]
  ])("is parsed with the right time and reason if it has the row %j", (row, remaining, reason) => {
    const { rows, unparsed } = read(row)
    assert.deepStrictEqual(unparsed, [])
    assert.deepStrictEqual(rows.map((ban) => [ban.remaining, ban.reason]), [[remaining, reason]])
  })

  it("keeps lines that are not rows", () => {
    const wrong = [
      "what",
      `${GUID} perm x`,
      `0  ${GUID}`,
      `0  ${GUID} forever x`,
      `0  ${GUID} permanent`,
      `0  ${GUID} -1   x`,
      `0  ${GUID} 99999999999 x`,
      `9999999999 ${GUID} perm x`,
      `0  ${GUID.slice(1)} perm x`,
      "0  256.0.113.7     perm x",
      "(0 bans in total)"
    ]
    const { rows, unparsed } = read(...wrong, `0  ${GUID} perm x`)
    assert.strictEqual(rows.length, 1)
    assert.deepStrictEqual(unparsed, wrong.map((text, index) => ({ line: index + 4, text })))
  })

  it.each([HEADING, `${HEADING}\n`, `${HEADING}\n\n${IP_HEADING}`, `${HEADING}\n\n${IP_HEADING}\n`])(
    "without bans is an empty table: %j",
    (text) => {
      assert.deepStrictEqual(parse(text), { rows: [], unparsed: [], total: undefined, cut: false })
    }
  )

  it.each([
    ["", undefined],
    ["\n", 1],
    ["Missions on server:\nx.Altis.pbo", 1],
    [IP_HEADING, 1],
    ["GUID Bans:", 2],
    ["GUID Bans:\n[#] [GUID] [Minutes left] [Reason]", 3]
  ])("must be a list of bans, not %j", (text, line) => {
    const error = Result.getOrThrow(Result.flip(BansReply.parse(text)))
    assert.deepStrictEqual([error.command, error.text, error.line], ["bans", text, line])
  })

  it("is parsed in time proportional to its length", () => {
    // Quadratic time would take minutes.
    const size = 1 << 20
    for (const piece of ["1", " ", "1 ", "1.", "-", "- ", "\r", "[#] ", "IP Bans:", `1 ${GUID} `, `1 ${GUID} - `]) {
      const line = piece.repeat(size / piece.length)
      assert.doesNotThrow(() => read(line, `0 ${GUID} perm ${line}`, `0 ${GUID} ${line}`, `[#] ${line}`))
      assert.doesNotThrow(() => BansReply.parse(line))
    }
    assert.strictEqual(read("x\n".repeat(size / 2)).unparsed.length, size / 2)
    const rows = Array.from({ length: size / 16 }, (_, id) => `${String(id).padEnd(2)} ${GUID} perm x`)
    assert.strictEqual(read(...rows).rows.at(-1)?.id, size / 16 - 1)
  })

  it("has its last row among the unparsed lines if its end is missing", () => {
    const text = ["GUID Bans:", "[#] [GUID] [Minutes left] [Reason]", "---", `0  ${GUID} perm a`, `1  ${GUID} perm ab`]
      .join("\n")
    const table = (cut: boolean) => Result.getOrThrow(BansReply.parse(text, cut))
    assert.deepStrictEqual(table(false).rows.map(({ id }) => id as number), [0, 1])
    assert.deepStrictEqual([table(true).cut, table(true).rows.length], [true, 1])
    assert.deepStrictEqual(table(true).unparsed, [{ line: 5, text: `1  ${GUID} perm ab` }])
  })
})
