import { CommandError } from "@bercon/session"
import { CommandErrors } from "@bercon/session/unstable"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Deferred, Effect, Fiber, Latch } from "effect"
import { TestClock } from "effect/testing"
import { Calls, type Entity } from "../src/internal/calls.ts"

/** The calls of a session. Its entity answers commands with `answer`, and counts the requests to withdraw one. */
const setup = Effect.fnUntraced(function*(withdraw: Effect.Effect<void>) {
  const clock = yield* Clock.Clock
  const withdrawals = { begun: 0, interrupted: 0 }
  const answer = Deferred.makeUnsafe<Uint8Array, CommandError.CommandError>()
  const calls = new Calls({
    id: "altis",
    name: "a member",
    entity: {
      Command: () => Deferred.await(answer),
      Withdraw: () =>
        Effect.suspend(() => {
          withdrawals.begun++
          return Effect.onInterrupt(withdraw, () => Effect.sync(() => withdrawals.interrupted++))
        })
      // The calls that `Calls` makes, without those of a feed.
    } as unknown as Entity,
    target: {
      status: () => ({ _tag: "Online" }),
      attached: Latch.makeUnsafe(true),
      activation: () => "the activation",
      epochThere: (epoch) => epoch
    },
    commandTimeout: 20_000,
    now: () => clock.currentTimeMillisUnsafe(),
    run: Effect.runForkWith(yield* Effect.context())
  })
  return { answer, calls, withdrawals }
})

describe("the withdrawal of a command", () => {
  it.effect.each(["its answer", "its caller's interruption"] as const)(
    "ends with the command by %s",
    (end) =>
      Effect.gen(function*() {
        const { answer, calls, withdrawals } = yield* setup(Effect.never)
        let isCurrent = true
        const pending = yield* Effect.forkChild(calls.command("kick 0", { isCurrent: () => isCurrent }), {
          startImmediately: true
        })
        isCurrent = false
        calls.withdrawOutdated()
        calls.withdrawOutdated()
        assert.deepStrictEqual(withdrawals, { begun: 1, interrupted: 0 })
        if (end === "its answer") {
          yield* Deferred.fail(answer, CommandErrors.make("kick 0", new CommandError.Outdated({})))
          yield* Fiber.await(pending)
        } else yield* Fiber.interrupt(pending)
        calls.withdrawOutdated()
        yield* TestClock.adjust(1)
        assert.deepStrictEqual(withdrawals, { begun: 1, interrupted: 1 })
      })
  )

  it.effect("is retried after a failure", () =>
    Effect.gen(function*() {
      const { calls, withdrawals } = yield* setup(Effect.die("no runner"))
      let isCurrent = true
      yield* Effect.forkChild(calls.command("kick 0", { isCurrent: () => isCurrent }), { startImmediately: true })
      isCurrent = false
      for (let times = 1; times <= 3; times++) {
        calls.withdrawOutdated()
        yield* TestClock.adjust(1)
        assert.strictEqual(withdrawals.begun, times)
      }
    }))
})
