import { Session, Transport } from "@bercon/session"
import { SimulatedNetwork, SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Exit, Fiber, Layer, Logger, Redacted, Result, Scope, Stream } from "effect"
import { TestClock } from "effect/testing"
import { password, reasonOf, tagOf } from "./support/Scenario.ts"

/** Runs an effect while virtual time passes. */
const during = <A, E, R>(duration: string, effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.forkChild(effect, { startImmediately: true })
    yield* TestClock.adjust(duration as "1 second")
    return yield* Fiber.join(fiber)
  })

describe("make", () => {
  it.effect("logs in, and commands return the server's reply", () =>
    Effect.gen(function*() {
      const session = yield* Session.make({ password })
      assert.strictEqual((yield* session.status)._tag, "Online")
      assert.strictEqual(yield* session.command("unheard of"), "Unknown command")
      assert.strictEqual(yield* session.command(""), "")
    }).pipe(Effect.provide(TestRcon.layerTransport())))

  it.effect("fails at once if the server refuses the password, and the failure does not contain the password", () =>
    Effect.gen(function*() {
      const wrong = "hunter2-hunter2"
      const failure = yield* Effect.flip(Session.make({ password: Redacted.make(wrong) }))
      assert.strictEqual(reasonOf(failure), "LoginRefused")
      assert.include(failure.message, "RConPassword")
      assert.notInclude(`${failure.message} ${String(failure.stack)} ${JSON.stringify(failure)}`, wrong)
    }).pipe(Effect.provide(TestRcon.layerTransport())))

  it.effect.each(["secret\r", "\tsecret", "secret ", "secret\n"])(
    "points out that a refused password begins or ends with white space: %j",
    (wrong) =>
      Effect.gen(function*() {
        const { message } = yield* Effect.flip(Session.make({ password: Redacted.make(wrong) }))
        assert.match(message, /The given password begins or ends with white space: check that it belongs there$/)
        const other = yield* Effect.flip(Session.make({ password: Redacted.make("se cret") }))
        assert.notInclude(other.message, "white space")
      }).pipe(Effect.provide(TestRcon.layerTransport()))
  )

  it.effect("fails after loginTimeout if the server does not answer, with a list of things to check", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      yield* server.goSilent
      const failure = yield* during("10 seconds", Effect.flip(Session.make({ password })))
      assert(failure.reason._tag === "LoginTimeout")
      assert.strictEqual(Duration.toSeconds(failure.reason.waited), 10)
      assert.match(
        failure.message,
        /check host and port, RConPassword and RConPort .*, and that no firewall drops UDP$/
      )
    }).pipe(Effect.provide(TestRcon.layerTransport())))

  it.effect("fails after loginTimeout if the port is closed, and the error mentions that", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      yield* server.stop()
      const failure = yield* during("10 seconds", Effect.flip(Session.make({ password })))
      assert(failure.reason._tag === "LoginTimeout" && failure.reason.cause._tag === "PortClosed")
      assert.include(failure.message, "the port is closed")
    }).pipe(Effect.provide(TestRcon.layerTransport())))

  it.effect("waits for a server that has not started yet if loginTimeout is infinite", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      yield* server.stop()
      const making = yield* Effect.forkChild(Session.make({ password, loginTimeout: "Infinity" }))
      yield* TestClock.adjust("1 hour")
      yield* server.start
      yield* TestClock.adjust("31 seconds")
      const session = yield* Fiber.join(making)
      assert.strictEqual((yield* session.status)._tag, "Online")
    }).pipe(Effect.provide(TestRcon.layerTransport())))

  it.effect("sends nothing more if it is interrupted while logging in", () =>
    Effect.gen(function*() {
      const network = yield* SimulatedNetwork.SimulatedNetwork
      yield* network.partition()
      const making = yield* Effect.forkChild(Effect.scoped(Session.make({ password, loginTimeout: "Infinity" })))
      yield* TestClock.adjust("90 seconds")
      yield* Fiber.interrupt(making)
      const { toServer } = yield* network.statistics
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* network.statistics).toServer.sent, toServer.sent)
    }).pipe(Effect.provide(TestRcon.layerTransport())))

  it.effect("refuses invalid options, and the message contains the allowed values", () =>
    Effect.gen(function*() {
      const invalid: ReadonlyArray<[Session.Options, string]> = [
        [{ password: Redacted.make("") }, "the password must not be empty"],
        [{ password: Redacted.make("a\0b") }, "the password must not contain a NUL"],
        [
          { password: Redacted.make("é".repeat(697)) },
          "the password must be at most 1392 bytes long in UTF-8 (got 1394 bytes)"
        ],
        [
          { password, keepaliveInterval: "45 seconds" },
          "keepaliveInterval must be a duration from 1000 to 44000 ms (got \"45 seconds\")"
        ],
        [
          { password, keepaliveInterval: "soon" as "1 second" },
          "keepaliveInterval must be a duration from 1000 to 44000 ms (got \"soon\")"
        ],
        [
          { password, silenceTimeout: "1 second" },
          "silenceTimeout must be a duration of at least 2000 ms (got \"1 second\")"
        ],
        [{ password, maxInFlight: 257 }, "maxInFlight must be an integer from 1 to 256 (got 257)"],
        [{ password, maxInFlight: 0 }, "maxInFlight must be an integer from 1 to 256 (got 0)"],
        [
          { password, textFallback: "windows-12" },
          "textFallback must be the name of an encoding that extends ASCII and that this platform supports"
        ],
        [{ password, textFallback: "utf-16le" }, "such as \"windows-1251\" (got \"utf-16le\")"],
        [{ password, messageCapacity: 0 }, "messageCapacity must be an integer from 1 to "]
      ]
      for (const [options, problem] of invalid) {
        const failure = yield* Effect.flip(Session.make(options))
        assert.strictEqual(reasonOf(failure), "InvalidOptions")
        assert.include(failure.message, problem)
      }
    }).pipe(Effect.provide(TestRcon.layerTransport())))

  it.effect("fails with TransportFailure if no socket can be opened", () =>
    Effect.gen(function*() {
      const failure = yield* Effect.flip(Session.make({ password }))
      assert.strictEqual(reasonOf(failure), "TransportFailure")
      assert.include(failure.message, "nowhere")
    }).pipe(Effect.provideService(
      Transport.Transport,
      Transport.Transport.of({
        peer: "nowhere:1",
        open: Effect.fail(
          new Transport.TransportError({
            reason: new Transport.OpenFailed({ kind: "HostUnresolved", peer: "nowhere:1", cause: undefined })
          })
        )
      })
    )))
})

