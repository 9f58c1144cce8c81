import { Packet, Text } from "@bercon/codec"
import type { Session } from "@bercon/session"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Clock, Effect, Exit, Fiber, Logger, Scope, Stream } from "effect"
import { TestClock } from "effect/testing"
import { vi } from "vitest"
import { Driver } from "../src/internal/driver.ts"
import * as Settings from "../src/internal/settings.ts"
import * as Slab from "../src/internal/slab.ts"
import { ask, byHand, online, PEER, start } from "./support/ByHand.ts"
import { password, reasonOf, tagOf } from "./support/Scenario.ts"

/** Runs a step in which no command can be encoded. */
const withoutBuffers = <A, E, R>(step: Effect.Effect<A, E, R>) =>
  Effect.acquireUseRelease(
    Effect.sync(() =>
      vi.spyOn(Slab, "allocate").mockImplementation(() => {
        throw new Error("no buffer")
      })
    ),
    () => step,
    (allocate) => Effect.sync(() => allocate.mockRestore())
  )

/** Runs an effect in a fiber with an observer that throws. */
const askWithBadObserver = <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.map(Effect.forkChild(effect, { startImmediately: true }), (fiber) => {
    fiber.addObserver(() => {
      throw new Error("the observer has a bug")
    })
    return fiber
  })

describe("a caller whose fiber has an observer that throws", () => {
  const logged = Effect.gen(function*() {
    const lines: Array<string> = []
    const logger = Logger.make(({ cause, logLevel, message }) => {
      lines.push(`${logLevel} ${String(message)} ${Cause.pretty(cause)}`)
    })
    return { lines, layer: Logger.layer([logger]) }
  })

  it.effect("gets its reply, the defect is logged, and the session continues", () =>
    Effect.gen(function*() {
      const { layer, lines } = yield* logged
      const line = byHand()
      const session = yield* start(line).pipe(Effect.provide(layer))
      yield* online(session)
      const first = yield* askWithBadObserver(session.command("a"))
      const second = yield* ask(session.command("b"))
      line.receive(Packet.commandReply(0, "reply a"))
      line.receive(Packet.commandReply(1, "reply b"))
      assert.deepStrictEqual(first.pollUnsafe(), Exit.succeed("reply a"))
      assert.deepStrictEqual(second.pollUnsafe(), Exit.succeed("reply b"))
      assert.strictEqual(tagOf(yield* session.status), "Online")
      const reports = lines.filter((line) => line.startsWith("Error"))
      assert.strictEqual(reports.length, 1)
      assert.include(reports[0], "the observer has a bug")
      assert.include(reports[0], PEER)
    }))

  it.effect("delays neither the end of the session for other callers, nor that of the socket", () =>
    Effect.gen(function*() {
      const line = byHand()
      const session = yield* start(line)
      yield* online(session)
      const messages = yield* ask(Effect.exit(Stream.runDrain(session.messages)))
      const story = yield* ask(Stream.runCollect(session.statusChanges))
      yield* askWithBadObserver(Effect.flip(session.command("a")))
      const second = yield* ask(Effect.flip(session.command("b")))
      line.receivers[0]!.failed(Cause.die("the adapter has a bug"))
      assert.strictEqual(reasonOf(yield* Fiber.join(second)), "SessionClosed")
      assert.isTrue(Exit.isFailure(yield* Fiber.join(messages)))
      assert.deepStrictEqual((yield* Fiber.join(story)).map(tagOf), ["Online", "Closed"])
      assert.strictEqual(line.open, 0)
    }))

  it.effect("delays neither the end of the session nor that of the socket while it waits for the login", () =>
    Effect.gen(function*() {
      const line = byHand()
      line.opening = Effect.andThen(Effect.sleep("1 second"), Effect.void)
      line.accepts = false
      const session = yield* start(line)
      yield* askWithBadObserver(Effect.flip(session.online))
      const messages = yield* ask(Effect.exit(Stream.runDrain(session.messages)))
      yield* TestClock.adjust("1 second")
      assert.strictEqual(tagOf(yield* session.status), "Closed")
      assert.isTrue(Exit.isFailure(yield* Fiber.join(messages)))
      assert.strictEqual(line.open, 0)
    }))
})

