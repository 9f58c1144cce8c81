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

/** A session whose login the test answers. */
const online = Effect.gen(function*() {
  const mock = yield* MockTransport.MockTransport
  const making = yield* Effect.forkScoped(Session.make({ password, keepaliveInterval: "40 seconds" }))
  assert.strictEqual(Result.getOrThrow(Packet.decodeClient(yield* mock.take))._tag, "Login")
  yield* mock.give(Packet.encode(Packet.loginResult(true)))
  return { mock, session: yield* Fiber.join(making) }
})

/** A connection that records its datagrams and errors. */
const connected = Effect.gen(function*() {
  const mock = yield* MockTransport.MockTransport
  const connection = yield* (yield* Transport.Transport).open
  const received: Array<Uint8Array> = []
  const problems: Array<Transport.TransportError> = []
  connection.listen({
    receive: (datagram) => received.push(datagram),
    notSent: (error) => problems.push(error),
    failed: () => {}
  })
  return { connection, mock, problems, received }
})

describe("MockTransport", () => {
  it.effect("passes datagrams between a session and the test", () =>
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

  it.effect("fails on demand, and can then be opened again", () =>
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

  it.effect("closes its socket with the session, and loses datagrams without an open socket", () =>
    Effect.gen(function*() {
      yield* Effect.scoped(online)
      const mock = yield* MockTransport.MockTransport
      assert.strictEqual(yield* mock.open, 0)
      yield* mock.give(Packet.encode(Packet.loginResult(true)))
      const { received } = yield* connected
      assert.deepStrictEqual(received, [])
    }).pipe(Effect.scoped, Effect.provide(MockTransport.layer({ peer: "game.example:2306" }))))

  it.effect("copies the datagrams in both directions", () =>
    Effect.gen(function*() {
      const { connection, mock, received } = yield* connected
      const bytes = Uint8Array.of(1)
      yield* mock.give(bytes)
      connection.send(bytes)
      bytes.fill(2)
      assert.deepStrictEqual(received, [Uint8Array.of(1)])
      assert.deepStrictEqual(yield* mock.take, Uint8Array.of(1))
    }).pipe(Effect.scoped, Effect.provide(MockTransport.layer())))

  it.effect("fails every send while a failure is set", () =>
    Effect.gen(function*() {
      const { connection, mock, problems } = yield* connected
      yield* mock.failing({ write: broken })
      connection.send(Uint8Array.of(1))
      connection.send(Uint8Array.of(2))
      yield* mock.failing({})
      connection.send(Uint8Array.of(3))
      assert.deepStrictEqual(problems, [broken, broken])
      assert.deepStrictEqual(yield* mock.takeAll, [Uint8Array.of(3)])
    }).pipe(Effect.scoped, Effect.provide(MockTransport.layer())))
})
