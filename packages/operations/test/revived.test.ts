import { TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Logger } from "effect"
import { revived } from "../src/internal/revived.ts"

describe("work in the background", () => {
  /** Runs, for five minutes, work that dies in its first two runs. Returns the number of runs, and the lines of the log. */
  const runOf = Effect.fnUntraced(function*(onDefect: Effect.Effect<void>) {
    let runs = 0
    const logged: Array<unknown> = []
    const work = Effect.suspend(() => ++runs <= 2 ? Effect.die(new Error("a bug")) : Effect.void)
    const fiber = yield* revived(work, { name: "the work", onDefect }).pipe(
      Effect.provide(Logger.layer([Logger.make(({ cause, message }) => logged.push([message, Cause.squash(cause)]))])),
      Effect.forkScoped
    )
    yield* TestRcon.passTime("5 minutes")
    return { runs, logged, exit: fiber.pollUnsafe() }
  })

  it.effect("runs again a minute after each defect, also if the handler of defects dies or is interrupted", () =>
    Effect.gen(function*() {
      const died = [["the work died, and starts again in a minute"], new Error("a bug")]
      const good = yield* runOf(Effect.void)
      assert.deepStrictEqual(good, { runs: 3, logged: [died, died], exit: Exit.void })
      for (const wrong of [Effect.die(new Error("another bug")), Effect.interrupt]) {
        const { exit, logged, runs } = yield* runOf(wrong)
        assert.strictEqual(runs, 3)
        assert.deepStrictEqual(exit, Exit.void)
        assert.deepStrictEqual(logged.filter((_, index) => index % 2 === 0), [died, died])
        assert.include(String(logged[1]), "the work died, and the handler of its defect failed, too")
      }
    }))

  it.effect("ends when it is interrupted, also during the pause and in the handler of defects", () =>
    Effect.gen(function*() {
      for (
        const [work, onDefect] of [[Effect.never, Effect.void], [Effect.die("a bug"), Effect.void], [
          Effect.die("a bug"),
          Effect.never
        ]] as const
      ) {
        const fiber = yield* Effect.forkScoped(revived(work, { name: "the work", onDefect }))
        yield* TestRcon.passTime("10 seconds")
        yield* Fiber.interrupt(fiber)
        assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(fiber)))
      }
    }).pipe(Effect.provide(Logger.layer([]))))
})
