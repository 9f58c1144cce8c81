import { Plans, RestartPlan } from "@bercon/operations"
import { TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Duration, Effect, Exit, Fiber, Result } from "effect"
import * as KeyValueStore from "effect/persistence/KeyValueStore"
import { TestClock } from "effect/testing"
import * as Memory from "../src/internal/plans/memory.ts"
import { onServer, told, utc, watched } from "./planKit.ts"

const nightly: RestartPlan.Input = {
  id: "nightly",
  at: { cron: "0 4 * * *", timeZone: "UTC" },
  warnings: ["30 minutes", "5 minutes"],
  lock: "1 minute",
  command: "restartServer"
}

const timeOf = ({ time }: Plans.Upcoming) => DateTime.formatIso(time).slice(0, 16)

describe("the next occurrence of each plan", () => {
  it.effect("is shown with its time, its state, and the warnings that are still to come", () =>
    onServer(
      {
        from: "2026-03-28T03:00",
        plans: { restarts: [nightly, { ...nightly, id: "noon", at: { cron: "0 12 * * *", timeZone: "UTC" } }] }
      },
      Effect.gen(function*() {
        const plans = yield* Plans.Plans
        yield* TestRcon.passTime("40 minutes")
        const next = yield* plans.next()
        assert.deepStrictEqual(
          next.map((one) => [
            one.plan,
            one.server,
            timeOf(one),
            one.state,
            one.warnings.map(({ at }) => DateTime.formatIso(at).slice(11, 16))
          ]),
          [
            ["nightly", "altis", "2026-03-28T04:00", "Planned", ["03:55"]],
            ["noon", "altis", "2026-03-28T12:00", "Planned", ["11:30", "11:55"]]
          ]
        )
        yield* TestRcon.passTime("20 minutes")
        const [during] = yield* plans.next({ plan: "nightly" })
        assert.strictEqual(during?.state, "Restarting")
        const error = yield* Effect.flip(plans.next({ plan: "nightley" }))
        assert.strictEqual(error.message, "unknown plan \"nightley\". There are \"nightly\", \"noon\"")
      })
    ))
})

