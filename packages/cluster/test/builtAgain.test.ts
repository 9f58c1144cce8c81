import { assert, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { builtAgain } from "../src/internal/builtAgain.ts"

class Store extends Context.Service<Store, number>()("Store") {}

/** Builds a layer that dies `deaths` times, and then provides the number of its builds. */
const build = Effect.fnUntraced(function*(deaths: number) {
  let builds = 0
  const layer = Layer.effect(
    Store,
    Effect.suspend(() => ++builds <= deaths ? Effect.die("two tables at once") : Effect.succeed(builds))
  )
  const building = yield* Effect.forkChild(Effect.exit(Layer.build(builtAgain(layer))), { startImmediately: true })
  yield* TestClock.adjust("10 seconds")
  return yield* Fiber.join(building)
})

it.effect("a layer that dies is built again, at most three times", () =>
  Effect.gen(function*() {
    for (const deaths of [0, 1, 3]) {
      assert.strictEqual(Context.get(yield* yield* build(deaths), Store), deaths + 1)
    }
    assert.include(String(yield* build(4)), "two tables at once")
  }))
