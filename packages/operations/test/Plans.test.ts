import { type PlanEvent, Plans, type RestartPlan } from "@bercon/operations"
import { SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { lastingStore, onServer, told, utc, watched } from "./planKit.ts"

const nightly: RestartPlan.Input = {
  id: "nightly",
  at: { cron: "0 4 * * *", timeZone: "UTC" },
  command: "restartServer"
}

/** The timeout of tests over days of virtual time, in milliseconds. They take about a second on an idle machine. */
const LONG = 120_000

const tagsOf = (events: ReadonlyArray<PlanEvent.PlanEvent>) =>
  events.map((event) =>
    event._tag === "NotRestarted" || event._tag === "WarningSkipped" ? `${event._tag}: ${event.reason}` : event._tag
  )

describe("a restart plan", () => {
  it.effect("warns, locks, kicks, restarts, and reports how long it took", () =>
    onServer(
      {
        from: "2026-03-28T02:59",
        plans: {
          restarts: [{ ...nightly, lock: "1 minute", kick: { before: "10 seconds", reason: "Restart, see you" } }]
        }
      },
      Effect.gen(function*() {
        const server = yield* SimulatedServer.SimulatedServer
        const events = yield* watched
        yield* server.join({ name: "Miller" })
        yield* TestRcon.passTime("65 minutes")
        assert.deepStrictEqual(yield* told, [
          "03:00:00 Restart in 1 hour",
          "03:30:00 Restart in 30 minutes",
          "03:45:00 Restart in 15 minutes",
          "03:55:00 Restart in 5 minutes",
          "03:59:00 Restart in 1 minute",
          "03:59:00 #lock",
          "03:59:50 kick 0 Restart, see you",
          "04:00:00 #restartserver"
        ])
        assert.deepStrictEqual(tagsOf(events), [
          "Appointed",
          ...Array.from({ length: 5 }, () => "Warned"),
          "Locked",
          "PlayersKicked",
          "Commanded",
          "Gone",
          "Restarted",
          "Appointed"
        ])
        const restarted = events.find((event) => event._tag === "Restarted")!
        // The server is offline for 30 seconds, and the client logs in again within seconds.
        assert.isAtLeast(Duration.toSeconds(restarted.took), 30)
        assert.isAtMost(Duration.toSeconds(restarted.took), 45)
      })
    ))

  it.effect.each([
    {
      what: "an hour is skipped",
      from: "2026-03-28T00:00",
      // On the 29th, at 03:30 instead of 02:30, which is skipped.
      at: ["28T01:30:00", "29T01:30:00"]
    },
    { what: "an hour is repeated", from: "2026-10-23T23:00", at: ["24T00:30:00", "25T00:30:00"] }
  ])("restarts once a day at half past two in Berlin, also if $what", ({ at, from }) =>
    onServer(
      {
        from,
        plans: {
          restarts: [{ ...nightly, at: { cron: "30 2 * * *", timeZone: "Europe/Berlin" } }],
          refresh: "10 minutes"
        },
        rcon: { client: { rosterInterval: "Infinity", keepaliveInterval: "44 seconds" } }
      },
      Effect.gen(function*() {
        const server = yield* SimulatedServer.SimulatedServer
        yield* TestRcon.passTime("26 hours")
        const executions = yield* server.executions
        assert.deepStrictEqual(
          executions.flatMap(({ text, time }) =>
            text === "#restartserver" ? [new Date(time).toISOString().slice(8, 19)] : []
          ),
          at
        )
        assert.strictEqual(executions.filter(({ text }) => text.startsWith("say")).length, 10)
      })
    ), LONG)

  it.effect("announces the warnings that are not too late, with the remaining time", () =>
    onServer(
      { from: "2026-03-28T03:00", plans: { restarts: [nightly] } },
      Effect.gen(function*() {
        const server = yield* SimulatedServer.SimulatedServer
        const events = yield* watched
        yield* TestRcon.passTime("29 minutes")
        yield* server.restart({ downtime: "4 minutes" })
        yield* TestRcon.passTime("15 minutes")
        yield* server.restart({ downtime: "9 minutes" })
        yield* TestRcon.passTime("17 minutes")
        assert.deepStrictEqual(yield* told, [
          "03:00:00 Restart in 1 hour",
          // The server was offline from 03:29 to 03:33, and from 03:44 to 03:53. Each time, the client logs in
          // within the next 30 seconds.
          "03:33:10 Restart in 27 minutes",
          "03:55:00 Restart in 5 minutes",
          "03:59:00 Restart in 1 minute",
          "04:00:00 #restartserver"
        ])
        assert.include(tagsOf(events), "WarningSkipped: Late")
      })
    ))

  it.effect("that is new announces only the warnings that are not too late", () =>
    onServer(
      { from: "2026-03-28T03:58", plans: { restarts: [nightly] } },
      Effect.gen(function*() {
        yield* TestRcon.passTime("10 minutes")
        assert.deepStrictEqual(yield* told, [
          // The warning of 03:55 was due 3 minutes ago: that is more than half of its 5 minutes.
          "03:59:00 Restart in 1 minute",
          "04:00:00 #restartserver"
        ])
      })
    ))

  it.effect.each([
    { from: "2026-03-28T03:55", last: "Restarted", what: "continues where the last process stopped" },
    { from: "2026-03-28T04:04", last: "Restarted", what: "restarts a little late" },
    { from: "2026-03-28T04:06", last: "NotRestarted: Missed", what: "leaves out a restart that would be too late" }
  ])("$what", ({ from, last }) =>
    Effect.gen(function*() {
      const store = yield* lastingStore
      const plans = { restarts: [nightly] }
      yield* onServer(
        { from: "2026-03-28T03:00", plans, store },
        Effect.gen(function*() {
          yield* TestRcon.passTime("50 minutes")
          assert.strictEqual((yield* told).length, 3)
        })
      )
      yield* onServer(
        { from, plans, store },
        Effect.gen(function*() {
          const events = yield* watched
          yield* TestRcon.passTime("15 minutes")
          const outcome = tagsOf(events).filter((tag) => tag.includes("estarted"))
          assert.deepStrictEqual(outcome, [last])
          const said = (yield* told).filter((line) => line.includes("Restart in"))
          assert.strictEqual(said.length, from === "2026-03-28T03:55" ? 2 : 0)
        })
      )
    }))

  it.effect(
    "announces no warning twice on a network that loses datagrams, to a server that executes repeated commands twice",
    () =>
      onServer(
        {
          from: "2026-03-28T02:00",
          plans: { restarts: [{ ...nightly, at: { cron: "0 */2 * * *", timeZone: "UTC" } }] },
          rcon: { network: { loss: 0.1, latency: "40 millis", seed: 3 }, server: { repeats: "execute" } }
        },
        Effect.gen(function*() {
          yield* TestRcon.passTime("6.5 hours")
          const lines = yield* told
          const warnings = lines.filter((line) => line.includes("Restart in"))
          assert.isAtLeast(warnings.length, 10, "most of 15 arrive")
          assert.strictEqual(new Set(warnings.map((line) => line.slice(0, 5))).size, warnings.length)
          const restarts = lines.filter((line) => line.endsWith("#restartserver")).map((line) => line.slice(0, 2))
          assert.deepStrictEqual(restarts, ["04", "06", "08"])
        })
      ),
    LONG
  )

  it.effect("does nothing on an empty server if it has `skipWhenEmpty`", () =>
    onServer(
      { from: "2026-03-28T02:30", plans: { restarts: [{ ...nightly, skipWhenEmpty: true, lock: "2 minutes" }] } },
      Effect.gen(function*() {
        const server = yield* SimulatedServer.SimulatedServer
        const events = yield* watched
        yield* TestRcon.passTime("1 hour")
        yield* server.join({ name: "Miller" })
        yield* TestRcon.passTime("10 minutes")
        yield* server.leave(0)
        yield* TestRcon.passTime("1 hour")
        assert.deepStrictEqual(yield* told, [])
        assert.include(tagsOf(events), "NotRestarted: Empty")
      })
    ))

  it.effect("locks an empty server once a player joins during the lock time, also with a long refresh interval", () =>
    onServer(
      {
        from: "2026-03-28T03:30",
        plans: { restarts: [{ ...nightly, warnings: [], skipWhenEmpty: true, lock: "10 minutes" }], refresh: "1 day" }
      },
      Effect.gen(function*() {
        const server = yield* SimulatedServer.SimulatedServer
        yield* TestRcon.passTime("25 minutes")
        assert.deepStrictEqual(yield* told, [])
        yield* server.join({ name: "Miller" })
        yield* TestRcon.passTime("45 seconds")
        assert.deepStrictEqual((yield* told).map((line) => line.slice(9)), ["#lock"])
      })
    ))

  it.effect("announces the text of the function `text`, or that of the plan's template if the function throws", () =>
    onServer(
      {
        from: "2026-03-28T03:00",
        plans: {
          restarts: [{
            ...nightly,
            warnings: ["2 minutes", "1 minute"],
            text: "Noch {remaining} bis {time}",
            locale: "de"
          }],
          text: ({ plan, remaining, server }) => {
            if (Duration.toMinutes(remaining) === 1) throw new Error("a mistake")
            return `${plan.id} of ${server}\nin ${Duration.format(remaining)}`
          }
        }
      },
      Effect.gen(function*() {
        yield* TestRcon.passTime("1 hour")
        assert.deepStrictEqual(yield* told, [
          "03:58:00 nightly of altis",
          "03:58:00 in 2m",
          "03:59:00 Noch 1 Minute bis 04:00",
          "04:00:00 #restartserver"
        ])
      })
    ))
})

describe("a server that", () => {
  it.effect("does not come back is reported, and `notBack` runs", () => {
    const helped = new Array<number>()
    return Effect.gen(function*() {
      const rescue = (event: PlanEvent.NotBack) => Effect.sync(() => helped.push(event.count))
      yield* onServer(
        {
          from: "2026-03-28T03:59",
          plans: { restarts: [{ ...nightly, command: "shutdown", backWithin: "5 minutes" }], notBack: rescue }
        },
        Effect.gen(function*() {
          const server = yield* SimulatedServer.SimulatedServer
          const events = yield* watched
          yield* TestRcon.passTime("17 minutes")
          assert.deepStrictEqual(helped, [1, 2, 3])
          yield* server.start
          yield* TestRcon.passTime("1 minute")
          assert.deepStrictEqual(tagsOf(events).slice(-6), [
            "Gone",
            "NotBack",
            "NotBack",
            "NotBack",
            "Restarted",
            "Appointed"
          ])
        })
      )
    })
  })

  it.effect("is still offline at the next occurrence misses it, and no other", () =>
    onServer(
      {
        from: "2026-03-28T03:59",
        plans: { restarts: [{ ...nightly, command: "shutdown" }], refresh: "10 minutes" }
      },
      Effect.gen(function*() {
        const server = yield* SimulatedServer.SimulatedServer
        const plans = yield* Plans.Plans
        const events = yield* watched
        yield* TestRcon.passTime("25 hours")
        yield* server.start
        yield* TestRcon.passTime("1 minute")
        assert.deepStrictEqual(tagsOf(events).slice(-3), ["NotBack", "Restarted", "Appointed"])
        const [next] = yield* plans.next()
        assert.strictEqual(next?.time.epochMilliseconds, utc("2026-03-30T04:00"))
      })
    ), LONG)

  it.effect("does not send its list of players restarts without kicks, half a minute late", () =>
    onServer(
      { from: "2026-03-28T03:58:30", plans: { restarts: [{ ...nightly, kick: { before: "10 seconds" } }] } },
      Effect.gen(function*() {
        const server = yield* SimulatedServer.SimulatedServer
        const events = yield* watched
        yield* server.join({ name: "Miller" })
        yield* TestRcon.passTime("1 minute")
        yield* server.onCommand((text) => text === "players" ? "what?" : undefined)
        yield* TestRcon.passTime("5 minutes")
        const [at, command] = (yield* told).at(-1)!.split(" ")
        assert.strictEqual(command, "#restartserver")
        assert.isTrue(at! >= "04:00:25" && at! <= "04:00:35", at)
        assert.deepInclude(events.find(({ _tag }) => _tag === "StepFailed"), {
          step: "Kick",
          problem: "the list of players could not be read in time. The server restarts without kicks"
        })
        assert.notInclude(tagsOf(events), "PlayersKicked")
      })
    ))

  it.effect("sends no reply to kicks is restarted nevertheless: the kicks end in time", () =>
    onServer(
      {
        from: "2026-03-28T03:58:30",
        plans: { restarts: [{ ...nightly, kick: { before: "10 seconds" }, latest: "30 seconds" }] }
      },
      Effect.gen(function*() {
        const server = yield* SimulatedServer.SimulatedServer
        const events = yield* watched
        for (let number = 0; number < 100; number++) yield* server.join({ name: `Player ${number}` })
        yield* server.onCommand((text) => text.startsWith("kick") ? { reply: "", delay: "Infinity" } : undefined)
        yield* TestRcon.passTime("5 minutes")
        assert.include(yield* told, "04:00:15 #restartserver")
        assert.deepInclude(events.find(({ _tag }) => _tag === "PlayersKicked"), { kicked: 0, failed: 100 })
      })
    ))

  it.effect("ignores the command gets it again, and is unlocked in the end", () =>
    onServer(
      {
        from: "2026-03-28T03:59",
        plans: { restarts: [{ ...nightly, lock: "30 seconds", tries: 2 }] },
        rcon: { server: { onCommand: (text) => text === "#restartserver" ? "" : undefined } }
      },
      Effect.gen(function*() {
        const events = yield* watched
        yield* TestRcon.passTime("5 minutes")
        assert.deepStrictEqual(yield* told, [
          "03:59:00 Restart in 1 minute",
          "03:59:30 #lock",
          "04:00:00 #restartserver",
          "04:01:00 #restartserver",
          "04:02:00 #unlock"
        ])
        assert.include(tagsOf(events), "NotRestarted: Stayed")
      })
    ))

  it.effect("does not allow the command gets it once", () =>
    onServer(
      {
        from: "2026-03-28T03:59",
        plans: { restarts: [nightly] },
        rcon: { server: { disallowed: ["#restartserver"] } }
      },
      Effect.gen(function*() {
        const server = yield* SimulatedServer.SimulatedServer
        const events = yield* watched
        yield* TestRcon.passTime("5 minutes")
        assert.strictEqual((yield* server.commands).filter(({ text }) => text === "#restartserver").length, 1)
        assert.deepStrictEqual(tagsOf(events), [
          "Appointed",
          "Warned",
          "StepFailed",
          "NotRestarted: Refused",
          "Appointed"
        ])
      })
    ))
})
