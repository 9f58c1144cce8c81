import { Address, Admin, Version } from "@bercon/client"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Result, Schema } from "effect"
import * as AdminsReply from "../src/internal/battleye/adminsReply.ts"
import * as CommandsReply from "../src/internal/battleye/commandsReply.ts"
import * as MissionsReply from "../src/internal/battleye/missionsReply.ts"
import * as VersionReply from "../src/internal/battleye/versionReply.ts"
import * as Corpus from "./corpus.ts"
import * as Hostile from "./hostile.ts"

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

  it.prop("becomes a table or an error, whatever its text", { text: Hostile.text }, ({ text }) => {
    assert.isTrue(Result.isFailure(AdminsReply.parse(text)))
    assert.deepStrictEqual(read(text).rows, [])
  })

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

  it.prop("becomes a list or an error, whatever its text", { text: Hostile.text }, ({ text }) => {
    const error = Result.getOrThrow(Result.flip(MissionsReply.parse(text)))
    assert.deepStrictEqual([error.command, error.text], ["missions", text])
    assert.isTrue(Result.isSuccess(MissionsReply.parse(`Missions on server:\n${text}`)))
  })
})

describe("the reply to commands", () => {
  it("is a list", () => {
    assert.deepStrictEqual(
      CommandsReply.parse("List of available commands:\nplayers\n  kick \n\nban\n\0"),
      Result.succeed(["players", "kick", "ban"])
    )
  })

  it("must be a list of commands", () => {
    const error = Result.getOrThrow(Result.flip(CommandsReply.parse("players\nkick")))
    assert.deepStrictEqual([error.command, error.line], ["commands", 1])
  })
})

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
  ])("contains a number in %j", (text, number) => {
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

  it.prop("never throws", { text: Hostile.text }, ({ text }) => {
    assert.strictEqual(Result.isSuccess(VersionReply.parse(text)), /[^\0\t\n\r ]/.test(text))
  })
})