describe("an order", () => {
  it.effect("to abort cancels one occurrence, and unlocks the server", () =>
    onServer(
      { from: "2026-03-28T03:50", plans: { restarts: [nightly] } },
      Effect.gen(function*() {
        const plans = yield* Plans.Plans
        const events = yield* watched
        yield* TestRcon.passTime("9.5 minutes")
        const { changed, restarting } = yield* plans.abort("nightly")
        assert.deepStrictEqual(changed.map(timeOf), ["2026-03-28T04:00"])
        assert.deepStrictEqual(restarting, [])
        const [next] = yield* plans.next()
        assert.strictEqual(timeOf(next!), "2026-03-29T04:00")
        yield* TestRcon.passTime("1 hour")
        assert.deepStrictEqual(yield* told, ["03:55:00 Restart in 5 minutes", "03:59:00 #lock", "03:59:30 #unlock"])
        assert.deepStrictEqual(
          events.flatMap((event) => event._tag === "NotRestarted" ? [event.reason] : []),
          ["Aborted"]
        )
      })
    ))

  it.effect("to postpone warns players again, and can be repeated", () =>
    onServer(
      { from: "2026-03-28T03:20", plans: { restarts: [nightly] } },
      Effect.gen(function*() {
        const plans = yield* Plans.Plans
        yield* TestRcon.passTime("39.5 minutes")
        yield* plans.postpone("nightly", { by: "20 minutes" })
        yield* TestRcon.passTime("16 minutes")
        const { changed } = yield* plans.postpone("nightly", { to: DateTime.makeUnsafe("2026-03-28T05:00:00Z") })
        assert.deepStrictEqual(changed.map(timeOf), ["2026-03-28T05:00"])
        yield* TestRcon.passTime("1 hour")
        assert.deepStrictEqual(yield* told, [
          "03:30:00 Restart in 30 minutes",
          "03:55:00 Restart in 5 minutes",
          "03:59:00 #lock",
          "03:59:30 #unlock",
          // This warning is late, but by less than half of its 30 minutes.
          "03:59:30 Restart in 21 minutes",
          "04:15:00 Restart in 5 minutes",
          "04:30:00 Restart in 30 minutes",
          "04:55:00 Restart in 5 minutes",
          "04:59:00 #lock",
          "05:00:00 #restartserver"
        ])
        assert.strictEqual(timeOf((yield* plans.next())[0]!), "2026-03-29T04:00")
      })
    ))

  it.effect("to postpone an occurrence to the time of the next one makes them one restart", () =>
    onServer(
      {
        from: "2026-03-28T03:59",
        plans: { restarts: [{ ...nightly, at: { cron: "0 */2 * * *", timeZone: "UTC" }, warnings: [] }] }
      },
      Effect.gen(function*() {
        const plans = yield* Plans.Plans
        yield* plans.postpone("nightly", { by: "2 hours" }, { servers: ["altis"] })
        yield* TestRcon.passTime("4.5 hours")
        const restarts = (yield* told).filter((line) => line.endsWith("#restartserver"))
        assert.deepStrictEqual(restarts, ["06:00:00 #restartserver", "08:00:00 #restartserver"])
      })
    ))

  it.effect("to abort a restart that was postponed beyond the next occurrence aborts both", () =>
    onServer(
      {
        from: "2026-03-28T03:59",
        plans: { restarts: [{ ...nightly, at: { cron: "0 */2 * * *", timeZone: "UTC" }, warnings: [] }] }
      },
      Effect.gen(function*() {
        const plans = yield* Plans.Plans
        yield* plans.postpone("nightly", { by: "2.5 hours" }, { servers: ["altis"] })
        yield* TestRcon.passTime("124 minutes")
        yield* plans.abort("nightly", { servers: ["altis"] })
        assert.strictEqual(DateTime.formatIso((yield* plans.next())[0]!.time), "2026-03-28T08:00:00.000Z")
        yield* TestRcon.passTime("2.5 hours")
        const restarts = (yield* told).filter((line) => line.endsWith("#restartserver"))
        assert.deepStrictEqual(restarts, ["08:00:00 #restartserver"])
      })
    ))

  it.effect("to postpone a restart to a time in the past is refused", () =>
    onServer(
      { from: "2026-03-28T03:20", plans: { restarts: [nightly] } },
      Effect.gen(function*() {
        const plans = yield* Plans.Plans
        const error = yield* Effect.flip(
          plans.postpone("nightly", { to: DateTime.makeUnsafe("2026-03-28T03:00:00Z") }, {
            servers: ["altis"]
          })
        )
        assert.include(error.message, "the new time must be in the future (got 2026-03-28T03:00:00.000Z)")
      })
    ))

  it.effect("to postpone a restart to an impossible time, or by an invalid duration, is refused and changes nothing", () =>
    onServer(
      { from: "2026-03-28T03:20", plans: { restarts: [nightly] } },
      Effect.gen(function*() {
        const plans = yield* Plans.Plans
        yield* TestRcon.passTime("1 minute")
        for (const by of [Duration.infinity, Duration.days(1e9), "soon" as Duration.Input]) {
          const error = yield* Effect.flip(plans.postpone("nightly", { by }))
          assert.include(error.message, "the new time must be before the year 275760, and `by` a duration (got ")
        }
        assert.deepStrictEqual((yield* plans.next()).map(timeOf), ["2026-03-28T04:00"])
      })
    ))

  it.effect("that comes while the restart begins is obeyed, or reports that it is too late", () =>
    onServer(
      {
        from: "2026-03-28T03:58",
        plans: { restarts: [nightly] },
        // The driver reads the list of RCON clients, which takes a second here, and then sends the command.
        rcon: { server: { onCommand: (text) => text === "admins" ? { delay: "1 second" } : undefined } }
      },
      Effect.gen(function*() {
        const plans = yield* Plans.Plans
        yield* TestRcon.passTime("120.5 seconds")
        const { changed } = yield* plans.abort("nightly")
        assert.strictEqual(changed.length, 1)
        yield* TestRcon.passTime("10 seconds")
        assert.notInclude(yield* told, "04:00:01 #restartserver")

        yield* plans.postpone("nightly", { to: DateTime.makeUnsafe("2026-03-28T04:10:00Z") })
        yield* TestRcon.passTime("590.5 seconds")
        const late = yield* plans.abort("nightly")
        assert.deepStrictEqual(late, { changed: [], restarting: ["altis"] })
        yield* TestRcon.passTime("1 minute")
        assert.include(yield* told, "04:10:01 #restartserver")
      })
    ))

  it.effect("of another process is obeyed before the next step, and within the refresh interval", () =>
    onServer(
      { from: "2026-03-28T03:50", plans: { restarts: [nightly], refresh: "2 minutes" } },
      Effect.gen(function*() {
        // It finds the plans of the driver in the store.
        const command = yield* Plans.make()
        yield* TestRcon.passTime("4.5 minutes")
        assert.strictEqual((yield* command.postpone("nightly", { by: "30 minutes" })).changed.length, 1)
        yield* TestRcon.passTime("1 minute")
        assert.deepStrictEqual(yield* told, [])
        yield* command.add({ ...nightly, id: "now", at: { once: "2026-03-28T03:58:00Z" }, warnings: [] })
        yield* TestRcon.passTime("10 minutes")
        assert.deepStrictEqual(yield* told, [
          "03:57:00 #lock",
          "03:58:00 #restartserver",
          "04:00:00 Restart in 30 minutes"
        ])
        assert.deepStrictEqual((yield* command.next()).map(timeOf), ["2026-03-28T04:30"])
        assert.deepStrictEqual((yield* command.list).map(({ id }) => id), ["now", "nightly"])
        const same = yield* Effect.flip(command.add({ ...nightly, at: { once: "2026-03-28T04:20:00Z" } }))
        assert.strictEqual(same._tag, "DuplicatePlan")
      })
    ))
})

