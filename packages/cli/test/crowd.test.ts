import { SimulatedNetwork, SimulatedServer } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Random } from "effect"
import { TestClock } from "effect/testing"
import * as Crowd from "../src/simulate/crowd.ts"

const options: Crowd.Options = { players: 10, speed: 1 }

/** The actions of the players of a server within some minutes, and the server's state afterwards. */
const after = (
  minutes: number,
  seed: number,
  options: Crowd.Options,
  meddle?: (server: SimulatedServer.SimulatedServer["Service"]) => Effect.Effect<void>
) =>
  Effect.gen(function*() {
    const server = yield* SimulatedServer.make({ world: yield* Crowd.firstWorld(options.players, 0) })
    const actions = new Array<Crowd.Action>()
    const counts = new Array<number>()
    yield* Effect.forkScoped(Crowd.live(server, options, (_, action) => actions.push(action)))
    for (let minute = 0; minute < minutes; minute++) {
      yield* TestClock.adjust("1 minute")
      counts.push((yield* server.world).players.length)
      yield* meddle?.(server) ?? Effect.void
    }
    return { actions, counts, world: yield* server.world }
  }).pipe(Effect.scoped, Effect.provide(SimulatedNetwork.layer()), Random.withSeed(seed))

describe("the crowd of a simulated server", () => {
  it.effect("is the same for the same seed, and differs for another seed", () =>
    Effect.gen(function*() {
      const { actions } = yield* after(10, 1, options)
      assert.deepStrictEqual((yield* after(10, 1, options)).actions, actions)
      assert.notDeepEqual((yield* after(10, 2, options)).actions, actions)
    }))

  it.effect("comes, is identified and verified, chats and goes, and stays about as large as it was", () =>
    Effect.gen(function*() {
      const { actions, counts } = yield* after(60, 3, options)
      const of = (tag: Crowd.Action["_tag"]) => actions.filter(({ _tag }) => _tag === tag).length
      assert.isAbove(of("Chats"), of("Joins"))
      assert.isAbove(of("Joins"), 10)
      assert.isAbove(of("Leaves"), 10)
      assert.closeTo(of("Verified"), of("Joins"), 2)
      assert.isAtLeast(Math.min(...counts), 5)
      assert.isAtMost(Math.max(...counts), 15)
    }))

  it.effect("has no two players with the same name, even if there are more players than names to choose from", () =>
    Effect.gen(function*() {
      const { world } = yield* after(5, 4, { players: 100, speed: 1 })
      assert.isAbove(world.players.length, 60)
      assert.strictEqual(new Set(world.players.map(({ name }) => name)).size, world.players.length)
    }))

  it.effect("fills the server again after it was down for a while", () =>
    Effect.gen(function*() {
      let minute = 0
      const { counts } = yield* after(
        60,
        5,
        options,
        (server) => ++minute === 10 ? server.restart({ downtime: "30 seconds" }) : Effect.void
      )
      assert.isAtMost(counts[10]!, 3)
      assert.isAtLeast(counts.at(-1)!, 5)
    }))

  it.effect("stays empty if it begins empty", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual((yield* after(5, 6, { players: 0, speed: 1 })).actions, [])
    }))
})
