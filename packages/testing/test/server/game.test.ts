import { ServerMachine, type World } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { heard, online, world } from "../machine.ts"

describe("a player", () => {
  it("is announced as connected, then with a GUID, then as verified", () => {
    const server = online()
    ServerMachine.join(server, 0, { name: "Max", ip: "198.51.100.126", guid: "5a1b2c3d4e5f60710000000000000000" })
    assert.deepStrictEqual(heard(server), [
      "message 1: Player #0 Max (198.51.100.126:2304) connected",
      "message 2: Player #0 Max - BE GUID: 5a1b2c3d4e5f60710000000000000000",
      "message 3: Verified GUID (5a1b2c3d4e5f60710000000000000000) of player #0 Max"
    ])
  })

  it("is announced with \"GUID\" instead of \"BE GUID\" by an older game", () => {
    const server = online({ guidKind: "GUID" })
    ServerMachine.join(server, 0, { name: "Max", ip: "198.51.100.126", guid: "5a1b2c3d4e5f60710000000000000000" })
    assert.strictEqual(heard(server)[1], "message 2: Player #0 Max - GUID: 5a1b2c3d4e5f60710000000000000000")
  })

  it("has no GUID while joining", () => {
    const server = online()
    const player = ServerMachine.join(server, 0, { name: "Max", guid: null })
    assert.deepStrictEqual([player.guid, player.ping, player.verified], [undefined, -1, false])
    assert.deepStrictEqual(heard(server), ["message 1: Player #0 Max (198.18.238.206:2304) connected"])
    ServerMachine.kick(server, 0, 0, "Query Timeout")
    assert.strictEqual(heard(server)[0], "message 2: Player #0 Max (-) has been kicked by BattlEye: Query Timeout")
  })

  it("gets the lowest free slot", () => {
    const server = online({ world })
    assert.strictEqual(ServerMachine.join(server, 0, { name: "a" }).slot, 1)
    assert.strictEqual(ServerMachine.join(server, 0, { name: "b", slot: 7 }).slot, 7)
    assert.throws(() => ServerMachine.join(server, 0, { name: "c", slot: 7 }), RangeError)
  })

  it("who joins step by step is announced step by step", () => {
    const server = online()
    const guid = "5a1b2c3d4e5f60710000000000000000"
    ServerMachine.join(server, 0, { name: "Max", guid: null })
    assert.throws(() => ServerMachine.verify(server, 0, 0), RangeError)
    const identified = ServerMachine.identify(server, 1_000, 0, guid)
    assert.deepStrictEqual([identified.guid, identified.ping, identified.verified], [guid, 47, false])
    assert.throws(() => ServerMachine.identify(server, 1_000, 0), RangeError)
    const verified = ServerMachine.verify(server, 1_500, 0)
    assert.throws(() => ServerMachine.verify(server, 1_500, 0), RangeError)
    assert.deepStrictEqual(server.world.players, [verified])
    assert.isTrue(verified.verified)
    ServerMachine.join(server, 1_500, { name: "Kerry", verified: false })
    ServerMachine.join(server, 1_500, { name: "Ed", guid: null })
    assert.strictEqual(ServerMachine.identify(server, 1_500, 2).guid, "cead553000afc5d046237651d19d1b10")
    assert.deepStrictEqual(heard(server), [
      "message 1: Player #0 Max (198.18.238.206:2304) connected",
      `message 2: Player #0 Max - BE GUID: ${guid}`,
      `message 3: Verified GUID (${guid}) of player #0 Max`,
      "message 4: Player #1 Kerry (198.18.124.191:2304) connected",
      "message 5: Player #1 Kerry - BE GUID: ae37a3fde240a87ce4963d7e64877aae",
      "message 6: Player #2 Ed (198.18.81.210:2304) connected",
      "message 7: Player #2 Ed - BE GUID: cead553000afc5d046237651d19d1b10"
    ])
  })

  it("who is banned is kicked when the banned address or GUID is announced", () => {
    const guid = "5a1b2c3d4e5f60710000000000000000"
    const bans: ReadonlyArray<World.Ban> = [
      { target: guid, expires: 60_000, reason: "cheating" },
      { target: "198.51.100.1", expires: undefined, reason: "" }
    ]
    const server = online({ world: { bans } })
    ServerMachine.join(server, 0, { name: "Max", guid })
    ServerMachine.join(server, 0, { name: "Kerry", ip: "198.51.100.1" })
    ServerMachine.join(server, 0, { name: "Ed", guid: null })
    ServerMachine.identify(server, 0, 0, guid)
    assert.deepStrictEqual(server.world.players, [])
    ServerMachine.join(server, 60_000, { name: "Max", guid })
    assert.deepStrictEqual(server.world.players.map(({ name }) => name), ["Max"])
    assert.deepStrictEqual(heard(server), [
      "message 1: Player #0 Max (198.18.238.206:2304) connected",
      `message 2: Player #0 Max - BE GUID: ${guid}`,
      `message 3: Player #0 Max (${guid}) has been kicked by BattlEye: Admin Ban (cheating)`,
      "message 4: Player #0 Max disconnected",
      "message 5: Player #0 Kerry (198.51.100.1:2304) connected",
      "message 6: Player #0 Kerry (-) has been kicked by BattlEye: Admin Ban ()",
      "message 7: Player #0 Kerry disconnected",
      "message 8: Player #0 Ed (198.18.81.210:2304) connected",
      `message 9: Player #0 Ed - BE GUID: ${guid}`,
      `message 10: Player #0 Ed (${guid}) has been kicked by BattlEye: Admin Ban (cheating)`,
      "message 11: Player #0 Ed disconnected"
    ])
  })

  it("who leaves is announced as disconnected", () => {
    const server = online({ world })
    ServerMachine.leave(server, 0, 3)
    assert.deepStrictEqual(heard(server), ["message 1: Player #3 Kerry (x) disconnected"])
    assert.throws(() => ServerMachine.leave(server, 0, 3), RangeError)
  })

  it("who chats is named in the message, with the channel", () => {
    const server = online({ world })
    ServerMachine.chat(server, 0, 0, "Side", "go: now")
    assert.deepStrictEqual(heard(server), ["message 1: (Side) Miller: go: now"])
  })
})