describe("the plans that a command finds in the store", () => {
  it.effect("can be aborted right after a command has added them, if they are plans for all servers", () =>
    onServer(
      { from: "2026-03-28T03:00", plans: {} },
      Effect.gen(function*() {
        yield* TestRcon.passTime("1 second")
        const command = yield* Plans.make()
        yield* command.add({ ...nightly, at: { once: "2026-03-28T03:10:00Z" } })
        assert.deepStrictEqual((yield* command.next()).map(({ server }) => server), ["altis"])
        assert.deepStrictEqual((yield* command.abort("nightly")).changed.map(({ server }) => server), ["altis"])
        yield* TestRcon.passTime("1 hour")
        assert.deepStrictEqual(yield* told, [])
      })
    ))

  it.effect("are those of the program that has started last, even if the program before it drove another server", () =>
    Effect.gen(function*() {
      const memory = Memory.make(yield* KeyValueStore.KeyValueStore)
      const plan = (cron: string) =>
        Result.getOrThrow(RestartPlan.fromInput({ ...nightly, at: { cron, timeZone: "UTC" } }))
      yield* memory.setProgram("zargabad", [plan("0 4 * * *")])
      yield* TestClock.adjust("1 day")
      yield* memory.setProgram("altis", [plan("0 5 * * *")])
      assert.deepStrictEqual(yield* memory.programs, [plan("0 5 * * *")])
    }).pipe(Effect.provide(KeyValueStore.layerMemory)))
})

