import { Fleet } from "@bercon/fleet"
import { TestFleet, TestRcon } from "@bercon/testing"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { followFleet } from "../src/internal/followFleet.ts"

it.effect("`begin` runs once for each client of a fleet, also after outages, and `end` runs when a server is removed", () =>
  Effect.gen(function*() {
    const fleet = yield* Fleet.Fleet
    const simulation = yield* TestFleet.TestFleet
    const calls: Array<string> = []
    const taken = Effect.sync(() => calls.splice(0))
    yield* Effect.forkScoped(followFleet(fleet, {
      begin: (server) => Effect.sync(() => calls.push(`begin ${server}`)),
      end: (server) => Effect.sync(() => void calls.push(`end ${server}`))
    }))
    yield* TestRcon.passTime("10 seconds")
    assert.deepStrictEqual(yield* taken, ["begin altis"])

    const { server } = yield* simulation.get("altis")
    yield* server.restart({ downtime: "1 minute" })
    yield* TestRcon.passTime("5 minutes")
    assert.deepStrictEqual(yield* taken, [])

    const { options } = yield* simulation.simulate("stratis")
    yield* TestRcon.passTime(fleet.add("stratis", options))
    yield* TestRcon.passTime(fleet.replace("stratis", options))
    yield* TestRcon.passTime("10 seconds")
    assert.deepStrictEqual(yield* taken, ["begin stratis", "begin stratis"])

    yield* TestRcon.passTime(fleet.remove("altis"))
    yield* TestRcon.passTime("10 seconds")
    assert.deepStrictEqual(new Set(yield* taken), new Set(["end altis"]))
  }).pipe(Effect.scoped, Effect.provide(TestFleet.layer({ servers: { altis: {} } }))))
