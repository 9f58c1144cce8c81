import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import * as Alarm from "../src/internal/alarm.ts"
import * as Monotonic from "../src/internal/monotonic.ts"

/** Lets a fiber begin to wait, and says what it has done since. */
const waiting = Effect.fnUntraced(function*(wakeAt: () => number) {
  const now = yield* Monotonic.make
  const alarm = Alarm.make({ now, wakeAt })
  const rings: Array<number> = []
  const ring = Effect.sync(() => {
    rings.push(now())
  })
  const fiber = yield* Effect.forkChild(Alarm.run(alarm, ring), { startImmediately: true })
  return { alarm, fiber, now, rings }
})

describe("an alarm", () => {
  it.effect("rings when its deadline has come, and then waits for the next", () =>
    Effect.gen(function*() {
      let due = 100
      const { rings } = yield* waiting(() => due)
      yield* TestClock.adjust(99)
      assert.deepStrictEqual(rings, [])
      due = 250
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(rings, [100])
      yield* TestClock.adjust(1000)
      assert.strictEqual(rings[1], 250)
    }))

  it.effect("rings at once after a reset to an earlier deadline, and not after one to a later", () =>
    Effect.gen(function*() {
      let due = 1000
      const { alarm, rings } = yield* waiting(() => due)
      due = 2000
      alarm.reset()
      yield* TestClock.adjust(10)
      assert.deepStrictEqual(rings, [])
      due = 300
      alarm.reset()
      due = 400
      yield* TestClock.adjust(10)
      assert.deepStrictEqual(rings, [10])
      yield* TestClock.adjust(390)
      assert.strictEqual(rings[1], 400)
    }))

  it.effect("without a deadline rings when it is woken", () =>
    Effect.gen(function*() {
      const { alarm, rings } = yield* waiting(() => Infinity)
      yield* TestClock.adjust("1 day")
      assert.deepStrictEqual(rings, [])
      alarm.wake()
      yield* TestClock.adjust(0)
      assert.strictEqual(rings.length, 1)
    }))

  it.effect("sleeps for whole milliseconds, and never wakes too early", () =>
    Effect.gen(function*() {
      let due = 10.2
      const { rings } = yield* waiting(() => due)
      yield* TestClock.adjust(10)
      assert.deepStrictEqual(rings, [])
      due = Infinity
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(rings, [11])
    }))

  it.live("lets something be done first after the process stood still, and only then", () =>
    Effect.gen(function*() {
      const now = yield* Monotonic.make
      const done: Array<string> = []
      const start = now()
      let due = start + 5
      const alarm = Alarm.make({
        now,
        wakeAt: () => due,
        afterStandstill: Effect.sync(() => {
          done.push("stood still")
        })
      })
      const fiber = yield* Effect.forkChild(Effect.andThen(alarm.wait, Effect.sync(() => done.push("rang"))), {
        startImmediately: true
      })
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100)
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(done, ["stood still", "rang"])
      due = now() - 1000
      yield* alarm.wait
      assert.strictEqual(done.length, 3, "a deadline that was past when the wait began is no standstill")
    }))
})
