import { Fleet } from "@bercon/fleet"
import { TestFleet, TestRcon } from "@bercon/testing"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { followFleet } from "../src/internal/followFleet.ts"

it.effect("`begin` runs once for each client of a fleet, not again after outages; `end` runs when a server is removed", () =>
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
    assert.deepStrictEqual(yield* taken, ["end altis"])
  }).pipe(Effect.scoped, Effect.provide(TestFleet.layer({ servers: { altis: {} } }))))

it.effect("`end` runs within a minute after the removal of a server whose session had ended", () =>
  Effect.gen(function*() {
    const fleet = yield* Fleet.Fleet
    const simulation = yield* TestFleet.TestFleet
    const calls: Array<string> = []
    yield* Effect.forkScoped(followFleet(fleet, {
      begin: (server) => Effect.sync(() => calls.push(`begin ${server}`)),
      end: (server) => Effect.sync(() => void calls.push(`end ${server}`))
    }))
    const { options, server } = yield* simulation.simulate("tanoa")
    yield* server.refuse
    yield* fleet.add("tanoa", options)
    yield* TestRcon.passTime("90 seconds")
    yield* TestRcon.passTime(fleet.remove("tanoa"))
    yield* TestRcon.passTime("1 minute")
    assert.deepStrictEqual(calls, ["begin altis", "begin tanoa", "end tanoa"])
  }).pipe(Effect.scoped, Effect.provide(TestFleet.layer({ servers: { altis: {} } }))))

it.effect("a minute after a defect, the changes of a fleet are followed again, also those made in that minute", () =>
  Effect.gen(function*() {
    const fleet = yield* Fleet.Fleet
    const simulation = yield* TestFleet.TestFleet
    const calls: Array<string> = []
    const taken = Effect.sync(() => calls.splice(0).sort())
    const bug = { isThere: false }
    const call = (name: string) =>
      Effect.suspend(() => {
        if (bug.isThere) return Effect.die("a bug")
        calls.push(name)
        return Effect.void
      })
    yield* Effect.forkScoped(followFleet(fleet, {
      begin: (server) => call(`begin ${server}`),
      end: (server) => call(`end ${server}`)
    }))
    yield* TestRcon.passTime("10 seconds")
    assert.deepStrictEqual(yield* taken, ["begin altis", "begin malden", "begin stratis"])

    bug.isThere = true
    const { options } = yield* simulation.simulate("tanoa")
    yield* TestRcon.passTime(fleet.add("tanoa", options))
    yield* TestRcon.passTime("1 second")
    bug.isThere = false
    yield* TestRcon.passTime(fleet.remove("altis"))
    yield* TestRcon.passTime(fleet.replace("stratis", options))
    yield* TestRcon.passTime("30 seconds")
    assert.deepStrictEqual(yield* taken, [])
    yield* TestRcon.passTime("30 seconds")
    assert.deepStrictEqual(yield* taken, ["begin stratis", "begin tanoa", "end altis"])

    yield* TestRcon.passTime(fleet.remove("tanoa"))
    yield* TestRcon.passTime("1 second")
    assert.deepStrictEqual(yield* taken, ["end tanoa"])
  }).pipe(Effect.scoped, Effect.provide(TestFleet.layer({ servers: { altis: {}, malden: {}, stratis: {} } }))))
