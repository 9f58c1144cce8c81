import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Stream } from "effect"
import { Broadcast } from "../src/internal/broadcast.ts"

const overflow = (missed: number) => `missed ${missed}`

/** Runs a subscription whose reader stops after its first value, until `done` runs. */
const slow = <A>(values: Stream.Stream<A>) =>
  Effect.gen(function*() {
    const read: Array<A> = []
    let go = () => {}
    const gate = Effect.callback<void>((resume) => {
      go = () => resume(Effect.void)
    })
    const fiber = yield* Stream.rechunk(values, 1).pipe(
      Stream.runForEach((value) => read.push(value) === 1 ? gate : Effect.void),
      Effect.forkChild({ startImmediately: true })
    )
    yield* Effect.yieldNow
    return { read, done: Effect.andThen(Effect.sync(() => go()), Fiber.join(fiber)) }
  })

describe("a broadcast", () => {
  it.effect("delivers the values published after the subscription, in order, to each subscriber", () =>
    Effect.gen(function*() {
      const broadcast = new Broadcast<number>({ capacity: 10 })
      broadcast.publish(1)
      const fibers = yield* Effect.forEach(
        [1, 2],
        () => Effect.forkChild(Stream.runCollect(broadcast.values), { startImmediately: true })
      )
      broadcast.publish(2)
      broadcast.publish(3)
      broadcast.close(Exit.void)
      assert.deepStrictEqual(yield* Effect.forEach(fibers, Fiber.join), [[2, 3], [2, 3]])
      assert.deepStrictEqual(yield* Stream.runCollect(broadcast.values), [])
    }))

  it.effect("ends with the cause of its closing", () =>
    Effect.gen(function*() {
      const broadcast = new Broadcast<number, string>({ capacity: 10 })
      const fiber = yield* Effect.forkChild(Effect.exit(Stream.runDrain(broadcast.values)), { startImmediately: true })
      broadcast.close(Exit.fail("refused"))
      assert.deepStrictEqual(yield* Fiber.join(fiber), Exit.fail("refused"))
      const late = yield* Effect.exit(Stream.runDrain(broadcast.values))
      assert.isTrue(Exit.isFailure(late) && Cause.hasFails(late.cause))
    }))

  it.effect("with `overflow` puts the number of lost values in their place", () =>
    Effect.gen(function*() {
      const broadcast = new Broadcast<string>({ capacity: 2, overflow })
      const { done, read } = yield* slow(broadcast.values)
      broadcast.publish("a")
      yield* Effect.yieldNow
      for (const value of ["b", "c", "d", "e"]) broadcast.publish(value)
      broadcast.close(Exit.void)
      yield* done
      assert.deepStrictEqual(read, ["a", "missed 2", "d", "e"])
    }))

  it.effect("without `overflow` leaves lost values out", () =>
    Effect.gen(function*() {
      const broadcast = new Broadcast<string>({ capacity: 2 })
      const { done, read } = yield* slow(broadcast.values)
      broadcast.publish("a")
      yield* Effect.yieldNow
      for (const value of ["b", "c", "d", "e"]) broadcast.publish(value)
      broadcast.close(Exit.void)
      yield* done
      assert.deepStrictEqual(read, ["a", "d", "e"])
    }))

  it.effect("with a greeting gives it to each new subscriber first, even after closing, and does not count it as published", () =>
    Effect.gen(function*() {
      const broadcast = new Broadcast<string>({ capacity: 10, overflow, greeting: () => "hello" })
      const collect = Effect.forkChild(Stream.runCollect(broadcast.values), { startImmediately: true })
      const first = yield* collect
      broadcast.publish("a")
      const second = yield* collect
      broadcast.publish("b")
      broadcast.close(Exit.void)
      assert.deepStrictEqual(yield* Fiber.join(first), ["hello", "a", "b"])
      assert.deepStrictEqual(yield* Fiber.join(second), ["hello", "b"])
      assert.deepStrictEqual(yield* Stream.runCollect(broadcast.values), ["hello"])
    }))

  it.effect("with a greeting and an overflow counts only published values as lost", () =>
    Effect.gen(function*() {
      const broadcast = new Broadcast<string>({ capacity: 2, overflow, greeting: () => "hello" })
      broadcast.publish("before")
      const { done, read } = yield* slow(broadcast.values)
      for (const value of ["a", "b", "c", "d"]) broadcast.publish(value)
      broadcast.close(Exit.void)
      yield* done
      assert.deepStrictEqual(read, ["hello", "missed 2", "c", "d"])
    }))

  it.effect("delivers to the other subscribers after one has gone", () =>
    Effect.gen(function*() {
      const broadcast = new Broadcast<number>({ capacity: 10 })
      const collect = (values: Stream.Stream<number>) =>
        Effect.forkChild(Stream.runCollect(values), { startImmediately: true })
      const first = yield* collect(Stream.take(broadcast.values, 1))
      const all = yield* collect(broadcast.values)
      broadcast.publish(1)
      assert.deepStrictEqual(yield* Fiber.join(first), [1])
      broadcast.publish(2)
      broadcast.close(Exit.void)
      assert.deepStrictEqual(yield* Fiber.join(all), [1, 2])
    }))
})
