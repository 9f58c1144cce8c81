import { Fleet } from "@bercon/fleet"
import { PlanError, Plans, type RestartPlan } from "@bercon/operations"
import { TestFleet, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Duration, Effect, Exit, Layer, Logger, Stream } from "effect"
import * as KeyValueStore from "effect/persistence/KeyValueStore"
import { TestClock } from "effect/testing"
import { lastingStore, onServer, told, utc } from "./planKit.ts"

const nightly: RestartPlan.Input = {
  id: "nightly",
  at: { cron: "0 4 * * *", timeZone: "UTC" },
  warnings: ["5 minutes"],
  command: "restartServer"
}

/** The commands that a server of the fleet has executed, without queries: the time of day in UTC, and the command. */
const toldTo = Effect.fn(function*(id: string) {
  const { get } = yield* TestFleet.TestFleet
  const { server } = yield* get(id)
  return (yield* server.executions)
    .filter(({ text }) => text !== "players" && text !== "admins")
    .map(({ text, time }) => `${new Date(time).toISOString().slice(11, 16)} ${text.replace("say -1 ", "")}`)
})

describe("plans of a fleet", () => {
  it.effect("are carried out on all servers or on some, also on servers that are added or replaced", () =>
    Effect.andThen(
      TestClock.setTime(utc("2026-03-28T03:50")),
      Effect.gen(function*() {
        const fleet = yield* Fleet.Fleet
        const simulation = yield* TestFleet.TestFleet
        yield* TestRcon.passTime("1 minute")
        const livonia = yield* simulation.simulate("livonia")
        yield* fleet.add("livonia", livonia.options)
        yield* fleet.remove("stratis")
        yield* TestRcon.passTime("1 minute")
        yield* fleet.replace("altis", { ...(yield* simulation.get("altis")).options, rosterInterval: "10 seconds" })
        yield* TestRcon.passTime("20 minutes")
        const restart = ["03:55 Restart in 5 minutes", "04:00 #restartserver"]
        assert.deepStrictEqual(yield* toldTo("altis"), [...restart, "04:10 both"])
        assert.deepStrictEqual(yield* toldTo("livonia"), restart)
        assert.deepStrictEqual(yield* toldTo("stratis"), [])
        assert.deepStrictEqual(yield* toldTo("tanoa"), [...restart, "04:10 both"])
        const plans = yield* Plans.Plans
        const { changed } = yield* plans.abort("nightly", { servers: ["tanoa"] })
        assert.deepStrictEqual(changed.map(({ server }) => server), ["tanoa"])
      }).pipe(
        Effect.provide(
          Plans.layerFleet({
            restarts: [nightly],
            rotas: [{
              id: "both",
              servers: ["altis", "tanoa"],
              every: "10 minutes",
              messages: ["both"],
              onlyWithPlayers: false
            }]
          }).pipe(
            Layer.provideMerge(TestFleet.layer({ servers: { altis: {}, stratis: {}, tanoa: {} } })),
            Layer.provide(KeyValueStore.layerMemory)
          )
        )
      )
    ))

  const everywhere = Plans.layerFleet({
    restarts: [{ ...nightly, warnings: ["30 minutes"] }, { ...nightly, id: "event", servers: ["altis", "altsi"] }],
    rotas: [{ id: "event", servers: ["altsi"], every: "10 minutes", messages: ["rules"], onlyWithPlayers: false }]
  }).pipe(
    Layer.provideMerge(TestFleet.layer({ servers: { altis: {}, stratis: {} } })),
    Layer.provideMerge(KeyValueStore.layerMemory)
  )

  it.effect("do not include a server that was removed, and repeat no warning if it is added again", () =>
    Effect.andThen(
      TestClock.setTime(utc("2026-03-28T03:29")),
      Effect.gen(function*() {
        const fleet = yield* Fleet.Fleet
        const simulation = yield* TestFleet.TestFleet
        const plans = yield* Plans.Plans
        // Stands for another process: it shares only the store.
        const command = yield* Plans.make()
        const servers = (plans: Plans.Service) =>
          Effect.map(plans.next({ plan: "nightly" }), (next) => next.map(({ server }) => server).sort())
        yield* TestRcon.passTime("2 minutes")
        assert.deepStrictEqual(yield* servers(command), ["altis", "stratis"])
        yield* fleet.remove("stratis")
        yield* TestRcon.passTime("1 second")
        assert.deepStrictEqual(yield* servers(command), ["altis"])
        assert.deepStrictEqual((yield* plans.postpone("nightly", { by: "5 minutes" })).changed.length, 1)
        yield* fleet.add("stratis", (yield* simulation.get("stratis")).options)
        yield* TestRcon.passTime("1 minute")
        assert.deepStrictEqual(yield* servers(plans), ["altis", "stratis"])
        assert.deepStrictEqual(yield* toldTo("stratis"), ["03:30 Restart in 30 minutes"])
      }).pipe(Effect.scoped, Effect.provide(everywhere))
    ))

  it.effect("and rotas that name a server which no program drives are reported once", () => {
    const logged: Array<string> = []
    return Effect.andThen(
      TestClock.setTime(utc("2026-03-28T03:29")),
      Effect.gen(function*() {
        const fleet = yield* Fleet.Fleet
        const simulation = yield* TestFleet.TestFleet
        const plans = yield* Plans.Plans
        yield* plans.add({ ...nightly, id: "update", servers: ["malden"], at: { once: "2026-03-28T05:00:00Z" } })
        yield* TestRcon.passTime("10 minutes")
        const states = Effect.map(
          plans.next(),
          (next) => next.map(({ plan, server, state }) => `${plan} ${server} ${state}`)
        )
        assert.sameMembers([...yield* states], [
          "nightly altis Planned",
          "nightly stratis Planned",
          "event altis Planned",
          "event altsi NotDriven",
          "update malden NotDriven"
        ])
        assert.sameMembers(logged, [
          "plan \"event\" is for \"altsi\", which no program drives: is an id mistyped? The driven servers are \"altis\", \"stratis\"",
          "plan \"update\" is for \"malden\", which no program drives: is an id mistyped? The driven servers are \"altis\", \"stratis\"",
          "rota \"event\" is for \"altsi\", which no program drives: is an id mistyped? The driven servers are \"altis\", \"stratis\""
        ])
        yield* fleet.add("malden", (yield* simulation.simulate("malden")).options)
        yield* TestRcon.passTime("10 minutes")
        assert.include(yield* states, "update malden Planned")
        assert.strictEqual(logged.length, 3)
      }).pipe(
        Effect.scoped,
        Effect.provide(Layer.provideMerge(
          everywhere,
          Logger.layer([Logger.make(({ message }) => {
            if (String(message).includes("no program drives")) logged.push(String(message))
          })])
        ))
      )
    )
  })

  it.effect("end the stream of their events when they are closed", () =>
    Effect.gen(function*() {
      const { events } = yield* Effect.scoped(Plans.make())
      assert.deepStrictEqual(yield* Stream.runCollect(events), [])
    }).pipe(Effect.provide(KeyValueStore.layerMemory)))

  it.effect.each<Duration.Input>(["0 millis", "999 millis", "25 hours", Duration.infinity])(
    "cannot have a refresh interval of %s",
    (refresh) =>
      Effect.gen(function*() {
        const exit = yield* Effect.exit(Plans.make({ refresh }))
        const defect = Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
        assert.instanceOf(defect, RangeError)
        assert.include(String(defect), "refresh must be a duration from 1 second to 1 day (got")
      }).pipe(Effect.provide(KeyValueStore.layerMemory))
  )

  it.effect("are refused if one is not valid, or two have the same id", () =>
    Effect.gen(function*() {
      const same = yield* Effect.flip(Plans.make({ restarts: [nightly, nightly] }))
      assert.strictEqual(same.message, "plan \"nightly\": another one has the same id")
      const invalid = yield* Effect.flip(Plans.make({ rotas: [{ id: "rota", every: 0, messages: ["x"] }] }))
      assert.instanceOf(invalid, PlanError.InvalidPlan)
      assert.match(invalid.message, /^rota "rota": every must be /)
    }).pipe(Effect.provide(KeyValueStore.layerMemory)))
})

