import { Wire } from "@bercon/cluster"
import { TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { entityOf, join, provided, setup } from "./oneServer.ts"

describe("while there are thousands of calls", () => {
  it.effect("a call that still runs is not run a second time after 4,100 others", () =>
    Effect.gen(function*() {
      const { cluster, server } = yield* setup(1)
      const { activation, entity } = yield* entityOf(cluster)
      const command = (call: string, text: string) =>
        entity.Command({ activation, call, text, repeatable: true, withdrawable: true, timeout: 60_000 })
      yield* server.goSilent
      const first = yield* Effect.forkChild(Effect.exit(command("a call", "version")), { startImmediately: true })
      yield* TestRcon.passTime("100 millis")
      // These calls end at once, because the session refuses their text.
      yield* TestRcon.passTime(Effect.forEach(
        Array.from({ length: 4100 }, (_, i) => `another call ${i}`),
        (name) => Effect.exit(command(name, "\0")),
        { concurrency: 100, discard: true }
      ))
      assert.isUndefined(first.pollUnsafe())
      const again = (call: string) => TestRcon.passTime(Effect.flip(command(call, "\0")))
      assert.instanceOf(yield* again("a call"), Wire.CallLost)
      // The last 4,096 calls are remembered.
      assert.instanceOf(yield* again("another call 4"), Wire.CallLost)
      assert.notInstanceOf(yield* again("another call 3"), Wire.CallLost)
    }).pipe(Effect.scoped, provided), 60_000)

  it.effect("a command is refused if 4,096 are pending", () =>
    Effect.gen(function*() {
      const { cluster } = yield* setup()
      const { session } = yield* join(cluster)
      const pending = yield* Effect.forkChild(
        Effect.forEach(
          Array.from({ length: 4096 }),
          () => Effect.exit(session.command("version", { timeout: "5 seconds" })),
          { concurrency: "unbounded", discard: true }
        ),
        { startImmediately: true }
      )
      const { execution, reason } = yield* Effect.flip(session.command("players"))
      assert.deepStrictEqual([reason._tag, execution], ["Overloaded", "NotExecuted"])
      yield* TestRcon.passTime(Fiber.join(pending))
      const later = yield* TestRcon.passTime(Effect.flip(session.command("players", { timeout: "5 seconds" })))
      assert.strictEqual(later.reason._tag, "NotConnected")
    }).pipe(Effect.scoped, provided))
})