describe("a command", () => {
  it.effect("that cannot be encoded is settled, and the session ends", () =>
    Effect.gen(function*() {
      const line = byHand()
      const session = yield* start(line)
      yield* online(session)
      const asking = yield* withoutBuffers(ask(Effect.flip(session.command("a"))))
      const error = yield* Fiber.join(asking)
      assert.deepStrictEqual([reasonOf(error), error.execution], ["SessionClosed", "NotExecuted"])
      assert.strictEqual(tagOf(yield* session.status), "Closed")
    }))

  it.effect("that cannot be encoded when its turn comes is settled, and the session ends", () =>
    Effect.gen(function*() {
      const line = byHand()
      const session = yield* start(line, { maxInFlight: 1 })
      yield* online(session)
      yield* ask(session.command("a"))
      const asking = yield* ask(Effect.flip(session.command("b")))
      yield* withoutBuffers(Effect.sync(() => line.receive(Packet.commandReply(0, "reply"))))
      assert.strictEqual(reasonOf(yield* Fiber.join(asking)), "SessionClosed")
      assert.strictEqual(tagOf(yield* session.status), "Closed")
    }))

  it.effect("whose options throw dies, and the session continues", () =>
    Effect.gen(function*() {
      const session = yield* start(byHand())
      yield* online(session)
      const options: Session.CommandOptions = {
        get epoch(): number {
          throw new Error("the caller has a bug")
        }
      }
      const exit = yield* Effect.exit(session.command("a", options))
      assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
      assert.strictEqual(tagOf(yield* session.status), "Online")
    }))

  it.effect("whose reply cannot be decoded dies, and the session continues", () =>
    Effect.gen(function*() {
      const line = byHand()
      const settings = yield* Settings.make({ password }, PEER, () => 0)
      const driver = new Driver(line.transport, settings, yield* Clock.Clock, yield* Effect.context())
      yield* Effect.addFinalizer(() => driver.close)
      driver.start()
      yield* Effect.andThen(driver.online, Effect.yieldNow)
      const decode = () => {
        throw new Error("the decoder has a bug")
      }
      const asking = yield* ask(Effect.exit(driver.request("a", undefined, decode)))
      line.receive(Packet.commandReply(0, "reply"))
      const exit = yield* Fiber.join(asking)
      assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
      assert.strictEqual(tagOf(driver.status), "Online")
    }))

  it.effect("whose timeout is not a duration is refused with that value in the error", () =>
    Effect.gen(function*() {
      const session = yield* start(byHand())
      const error = yield* Effect.flip(session.command("a", { timeout: "soon" as "1 second" }))
      assert.strictEqual(reasonOf(error), "InvalidCommand")
      assert.include(error.message, "(got \"soon\")")
    }))

  it.effect("is retransmitted in time, although its `isCurrent` has sent another command", () =>
    Effect.gen(function*() {
      const line = byHand()
      const session = yield* start(line, { maxInFlight: 1 })
      yield* online(session)
      yield* ask(session.command("a", { repeatable: false }))
      const runFork = Effect.runForkWith(yield* Effect.context())
      let checks = 0
      const isCurrent = () => {
        // The first check is that of the submission, the second that of the first send.
        if (++checks === 2) runFork(Effect.exit(session.command("c")))
        return true
      }
      yield* ask(Effect.exit(session.command("b", { isCurrent })))
      line.receive(Packet.commandReply(0, "reply"))
      const sends = () => line.sent.filter((packet) => packet._tag === "Command" && packet.sequence === 1).length
      assert.deepStrictEqual([checks, sends()], [2, 1])
      // The timeout is 200 ms, because the first reply came at once.
      yield* TestClock.adjust("200 millis")
      assert.strictEqual(sends(), 2)
    }))

  it.effect("whose `isCurrent` interrupts its own caller is sent once at most, and a command that it gives up at once is not sent", () =>
    Effect.gen(function*() {
      const line = byHand()
      const session = yield* start(line, { maxInFlight: 1 })
      yield* online(session)
      yield* ask(session.command("a"))
      const runFork = Effect.runForkWith(yield* Effect.context())
      let checks = 0
      const isCurrent = () => {
        if (++checks === 2) {
          const begun = runFork(session.command("c"))
          begun.interruptUnsafe()
          caller.interruptUnsafe()
        }
        return true
      }
      const caller: Fiber.Fiber<string, unknown> = yield* ask(session.command("b", { isCurrent }))
      line.receive(Packet.commandReply(0, "reply"))
      yield* TestClock.adjust("5 seconds")
      const sent = () =>
        line.sent.map((packet) => packet._tag === "Command" ? Text.decode(packet.payload) : packet._tag)
      assert.notInclude(sent(), "c")
      assert.isAtMost(sent().filter((text) => text === "b").length, 1, "it is not retransmitted")
      yield* ask(session.command("d"))
      assert.include(sent(), "d", "the next command has its turn")
    }))

  it.effect("whose `isCurrent` closes the session leaves nothing behind", () =>
    Effect.gen(function*() {
      const line = byHand()
      const scope = yield* Scope.make()
      const session = yield* start(line, { maxInFlight: 1 }).pipe(Scope.provide(scope))
      yield* online(session)
      yield* ask(session.command("a"))
      const runFork = Effect.runForkWith(yield* Effect.context())
      let checks = 0
      const isCurrent = () => {
        if (++checks === 2) runFork(Scope.close(scope, Exit.void))
        return true
      }
      const asking = yield* ask(Effect.flip(session.command("b", { isCurrent })))
      line.receive(Packet.commandReply(0, "reply"))
      assert.strictEqual(reasonOf(yield* Fiber.join(asking)), "SessionClosed")
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual([tagOf(yield* session.status), line.open], ["Closed", 0])
    }))

  it.effect("whose `isCurrent` closes the session before a retransmission is counted with all its sends", () =>
    Effect.gen(function*() {
      const line = byHand()
      const scope = yield* Scope.make()
      const session = yield* start(line).pipe(Scope.provide(scope))
      yield* online(session)
      const runFork = Effect.runForkWith(yield* Effect.context())
      let checks = 0
      const isCurrent = () => {
        if (++checks === 2) runFork(Scope.close(scope, Exit.void))
        return true
      }
      yield* ask(Effect.exit(session.command("before")))
      const asking = yield* ask(Effect.flip(session.command("lost", { isCurrent })))
      yield* TestClock.adjust("10 millis")
      yield* ask(Effect.exit(session.command("after")))
      // A reply to an earlier command keeps the session patient, until one to a later command shows the loss.
      yield* TestClock.adjust("140 millis")
      line.receive(Packet.commandReply(0, "reply"))
      yield* TestClock.adjust("100 millis")
      line.receive(Packet.commandReply(2, "reply"))
      const { reason } = yield* Fiber.join(asking)
      const sends = line.sent.filter((packet) => packet._tag === "Command" && packet.sequence === 1).length
      assert(reason._tag === "SessionClosed")
      assert.deepStrictEqual([checks, reason.sends], [2, sends])
    }))

  it.effect("that is rejected within an `isCurrent`, and whose caller has an observer that throws, does not end the session", () =>
    Effect.gen(function*() {
      const line = byHand()
      const session = yield* start(line)
      yield* online(session)
      const runFork = Effect.runForkWith(yield* Effect.context())
      const isCurrent = () => {
        runFork(session.command("b", { epoch: 0 })).addObserver(() => {
          throw new Error("the observer has a bug")
        })
        return true
      }
      yield* ask(session.command("a", { isCurrent }))
      assert.strictEqual(tagOf(yield* session.status), "Online")
    }))

  it.effect("is not delayed by slow callers: all datagrams are sent before a caller gets its reply", () =>
    Effect.gen(function*() {
      const line = byHand()
      const session = yield* start(line)
      yield* online(session)
      let before: ReadonlyArray<string> = []
      const first = yield* ask(Effect.map(session.command("a"), () => {
        before = line.sent.map(({ _tag }) => _tag)
      }))
      // The reply and a message arrive while the session sends another command.
      line.onSend = (packet, receiver) => {
        if (packet._tag !== "Command") return
        receiver.receive(Packet.encode(Packet.commandReply(0, "reply")))
        receiver.receive(Packet.encode(Packet.message(0, "hello")))
      }
      yield* ask(session.command("b"))
      yield* Fiber.join(first)
      assert.deepStrictEqual(before, ["Login", "Command", "Command", "Acknowledge"])
    }))
})
