import { SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import {
  conditions,
  executions,
  heard,
  now,
  online,
  outcome,
  patient,
  range,
  story,
  timed
} from "../support/Scenario.ts"
import { report, runs } from "../support/Soak.ts"

const COUNT = 1000

/**
 * On these networks, eight seconds of silence happen by chance, and would end the session. Commands that are sent again
 * in the next session are executed again.
 */
const unhurried = { silenceTimeout: "1 minute" } as const

// Fixed seeds: always the same scenarios. A soak adds others.
const seeds = range(runs(1)).map((i) => (i === 0 ? 22 : 6 + i))
const cases = seeds.flatMap((seed) => [0.3, 0.5].map((loss) => ({ loss, percent: 100 * loss, seed })))

describe("on a network that loses, repeats and reorders datagrams", () => {
  it.effect.each(cases)(
    "1,000 commands, 8 at a time, all get their own reply, and none is executed twice ($percent % lost, seed $seed)",
    ({ loss, seed }) =>
      Effect.gen(function*() {
        const session = yield* online({ ...unhurried, commandTimeout: "2 minutes" })
        const told = yield* story(session)
        const [replies, took] = yield* timed(
          Effect.forEach(
            range(COUNT),
            (i) => Effect.map(Effect.result(session.command(`echo ${i}`)), outcome),
            { concurrency: 8 }
          )
        )
        report(`${COUNT} commands in ${took / 1000} s of virtual time at ${100 * loss} % loss`)
        assert.deepStrictEqual(replies, range(COUNT).map((i) => `echo ${i}`))
        const counts = yield* executions(yield* SimulatedServer.SimulatedServer)
        assert.deepStrictEqual([counts.size, Math.max(...counts.values())], [COUNT, 1])
        assert.deepStrictEqual(told.map(([, status]) => status), ["Online"])
        assert.isBelow(took, loss < 0.5 ? 180_000 : 500_000)
      }).pipe(Effect.provide(TestRcon.layerTransport({ server: patient, network: { ...conditions(loss), seed } }))),
    60_000
  )

  it.effect.each(cases)(
    "1,000 messages are all delivered, once and in order ($percent % lost, seed $seed)",
    ({ loss, seed }) =>
      Effect.gen(function*() {
        const server = yield* SimulatedServer.SimulatedServer
        const session = yield* online({ ...unhurried, reorderTimeout: "5 minutes" })
        const items = yield* heard(session, "message ")
        const from = yield* now
        // Every text is sent twice: only the number distinguishes the messages.
        const expected = range(COUNT).map((i) => `message ${i >> 1}`)
        for (const text of expected) {
          yield* server.emit(text)
          yield* TestClock.adjust("400 millis")
        }
        while (items.length < COUNT && (yield* now) < 900_000) yield* TestClock.adjust("1 second")
        const took = (yield* now) - from
        report(`${COUNT} messages in ${took / 1000} s of virtual time at ${100 * loss} % loss`)
        assert.deepStrictEqual(items, expected)
      }).pipe(Effect.provide(TestRcon.layerTransport({ server: patient, network: { ...conditions(loss), seed } }))),
    60_000
  )
})
