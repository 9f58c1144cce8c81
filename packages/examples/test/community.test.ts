import { Guid } from "@bercon/client"
import { Plans } from "@bercon/operations"
import { TestFleet, TestRcon } from "@bercon/testing"
import { assert, it } from "@effect/vitest"
import { DateTime, Effect, Layer } from "effect"
import * as KeyValueStore from "effect/persistence/KeyValueStore"
import { TestClock } from "effect/testing"
import { banForAWeek, Community } from "../src/community.ts"
import { agenda, news, notTonight, restartSoon } from "../src/communityOrders.ts"

/** A Friday evening. Daylight saving time begins on the following Sunday, at 02:00 in Berlin. */
const FRIDAY = Date.UTC(2026, 2, 27, 20)

/** An hour before the restart of the night. */
const FRIDAY_NIGHT = Date.UTC(2026, 2, 28, 2)

/** Options with few queries, so that the test of two nights is fast. */
const quiet = { rosterInterval: "10 minutes", keepaliveInterval: "44 seconds" } as const

const cheater = Guid.Guid.make("4fc867abf98b934e9e7eeaf15170258c")

it.effect(
  "in two nights and the day between, three servers restart on time, announce the restarts, and keep a ban",
  () =>
    Effect.andThen(
      TestClock.setTime(FRIDAY_NIGHT),
      Effect.gen(function*() {
        const plans = yield* Plans.Plans
        const servers = yield* (yield* TestFleet.TestFleet).all
        yield* TestRcon.passTime("1 minute")
        yield* banForAWeek(cheater, "Miller")
        yield* TestRcon.passTime("6 hours")
        yield* servers.get("livonia")!.server.join({ name: "Miller" })
        yield* plans.postpone("event", { by: "1 hour" })
        yield* TestRcon.passTime("18 hours")

        for (const [id, { server }] of servers) {
          const executions = yield* server.executions
          const restarts = executions.flatMap(({ text, time }) =>
            text === "#restartserver" ? [DateTime.formatIso(DateTime.makeUnsafe(time)).slice(0, 16)] : []
          )
          // 04:00 in Berlin is 03:00 UTC on Saturday, and 02:00 UTC from Sunday on.
          const nightly = ["2026-03-28T03:00", "2026-03-29T02:00"]
          const event = id === "livonia" ? ["2026-03-28T18:00"] : []
          assert.deepStrictEqual(restarts, [...nightly, ...event].sort(), id)
          const warnings = executions.filter(({ text }) => text.startsWith("say -1 Neustart in ")).map(({ text }) =>
            text
          )
          assert.strictEqual(warnings.length, 10, id)
          assert.include(warnings, "say -1 Neustart in 15 Minuten, um 04:00 Uhr")
          // A restart loses the bans that were not written to the server's file.
          const { bans } = yield* server.world
          assert.deepStrictEqual(bans.map(({ target }) => target), [cheater], id)
        }
      }).pipe(
        Effect.provide(
          Community.pipe(
            Layer.provideMerge(
              TestFleet.layer({
                servers: { altis: {}, stratis: {}, livonia: {} },
                each: { client: quiet }
              })
            ),
            Layer.provide(KeyValueStore.layerMemory)
          )
        )
      )
    ),
  120_000
)

it.effect("an aborted restart is skipped, an added restart happens, and both are posted as events", () =>
  Effect.andThen(
    TestClock.setTime(FRIDAY),
    Effect.gen(function*() {
      const { server } = yield* (yield* TestFleet.TestFleet).get("altis")
      const posted = new Array<string>()
      yield* Effect.forkScoped(news((line) => Effect.sync(() => posted.push(line))), { startImmediately: true })
      yield* TestRcon.passTime("1 minute")
      assert.include(yield* agenda, "2026-03-28T03:00:00.000Z altis: nightly, 5 warnings to come")
      assert.deepStrictEqual(yield* notTonight, { aborted: ["altis"], tooLate: [] })
      yield* restartSoon("update")
      yield* TestRcon.passTime("32 minutes")
      const texts = (yield* server.executions).map(({ text }) => text).filter((text) =>
        !/^(players|admins|bans)$/.test(text)
      )
      assert.deepStrictEqual(texts, [
        "say -1 Restart in 30 minutes",
        "say -1 Restart in 15 minutes",
        "say -1 Restart in 5 minutes",
        "say -1 Restart in 1 minute",
        "#restartserver"
      ])
      assert.include(posted, "altis: no restart at 2026-03-28T03:00:00.000Z: it was aborted")
      assert.match(posted.findLast((line) => line.includes("restarted"))!, /^altis: restarted in \d+s/)
      assert.include(yield* agenda, "2026-03-29T02:00:00.000Z altis: nightly, 5 warnings to come")
    }).pipe(
      Effect.scoped,
      Effect.provide(
        Community.pipe(
          Layer.provideMerge(TestFleet.layer({ servers: { altis: {} } })),
          Layer.provide(KeyValueStore.layerMemory)
        )
      )
    )
  ))