describe("a command", () => {
  it.effect("that contains a NUL or is 100 KB long is refused without being sent", () =>
    Effect.gen(function*() {
      const session = yield* Session.make({ password })
      const server = yield* SimulatedServer.SimulatedServer
      for (const text of ["say -1 a\0b", "x".repeat(100_000)]) {
        const error = yield* Effect.flip(session.command(text))
        assert.strictEqual(reasonOf(error), "InvalidCommand")
        assert.strictEqual(error.execution, "NotExecuted")
        assert.isBelow(error.message.length, 200)
      }
      assert.deepStrictEqual(yield* server.commands, [])
    }).pipe(Effect.provide(TestRcon.layerTransport())))

  it.effect("of the maximum length is sent", () =>
    Effect.gen(function*() {
      const session = yield* Session.make({ password })
      const server = yield* SimulatedServer.SimulatedServer
      const text = "x".repeat(Session.MAX_COMMAND_BYTES)
      yield* session.command(text)
      assert.strictEqual((yield* server.commands)[0]?.text, text)
    }).pipe(Effect.provide(TestRcon.layerTransport())))

  it.effect("has only its first word in its error, because arguments may be secret", () =>
    Effect.gen(function*() {
      const session = yield* Session.make({ password })
      const error = yield* Effect.flip(session.command(`RConPassword ${"opensesame".repeat(200)}`))
      assert.strictEqual(error.command, "RConPassword")
      assert.notInclude(`${error.message} ${JSON.stringify(error)} ${String(error)}`, "opensesame")
    }).pipe(Effect.provide(TestRcon.layerTransport())))

  it.effect("whose caller is interrupted is not sent again", () =>
    Effect.gen(function*() {
      const session = yield* Session.make({ password })
      const server = yield* SimulatedServer.SimulatedServer
      yield* server.onCommand((text) => text === "" ? undefined : { reply: "late", delay: "1 hour" })
      const fiber = yield* Effect.forkChild(session.command("players"), { startImmediately: true })
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(fiber)
      const sent = (yield* server.commands).filter(({ text }) => text === "players").length
      assert.isAbove(sent, 0)
      yield* TestClock.adjust("20 seconds")
      assert.strictEqual((yield* server.commands).filter(({ text }) => text === "players").length, sent)
    }).pipe(Effect.provide(TestRcon.layerTransport())))

  it.effect("without a reply fails at its timeout, and not before", () =>
    Effect.gen(function*() {
      const session = yield* Session.make({ password })
      const server = yield* SimulatedServer.SimulatedServer
      yield* server.onCommand((text) => text === "" ? undefined : { delay: "Infinity" })
      const failed = yield* Effect.forkChild(Effect.flip(session.command("players", { timeout: "7 seconds" })), {
        startImmediately: true
      })
      yield* TestClock.adjust("6999 millis")
      assert.isUndefined(failed.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      const error = yield* Fiber.join(failed)
      assert.strictEqual(reasonOf(error), "NoReply")
      assert.strictEqual(error.execution, "MaybeExecuted")
    }).pipe(Effect.provide(TestRcon.layerTransport())))

  it.effect("gets a reply of many parts whole", () => {
    const reply = Array.from({ length: 10_000 }, (_, i) => `строка ${i}`).join("\n")
    return Effect.gen(function*() {
      const session = yield* Session.make({ password })
      assert.strictEqual(yield* session.command("bans"), reply)
      assert.strictEqual((yield* session.commandBytes("bans")).length, new TextEncoder().encode(reply).length)
    }).pipe(Effect.provide(TestRcon.layerTransport({ server: { onCommand: () => reply } })))
  })
})

describe("messages", () => {
  const texts = (n: number) => Array.from({ length: n }, (_, i) => `message ${i}`)

  it.effect("reach every subscriber in order, even the very first message if the subscription precedes the login", () =>
    Effect.gen(function*() {
      const session = yield* Session.start({ password })
      const server = yield* SimulatedServer.SimulatedServer
      const subscribe = session.messages.pipe(
        Stream.map((item) => item._tag === "Message" ? item.text : item._tag),
        Stream.take(11),
        Stream.runCollect,
        Effect.forkChild({ startImmediately: true })
      )
      const [a, b] = [yield* subscribe, yield* subscribe]
      yield* session.online
      yield* Effect.forEach(texts(10), server.emit)
      const expected = ["RCon admin #0 (127.0.0.1:50001) logged in", ...texts(10)]
      assert.deepStrictEqual(yield* Fiber.join(a), expected)
      assert.deepStrictEqual(yield* Fiber.join(b), expected)
    }).pipe(Effect.provide(TestRcon.layerTransport())))

  it.effect("are lost only for a subscriber that does not read: the oldest are lost first, and the loss is counted", () =>
    Effect.gen(function*() {
      const session = yield* Session.make({ password, messageCapacity: 16 })
      const server = yield* SimulatedServer.SimulatedServer
      const gate = yield* Deferred.make<void>()
      const collect = (before: Effect.Effect<void>) =>
        session.messages.pipe(
          Stream.rechunk(1),
          Stream.filter((item) => item._tag === "Gap" || item.text.startsWith("message")),
          Stream.tap(() => before),
          Stream.takeUntil((item) => item._tag === "Message" && item.text === "message 99"),
          Stream.runCollect,
          Effect.forkChild({ startImmediately: true })
        )
      const slow = yield* collect(Deferred.await(gate))
      const quick = yield* collect(Effect.void)
      yield* Effect.forEach(texts(100), (text) => Effect.andThen(server.emit(text), TestClock.adjust("10 millis")))
      yield* Deferred.succeed(gate, undefined)
      const all = (yield* Fiber.join(quick)).map((item) => item._tag === "Message" ? item.text : item._tag)
      assert.deepStrictEqual(all, texts(100))
      const some = yield* Fiber.join(slow)
      const read = some.filter((item) => item._tag === "Message").length
      const missed = some.reduce((sum, item) => item._tag === "Gap" ? sum + item.missed! : sum, 0)
      assert.isAtMost(read, 34)
      assert.deepStrictEqual(
        some.slice(-16).map((item) => item._tag === "Message" ? item.text : item._tag),
        texts(100).slice(-16)
      )
      assert.strictEqual(read + missed, 100)
      assert.isTrue(some.every((item) => item._tag === "Message" || item.cause === "Overflow"))
    }).pipe(Effect.provide(TestRcon.layerTransport())))
})

describe("the status of a session", () => {
  it.effect("is published in order, through a restart of the server to the end", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      const scope = yield* Scope.make()
      const session = yield* Scope.provide(Session.start({ password }), scope)
      const story = yield* session.statusChanges.pipe(Stream.runCollect, Effect.forkChild({ startImmediately: true }))
      yield* session.online
      yield* server.restart({ downtime: "5 seconds" })
      yield* TestClock.adjust("1 minute")
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual((yield* Fiber.join(story)).map(tagOf), [
        "Connecting",
        "Online",
        "Reconnecting",
        "Online",
        "Closed"
      ])
      assert.strictEqual((yield* server.sessions).length, 1)
      // A subscriber after the end still gets the last status.
      assert.deepStrictEqual((yield* Stream.runCollect(session.statusChanges)).map(tagOf), ["Closed"])
      assert.deepStrictEqual(yield* Stream.runCollect(session.messages), [])
    }).pipe(Effect.provide(TestRcon.layerTransport())))

  it.effect("is logged as one line for each change, and no line contains the password", () =>
    Effect.gen(function*() {
      const lines: Array<string> = []
      const logger = Logger.make(({ logLevel, message }) => {
        lines.push(`${logLevel} ${String(message)}`)
      })
      const server = yield* SimulatedServer.SimulatedServer
      yield* Effect.scoped(Effect.gen(function*() {
        yield* Session.make({ password })
        yield* server.restart({ downtime: "5 seconds" })
        yield* TestClock.adjust("1 minute")
      })).pipe(Effect.provide(Logger.layer([logger])))
      const told = lines.filter((line) => /^(Info|Warn)/.test(line))
      assert.strictEqual(told.length, 4)
      assert.notInclude(lines.join("\n"), "secret")
    }).pipe(Effect.provide(TestRcon.layerTransport())))

  it.effect("stays Online through a day without commands, with two keepalives a minute", () =>
    Effect.gen(function*() {
      const session = yield* Session.make({ password })
      const server = yield* SimulatedServer.SimulatedServer
      yield* TestClock.adjust("1 day")
      assert.strictEqual((yield* session.status)._tag, "Online")
      assert.strictEqual((yield* server.logins).length, 1)
      assert.strictEqual((yield* server.commands).length, 2880)
      assert.deepStrictEqual(yield* server.violations, [])
    }).pipe(Effect.provide(TestRcon.layerTransport())))
})

