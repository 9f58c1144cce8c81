import { Ban } from "@bercon/client"
import { BansFile } from "@bercon/operations"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, DateTime, Duration, Schema } from "effect"
import { entry, guid, id, ip } from "./support.ts"

const FILE = [
  `${guid(1)} -1 Caught for GameHack 38. Contact admin.example`,
  `${guid(2)} 1415673088 TOP #4 TeamKill 1 day - bans.example`,
  `${guid(3).toUpperCase()} -1 76561197960265728 - Ban #2`,
  `${guid(4)} -1 W 4d9b2182 0x0f44d938 `,
  `${guid(5)} -1 [Clan][18.07.15 13:38:14] "Sabotage" (24h) //`,
  `${guid(6)} -1`,
  `203.0.113.7 -1 Spam`,
  `${guid(7)}\t-1  community banfile      `
].join("\n") + "\n"

describe("parse", () => {
  it("reads all forms of lines in real files: GUIDs and addresses, permanent or with an end, with or without a reason", () => {
    const { bans, unread } = BansFile.parse(FILE)
    assert.deepStrictEqual(unread, [])
    assert.deepStrictEqual(bans.map(({ reason, target, until }) => [target, until, reason]), [
      [guid(1), "permanent", "Caught for GameHack 38. Contact admin.example"],
      [guid(2), DateTime.makeUnsafe(1_415_673_088_000), "TOP #4 TeamKill 1 day - bans.example"],
      [guid(3), "permanent", "76561197960265728 - Ban #2"],
      [guid(4), "permanent", "W 4d9b2182 0x0f44d938"],
      [guid(5), "permanent", "[Clan][18.07.15 13:38:14] \"Sabotage\" (24h) //"],
      [guid(6), "permanent", ""],
      ["203.0.113.7", "permanent", "Spam"],
      [guid(7), "permanent", "community banfile"]
    ])
  })

  it("accepts all line ends, a byte order mark, blank lines and comments", () => {
    for (const end of ["\n", "\r\n", "\r"]) {
      const text = `\ufeff// bans of the server${end}${end}  ${guid(1)} -1 x${end}   ${end}${guid(2)} -1 y`
      const { bans, unread } = BansFile.parse(text)
      assert.deepStrictEqual([bans.map(({ reason }) => reason), unread], [["x", "y"], []])
    }
  })

  it("returns the lines that are not bans, each with a problem", () => {
    const text = [
      "2533274833234190",
      `${guid(1)}         `,
      // Some guides recommend minutes here, which a server reads as a time in 1970.
      `${guid(2)} 1440 one day`,
      `${guid(3)} 0 for ever`,
      `${guid(4)} perm x`,
      `${guid(5)} 99999999999999999 x`,
      "3d8f0e52-6c5a-4e0b-9a55-0c2b1d7e4f10 -1 x",
      "999.0.0.1 -1 x"
    ].join("\n")
    const { bans, unread } = BansFile.parse(text)
    assert.deepStrictEqual(bans, [])
    assert.deepStrictEqual(unread.map(({ line }) => line), [1, 2, 3, 4, 5, 6, 7, 8])
    assert.deepStrictEqual(unread[1], { line: 2, text: `${guid(1)}         `, problem: "it has no time" })
    assert.strictEqual(
      unread[2]?.problem,
      "its time must be -1 or seconds since 1970, from 1000000000 to 8640000000000 (got 1440)"
    )
    assert.strictEqual(
      unread[0]?.problem,
      "it does not begin with a GUID of 32 hexadecimal digits or an IPv4 address"
    )
  })
})

