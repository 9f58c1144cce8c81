import { SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { Pair } from "../support/Pair.ts"
import { echo, heard, online, patient } from "../support/Scenario.ts"
import { soaking } from "../support/Soak.ts"

const SECOND = 1000
const MINUTE = 60 * SECOND
const DAY = 24 * 60 * MINUTE

/** The longest time from one of these moments to the next. */
const longestInterval = (times: ReadonlyArray<number>): number =>
  times.reduce((longest, at, i) => Math.max(longest, at - (times[i - 1] ?? at)), 0)

describe("thirty days", () => {
  it.runIf(soaking)("without commands leave the session online, its keepalives never more than 45 s apart", () => {
    const pair = new Pair({ seed: 1 })
    pair.runUntil(30 * DAY)
    assert.deepStrictEqual(pair.statuses, ["Online"])
    assert.strictEqual(pair.server.logins.length, 1)
    assert.isAtMost(longestInterval(pair.commandsSentAt), 45 * SECOND)
    assert.isAtLeast(pair.commandsSentAt.length, 30 * 24 * 60)
    assert.deepStrictEqual(pair.server.violations, [])
  }, 30_000)

  it.runIf(soaking)(
    "with a command a minute and a restart a day: every command is answered, every restart is survived",
    () => {
      const pair = new Pair({ seed: 1 })
      let asked = 0
      for (let day = 0; day < 30; day++) {
        for (let minute = 0; minute < 24 * 60; minute++) {
          pair.submit(`echo ${asked++}`)
          pair.runUntil(pair.now + MINUTE)
        }
        pair.restart()
      }
      pair.runUntil(pair.now + 2 * MINUTE)
      assert.strictEqual(pair.outcomes.length, asked)
      for (const { result, text } of pair.outcomes) assert(result._tag === "Success" && result.success === text, text)
      assert.strictEqual(pair.statuses.filter((status) => status === "Online").length, 31)
      assert.strictEqual(pair.server.sessions.size, 1)
      assert.isAtMost(longestInterval(pair.commandsSentAt), 45 * SECOND)
    },
    30_000
  )
})

/** Days with a command a minute and a restart of the server a day, through the driver. */
const days = (count: number) =>
  Effect.gen(function*() {
    const server = yield* SimulatedServer.SimulatedServer
    const session = yield* online()
    const items = yield* heard(session, "message ")
    const wrong: Array<string> = []
    let asked = 0
    const ask = Effect.suspend(() => {
      const text = `echo ${asked++}`
      return Effect.map(Effect.result(session.command(text)), (result) => {
        if (result._tag === "Failure" || result.success !== text) wrong.push(text)
      })
    })
    yield* Effect.forkChild(Effect.forever(Effect.andThen(Effect.forkChild(ask), Effect.sleep("1 minute"))))
    for (let day = 0; day < count; day++) {
      yield* TestClock.adjust("1 day")
      const commands = (yield* server.commands).filter(({ time }) => time >= day * DAY)
      assert.isAtMost(longestInterval(commands.map(({ time }) => time)), 45 * SECOND)
      yield* server.restart({ downtime: "5 seconds" })
      yield* TestClock.adjust("1 minute")
    }
    assert.deepStrictEqual(wrong, [])
    assert.isAtLeast(asked, count * 24 * 60)
    assert.deepStrictEqual(items, Array.from({ length: count }, () => "gap: Reconnected undefined"))
    assert.strictEqual((yield* server.sessions).length, 1)
    assert.strictEqual((yield* session.status)._tag, "Online")
  }).pipe(
    Effect.provide(
      TestRcon.layerTransport({ server: { ...patient, onCommand: echo }, network: { latency: "5 millis" } })
    )
  )

describe("through the driver", () => {
  it.effect("every command of a day is answered, one a minute, despite a restart", () => days(1), 30_000)
  it.effect.runIf(soaking)(
    "every command of 30 days is answered, one a minute, despite a restart a day",
    () => days(30),
    600_000
  )

  it.effect.runIf(soaking)(
    "30 days without commands take one login, and keepalives at most 45 s apart",
    () =>
      Effect.gen(function*() {
        const server = yield* SimulatedServer.SimulatedServer
        const session = yield* online()
        for (let day = 0; day < 30; day++) {
          yield* TestClock.adjust("1 day")
          const commands = (yield* server.commands).filter(({ time }) => time >= day * DAY)
          assert.isAtMost(longestInterval(commands.map(({ time }) => time)), 45 * SECOND)
        }
        assert.strictEqual((yield* server.logins).length, 1)
        assert.deepStrictEqual(yield* server.violations, [])
        assert.strictEqual((yield* session.status)._tag, "Online")
      }).pipe(Effect.provide(TestRcon.layerTransport({ network: { latency: "5 millis" } }))),
    600_000
  )
})
