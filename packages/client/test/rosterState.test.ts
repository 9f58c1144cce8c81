import { Address, Guid, Player, ServerEvent } from "@bercon/client"
import { assert, describe, it } from "@effect/vitest"
import { Struct } from "effect"
import * as State from "../src/internal/roster.ts"

const full = {
  id: Player.PlayerId.make(3),
  name: "Ann",
  address: new Address.Address({ ip: Address.IpAddress.make("10.0.0.1"), port: 2304 }),
  ping: 40,
  guid: Guid.Guid.make("0123456789abcdef0123456789abcdef"),
  verified: true,
  inLobby: false,
  identity: Player.Player.fields.identity.make("8f5c0bd0-2a8f-4f7a-9a53-b3f0c1a2d3e4")
}

/** Another value for each field. */
const other: Required<typeof full> = {
  id: Player.PlayerId.make(4),
  name: "ann",
  address: new Address.Address({ ip: Address.IpAddress.make("10.0.0.1"), port: 2305 }),
  ping: 41,
  guid: Guid.Guid.make("f123456789abcdef0123456789abcdef"),
  verified: false,
  inLobby: true,
  identity: Player.Player.fields.identity.make("9f5c0bd0-2a8f-4f7a-9a53-b3f0c1a2d3e4")
}

describe("the state of a roster", () => {
  it("keeps nothing of players who have left", () => {
    const roster = State.make(() => 0)
    const observe = (text: string) => State.observe(roster, ServerEvent.parse(text))
    const join = (id: number) => observe(`Player #${id} Ann (203.0.113.1:2304) connected`)
    for (let id = 0; id < 3; id++) join(id)
    assert.deepStrictEqual([roster.players.size, roster.updatedAt.size], [3, 3])
    observe("Player #0 Ann disconnected")
    assert.deepStrictEqual([roster.players.size, roster.updatedAt.size], [2, 2])
    State.replace(roster, { rows: [], unparsed: [], total: 0, cut: false }, [])
    assert.deepStrictEqual([roster.players.size, roster.updatedAt.size], [0, 0])
    join(1)
    State.observe(roster, new ServerEvent.Gap({ cause: "Reconnected" }))
    assert.deepStrictEqual([roster.players.size, roster.updatedAt.size], [0, 0])
  })
})

describe("two lists of players", () => {
  it("are the same if all fields of all players are equal", () => {
    const address = new Address.Address({ ip: full.address.ip, port: full.address.port })
    assert.isTrue(State.isSame([new Player.Player(full)], [new Player.Player({ ...full, address })]))
    assert.isTrue(State.isSame([], []))
  })

  it.each(Struct.keys(Player.Player.fields))("are not the same if the field `%s` differs", (field) => {
    const changed = new Player.Player({ ...full, [field]: other[field] })
    assert.isFalse(State.isSame([new Player.Player(full)], [changed]))
  })

  it("are not the same if an IP address differs, or if one list has more players", () => {
    const ann = new Player.Player(full)
    const address = new Address.Address({ ip: Address.IpAddress.make("10.0.0.2"), port: 2304 })
    assert.isFalse(State.isSame([ann], [new Player.Player({ ...full, address })]))
    assert.isFalse(State.isSame([ann], [ann, new Player.Player(other)]))
    assert.isFalse(State.isSame([ann, new Player.Player(other)], [ann]))
  })
})
