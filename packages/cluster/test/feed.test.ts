import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Queue } from "effect"
import { TestClock } from "effect/testing"
import * as Feed from "../src/internal/feed.ts"

describe("reading a feed", () => {
  it.effect("ends after a silence, although the interruption of its call never completes, and takes nothing more", () =>
    Effect.gen(function*() {
      const queue = yield* Queue.unbounded<number>()
      const taken: Array<number> = []
      let isInterrupted = false
      const closing = Effect.andThen(Effect.sync(() => void (isInterrupted = true)), Effect.never)
      const reading = yield* Effect.forkChild(
        Feed.read({
          open: Effect.acquireRelease(Effect.succeed(queue), () => closing),
          take: (items) => Effect.sync(() => taken.push(...items) > 0),
          silenceTimeout: () => 4000
        }),
        { startImmediately: true }
      )
      for (const number of [1, 2, 3]) {
        yield* Queue.offer(queue, number)
        yield* TestClock.adjust("3900 millis")
      }
      assert.isUndefined(reading.pollUnsafe())
      yield* TestClock.adjust("100 millis")
      yield* Fiber.join(reading)
      yield* Queue.offer(queue, 4)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual([taken, isInterrupted], [[1, 2, 3], true])
    }))

  it.effect("ends if `take` returns false, or if the feed fails", () =>
    Effect.gen(function*() {
      const failures: Array<string> = []
      const taken: Array<number> = []
      const feed = (isLost: boolean, last: number) =>
        Feed.read({
          open: Effect.gen(function*() {
            if (isLost) return yield* Effect.fail("no runner")
            const queue = yield* Queue.unbounded<number, string>()
            yield* Queue.offer(queue, last)
            yield* Queue.fail(queue, "the runner stops")
            return queue
          }),
          take: ([item]) => Effect.sync(() => taken.push(item!) > 1),
          failed: (error) => failures.push(error),
          silenceTimeout: () => 4000
        })
      yield* feed(false, 1)
      yield* feed(false, 2)
      yield* feed(true, 3)
      assert.deepStrictEqual([taken, failures], [[1, 2], ["the runner stops", "no runner"]])
    }))
})
