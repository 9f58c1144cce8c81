import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import * as Turn from "../src/internal/turn.ts"

type Kind = "Alone" | "Beside others"

/** Commands that run until they are ended, and the names of those that run. */
const makeCommands = () => {
  const turn = Turn.make()
  const running = new Set<string>()
  const begin = (name: string, kind: Kind, deadline = Infinity) =>
    Effect.gen(function*() {
      const ended = yield* Deferred.make<void>()
      const run = Effect.acquireUseRelease(
        Effect.sync(() => running.add(name)),
        () => Deferred.await(ended),
        () => Effect.sync(() => running.delete(name))
      )
      const fiber = yield* Effect.forkChild(turn(name, deadline, run, kind), { startImmediately: true })
      return { fiber, end: Effect.andThen(Deferred.succeed(ended, undefined), Fiber.await(fiber)) }
    })
  return { begin, running: Effect.andThen(TestClock.adjust("1 millis"), Effect.sync(() => [...running])) }
}

describe("a command that runs alone", () => {
  it.effect("waits for the commands before it, and later ones wait for it", () =>
    Effect.gen(function*() {
      const { begin, running } = makeCommands()
      const first = yield* begin("first addition", "Beside others")
      const second = yield* begin("second addition", "Beside others")
      const removal = yield* begin("removal", "Alone")
      yield* begin("third addition", "Beside others")
      yield* begin("fourth addition", "Beside others")
      assert.deepStrictEqual(yield* running, ["first addition", "second addition"])
      yield* first.end
      assert.deepStrictEqual(yield* running, ["second addition"])
      yield* second.end
      assert.deepStrictEqual(yield* running, ["removal"])
      yield* removal.end
      assert.deepStrictEqual(yield* running, ["third addition", "fourth addition"])
    }))

  it.effect("delays later commands only until it is interrupted, or its deadline has come", () =>
    Effect.gen(function*() {
      const { begin, running } = makeCommands()
      yield* begin("first addition", "Beside others")
      const removal = yield* begin("removal", "Alone")
      yield* begin("second addition", "Beside others")
      assert.deepStrictEqual(yield* running, ["first addition"])
      yield* Fiber.interrupt(removal.fiber)
      assert.deepStrictEqual(yield* running, ["first addition", "second addition"])
      const late = yield* begin("late removal", "Alone", 1000)
      yield* begin("third addition", "Beside others")
      yield* TestClock.adjust("1 second")
      const error = yield* Effect.flip(Fiber.join(late.fiber))
      assert.strictEqual(error.reason._tag, "Overloaded")
      assert.deepStrictEqual(yield* running, ["first addition", "second addition", "third addition"])
    }))
})