describe("a caller that tries again endlessly", () => {
  const insist = (session: Session.Session["Service"]) =>
    Effect.forever(Effect.ignore(session.command("version")), { disableYield: true })

  it.live("starves no other fiber, whether the queue is full or the session is closed", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const session = yield* Scope.provide(Session.make({ password, maxInFlight: 1, queueCapacity: 2 }), scope)
      const callers = yield* Effect.forEach(Array.from({ length: 5 }), () => Effect.forkChild(insist(session)))
      yield* Effect.sleep("20 millis")
      yield* Scope.close(scope, Exit.void)
      yield* Effect.sleep("20 millis")
      yield* Fiber.interruptAll(callers)
      assert.strictEqual((yield* session.status)._tag, "Closed")
    }).pipe(Effect.provide(TestRcon.layerTransport({ server: { replyDelay: "5 millis" } }))))
})

describe("layer", () => {
  it.effect("provides a session that lives as long as its scope", () =>
    Effect.gen(function*() {
      const session = yield* Effect.gen(function*() {
        const session = yield* Session.Session
        assert.strictEqual((yield* session.status)._tag, "Online")
        return session
      }).pipe(Effect.provide(Session.layer({ password })))
      assert.strictEqual((yield* session.status)._tag, "Closed")
    }).pipe(Effect.provide(TestRcon.layerTransport())))

  it.effect("fails if the login fails", () =>
    Effect.gen(function*() {
      const built = yield* Effect.result(Effect.scoped(Layer.build(Session.layer({ password: Redacted.make("no") }))))
      assert(Result.isFailure(built))
      assert.strictEqual(reasonOf(built.failure), "LoginRefused")
    }).pipe(Effect.provide(TestRcon.layerTransport())))
})
