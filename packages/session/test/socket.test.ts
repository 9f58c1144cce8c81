import { Packet } from "@bercon/codec"
import { type Status, Transport } from "@bercon/session"
import { TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Latch, Logger, Scope, Stream } from "effect"
import { TestClock } from "effect/testing"
import { ask, broken, byHand, online, PEER, start } from "./support/ByHand.ts"
import { reasonOf, tagOf } from "./support/Scenario.ts"

const fail = (message: string): never => {
  throw new Error(message)
}

/** The defect with which a session has ended. */
const defectOf = (status: Status.Status): string => {
  assert(status._tag === "Closed" && Exit.isFailure(status.exit))
  return Cause.pretty(status.exit.cause)
}

/** A logger, and the lines that it has written. */
const logged = () => {
  const lines: Array<string> = []
  const logger = Logger.make(({ cause, logLevel, message }) => {
    lines.push(`${logLevel} ${String(message)} ${Cause.pretty(cause)}`)
  })
  return { lines, layer: Logger.layer([logger]) }
}

describe("a socket", () => {
  it.effect("whose opening interrupts itself fails the first login", () =>
    Effect.gen(function*() {
      const line = byHand()
      line.opening = Effect.interrupt
      const session = yield* start(line)
      const failure = yield* Effect.flip(session.online)
      assert.strictEqual(reasonOf(failure), "TransportFailure")
      assert.include(failure.message, "interrupted")
    }))

  it.effect("whose opening interrupts itself is opened again later", () =>
    Effect.gen(function*() {
      const line = byHand()
      const session = yield* start(line)
      yield* online(session)
      line.opening = Effect.interrupt
      line.receivers[0]!.failed(Cause.fail(broken))
      yield* TestRcon.passTime("1 minute")
      assert.strictEqual(tagOf(yield* session.status), "Reconnecting")
      line.opening = Effect.void
      yield* TestRcon.passTime("1 minute")
      assert.strictEqual(tagOf(yield* session.status), "Online")
    }))

  it.effect("that reports an interruption as its failure is replaced", () =>
    Effect.gen(function*() {
      const line = byHand()
      const session = yield* start(line)
      yield* online(session)
      line.receivers[0]!.failed(Cause.interrupt())
      assert.strictEqual(tagOf(yield* session.status), "Reconnecting")
      yield* TestRcon.passTime("1 minute")
      assert.strictEqual(tagOf(yield* session.status), "Online")
      assert.deepStrictEqual([line.opens, line.open], [2, 1])
    }))

  it.effect("that is not open after 30 seconds fails with TimedOut", () =>
    Effect.gen(function*() {
      const line = byHand()
      line.opening = Effect.never
      const session = yield* start(line, { loginTimeout: "1 minute" })
      const failing = yield* ask(Effect.flip(session.online))
      yield* TestClock.adjust(29_999)
      assert.isUndefined(failing.pollUnsafe())
      yield* TestClock.adjust(1)
      const { reason } = yield* Fiber.join(failing)
      assert(reason._tag === "TransportFailure")
      assert.strictEqual(reason.cause.reason.kind, "TimedOut")
      assert.include(reason.cause.message, "30 seconds")
    }))

  it.effect("that does not close delays the next one for 30 seconds at most", () =>
    Effect.gen(function*() {
      const { layer, lines } = logged()
      const line = byHand()
      const scope = yield* Scope.make()
      const session = yield* start(line).pipe(Scope.provide(scope), Effect.provide(layer))
      yield* online(session)
      line.closing = Effect.never
      line.receivers[0]!.failed(Cause.fail(broken))
      const isOnline = yield* ask(session.statusChanges.pipe(
        Stream.filter(({ _tag }) => _tag === "Online"),
        Stream.take(1),
        Stream.runDrain
      ))
      yield* TestRcon.passTime("29 seconds")
      assert.deepStrictEqual([line.opens, isOnline.pollUnsafe()], [1, undefined])
      yield* TestRcon.passTime("5 seconds")
      assert.strictEqual(line.opens, 2)
      assert.strictEqual(tagOf(yield* session.status), "Online")
      assert.isTrue(lines.some((line) => line.startsWith("Warn") && line.includes("not closed within 30 seconds")))
      line.closing = Effect.void
      yield* Scope.close(scope, Exit.void)
    }))

  it.effect("whose closing dies ends the session with an error, although it was replaced", () =>
    Effect.gen(function*() {
      const line = byHand()
      const session = yield* start(line)
      yield* online(session)
      line.closing = Effect.die("the adapter has a bug")
      line.receivers[0]!.failed(Cause.fail(broken))
      yield* TestRcon.passTime("5 seconds")
      assert.include(defectOf(yield* session.status), "the adapter has a bug")
    }))

  for (const [how, closing] of [["dies", Effect.die("a bug")], ["throws", Effect.sync(() => fail("a bug"))]] as const) {
    it.effect(`whose closing ${how} at the end of the session makes closing the session die, and is logged`, () =>
      Effect.gen(function*() {
        const { layer, lines } = logged()
        const line = byHand()
        const scope = yield* Scope.make()
        const session = yield* start(line).pipe(Scope.provide(scope), Effect.provide(layer))
        yield* online(session)
        line.closing = closing
        const exit = yield* Effect.exit(Scope.close(scope, Exit.void))
        assert.include(String(exit), "a bug")
        assert.deepStrictEqual(yield* session.status, { _tag: "Closed", exit: Exit.void })
        const errors = lines.filter((line) => line.startsWith("Error"))
        assert.strictEqual(errors.length, 1)
        for (const text of [PEER, "a bug"]) assert.include(errors[0], text)
      }))
  }

  it.effect("whose closing dies after a refusal is logged at once, and the session keeps its failure", () =>
    Effect.gen(function*() {
      const { layer, lines } = logged()
      const line = byHand()
      line.accepts = false
      line.closing = Effect.die("a bug")
      const scope = yield* Scope.make()
      const session = yield* start(line).pipe(Scope.provide(scope), Effect.provide(layer))
      assert.strictEqual(reasonOf(yield* Effect.flip(session.online)), "LoginRefused")
      assert.isTrue(lines.some((line) => line.startsWith("Error") && line.includes("a bug")))
      assert.strictEqual(reasonOf(yield* Effect.flip(session.closed)), "LoginRefused")
      assert.include(String(yield* Effect.exit(Scope.close(scope, Exit.void))), "a bug")
    }))

  /** A line on which no socket can be opened, and what happens in closing each one. */
  const failing = (closing: Effect.Effect<void>) => {
    const line = byHand()
    const open = Effect.andThen(
      Effect.addFinalizer(() => Effect.andThen(closing, Effect.sync(() => line.open--))),
      Effect.suspend(() => {
        line.opens++
        line.open++
        return Effect.fail(broken)
      })
    )
    return Object.assign(line, { transport: { ...line.transport, open } })
  }

  it.effect("that cannot be opened is closed before the next one", () =>
    Effect.gen(function*() {
      const line = failing(Effect.void)
      yield* start(line, { loginTimeout: "Infinity" })
      yield* TestRcon.passTime("5 minutes")
      assert.isAbove(line.opens, 5)
      assert.strictEqual(line.open, 0)
    }))

  it.effect("that cannot be opened, and whose closing then dies, ends the session with that defect", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const session = yield* start(failing(Effect.die("a bug")), { loginTimeout: "Infinity" }).pipe(
        Scope.provide(scope)
      )
      yield* TestRcon.passTime("1 minute")
      assert.include(defectOf(yield* session.status), "a bug")
      assert.include(String(yield* Effect.exit(Scope.close(scope, Exit.void))), "a bug")
    }))

  it.effect("that cannot be opened, and does not close, delays the next one for 30 seconds at most", () =>
    Effect.gen(function*() {
      const closed = yield* Latch.make()
      const line = failing(closed.await)
      yield* start(line, { loginTimeout: "Infinity" })
      yield* TestRcon.passTime("35 seconds")
      assert.deepStrictEqual([line.opens, line.open], [2, 2])
      yield* closed.open
    }))

  it.effect("is closed as soon as a refusal ends the session, whose scope is still open", () =>
    Effect.gen(function*() {
      const line = byHand()
      line.accepts = false
      const session = yield* start(line)
      assert.strictEqual(reasonOf(yield* Effect.flip(session.online)), "LoginRefused")
      assert.deepStrictEqual([line.opens, line.open], [1, 0])
    }))

  it.effect("that dies ends the session with an error, and is closed at once, although the scope is still open", () =>
    Effect.gen(function*() {
      const line = byHand()
      const session = yield* start(line)
      yield* online(session)
      assert.strictEqual(line.open, 1)
      const asking = yield* ask(Effect.flip(session.command("a")))
      line.receivers[0]!.failed(Cause.die("the adapter has a bug"))
      assert.strictEqual(reasonOf(yield* Fiber.join(asking)), "SessionClosed")
      assert.include(defectOf(yield* session.status), "the adapter has a bug")
      assert.deepStrictEqual([line.opens, line.open], [1, 0])
    }))

  it.effect("that throws while it sends ends the session, and every caller gets its reply or a typed error", () =>
    Effect.gen(function*() {
      const line = byHand()
      const session = yield* start(line, { maxInFlight: 1 })
      yield* online(session)
      const first = yield* ask(session.command("first"))
      const second = yield* ask(Effect.flip(session.command("second")))
      line.onSend = () => {
        throw new Error("the adapter has a bug")
      }
      line.receive(Packet.commandReply(0, "reply"))
      assert.strictEqual(yield* Fiber.join(first), "reply")
      assert.strictEqual(reasonOf(yield* Fiber.join(second)), "SessionClosed")
      assert.include(defectOf(yield* session.status), "the adapter has a bug")
    }))

  it.effect("that gets no answer is replaced, and closing it is not a failure of the session", () =>
    Effect.gen(function*() {
      const line = byHand()
      line.accepts = undefined
      const session = yield* start(line, { loginTimeout: "10 minutes" })
      yield* TestRcon.passTime("5 minutes")
      assert.isAbove(line.opens, 1)
      const status = yield* session.status
      assert(status._tag === "Connecting")
      assert.deepStrictEqual([line.open, status.cause._tag], [1, "Silence"])
    }))

  it.effect("that was replaced is ignored, whatever it reports", () =>
    Effect.gen(function*() {
      const line = byHand()
      const session = yield* start(line)
      yield* online(session)
      line.receivers[0]!.failed(Cause.fail(broken))
      yield* TestRcon.passTime("5 seconds")
      assert.strictEqual(line.receivers.length, 2)
      const asking = yield* ask(session.command("a"))
      line.receive(Packet.commandReply(0, "of the old socket"), 0)
      const refused = new Transport.IoFailed({ kind: "Refused", peer: PEER })
      line.receivers[0]!.notSent(new Transport.TransportError({ reason: refused }))
      line.receivers[0]!.failed(Cause.fail(broken))
      line.receivers[0]!.failed(Cause.die("the adapter has a bug"))
      assert.strictEqual(tagOf(yield* session.status), "Online")
      line.receive(Packet.commandReply(0, "of the new socket"), 1)
      assert.strictEqual(yield* Fiber.join(asking), "of the new socket")
    }))
})
