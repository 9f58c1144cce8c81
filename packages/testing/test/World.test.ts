import { World } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"

const player = (name: string, options: Partial<World.PlayerOptions> = {}) =>
  World.player(World.make(), { name, ...options })

describe("a player", () => {
  it("differs from a player with another name, however long the name", () => {
    const players = Array.from({ length: 100 }, (_, index) => player(`Survivor of the long winter, number ${index}`))
    for (const key of ["guid", "identity", "ip"] as const) {
      assert.strictEqual(new Set(players.map((player) => player[key])).size, players.length, key)
    }
  })

  it("has the same data in another slot and another world", () => {
    const world = World.join(World.make(), player("Kerry"))
    const { slot, ...miller } = World.player(world, { name: "Miller" })
    assert.strictEqual(slot, 1)
    assert.deepInclude(player("Miller"), miller)
  })

  it("has a GUID, an identity and an address of valid forms", () => {
    for (const name of ["", "Миллер", "Kerry (x)", "\u{1f600}"]) {
      const { guid = "", identity, ip } = player(name)
      assert.match(guid, /^[\da-f]{32}$/)
      assert.match(identity, /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/)
      assert.match(ip, /^198\.1[89]\.\d{1,3}\.\d{1,3}$/)
    }
  })

  it("is refused if its options are invalid", () => {
    const invalid: ReadonlyArray<Partial<World.PlayerOptions>> = [
      ...["", "abc", "A".repeat(32), "g".repeat(32), "0".repeat(33)].map((guid) => ({ guid })),
      ...["", "1.2.3", "1.2.3.256", "::1", "localhost"].map((ip) => ({ ip })),
      ...[-1, 1.5, NaN, Infinity].map((slot) => ({ slot })),
      ...[0, -1, 1.5, NaN, 65_536].map((port) => ({ port })),
      { identity: "abc" }
    ]
    for (const options of invalid) assert.throws(() => player("Miller", options), RangeError)
    const world = World.join(World.make(), player("Miller", { guid: null }))
    assert.throws(() => World.player(world, { name: "Kerry", slot: 0 }), /slot 0 is already taken/)
    assert.throws(() => World.player(world, { name: "Kerry", slot: 0 }, 1), /the slot must be an integer of at least 1/)
    assert.throws(() => World.identify(world, world.players[0]!, "abc"), RangeError)
    assert.strictEqual(player("Kerry", { slot: 300, port: 65_535, ip: "0.0.0.0" }).slot, 300)
  })
})
