import { Fleet } from "@bercon/fleet"
import { TestFleet, TestRcon } from "@bercon/testing"
import { assert, it } from "@effect/vitest"
import { Effect, Exit } from "effect"

it.effect("a server answers although another one is down", () =>
  Effect.gen(function*() {
    const fleet = yield* Fleet.Fleet
    const simulation = yield* TestFleet.TestFleet
    const altis = yield* simulation.get("altis")
    yield* altis.server.stop()
    const results = yield* TestRcon.passTime(fleet.players({ timeout: "5 seconds" }))
    assert.deepStrictEqual(Array.from(results, ([id, exit]) => [id, Exit.isSuccess(exit)]), [
      ["altis", false],
      ["stratis", true]
    ])
  }).pipe(Effect.provide(TestFleet.layer({ servers: { altis: {}, stratis: {} } }))))
