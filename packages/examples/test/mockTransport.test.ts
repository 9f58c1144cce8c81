import { RconClient } from "@bercon/client"
import { Packet } from "@bercon/codec"
import { MockTransport } from "@bercon/testing"
import { assert, it } from "@effect/vitest"
import { Effect, Fiber, Redacted } from "effect"

it.effect("reports a refused password", () =>
  Effect.gen(function*() {
    const { give, take } = yield* MockTransport.MockTransport
    const login = yield* Effect.forkChild(Effect.flip(RconClient.make({ password: Redacted.make("secret") })))
    yield* take
    yield* give(Packet.encode(Packet.loginResult(false)))

    const failure = yield* Fiber.join(login)
    assert.strictEqual(failure.reason._tag, "LoginRefused")
  }).pipe(Effect.scoped, Effect.provide(MockTransport.layer())))
