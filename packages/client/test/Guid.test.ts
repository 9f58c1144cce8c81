import { Address, Ban, Guid } from "@bercon/client"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Option, Result, Schema } from "effect"
import { createHash } from "node:crypto"

const FIRST = 76561197960265728n

describe("Guid.fromSteamId", () => {
  it("computes the GUID of account 0", () => {
    const guid = Result.succeed("4fc867abf98b934e9e7eeaf15170258c" as Guid.Guid)
    assert.deepStrictEqual(Guid.fromSteamId(FIRST), guid)
    assert.deepStrictEqual(Guid.fromSteamId(String(FIRST)), guid)
  })

  it.prop(
    "is the MD5 of BE and the id, lowest byte first",
    { account: Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 0xffffffff }))) },
    ({ account }) => {
      const id = FIRST + BigInt(account)
      const bytes = Buffer.alloc(10, "BE")
      bytes.writeBigUInt64LE(id, 2)
      const guid = Result.getOrThrow(Guid.fromSteamId(String(id)))
      assert.strictEqual(guid, createHash("md5").update(bytes).digest("hex"))
      assert.isTrue(Guid.isGuid(guid))
    }
  )

  it.each([FIRST - 1n, FIRST + (1n << 32n), -FIRST, 0n, 1n << 64n])("refuses %s", (id) => {
    const error = Result.getOrThrow(Result.flip(Guid.fromSteamId(id)))
    assert.instanceOf(error, Guid.InvalidSteamId)
    assert.include(error.message, String(id))
    assert.isTrue(Result.isFailure(Guid.fromSteamId(String(id))))
  })

  it.each([
    "",
    "STEAM_0:0:0",
    "[U:1:0]",
    " 76561197960265728",
    "76561197960265728\n",
    "076561197960265728",
    "7656119796026572",
    "0x110000100000000",
    "x".repeat(1000)
  ])("refuses %j", (id) => {
    const error = Result.getOrThrow(Result.flip(Guid.fromSteamId(id)))
    assert.strictEqual(error.input, id)
    assert.isBelow(error.message.length, 300)
  })

  it("refuses numbers, because they are not exact", () => {
    assert.isTrue(Result.isFailure(Guid.fromSteamId(Number(FIRST) as never)))
  })
})

describe("Guid", () => {
  const guid = "4fc867abf98b934e9e7eeaf15170258c" as Guid.Guid

  it("is decoded from digits of either case, and is in lower case", () => {
    for (const text of [guid, guid.toUpperCase(), `${guid.slice(0, 16)}${guid.slice(16).toUpperCase()}`]) {
      assert.deepStrictEqual(Guid.fromString(text), Option.some(guid))
      assert.strictEqual(Schema.decodeUnknownSync(Guid.Guid)(text), guid)
      assert.strictEqual(Schema.decodeUnknownSync(Schema.toCodecJson(Ban.BanTarget))(text), guid)
      assert.strictEqual(Guid.isGuid(text), text === guid)
      assert.deepStrictEqual(Guid.Guid.makeOption(text), text === guid ? Option.some(guid) : Option.none())
    }
    assert.strictEqual(Schema.encodeSync(Guid.Guid)(guid), guid)
  })

  it.each(["", guid.slice(1), `${guid}0`, `${guid}\n`, ` ${guid}`, "g".repeat(32), "76561197960265728"])(
    "is not %j",
    (text) => {
      assert.deepStrictEqual(Guid.fromString(text), Option.none())
      assert.isFalse(Guid.isGuid(text))
    }
  )
})

it("the guards distinguish GUIDs from IP addresses", () => {
  const [guid, ip] = ["4fc867abf98b934e9e7eeaf15170258c", "203.0.113.7"]
  assert.deepStrictEqual([guid, ip, undefined].map(Guid.isGuid), [true, false, false])
  assert.deepStrictEqual([guid, ip, undefined].map(Address.isIpAddress), [false, true, false])
})
