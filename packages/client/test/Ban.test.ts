import { Address, Admin, Ban, Guid, Version } from "@bercon/client"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Equal, Option, Schema } from "effect"
import { trusted } from "../src/internal/trusted.ts"

const fields = {
  id: Ban.BanId.make(3),
  target: Guid.Guid.make("4fc867abf98b934e9e7eeaf15170258c"),
  remaining: Duration.minutes(90),
  reason: "Teamkill"
}
const ban = new Ban.Ban(fields)
const ipBan = new Ban.Ban({
  id: Ban.BanId.make(4),
  target: Address.IpAddress.make("203.0.113.7"),
  remaining: "permanent",
  reason: ""
})
const expired = new Ban.Ban({ ...fields, remaining: "expired" })

describe("Ban", () => {
  it.each([ban, ipBan, expired])("survives JSON: %s", (ban) => {
    const codec = Schema.fromJsonString(Schema.toCodecJson(Ban.Ban))
    assert.deepStrictEqual(Schema.decodeSync(codec)(Schema.encodeSync(codec)(ban)), ban)
  })

  it("has a readable toString", () => {
    assert.deepStrictEqual([ban, ipBan, expired].map(String), [
      "#3 4fc867abf98b934e9e7eeaf15170258c (1h 30m) Teamkill",
      "#4 203.0.113.7 (permanent)",
      "#3 4fc867abf98b934e9e7eeaf15170258c (expired) Teamkill"
    ])
  })

  it("equals one that a parser has made", () => {
    const read = trusted(Ban.Ban, fields)
    assert.instanceOf(read, Ban.Ban)
    assert.deepStrictEqual(read, ban)
    assert.isTrue(Equal.equals(read, ban))
    assert.isTrue(Schema.is(Ban.Ban)(read))
    assert.strictEqual(String(read), String(ban))
    assert.strictEqual(JSON.stringify(read), JSON.stringify(ban))
    const codec = Schema.toCodecJson(Ban.Ban)
    assert.deepStrictEqual(Schema.encodeSync(codec)(read), Schema.encodeSync(codec)(ban))
  })
})

describe("the target of a ban", () => {
  it("is parsed from user input", () => {
    const targets = [
      " 4FC867ABF98B934E9E7EEAF15170258C",
      "203.0.113.7",
      "3D8F0E52-6c5a-4e0b-9a55-0c2b1d7e4f10"
    ]
    for (const text of targets) {
      assert.strictEqual(Option.getOrThrow(Ban.targetFromString(text)), text.trim().toLowerCase())
    }
    for (const text of ["", "Bob", "7", "198.51.100.0/24"]) assert.isTrue(Option.isNone(Ban.targetFromString(text)))
  })
})

describe("Admin", () => {
  const admin = new Admin.Admin({
    id: Admin.AdminId.make(0),
    address: new Address.Address({ ip: Address.IpAddress.make("203.0.113.7"), port: 2304 })
  })

  it("survives JSON", () => {
    const codec = Schema.fromJsonString(Schema.toCodecJson(Admin.Admin))
    assert.deepStrictEqual(Schema.decodeSync(codec)(Schema.encodeSync(codec)(admin)), admin)
  })

  it("has a readable toString", () => {
    assert.strictEqual(String(admin), "#0 203.0.113.7:2304")
  })
})

it("a version has a readable toString", () => {
  assert.strictEqual(String(new Version.Version({ text: "v1.220", number: "1.220" })), "1.220")
  assert.strictEqual(String(new Version.Version({ text: "beta" })), "beta")
})
