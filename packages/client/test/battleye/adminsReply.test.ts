import { Address, Admin } from "@bercon/client"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Result, Schema } from "effect"
import * as AdminsReply from "../../src/internal/battleye/adminsReply.ts"
import * as Corpus from "../corpus.ts"
import * as Hostile from "../hostile.ts"

describe("the reply to admins", () => {
  const HEADING = "Connected RCon admins:\n[#] [IP Address]:[Port]\n" + "-".repeat(29)
  const read = (...rows: ReadonlyArray<string>) => Result.getOrThrow(AdminsReply.parse([HEADING, ...rows].join("\n")))

  const admins: Arbitrary.Arbitrary<ReadonlyArray<Admin.Admin>> = Arbitrary.array(
    Arbitrary.all({
      id: Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1000 }))),
      octet: Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))),
      port: Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 65535 })))
    }).pipe(Arbitrary.map(({ id, octet, port }) =>
      new Admin.Admin({
        id: id as Admin.AdminId,
        address: new Address.Address({ ip: `203.0.${octet}.${255 - octet}` as Address.IpAddress, port })
      })
    )),
    { maxLength: 20 }
  )

  it.prop("is parsed as it was printed", { admins }, ({ admins }) => {
    for (const end of [[], [""], ["\0"], ["\r", ""]]) {
      const rows = admins.map(({ address, id }) => `${id} ${String(address)}`)
      const table = read(...rows, ...end)
      assert.deepStrictEqual(
        AdminsReply.parse([HEADING, ...rows].join("\n").replaceAll("\n", "\r\n")),
        Result.succeed(table)
      )
      assert.deepStrictEqual(table, { rows: admins, unparsed: [], total: undefined, cut: false })
    }
  })

  it.prop(
    "is an error if the heading is missing, and has no rows if hostile text follows the heading",
    { text: Hostile.text },
    ({ text }) => {
      assert.isTrue(Result.isFailure(AdminsReply.parse(text)))
      assert.deepStrictEqual(read(text).rows, [])
    }
  )

  it.each(Corpus.all)("is parsed completely from $name", ({ replies }) => {
    for (const [file, text] of replies("admins-")) {
      const { rows, unparsed } = Result.getOrThrow(AdminsReply.parse(text))
      assert.deepStrictEqual(unparsed, [], file)
      assert.strictEqual(rows.length, text.trimEnd().split("\n").length - 3, file)
    }
  })

  it("keeps lines that are not rows", () => {
    const wrong = [
      "what",
      "0 203.0.113.1",
      "0 203.0.113.256:1",
      "0 203.0.113.1:65536",
      "0 203.0.113.1:1 x",
      "-1 203.0.113.1:1"
    ]
    const { rows, unparsed } = read("0   203.0.113.1:1 ", ...wrong)
    assert.deepStrictEqual(rows.map(String), ["#0 203.0.113.1:1"])
    assert.deepStrictEqual(unparsed, wrong.map((text, index) => ({ line: index + 5, text })))
  })

  it("must be a list of admins", () => {
    for (const text of ["", "GUID Bans:", "Connected RCon admins:", HEADING.slice(0, -29)]) {
      const error = Result.getOrThrow(Result.flip(AdminsReply.parse(text)))
      assert.deepStrictEqual([error.command, error.text], ["admins", text])
    }
  })

  it("is parsed in time proportional to its length", () => {
    // Quadratic time would take minutes.
    for (const piece of ["1", " ", "1 ", "1.", "-", "1 1.1.1.1:1 "]) {
      const line = piece.repeat((1 << 20) / piece.length)
      assert.doesNotThrow(() => read(line, `0 203.0.113.1:1${line}`, `0 203.0.113.1:1 ${line}x`))
    }
  })
})