describe("a plan that is added", () => {
  it.effect("takes place once, and can be removed before its time", () =>
    onServer(
      { from: "2026-03-28T03:00", plans: { restarts: [nightly] } },
      Effect.gen(function*() {
        const plans = yield* Plans.Plans
        yield* TestRcon.passTime("1 minute")
        const once = {
          ...nightly,
          id: "update",
          at: { once: "2026-03-28T03:10:00Z" },
          warnings: ["2 minutes"]
        } as const
        yield* plans.add(once)
        yield* plans.add({ ...once, id: "never", at: { once: "2026-03-28T03:20:00Z" } })
        assert.deepStrictEqual((yield* plans.list).map(({ id }) => id), ["nightly", "never", "update"])
        assert.strictEqual((yield* Effect.flip(plans.add(once)))._tag, "DuplicatePlan")
        assert.strictEqual((yield* Effect.flip(plans.add(nightly)))._tag, "DuplicatePlan")
        const past = yield* Effect.flip(plans.add({ ...once, id: "past", at: { once: "2026-03-28T03:00:00Z" } }))
        assert.include(past.message, "its time must be in the future")
        yield* TestRcon.passTime("14 minutes")
        yield* plans.remove("never")
        assert.strictEqual((yield* Effect.flip(plans.remove("nightly")))._tag, "UnknownPlan")
        yield* TestRcon.passTime("10 minutes")
        assert.deepStrictEqual(yield* told, [
          "03:08:00 Restart in 2 minutes",
          "03:09:00 #lock",
          "03:10:00 #restartserver"
        ])
        assert.deepStrictEqual((yield* plans.next()).map(({ plan }) => plan), ["nightly"])
      })
    ))

  it.effect("twice at the same time, with one id, is added once", () =>
    Effect.gen(function*() {
      const memory = yield* KeyValueStore.KeyValueStore
      const plans = yield* Effect.provideService(Plans.make(), KeyValueStore.KeyValueStore, {
        ...memory,
        set: (key, value) => Effect.delay(memory.set(key, value), "1 second")
      })
      const both = yield* Effect.forkChild(
        Effect.forEach([["1 minute"], ["2 minutes"]] as const, (warnings) =>
          Effect.exit(plans.add({ ...nightly, warnings })), { concurrency: 2 })
      )
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual((yield* Fiber.join(both)).map(Exit.isSuccess), [true, false])
      assert.deepStrictEqual(
        (yield* plans.list).map(({ warnings }) =>
          warnings
        ),
        [[Duration.minutes(1)]]
      )
    }).pipe(Effect.scoped, Effect.provide(KeyValueStore.layerMemory)))

  it.effect("while the store hangs fails with a typed error, and can be added later", () =>
    Effect.gen(function*() {
      const memory = yield* KeyValueStore.KeyValueStore
      let hangs = true
      const plans = yield* Effect.provideService(Plans.make(), KeyValueStore.KeyValueStore, {
        ...memory,
        set: (key, value) => Effect.suspend(() => hangs ? Effect.never : memory.set(key, value))
      })
      const adding = yield* Effect.forkChild(Effect.flip(plans.add(nightly)))
      yield* TestClock.adjust("10 seconds")
      const error = yield* Fiber.join(adding)
      assert.strictEqual(error._tag, "PlanStoreError")
      assert.include(error.message, "`set` did not end within 10 seconds, and may have taken effect")
      hangs = false
      yield* plans.add(nightly)
    }).pipe(Effect.scoped, Effect.provide(KeyValueStore.layerMemory)))

  it.effect("does not replace a stored plan that cannot be read; `remove` deletes it", () =>
    Effect.gen(function*() {
      const store = yield* KeyValueStore.KeyValueStore
      const plans = yield* Plans.make()
      yield* store.set("bercon/plans/plan/nightly", "{")
      assert.strictEqual((yield* Effect.flip(plans.add(nightly)))._tag, "DuplicatePlan")
      assert.strictEqual(yield* store.get("bercon/plans/plan/nightly"), "{")
      yield* plans.remove("nightly")
      yield* plans.add(nightly)
      assert.deepStrictEqual((yield* plans.list).map(({ id }) => id), ["nightly"])
    }).pipe(Effect.scoped, Effect.provide(KeyValueStore.layerMemory)))

  it.effect("again after it was aborted and removed takes place", () =>
    onServer(
      { from: "2026-03-28T03:00", plans: {} },
      Effect.gen(function*() {
        const plans = yield* Plans.Plans
        const once = { ...nightly, id: "update", at: { once: "2026-03-28T03:10:00Z" }, warnings: [], lock: undefined }
        yield* plans.add(once)
        yield* TestRcon.passTime("1 minute")
        yield* plans.abort("update")
        yield* TestRcon.passTime("1 minute")
        yield* plans.remove("update")
        yield* plans.add(once)
        yield* TestRcon.passTime("10 minutes")
        assert.deepStrictEqual(yield* told, ["03:10:00 #restartserver"])
      })
    ))

  it.effect("and removed during one of its steps leaves no record, and starts anew if it is added again", () =>
    onServer(
      {
        from: "2026-03-28T03:00",
        plans: {},
        rcon: { server: { onCommand: (text) => text === "#lock" ? { delay: "200 millis" } : undefined } }
      },
      Effect.gen(function*() {
        const plans = yield* Plans.Plans
        const store = yield* KeyValueStore.KeyValueStore
        const once = { ...nightly, id: "update", at: { once: "2026-03-28T03:10:00Z" }, warnings: [] }
        const records = Effect.map(store.keys, (keys) => keys.filter((key) => key.includes("update")))
        yield* plans.add(once)
        yield* TestRcon.passTime("540.1 seconds")
        assert.include(yield* told, "03:09:00 #lock")
        yield* plans.remove("update")
        yield* TestRcon.passTime("10 seconds")
        assert.deepStrictEqual(yield* records, [])
        // This record stays if a process ends during a removal.
        yield* store.set(
          "bercon/plans/order/6/update/altis",
          JSON.stringify({ calendar: "[1774667400000]", occurrence: 1774667400000 })
        )
        yield* plans.add(once)
        yield* TestRcon.passTime("1 minute")
        assert.deepStrictEqual((yield* told).slice(-2), ["03:09:10 #lock", "03:10:00 #restartserver"])
      })
    ))

  it.effect("with a single date is kept while its restart is postponed", () =>
    onServer(
      {
        from: "2026-03-28T03:00",
        plans: { refresh: "10 minutes" },
        rcon: { client: { rosterInterval: "Infinity", keepaliveInterval: "44 seconds" } }
      },
      Effect.gen(function*() {
        const plans = yield* Plans.Plans
        const once = { ...nightly, id: "once", at: { once: "2026-03-28T03:10:00Z" }, warnings: [], lock: undefined }
        yield* plans.add(once)
        yield* TestRcon.passTime("1 minute")
        yield* plans.postpone("once", { by: "2 days" })
        yield* TestRcon.passTime("25 hours")
        yield* plans.add({ ...once, id: "other", at: { once: "2026-03-31T03:10:00Z" } })
        yield* TestRcon.passTime("1 second")
        assert.deepStrictEqual((yield* plans.next()).map(timeOf), ["2026-03-30T03:10", "2026-03-31T03:10"])
      })
    ))

  it.effect("with a single date is removed a day after it, with all its records", () =>
    Effect.gen(function*() {
      const store = yield* KeyValueStore.KeyValueStore
      const once: RestartPlan.Input = { ...nightly, id: "once", at: { once: "2026-03-28T03:10:00Z" } }
      yield* TestClock.setTime(utc("2026-03-28T03:00"))
      const plans = yield* Plans.make()
      yield* plans.add(once)
      yield* plans.abort("once", { servers: ["altis"] })
      yield* TestClock.setTime(utc("2026-03-29T03:11"))
      yield* plans.add({ ...once, id: "other", at: { once: "2026-03-30T03:10:00Z" } })
      assert.deepStrictEqual((yield* plans.list).map(({ id }) => id), ["other"])
      assert.strictEqual(yield* store.size, 1)
    }).pipe(Effect.provide(KeyValueStore.layerMemory)))
})
