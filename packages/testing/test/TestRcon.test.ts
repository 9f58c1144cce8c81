import { Session } from "@bercon/session"
import { SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Redacted } from "effect"

const password = Redacted.make("secret")

describe("TestRcon", () => {
  it.effect("adjust lets everybody do what there is to do before time passes", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      const version = yield* Effect.gen(function*() {
        const session = yield* Session.make({ password })
        return yield* session.command("version")
      }).pipe(Effect.scoped, Effect.forkChild)
      yield* TestRcon.adjust("1 hour")
      assert.strictEqual(yield* Fiber.join(version), "1.220")
      const [logins, commands] = yield* Effect.all([server.logins, server.commands])
      assert.deepStrictEqual(logins.map(({ time }) => time), [0])
      assert.deepStrictEqual(commands.map(({ text, time }) => [text, time]), [["version", 0]])
    }).pipe(Effect.provide(TestRcon.layer())))
})
