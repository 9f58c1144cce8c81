import { Ban } from "@bercon/client"
import { BansFile } from "@bercon/operations"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Duration } from "effect"
import { guid, ip } from "./support.ts"

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
      "its time must be -1 or seconds since 1970, from 1000000000 on (got 1440)"
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
})
