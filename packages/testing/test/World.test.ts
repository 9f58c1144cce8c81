import { World } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"

const player = (name: string, options: Partial<World.PlayerOptions> = {}) =>
  World.player(World.make(), { name, ...options })

describe("a player", () => {
  it("is somebody else than one with another name, however long the name", () => {
    const players = Array.from({ length: 100 }, (_, index) => player(`Survivor of the long winter, number ${index}`))
    for (const key of ["guid", "identity", "ip"] as const) {
      assert.strictEqual(new Set(players.map((player) => player[key])).size, players.length, key)
    }
  })

  it("is the same one in another slot and another world", () => {
    const world = World.join(World.make(), player("Kerry"))
    const { number, ...miller } = World.player(world, { name: "Miller" })
    assert.strictEqual(number, 1)
    assert.deepInclude(player("Miller"), miller)
  })

  it("has a GUID, an identity and an address of the forms they have", () => {
    for (const name of ["", "Миллер", "Kerry (x)", "\u{1f600}"]) {
      const { guid = "", identity, ip } = player(name)
      assert.match(guid, /^[\da-f]{32}$/)
      assert.match(identity, /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/)
      assert.match(ip, /^198\.1[89]\.\d{1,3}\.\d{1,3}$/)
    }
  })
})