describe("format", () => {
  it("writes text that `parse` reads", () => {
    const { bans } = BansFile.parse(FILE)
    assert.deepStrictEqual(BansFile.parse(BansFile.format(bans)), { bans, unread: [] })
    assert.strictEqual(
      BansFile.format(bans.slice(0, 2)),
      FILE.split("\n").slice(0, 2).join("\n") + "\n"
    )
  })

  it("writes each ban on one line, and rounds its end up to seconds", () => {
    const until = DateTime.makeUnsafe(1_415_673_088_001)
    assert.strictEqual(
      BansFile.format([{ target: ip(1), until, reason: "a\nb" }, { target: guid(1), until: "permanent", reason: "" }]),
      `198.51.0.1 1415673089 a b\n${guid(1)} -1\n`
    )
  })

  it("leaves out accounts of Arma Reforger, which has no such file", () => {
    const target = "3d8f0e52-6c5a-4e0b-9a55-0c2b1d7e4f10" as Ban.BanTarget
    assert.strictEqual(BansFile.format([{ target, until: "permanent", reason: "" }]), "")
  })
})

describe("fromRows", () => {
  it("returns the bans of a server's list that are not over, with their ends", () => {
    const now = DateTime.makeUnsafe(1_000_000)
    const row = (number: number, remaining: Ban.Ban["remaining"]) =>
      new Ban.Ban({ id: Ban.BanId.make(number), target: guid(number), remaining, reason: " x " })
    const rows = [row(0, "permanent"), row(1, Duration.minutes(5)), row(2, "expired"), row(3, "unknown")]
    assert.deepStrictEqual(BansFile.fromRows(rows, now), [
      { target: guid(0), until: "permanent", reason: "x" },
      { target: guid(1), until: DateTime.makeUnsafe(1_300_000), reason: "x" }
    ])
  })

  it("returns a ban as permanent if its end is later than a date can be", () => {
    const remaining = Duration.seconds(999_999_999_999_999)
    const row = new Ban.Ban({ id: Ban.BanId.make(0), target: guid(0), remaining, reason: "x" })
    assert.deepStrictEqual(BansFile.fromRows([row], DateTime.makeUnsafe(0)), [
      { target: guid(0), until: "permanent", reason: "x" }
    ])
  })
})

const permanent = (number: number, reason: string) => ({ target: guid(number), until: "permanent" as const, reason })
const added = DateTime.makeUnsafe(1_500_000_000_000)

describe("a line", () => {
  const problemOf = (line: string) => BansFile.parse(line).unread[0]?.problem

  it("has a time from 1000000000 to 8640000000000, in whole seconds", () => {
    for (const seconds of [1_000_000_000, 8_640_000_000_000]) {
      const [ban] = BansFile.parse(`${guid(1)} ${seconds} x`).bans
      assert.deepStrictEqual(ban?.until, DateTime.makeUnsafe(seconds * 1000))
    }
    for (const time of ["999999999", "8640000000001", "+1415673088", "1415673088.5", "1415673088x", "x1415673088"]) {
      assert.include(problemOf(`${guid(1)} ${time} x`), `(got ${time})`)
    }
  })

  it("is refused with at most 30 characters of its time in the problem", () => {
    assert.include(problemOf(`${guid(1)} ${"x".repeat(1000)}`), `(got ${"x".repeat(30)})`)
  })

  it("that is a comment may begin with blanks; `//` after a ban is part of its reason", () => {
    const { bans, unread } = BansFile.parse(`\t // old bans\n${guid(1)} -1 // mine`)
    assert.deepStrictEqual([bans, unread], [[permanent(1, "// mine")], []])
  })

  it("may have any blanks before, between and after its parts", () => {
    assert.deepStrictEqual(BansFile.parse(` \t${guid(1)}  \t -1 \t two  words \t`).bans, [permanent(1, "two  words")])
  })

  it("of a temporary ban may end with blanks", () => {
    assert.strictEqual(BansFile.parse(`${guid(1)} 1415673088 two words  `).bans[0]?.reason, "two words")
  })

  it("keeps a U+FEFF that is not at the beginning of the file", () => {
    assert.strictEqual(BansFile.parse(`${guid(1)} -1 x\ufeffy`).bans[0]?.reason, "x\ufeffy")
  })
})

