/**
 * Tests how an outage appears in the status, the log and the errors of a session.
 */
import { Session, type Status, Transport } from "@bercon/session"
import { SimulatedNetwork, SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Logger, Redacted, Scope, Stream } from "effect"
import { TestClock } from "effect/testing"
import { password } from "./support/Scenario.ts"

/** Records warnings and errors. */
const logged = () => {
  const lines: Array<string> = []
  const logger = Logger.make(({ logLevel, message }) => {
    if (logLevel === "Warn" || logLevel === "Error") lines.push(`${logLevel}: ${String(message)}`)
  })
  return { lines, layer: Logger.layer([logger]) }
}

const outageOf = (status: Status.Status): Status.Outage => {
  assert(status._tag === "Connecting" || status._tag === "Reconnecting")
  return status
}

const shown = (status: Status.Status) => {
  const { cause, since, tries } = outageOf(status)
  return [status._tag, cause._tag, tries, since]
}

describe("a command that was not sent", () => {
  it.effect("because there is no session has an error with the last known cause and the server's name", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      yield* server.stop()
      const session = yield* Session.start({ password, loginTimeout: "Infinity" })
      const asking = yield* Effect.forkChild(Effect.flip(session.command("players")))
      yield* TestClock.adjust("20 seconds")
      const error = yield* Fiber.join(asking)
      assert.strictEqual(
        error.message,
        `command "players": no session with ${session.peer}: the port is closed: check that the server is running, ` +
          "and its RConPort. The command was not sent: trying again is safe"
      )
      assert.strictEqual(error.isRetryable, true)
      yield* server.start
      yield* server.goSilent
      const later = yield* Effect.forkChild(Effect.flip(session.command("players")))
      yield* TestClock.adjust("1 minute")
      assert.include((yield* Fiber.join(later)).message, `no session with ${session.peer}: no answer came`)
    }).pipe(Effect.provide(TestRcon.layerTransport())))

  it.effect("because the host name has no address has an error with that cause", () =>
    Effect.gen(function*() {
      const session = yield* Session.start({ password, loginTimeout: "Infinity" })
      const asking = yield* Effect.forkChild(Effect.flip(session.command("players")))
      yield* TestClock.adjust("20 seconds")
      assert.include((yield* Fiber.join(asking)).message, "has no address: check its spelling and the DNS")
      assert.deepStrictEqual(shown(yield* session.status), ["Connecting", "TransportError", 0, 0])
    }).pipe(Effect.provide(TestRcon.layerTransport({ network: { failures: { open: "HostUnresolved" } } }))))

  it.effect("because it was for another session has an error that explains this", () =>
    Effect.gen(function*() {
      const session = yield* Session.make({ password })
      const error = yield* Effect.flip(session.command("kick 1", { epoch: 7 }))
      assert.strictEqual(
        error.message,
        `command "kick": the session with ${session.peer} that the command was for has ended, or has not begun. The command was not sent`
      )
    }).pipe(Effect.provide(TestRcon.layerTransport())))
})

describe("the status of an outage", () => {
  it.effect("has the last cause, the number of tries, and the start of the outage by the wall clock", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      yield* server.goSilent
      yield* TestClock.setTime(1_000_000)
      const session = yield* Session.start({ password, loginTimeout: "Infinity" })
      assert.deepStrictEqual(shown(yield* session.status), ["Connecting", "Silence", 0, 1_000_000])
      yield* TestClock.adjust("3500 millis")
      assert.deepStrictEqual(shown(yield* session.status), ["Connecting", "Silence", 4, 1_000_000])
      yield* server.stop()
      yield* TestClock.adjust("1 seconds")
      assert.deepStrictEqual(shown(yield* session.status), ["Connecting", "PortClosed", 5, 1_000_000])
      yield* server.start
      yield* server.resume
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual((yield* session.status)._tag, "Online")

      yield* TestClock.setTime(2_000_000)
      yield* server.stop()
      const changes = yield* Effect.forkChild(
        session.statusChanges.pipe(Stream.drop(1), Stream.take(1), Stream.runCollect),
        { startImmediately: true }
      )
      yield* Effect.forkChild(Effect.exit(session.command("players")), { startImmediately: true })
      yield* TestClock.adjust("10 millis")
      yield* TestClock.adjust("5 seconds")
      const [lost] = yield* Fiber.join(changes)
      const since = outageOf(lost!).since
      assert.deepStrictEqual(shown(lost!).slice(0, 3), ["Reconnecting", "PortClosed", 0])
      assert.isAtLeast(since, 2_000_000)
      assert.isAtMost(since, 2_000_010)
      const now = outageOf(yield* session.status)
      assert.deepStrictEqual([now.since, now.tries > 2], [since, true])
    }).pipe(Effect.provide(TestRcon.layerTransport())))
})

