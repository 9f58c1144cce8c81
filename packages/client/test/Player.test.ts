import { Address, Guid, Player } from "@bercon/client"
import { assert, describe, it } from "@effect/vitest"
import { Option, Schema } from "effect"

const player = new Player.Player({
  id: Player.PlayerId.make(5),
  name: "Bob",
  address: new Address.Address({ ip: Address.IpAddress.make("203.0.113.7"), port: 2304 }),
  ping: 31,
  guid: Guid.Guid.make("0123456789abcdef0123456789abcdef"),
  verified: true,
  inLobby: false
})

const joining = new Player.Player({
  id: Player.PlayerId.make(6),
  name: "",
  verified: false
})

describe("Player", () => {
  it.each([player, joining])("survives JSON: %s", (player) => {
    const codec = Schema.fromJsonString(Schema.toCodecJson(Player.Player))
    assert.deepStrictEqual(Schema.decodeSync(codec)(Schema.encodeSync(codec)(player)), player)
    assert.deepStrictEqual(Schema.decodeSync(codec)(JSON.stringify(player)), player)
  })

  it("has a readable toString", () => {
    assert.strictEqual(String(player), "#5 Bob")
    assert.strictEqual(String(player.address), "203.0.113.7:2304")
  })
})

describe("IpAddress", () => {
  it.each(["0.0.0.0", "255.255.255.255", "99.99.99.99", "203.0.113.7"])("accepts %s", (ip) => {
    assert.isTrue(Option.isSome(Address.IpAddress.makeOption(ip)))
  })

  it.each(["", "1.2.3", "1.2.3.4.", "1.2.3.4.5", "256.1.1.1", "1..2.3", "1.2.3.x", "::1", " 1.2.3.4", "1.2.3.4\n"])(
    "refuses %j",
    (ip) => {
      assert.isTrue(Option.isNone(Address.IpAddress.makeOption(ip)))
    }
  )
})

describe("a slot", () => {
  it("is parsed from user input", () => {
    assert.deepStrictEqual(
      ["#5", " 7 ", "0"].map(Player.idFromString),
      [5, 7, 0].map((id) => Option.some(Player.PlayerId.make(id)))
    )
    for (const text of ["", "-1", "x", "1.5", "12345678901"]) assert.isTrue(Option.isNone(Player.idFromString(text)))
  })
})