describe("a file", () => {
  const integer = (minimum: number, maximum: number) =>
    Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum, maximum })))
  const bans = Arbitrary.array(
    Arbitrary.all({
      number: integer(0, 255),
      isAddress: Arbitrary.schema(Schema.Boolean),
      until: Arbitrary.schema(Schema.Literals(["permanent", 1_000_000_000, 4_102_444_800])),
      reason: Arbitrary.array(Arbitrary.schema(Schema.Literals(["x", " ", "-1", "\n", "\r", "\0", "ё", "//"])), {
        maxLength: 8
      })
    }),
    { maxLength: 5 }
  )

  it.prop("has every ban that was written, with its reason on one line", { bans }, ({ bans }) => {
    const listed = bans.map(({ isAddress, number, reason, until }): BansFile.BansFile["bans"][number] => ({
      target: isAddress ? ip(number) : guid(number),
      until: until === "permanent" ? until : DateTime.makeUnsafe(until * 1000),
      reason: reason.join("")
    }))
    const expected = listed.map((ban) => ({ ...ban, reason: ban.reason.replaceAll(/[\r\n\0]+/g, " ").trim() }))
    assert.deepStrictEqual(BansFile.parse(BansFile.format(listed)), { bans: expected, unread: [] })
  })
})

describe("toEntries", () => {
  const idsOf = (bans: BansFile.BansFile["bans"]) =>
    BansFile.toEntries(bans, { by: "file", added }).map((entry) => entry.id as string)

  it("makes entries with the fields of the import, and with reasons that fit", () => {
    const bans = [permanent(1, `a\nb ${"x".repeat(200)}`)]
    const reason = `a b ${"x".repeat(196)}`
    const [ban] = BansFile.toEntries(bans, { by: "file", added })
    assert.deepInclude(ban, { target: guid(1), until: "permanent", reason, by: "file", added })
    assert.deepInclude(ban, { servers: "all", source: "bans.txt" })
    const [other] = BansFile.toEntries(bans, { by: "file", added, servers: ["altis"], source: "altis" })
    assert.deepInclude(other, { servers: ["altis"], source: "altis" })
  })

  it("never changes the number of a ban from one release to the next", () => {
    // The hash of the second ban has more than six digits in base 36. The hash of the third ban has fewer.
    assert.deepStrictEqual(idsOf([permanent(1, "cheating"), permanent(2, ""), permanent(3735, "")]), [
      "jcmrs1",
      "b5yb3t",
      "00wg9o"
    ])
    assert.deepStrictEqual(idsOf([{ ...permanent(1, "cheating"), until: added }]), ["ae4g41"])
  })

  it("gives different numbers to bans that would have the same one, and one entry to a ban that is there twice", () => {
    const one = permanent(1, "cheating, wallhack, impersonation, racism")
    const other = permanent(1, "teamkilling, exploits, radio abuse, ramming")
    assert.deepStrictEqual(idsOf([one]), ["vq3kql"])
    assert.deepStrictEqual(idsOf([other]), ["vq3kql"])
    assert.deepStrictEqual(idsOf([one, other, one, other]), ["vq3kql", "vq3kqm"])
  })

  it("leaves out the bans that a book with this mark has written", () => {
    const bans = [permanent(1, "[book:000001] x"), permanent(2, "[file:000002] x")]
    const targets = (mark?: string) =>
      BansFile.toEntries(bans, { by: "file", added, ...(mark !== undefined && { mark }) }).map(({ target }) => target)
    assert.deepStrictEqual(targets(), [guid(2)])
    assert.deepStrictEqual(targets("file"), [guid(1)])
  })
})

describe("restore", () => {
  const bans = [permanent(1, "[book:00000a] teamkilling"), permanent(2, "[file:00000b] spam"), permanent(3, "cheating")]

  it("returns the bans that a book has written, with their numbers and reasons, and leaves out the others", () => {
    const fields = { by: "restored", added }
    assert.deepStrictEqual(BansFile.restore(bans, fields), [
      entry(10, { target: guid(1), reason: "teamkilling", source: "bans.txt", ...fields })
    ])
    const of = { mark: "file", servers: ["altis"], source: "altis" } as const
    const [ban, ...others] = BansFile.restore(bans, { ...fields, ...of })
    assert.deepInclude(ban, { id: id(11), target: guid(2), reason: "spam", servers: ["altis"], source: "altis" })
    assert.deepStrictEqual(others, [])
  })
})
