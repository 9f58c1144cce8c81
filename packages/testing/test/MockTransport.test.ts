import { Packet } from "@bercon/codec"
import { Session, Transport } from "@bercon/session"
import { MockTransport } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Redacted, Result } from "effect"
import { TestClock } from "effect/testing"

const password = Redacted.make("secret")
const broken = new Transport.TransportError({
  reason: new Transport.IoFailed({ kind: "Unreachable", peer: "mock:2306" })
})

/** A session that is logged in by hand. */
const online = Effect.gen(function*() {
  const mock = yield* MockTransport.MockTransport
  const making = yield* Effect.forkScoped(Session.make({ password, keepaliveInterval: "40 seconds" }))
  assert.strictEqual(Result.getOrThrow(Packet.decodeClient(yield* mock.take))._tag, "Login")
  yield* mock.give(Packet.encode(Packet.loginResult(true)))
  return { mock, session: yield* Fiber.join(making) }
})

describe("MockTransport", () => {
  it.effect("is talked to by hand", () =>
    Effect.gen(function*() {
      const { mock, session } = yield* online
      const asking = yield* Effect.forkChild(session.command("version"))
      const command = Result.getOrThrow(Packet.decodeClient(yield* mock.take))
      assert.isTrue(command._tag === "Command" && new TextDecoder().decode(command.payload) === "version")
      yield* mock.give(Packet.encode(Packet.commandReply(7, "another's")))
      yield* mock.give(Packet.encode(Packet.commandReply(0, "1.220")))
      assert.strictEqual(yield* Fiber.join(asking), "1.220")
      assert.deepStrictEqual(yield* mock.takeAll, [])
      assert.deepStrictEqual([yield* mock.opened, yield* mock.open], [1, 1])
    }).pipe(Effect.scoped, Effect.provide(MockTransport.layer())))

  it.effect("fails as it is told to, and is opened again", () =>
    Effect.gen(function*() {
      const { mock, session } = yield* online
      yield* mock.failing({ open: broken })
      yield* mock.fail(broken)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual([yield* mock.opened, yield* mock.open], [1, 0])
      assert.strictEqual((yield* session.status)._tag, "Reconnecting")
      yield* mock.failing({})
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual([yield* mock.opened, yield* mock.open], [2, 1])
      yield* mock.give(Packet.encode(Packet.loginResult(true)))
      yield* TestClock.adjust(0)
      assert.strictEqual((yield* session.status)._tag, "Online")
    }).pipe(Effect.scoped, Effect.provide(MockTransport.layer())))

  it.effect("closes its socket with the session, and loses what is given to none", () =>
    Effect.gen(function*() {
      yield* Effect.scoped(online)
      const mock = yield* MockTransport.MockTransport
      assert.strictEqual(yield* mock.open, 0)
      yield* mock.give(Packet.encode(Packet.loginResult(true)))
    }).pipe(Effect.provide(MockTransport.layer({ peer: "game.example:2306" }))))
})