describe("a store", () => {
  const broken = (store: KeyValueStore.KeyValueStore, isBroken: () => boolean): KeyValueStore.KeyValueStore => {
    const fail = Effect.fail(new KeyValueStore.KeyValueStoreError({ method: "set", message: "the disk is full" }))
    return { ...store, set: (key, value) => Effect.suspend(() => isBroken() ? fail : store.set(key, value)) }
  }

  it.effect("that fails stops all steps, until it works again", () =>
    Effect.gen(function*() {
      let isBroken = false
      const store = broken(yield* lastingStore, () => isBroken)
      yield* onServer(
        {
          from: "2026-03-28T03:00",
          plans: { restarts: [{ ...nightly, warnings: ["30 minutes", "5 minutes"] }] },
          store
        },
        Effect.gen(function*() {
          const plans = yield* Plans.Plans
          yield* TestRcon.passTime("20 minutes")
          isBroken = true
          yield* TestRcon.passTime("20 minutes")
          const error = yield* Effect.flip(plans.abort("nightly"))
          assert.include(error.message, "the disk is full")
          assert.deepStrictEqual(yield* told, [])
          isBroken = false
          yield* TestRcon.passTime("30 minutes")
          assert.deepStrictEqual(yield* told, [
            "03:40:05 Restart in 20 minutes",
            "03:55:00 Restart in 5 minutes",
            "04:00:00 #restartserver"
          ])
        })
      )
    }))

  it.effect("that has lost its records causes no repeated warning", () =>
    Effect.gen(function*() {
      const store = yield* lastingStore
      const plans = { restarts: [{ ...nightly, warnings: ["30 minutes", "5 minutes"] }] } as const
      yield* onServer({ from: "2026-03-28T03:00", plans, store }, TestRcon.passTime("31 minutes"))
      // All records are empty, so none can be read.
      for (const key of yield* store.keys) yield* store.set(key, "")
      yield* onServer(
        { from: "2026-03-28T03:32", plans, store },
        Effect.gen(function*() {
          yield* TestRcon.passTime("30 minutes")
          assert.deepStrictEqual(yield* told, ["03:55:00 Restart in 5 minutes", "04:00:00 #restartserver"])
        })
      )
    }))
})