describe("the log", () => {
  it.effect("warns of a slow first login: after a minute, after ten more, then every hour", () =>
    Effect.gen(function*() {
      const { layer, lines } = logged()
      const server = yield* SimulatedServer.SimulatedServer
      yield* server.stop()
      const session = yield* Effect.provide(Session.start({ password, loginTimeout: "Infinity" }), layer)
      yield* TestClock.adjust("59 seconds")
      assert.deepStrictEqual(lines, [])
      yield* TestClock.adjust("20 seconds")
      assert.strictEqual(lines.length, 1)
      assert.match(
        lines[0]!,
        new RegExp(
          `^Warn: RCON session with ${session.peer}: no session for 1m.* \\(\\d+ tries\\): the port is closed`
        )
      )
      yield* TestClock.adjust("9 minutes")
      assert.strictEqual(lines.length, 1)
      yield* TestClock.adjust("3 minutes")
      assert.strictEqual(lines.length, 2)
      yield* TestClock.adjust("10 hours")
      assert.isAtLeast(lines.length, 11)
      assert.isAtMost(lines.length, 13)
      yield* server.start
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* session.status)._tag, "Online")
      lines.length = 0
      yield* TestClock.adjust("5 hours")
      assert.deepStrictEqual(lines, [])
    }).pipe(Effect.provide(TestRcon.layerTransport())))

  it.effect("warns of a lost session, and again if the outage lasts", () =>
    Effect.gen(function*() {
      const { layer, lines } = logged()
      const server = yield* SimulatedServer.SimulatedServer
      const session = yield* Effect.provide(Session.make({ password }), layer)
      yield* server.restart({ downtime: "3 minutes" })
      yield* TestClock.adjust("5 minutes")
      assert.strictEqual((yield* session.status)._tag, "Online")
      assert.strictEqual(lines.length, 2)
      assert.match(lines[0]!, /^Warn: RCON session with .*: the server .*, logging in again$/)
      assert.match(lines[1]!, /^Warn: RCON session with .*: no session for /)
    }).pipe(Effect.provide(TestRcon.layerTransport())))

  it.effect("contains the reason if the first login fails", () =>
    Effect.gen(function*() {
      const { layer, lines } = logged()
      const session = yield* Effect.provide(Session.start({ password: Redacted.make("wrong") }), layer)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(lines, [
        `Warn: RCON session with ${session.peer}: could not log in: ${session.peer} refused the login: the password is not ` +
        "the server's RConPassword"
      ])
    }).pipe(Effect.provide(TestRcon.layerTransport())))
})

describe("the end of a session", () => {
  it.effect("makes `closed` fail if the server refuses a later login", () =>
    Effect.gen(function*() {
      const { layer, lines } = logged()
      const server = yield* SimulatedServer.SimulatedServer
      const session = yield* Effect.provide(Session.make({ password }), layer)
      const closed = yield* Effect.forkChild(Effect.flip(session.closed), { startImmediately: true })
      yield* TestClock.adjust("1 hour")
      assert.isUndefined(closed.pollUnsafe())
      yield* server.refuse
      yield* server.restart({ downtime: "5 seconds" })
      yield* TestClock.adjust("2 minutes")
      assert.strictEqual((yield* Fiber.join(closed)).reason._tag, "LoginRefused")
      assert.match(lines.at(-1)!, /^Error: .*: ended for good: .* refused the login/)
    }).pipe(Effect.provide(TestRcon.layerTransport())))

  it.effect("makes `closed` succeed if the owner closes the session", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const session = yield* Scope.provide(Session.make({ password }), scope)
      const closed = yield* Effect.forkChild(session.closed, { startImmediately: true })
      yield* Scope.close(scope, Exit.void)
      yield* Fiber.join(closed)
      yield* session.closed
    }).pipe(Effect.provide(TestRcon.layerTransport())))

  it.effect("makes `closed` die if the transport has a defect", () =>
    Effect.gen(function*() {
      const { layer, lines } = logged()
      const transport = Transport.Transport.of({ peer: "broken:1", open: Effect.die("boom") })
      const session = yield* Session.start({ password }).pipe(
        Effect.provideService(Transport.Transport, transport),
        Effect.provide(layer)
      )
      const exit = yield* Effect.exit(session.closed)
      assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
      assert.deepStrictEqual(lines, ["Error: RCON session with broken:1: ended because of a defect"])
    }))

  it.effect("is not caused by a refusal if retryRefused is set: the session continues when the password is right again", () =>
    Effect.gen(function*() {
      const { layer, lines } = logged()
      const server = yield* SimulatedServer.SimulatedServer
      yield* server.refuse
      const session = yield* Effect.provide(
        Session.start({ password, loginTimeout: "Infinity", retryRefused: true }),
        layer
      )
      yield* TestClock.adjust("50 seconds")
      const status = outageOf(yield* session.status)
      assert.strictEqual(status.cause._tag, "LoginRefused")
      assert.isAtMost(status.tries, 11, "five seconds pass between a refusal and the next try")
      assert.match(lines.join("\n"), /^Warn: .*: .* refused the login: the password .* Still trying$/)
      yield* server.admit
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* session.status)._tag, "Online")

      yield* server.refuse
      yield* server.restart({ downtime: "5 seconds" })
      yield* TestClock.adjust("5 minutes")
      const again = yield* session.status
      assert(again._tag === "Reconnecting")
      assert.strictEqual(again.cause._tag, "LoginRefused")
      yield* server.admit
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* session.status)._tag, "Online")
    }).pipe(Effect.provide(TestRcon.layerTransport())))

  it.effect("comes with the login timeout if the first login is refused repeatedly", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      yield* server.refuse
      const failing = yield* Effect.forkChild(Effect.flip(Session.make({ password, retryRefused: true })))
      yield* TestClock.adjust("10 seconds")
      const { reason } = yield* Fiber.join(failing)
      assert(reason._tag === "LoginTimeout")
      assert.strictEqual(reason.cause._tag, "LoginRefused")
      assert.isAtMost(reason.tries, 3)
    }).pipe(Effect.provide(TestRcon.layerTransport())))

  it.effect("comes at once if the address is invalid, even with an infinite login timeout", () =>
    Effect.gen(function*() {
      const network = yield* SimulatedNetwork.make({ failures: { open: "InvalidAddress" } })
      const failure = yield* Effect.flip(
        Effect.provideService(
          Session.make({ password, loginTimeout: "Infinity" }),
          Transport.Transport,
          network.transport({ host: "x", port: 1 })
        )
      )
      assert.strictEqual(failure.reason._tag, "TransportFailure")
      assert.isFalse(failure.isRetryable)
    }))
})
