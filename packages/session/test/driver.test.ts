import { Packet } from "@bercon/codec"
import { type CommandError, type LoginFailure, Session, type Status, Transport } from "@bercon/session"
import { TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Clock, Effect, Exit, Fiber, Logger, Result, Scope, Stream } from "effect"
import { TestClock } from "effect/testing"
import { vi } from "vitest"
import { Driver } from "../src/internal/driver.ts"
import * as Settings from "../src/internal/settings.ts"
import * as Slab from "../src/internal/slab.ts"
import { password } from "./support/Scenario.ts"

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

const reasonOf = (error: CommandError.CommandError | LoginFailure.LoginFailure) => error.reason._tag
const tagOf = ({ _tag }: Status.Status) => _tag

const PEER = "by hand:1"
const broken = new Transport.TransportError({ reason: new Transport.IoFailed({ kind: "Closed", peer: PEER }) })

/** A transport that accepts every login, and is otherwise controlled by the test. */
interface ByHand {
  readonly transport: Transport.Transport["Service"]
  /** The receivers of all connections, in the order of opening. */
  readonly receivers: Array<Transport.Receiver>
  readonly sent: Array<Packet.ClientPacket>
  /** Number of requested sockets, and number of open ones. */
  opens: number
  open: number
  /** The first step of opening a socket. */
  opening: Effect.Effect<void, Transport.TransportError>
  /** The last step of closing a socket. */
  closing: Effect.Effect<void>
  /** The reply to a login, if any. */
  accepts: boolean | undefined
  /** Called with every other packet. */
  onSend: (packet: Packet.ClientPacket, receiver: Transport.Receiver) => void
  /** Lets a connection, the last one by default, receive a packet. */
  readonly receive: (packet: Packet.ServerPacket, connection?: number) => void
}

const byHand = (): ByHand => {
  const self: ByHand = {
    receivers: [],
    sent: [],
    opens: 0,
    open: 0,
    opening: Effect.void,
    closing: Effect.void,
    accepts: true,
    onSend: () => {},
    receive: (packet, connection = self.receivers.length - 1) =>
      self.receivers[connection]!.receive(Packet.encode(packet)),
    transport: Transport.Transport.of({
      peer: PEER,
      open: Effect.gen(function*() {
        self.opens++
        yield* self.opening
        yield* Effect.addFinalizer(() => Effect.suspend(() => self.closing))
        yield* Effect.acquireRelease(Effect.sync(() => self.open++), () => Effect.sync(() => self.open--))
        let receiver: Transport.Receiver | undefined
        return {
          listen: (listener) => {
            receiver = listener
            self.receivers.push(listener)
          },
          send: (datagram) => {
            const packet = Result.getOrThrow(Packet.decodeClient(datagram))
            self.sent.push(packet)
            if (packet._tag !== "Login") self.onSend(packet, receiver!)
            else if (self.accepts !== undefined) receiver!.receive(Packet.encode(Packet.loginResult(self.accepts)))
          }
        }
      })
    })
  }
  return self
}

const start = (line: ByHand, options?: Partial<Session.Options>) =>
  Session.start({ password, ...options }).pipe(Effect.provideService(Transport.Transport, line.transport))

/** Waits for the login. The login resumes the test, which must not continue within the driver's step. */
const online = (session: Session.Session["Service"]) => Effect.andThen(session.online, Effect.yieldNow)

/** Sends a command from a fiber whose observer throws. */
const askWithBadObserver = <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.map(Effect.forkChild(effect, { startImmediately: true }), (fiber) => {
    fiber.addObserver(() => {
      throw new Error("the observer has a bug")
    })
    return fiber
  })

const ask = <A, E>(effect: Effect.Effect<A, E>) => Effect.forkChild(effect, { startImmediately: true })

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

  it.effect("neither withholds the end of the session from others, nor keeps the socket open", () =>
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

  it.effect("may have waited for the login, and everything still ends", () =>
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
  it.effect("that cannot be encoded is settled although the session ends", () =>
    Effect.gen(function*() {
      const line = byHand()
      const session = yield* start(line)
      yield* online(session)
      const asking = yield* withoutBuffers(ask(Effect.flip(session.command("a"))))
      const error = yield* Fiber.join(asking)
      assert.deepStrictEqual([reasonOf(error), error.execution], ["SessionClosed", "NotExecuted"])
      assert.strictEqual(tagOf(yield* session.status), "Closed")
    }))

  it.effect("that cannot be encoded when its turn comes is settled although the session ends", () =>
    Effect.gen(function*() {
      const line = byHand()
      const session = yield* start(line, { maxInFlight: 1 })
      yield* online(session)
      yield* ask(session.command("a"))
      const asking = yield* ask(Effect.flip(session.command("b")))
      yield* withoutBuffers(Effect.sync(() => line.receive(Packet.commandReply(0, "reply"))))
      assert.strictEqual(reasonOf(yield* Fiber.join(asking)), "SessionClosed")
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

  it.effect("that does not close delays the next one for 30 seconds, and not forever", () =>
    Effect.gen(function*() {
      const lines: Array<string> = []
      const logger = Logger.make(({ logLevel, message }) => {
        lines.push(`${logLevel} ${String(message)}`)
      })
      const line = byHand()
      const scope = yield* Scope.make()
      const session = yield* start(line).pipe(Scope.provide(scope), Effect.provide(Logger.layer([logger])))
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
      const status = yield* session.status
      assert(status._tag === "Closed" && Exit.isFailure(status.exit))
      assert.include(Cause.pretty(status.exit.cause), "the adapter has a bug")
    }))

  it.effect("is closed as soon as a refusal ends the session, whose scope is still open", () =>
    Effect.gen(function*() {
      const line = byHand()
      line.accepts = false
      const session = yield* start(line)
      assert.strictEqual(reasonOf(yield* Effect.flip(session.online)), "LoginRefused")
      assert.deepStrictEqual([line.opens, line.open], [1, 0])
    }))

  it.effect("is closed as soon as a crash ends the session, whose scope is still open", () =>
    Effect.gen(function*() {
      const line = byHand()
      const session = yield* start(line)
      yield* online(session)
      assert.strictEqual(line.open, 1)
      line.receivers[0]!.failed(Cause.die("the adapter has a bug"))
      assert.strictEqual(tagOf(yield* session.status), "Closed")
      assert.deepStrictEqual([line.opens, line.open], [1, 0])
    }))

  it.effect("without any answer is replaced, and its interruption by the session is not a failure", () =>
    Effect.gen(function*() {
      const line = byHand()
      line.accepts = undefined
      const session = yield* start(line, { loginTimeout: "10 minutes" })
      yield* TestRcon.passTime("5 minutes")
      assert.isAbove(line.opens, 1)
      assert.deepStrictEqual([line.open, tagOf(yield* session.status)], [1, "Connecting"])
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
