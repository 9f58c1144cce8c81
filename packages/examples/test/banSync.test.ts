import { SimulatedNetwork, TestRcon, World } from "@bercon/testing"
import * as NodeTestRcon from "@bercon/testing/NodeTestRcon"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { banSync } from "../src/banSync.ts"

const guid = (digit: string) => digit.repeat(32)
const banned = (target: string): World.Ban => ({ target, reason: "cheating", expires: undefined })

it.effect("copies bans between two servers, even if one was down", () =>
  Effect.gen(function*() {
    const one = yield* TestRcon.make({
      server: { host: "10.0.0.1", world: { bans: [banned(guid("a")), banned("203.0.113.7")] } }
    })
    const other = yield* TestRcon.make({
      server: { host: "10.0.0.2", world: { bans: [banned(guid("b"))] } }
    })
    yield* Effect.forkScoped(banSync(one.rcon, other.rcon))
    yield* TestRcon.passTime("10 seconds")
    yield* other.server.restart({ downtime: "10 minutes" })
    yield* one.server.update((world) => ({ ...world, bans: [...world.bans, banned(guid("c"))] }))
    yield* TestRcon.passTime("20 minutes")

    for (const { server } of [one, other]) {
      // A ban whose reply was lost is added again, and is then in the list twice.
      const targets = new Set(World.numberedBans(yield* server.world).map(({ target }) => target))
      assert.sameMembers(Array.from(targets), [guid("a"), guid("b"), guid("c"), "203.0.113.7"])
    }
  }).pipe(Effect.scoped, Effect.provide(SimulatedNetwork.layer({ loss: 0.1, seed: "bans" }))))

it.live("copies bans between two servers over UDP", () =>
  Effect.gen(function*() {
    const one = yield* NodeTestRcon.make({ server: { world: { bans: [banned(guid("a"))] } } })
    const other = yield* NodeTestRcon.make({ server: { world: { bans: [banned(guid("b"))] } } })
    yield* Effect.forkScoped(banSync(one.rcon, other.rcon))
    for (const { server } of [one, other]) {
      yield* Effect.repeat(Effect.delay(server.world, "20 millis"), { until: ({ bans }) => bans.length === 2 })
    }
  }), 10_000)
