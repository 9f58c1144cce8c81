import { assert, describe, it } from "@effect/vitest"
import { Clock, type Duration, Effect, Logger, Schema } from "effect"
import { TestClock } from "effect/testing"
import { Alarm } from "../src/internal/alarm.ts"
import * as Monotonic from "../src/internal/monotonic.ts"
import { range } from "./support/Scenario.ts"

/** An integer from 0 to `count - 1`. */
const among = (count: number) => Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: count - 1 }))

/** An alarm for `deadline.due`, and the times at which it rang. After each ring there is no deadline. */
const armed = Effect.fnUntraced(function*(deadline: { due: number }) {
  const now = yield* Monotonic.make
  const rings: Array<number> = []
  const lates: Array<number> = []
  const alarm = new Alarm(yield* Effect.context(), {
    wakeAt: () => deadline.due,
    ring: (late) =>
      Effect.sync(() => {
        rings.push(now())
        lates.push(late)
        deadline.due = Infinity
      })
  })
  alarm.reset()
  return { alarm, lates, now, rings }
})

describe("an alarm", () => {
  it.effect("rings when its deadline has come", () =>
    Effect.gen(function*() {
      const { lates, rings } = yield* armed({ due: 100 })
      yield* TestClock.adjust(99)
      assert.deepStrictEqual(rings, [])
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(rings, [100])
      assert.deepStrictEqual(lates, [0])
    }))

  it.effect("waits for the next deadline after it has rung", () =>
    Effect.gen(function*() {
      const deadlines = [100, 250]
      const rings: Array<number> = []
      new Alarm(yield* Effect.context(), {
        wakeAt: () => deadlines[0] ?? Infinity,
        ring: () => Effect.sync(() => rings.push(deadlines.shift()!))
      }).reset()
      yield* TestClock.adjust(249)
      assert.deepStrictEqual(rings, [100])
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(rings, [100, 250])
      yield* TestClock.adjust("1 day")
      assert.deepStrictEqual(rings, [100, 250])
    }))

  it.effect("rings earlier after a reset to an earlier deadline, and only once", () =>
    Effect.gen(function*() {
      const deadline = { due: 1000 }
      const { alarm, rings } = yield* armed(deadline)
      deadline.due = 300
      alarm.reset()
      yield* TestClock.adjust(2000)
      assert.deepStrictEqual(rings, [300])
    }))

  it.effect("without a deadline does not ring until it has one", () =>
    Effect.gen(function*() {
      const deadline = { due: Infinity }
      const { alarm, rings } = yield* armed(deadline)
      yield* TestClock.adjust("1 day")
      assert.deepStrictEqual(rings, [])
      deadline.due = 86_400_010
      alarm.reset()
      yield* TestClock.adjust(10)
      assert.deepStrictEqual(rings, [86_400_010])
    }))

  it.effect("sleeps for whole milliseconds, and never rings too early", () =>
    Effect.gen(function*() {
      const { rings } = yield* armed({ due: 10.2 })
      yield* TestClock.adjust(10)
      assert.deepStrictEqual(rings, [])
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(rings, [11])
    }))

  it.effect("ignores a reset while it rings, and reads the deadline afterwards", () =>
    Effect.gen(function*() {
      const now = yield* Monotonic.make
      let due = 100
      const rings: Array<string> = []
      const alarm = new Alarm(yield* Effect.context(), {
        wakeAt: () => due,
        ring: () =>
          Effect.gen(function*() {
            rings.push(`begin ${now()}`)
            due = due === 100 ? 120 : Infinity
            alarm.reset()
            yield* Effect.sleep(50)
            rings.push(`end ${now()}`)
          })
      })
      alarm.reset()
      yield* TestClock.adjust(1000)
      assert.deepStrictEqual(rings, ["begin 100", "end 150", "begin 150", "end 200"])
    }))

  it.effect("never rings after it was stopped, even if it was stopped while it rang", () =>
    Effect.gen(function*() {
      const deadline = { due: 100 }
      const { alarm, rings } = yield* armed(deadline)
      alarm.stop()
      alarm.reset()
      const ringing: Array<number> = []
      const stopping: Alarm = new Alarm(yield* Effect.context(), {
        wakeAt: () => 200 * (ringing.length + 1),
        ring: () =>
          Effect.sync(() => {
            ringing.push(ringing.length)
            stopping.stop()
          })
      })
      stopping.reset()
      yield* TestClock.adjust(1000)
      assert.deepStrictEqual([rings, ringing], [[], [0]])
    }))

  it.effect("that throws does not stop the other alarms of its clock", () =>
    Effect.gen(function*() {
      const broken = new Alarm(yield* Effect.context(), {
        wakeAt: () => 100,
        ring: () => {
          throw new Error("broken")
        }
      })
      broken.reset()
      const { rings } = yield* armed({ due: 100 })
      yield* TestClock.adjust(100)
      assert.deepStrictEqual(rings, [100])
    }).pipe(Effect.provide(Logger.layer([]))))

  it.effect("that was the last one of its clock leaves no sleeping fiber behind", () =>
    Effect.gen(function*() {
      const clock = yield* Clock.Clock
      let asleep = 0
      const counting: Clock.Clock = Object.assign(Object.create(clock), {
        sleep: (duration: Duration.Duration) => {
          asleep++
          return Effect.ensuring(clock.sleep(duration), Effect.sync(() => asleep--))
        }
      })
      const [first, second] = yield* Effect.all([armed({ due: 100 }), armed({ due: 200 })]).pipe(
        Effect.provideService(Clock.Clock, counting)
      )
      assert.strictEqual(asleep, 1)
      first.alarm.stop()
      assert.strictEqual(asleep, 1)
      second.alarm.stop()
      assert.strictEqual(asleep, 0)
    }))

  it.effect.prop(
    "rings at its deadlines, whatever other alarms of its clock do",
    [Schema.Array(Schema.Tuple([among(16), among(400), among(20)])).check(Schema.isMinLength(30))],
    ([steps]) =>
      Effect.gen(function*() {
        const now = yield* Monotonic.make
        const context = yield* Effect.context()
        const deadlines = range(16).map(() => Infinity)
        const expected: Array<string> = []
        const rings: Array<string> = []
        const alarms = range(16).map((i) =>
          new Alarm(context, {
            wakeAt: () => deadlines[i]!,
            ring: () => {
              rings.push(`${i} at ${now()}`)
              deadlines[i] = Infinity
              return undefined
            }
          })
        )
        for (const [i, delay, pause] of steps) {
          deadlines[i] = now() + delay + 1
          alarms[i]!.reset()
          const until = now() + pause
          const due = range(16).filter((i) => deadlines[i]! <= until)
          expected.push(...due.map((i) => `${i} at ${deadlines[i]}`))
          yield* TestClock.adjust(pause)
        }
        assert.deepStrictEqual(rings.toSorted(), expected.toSorted())
        for (const alarm of alarms) alarm.stop()
      })
  )

  it.live("passes its lateness to the ring if the process was suspended", () =>
    Effect.gen(function*() {
      const now = yield* Monotonic.make
      const { lates } = yield* armed({ due: now() + 5 })
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100)
      yield* Effect.sleep(1)
      assert.strictEqual(lates.length, 1)
      assert.isAtLeast(lates[0]!, 90)
    }))
})
