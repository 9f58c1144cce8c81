import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import * as Alarm from "../src/internal/alarm.ts"
import * as Monotonic from "../src/internal/monotonic.ts"

/** Lets a fiber begin to wait for `deadline.due`, and says when it was rung for. After that nothing is due. */
const waiting = Effect.fnUntraced(function*(deadline: { due: number }) {
  const now = yield* Monotonic.make
  const alarm = Alarm.make({ now, wakeAt: () => deadline.due })
  const rings: Array<number> = []
  const ring = Effect.sync(() => {
    if (deadline.due < Infinity && now() < deadline.due) return
    rings.push(now())
    deadline.due = Infinity
  })
  const fiber = yield* Effect.forkChild(Alarm.run(alarm, ring), { startImmediately: true })
  return { alarm, fiber, now, rings }
})

describe("an alarm", () => {
  it.effect("rings when its deadline has come", () =>
    Effect.gen(function*() {
      const { rings } = yield* waiting({ due: 100 })
      yield* TestClock.adjust(99)
      assert.deepStrictEqual(rings, [])
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(rings, [100])
    }))

  it.effect("waits for the next deadline after it has rung", () =>
    Effect.gen(function*() {
      const deadline = { due: 100 }
      const { alarm, rings } = yield* waiting(deadline)
      yield* TestClock.adjust(100)
      deadline.due = 250
      alarm.reset()
      yield* TestClock.adjust(0)
      yield* TestClock.adjust(149)
      assert.deepStrictEqual(rings, [100])
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(rings, [100, 250])
    }))

  it.effect("rings early after a reset to an earlier deadline", () =>
    Effect.gen(function*() {
      const deadline = { due: 1000 }
      const { alarm, rings } = yield* waiting(deadline)
      deadline.due = 300
      alarm.reset()
      yield* TestClock.adjust(0)
      yield* TestClock.adjust(300)
      assert.deepStrictEqual(rings, [300])
    }))

  it.effect("goes on waiting after a reset to a later deadline", () =>
    Effect.gen(function*() {
      const deadline = { due: 300 }
      const { alarm, rings } = yield* waiting(deadline)
      deadline.due = 1000
      alarm.reset()
      yield* TestClock.adjust(10)
      assert.deepStrictEqual(rings, [])
    }))

  it.effect("without a deadline rings when it is woken", () =>
    Effect.gen(function*() {
      const { alarm, rings } = yield* waiting({ due: Infinity })
      yield* TestClock.adjust("1 day")
      assert.deepStrictEqual(rings, [])
      alarm.wake()
      yield* TestClock.adjust(0)
      assert.strictEqual(rings.length, 1)
    }))

  it.effect("sleeps for whole milliseconds, and never wakes too early", () =>
    Effect.gen(function*() {
      const { rings } = yield* waiting({ due: 10.2 })
      yield* TestClock.adjust(10)
      assert.deepStrictEqual(rings, [])
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
