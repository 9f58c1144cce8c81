import { Wire } from "@bercon/cluster"
import { Text } from "@bercon/codec"
import { LoginFailure, type Message, type Status } from "@bercon/session"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, type Cause, Clock, Effect, Exit, Fiber, Option, Queue, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import type { Entity } from "../src/internal/calls.ts"
import { Remote } from "../src/internal/remote.ts"

const refused = new LoginFailure.LoginRefused({ peer: "altis" })

const outage: Status.Outage = { cause: new LoginFailure.PortClosed(), tries: 0, since: 0 }

const TIMES = { heartbeat: 1000, silenceTimeout: 4000 }

/** The entity of a server, and the real session that its feed reports. A test drives both. */
const makeServer = (times: typeof TIMES) => {
  const calls: Array<typeof Wire.Command.Type> = []
  const withdrawn: Array<string> = []
  let feed: Queue.Queue<Wire.FeedItem, Cause.Done> | undefined
  let messages = 0
  const server = {
    calls,
    withdrawn,
    /** How often the feed was requested. */
    feeds: 0,
    activation: 1,
    generation: undefined as string | undefined,
    epoch: 0,
    status: { _tag: "Connecting", ...outage } as Status.Status,
    greeting: undefined as typeof Wire.Message.Type | undefined,
    textFallback: undefined as string | undefined,
    state: () => Wire.State.make({ epoch: server.epoch, status: server.status }),
    emit: (...items: ReadonlyArray<Wire.FeedItem>) => {
      if (feed !== undefined) Queue.offerAllUnsafe(feed, items)
    },
    /** Ends the feed, as if the connection had broken. */
    cut: () => {
      if (feed !== undefined) Queue.endUnsafe(feed)
      feed = undefined
    },
    /** Nothing more comes through the feed, which does not end. */
    abandon: () => {
      feed = undefined
    },
    /** The server sends a message, whose last byte is not UTF-8. */
    send: () => {
      const payload = new Uint8Array([...new TextEncoder().encode(`message ${messages} `), 0xc0])
      const message = Wire.Message.make({ sequence: messages++ % 256, payload, receivedAt: 0, late: false })
      server.greeting ??= message
      server.emit(message)
      return Text.decode(payload, server.textFallback)
    },
    login: () => {
      server.status = { _tag: "Online" }
      server.greeting = undefined
      // The first login of an activation is not reported as a gap.
      server.emit({ ...server.state(), epoch: server.epoch + 1 })
      if (server.epoch++ > 0) server.emit(Wire.Gap.make({ cause: "Reconnected" }))
    },
    change: (status: Status.Status) => {
      server.status = status
      server.emit(server.state())
    },
    /** The session moves to another runner. */
    move: () => {
      server.activation++
      server.epoch = 0
      server.status = { _tag: "Connecting", ...outage }
      server.greeting = undefined
      server.textFallback = server.activation % 2 === 0 ? "windows-1252" : undefined
      server.cut()
    },
    entity: {
      Feed: () =>
        Effect.gen(function*() {
          server.feeds++
          const { activation, generation, greeting, state, textFallback } = server
          feed = yield* Queue.unbounded<Wire.FeedItem, Cause.Done>()
          server.emit(Wire.Hello.make({
            activation: `activation ${activation}`,
            heartbeat: times.heartbeat,
            state: state(),
            ...(generation !== undefined && { generation }),
            ...(greeting !== undefined && { greeting }),
            ...(textFallback !== undefined && { textFallback })
          }))
          return feed
        }),
      Command: (payload: typeof Wire.Command.Type) => {
        calls.push(payload)
        return payload.text === "waits" ? Effect.never : Effect.succeed(new Uint8Array([0xc0]))
      },
      Withdraw: ({ call }: { readonly call: string }) => Effect.sync(() => withdrawn.push(call))
      // The other members of the entity's client are not used.
    } as unknown as Entity
  }
  return server
}

/** A remote session with this server, and what its subscribers have received. */
const setup = Effect.fnUntraced(function*(
  options?: Partial<typeof TIMES> & { readonly generation?: string; readonly messageCapacity?: number }
) {
  const times = { ...TIMES, ...options }
  const server = makeServer(times)
  const remote = new Remote({
    id: "altis",
    generation: options?.generation,
    name: "a member",
    entity: server.entity,
    commandTimeout: 20_000,
    silenceTimeout: times.silenceTimeout,
    messageCapacity: options?.messageCapacity ?? 4096,
    clock: yield* Clock.Clock,
    context: yield* Effect.context()
  })
  const session = remote.service
  const heard: Array<string> = []
  const statuses: Array<Status.Status> = []
  const collect = <A, E>(stream: Stream.Stream<A, E>, take: (value: A) => void) =>
    Effect.forkScoped(Stream.runForEach(stream, (value) => Effect.sync(() => take(value))), { startImmediately: true })
  const listening = yield* collect<Message.Message | Message.Gap, unknown>(
    session.messages,
    (item) => heard.push(item._tag === "Gap" ? `${item.cause} ${item.missed}` : item.text)
  )
  const watching = yield* collect(session.statusChanges, (status) => statuses.push(status))
  return { heard, listening, remote, server, session, statuses, watching }
})

/** As `setup`, with the feed. */
const followed = Effect.tap(setup(), ({ remote }) => Effect.forkScoped(remote.follow, { startImmediately: true }))

/** A happening while the feed is open, or during its absence. */
const Happening = Schema.Literals(["message", "message", "login", "outage", "refusal"])
const Step = Schema.Union([
  Happening,
  Schema.Literals(["lost", "quiet"]),
  // Meanwhile the feed is absent.
  Schema.Struct({ end: Schema.Literals(["cut", "overflow", "closed", "move"]), meanwhile: Schema.Array(Happening) })
])

describe("a remote session", () => {
  it.effect.prop(
    "has the messages, gaps, logins and statuses of the real session, wherever that session moves",
    [Arbitrary.array(Arbitrary.schema(Step), { maxLength: 12 })],
    ([steps]) =>
      Effect.gen(function*() {
        const { heard, server, session, statuses } = yield* followed
        yield* TestClock.adjust(300)
        const expected: Array<string> = []
        let greeting: string | undefined
        let logins = 0
        /** Whether the session has moved, and has not been logged in since. */
        let isMoved = false
        /** The login that the session has reported last. */
        let known = ""
        let tries = 0
        const online = yield* Effect.forkChild(session.online, { startImmediately: true })
        let wasOnline = false
        const happen = (what: typeof Happening.Type, isHeard: boolean) => {
          switch (what) {
            case "message": {
              const text = server.send()
              if (!isHeard) return
              greeting ??= text
              return expected.push(text)
            }
            case "login": {
              const isFirst = server.epoch === 0
              server.login()
              if (!isHeard || (isFirst && !isMoved)) return
              isMoved = false
              greeting = undefined
              return expected.push("Reconnected undefined")
            }
            case "outage":
              return server.change({
                _tag: server.epoch > 0 ? "Reconnecting" : "Connecting",
                ...outage,
                tries: ++tries
              })
            case "refusal":
              return server.change({ _tag: "Reconnecting", cause: refused, tries: ++tries, since: 0 })
          }
        }
        for (const step of steps) {
          const reported = statuses.length
          if (typeof step === "string") {
            if (step === "quiet") server.emit(server.state())
            else if (step === "lost") {
              server.emit(Wire.Gap.make({ cause: "Lost", missed: 2 }))
              expected.push("Lost 2")
            } else happen(step, true)
          } else {
            const [activation, epoch] = [server.activation, server.epoch]
            if (step.end === "overflow") server.emit(Wire.Gap.make({ cause: "Overflow" }))
            if (step.end === "closed") server.emit({ ...server.state(), status: { _tag: "Closed", exit: Exit.void } })
            yield* TestClock.adjust(1)
            if (step.end === "move") server.move()
            else if (step.end === "cut") server.cut()
            else server.abandon()
            for (const what of step.meanwhile) happen(what, false)
            // A command waits for the next feed.
            const sent = server.calls.length
            const waiting = yield* Effect.forkChild(session.command("version"), { startImmediately: true })
            yield* TestClock.adjust(1)
            assert.lengthOf(server.calls, sent)
            assert.strictEqual((yield* session.status)._tag, logins > 0 ? "Reconnecting" : "Connecting")
            const isSame = activation === server.activation && epoch === server.epoch
            isMoved ||= !isSame
            if (!isSame) greeting = undefined
            if (!isMoved) expected.push("Lost undefined")
            else if (server.epoch > 0) {
              isMoved = false
              expected.push("Reconnected undefined")
            }
            if (greeting === undefined && server.greeting !== undefined) {
              greeting = Text.decode(server.greeting.payload, server.textFallback)
              expected.push(greeting)
            }
            yield* TestClock.adjust(300)
            yield* Fiber.join(waiting)
          }
          yield* TestClock.adjust(300)
          if (server.epoch > 0 && known !== `${server.activation}/${server.epoch}`) {
            known = `${server.activation}/${server.epoch}`
            logins++
          }
          assert.deepStrictEqual(heard, expected)
          // A status of a different kind is reported, and each refusal, but no other change.
          const reports = statuses.slice(reported)
          if (typeof step !== "string") assert.isAtMost(reports.length, 2)
          else if (step === "refusal") assert.lengthOf(reports, 1)
          else assert.lengthOf(reports, statuses[reported - 1]?._tag === (yield* session.status)._tag ? 0 : 1)
          assert.strictEqual(yield* session.epoch, logins)
          wasOnline ||= server.status._tag === "Online"
          assert.strictEqual(online.pollUnsafe() !== undefined, wasOnline)
          const { _tag } = server.status
          assert.strictEqual((yield* session.status)._tag, _tag === "Connecting" && logins > 0 ? "Reconnecting" : _tag)
          assert.deepStrictEqual(
            Option.map(yield* session.greeting, ({ text }) => text),
            Option.fromUndefinedOr(greeting)
          )
          // `epoch` counts the logins of all activations. The command is sent with the number of that login in the current one.
          const epoch = Math.max(1, logins)
          const sent = yield* Effect.exit(session.command("version", { epoch }))
          if (logins > 0 && server.epoch === 0) {
            assert.strictEqual((yield* Effect.flip(sent)).reason._tag, "NotConnected")
          } else {
            assert.deepStrictEqual(sent, Exit.succeed(Text.decode(new Uint8Array([0xc0]), server.textFallback)))
            const { activation, epoch } = server.calls.at(-1)!
            assert.deepStrictEqual([activation, epoch], [`activation ${server.activation}`, Math.max(1, server.epoch)])
          }
          for (const other of [epoch - 1, epoch + 1]) {
            const refused = yield* Effect.flip(session.command("version", { epoch: other }))
            assert.strictEqual(refused.reason._tag, "NotConnected")
          }
        }
        assert.strictEqual(statuses.at(-1)?._tag, (yield* session.status)._tag)
      }).pipe(Effect.scoped)
  )

  it.effect("has no greeting right after the login that follows a move", () =>
    Effect.gen(function*() {
      const { server, session } = yield* followed
      yield* TestClock.adjust(300)
      server.move()
      yield* TestClock.adjust(300)
      server.send()
      server.login()
      yield* TestClock.adjust(1)
      assert.isTrue(Option.isNone(yield* session.greeting))
    }).pipe(Effect.scoped))

  it.effect("sends a repeatable command again to the next activation, but not again to the same one", () =>
    Effect.gen(function*() {
      const { server, session } = yield* followed
      yield* TestClock.adjust(300)
      yield* Effect.forkChild(session.command("waits"), { startImmediately: true })
      for (const end of [server.cut, server.cut, server.move]) {
        end()
        yield* TestClock.adjust(1000)
      }
      assert.deepStrictEqual(server.calls.map(({ activation }) => activation), ["activation 1", "activation 2"])
    }).pipe(Effect.scoped))

  it.effect("withdraws a command as soon as a subscriber has processed a message that makes it outdated", () =>
    Effect.gen(function*() {
      const { heard, server, session } = yield* followed
      yield* TestClock.adjust(300)
      yield* Effect.forkChild(session.command("waits", { isCurrent: () => heard.length === 0 }), {
        startImmediately: true
      })
      server.emit(server.state())
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(server.withdrawn, [])
      server.send()
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(server.withdrawn, [server.calls[0]!.call])
    }).pipe(Effect.scoped))

  it.effect.each([
    { heartbeat: 1000, silenceTimeout: 4000, lost: 4000 },
    { heartbeat: 3000, silenceTimeout: 4000, lost: 6000 }
  ])("requests the feed again after a silence of $lost ms", ({ lost, ...times }) =>
    Effect.gen(function*() {
      const { remote, server, session } = yield* setup(times)
      yield* Effect.forkScoped(remote.follow, { startImmediately: true })
      yield* TestClock.adjust(2000)
      server.login()
      yield* TestClock.adjust(lost - 1)
      assert.strictEqual((yield* session.status)._tag, "Online")
      yield* TestClock.adjust(1)
      const { cause, ...status } = (yield* session.status) as Extract<Status.Status, Status.Outage>
      assert.deepStrictEqual(status, { _tag: "Reconnecting", tries: 0, since: 2000 + lost })
      assert.include(cause.message, `game server "altis" (through the cluster) is unreachable`)
      assert.strictEqual(server.feeds, 1)
      yield* TestClock.adjust(249)
      assert.strictEqual(server.feeds, 1)
      yield* TestClock.adjust(1)
      assert.strictEqual(server.feeds, 2)
      assert.strictEqual((yield* session.status)._tag, "Online")
    }).pipe(Effect.scoped))

  it.effect("has a gap for each login, even if the feed is lost between the login and its gap", () =>
    Effect.gen(function*() {
      const { heard, server } = yield* followed
      yield* TestClock.adjust(300)
      server.login()
      yield* TestClock.adjust(1)
      server.epoch++
      server.emit(server.state())
      yield* TestClock.adjust(1)
      server.cut()
      yield* TestClock.adjust(300)
      assert.deepStrictEqual(heard, ["Reconnected undefined"])
    }).pipe(Effect.scoped))

  it.effect("reports the start of an outage, however often the feed is requested again and wherever the session moves", () =>
    Effect.gen(function*() {
      const { server, session } = yield* followed
      const since = Effect.map(session.status, (status) => "since" in status ? status.since : undefined)
      yield* TestClock.adjust(1000)
      server.login()
      yield* TestClock.adjust(1000)
      assert.isUndefined(yield* since)
      // No runner can be reached.
      server.status = { _tag: "Closed", exit: Exit.void }
      server.cut()
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* since, 2000)
      // The next runner has tried to log in only for a short time.
      server.move()
      server.status = { _tag: "Connecting", ...outage, since: 62_000 }
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* since, 2000)
      server.login()
      yield* TestClock.adjust(1)
      // The runner has detected an outage before the feed was lost.
      server.change({ _tag: "Reconnecting", ...outage, since: 121_000 })
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* since, 121_000)
      server.cut()
      yield* TestClock.adjust(1)
      assert.strictEqual(yield* since, 121_000)
    }).pipe(Effect.scoped))

  it.effect("waits for a runner that uses the required definition of the server", () =>
    Effect.gen(function*() {
      const { remote, server, session, statuses } = yield* setup({ generation: "two" })
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(statuses, [yield* session.status])
      assert.deepStrictEqual((yield* session.status)._tag, "Connecting")
      const command = yield* Effect.forkChild(session.commandBytes("version"), { startImmediately: true })
      yield* Effect.forkScoped(remote.follow, { startImmediately: true })
      for (const generation of [undefined, "one"]) {
        server.generation = generation
        server.login()
        yield* TestClock.adjust(1000)
        assert.strictEqual((yield* session.status)._tag, "Connecting")
        assert.strictEqual(yield* session.epoch, 0)
        assert.deepStrictEqual(server.calls, [])
      }
      server.generation = "two"
      yield* TestClock.adjust(300)
      assert.deepStrictEqual(yield* Fiber.join(command), new Uint8Array([0xc0]))
      assert.strictEqual((yield* session.status)._tag, "Online")
    }).pipe(Effect.scoped))

  it.effect("requests the feed again while the session of the runner is closed", () =>
    Effect.gen(function*() {
      const { remote, server, session } = yield* setup()
      server.status = { _tag: "Closed", exit: Exit.void }
      yield* Effect.forkScoped(remote.follow, { startImmediately: true })
      yield* TestClock.adjust(1000)
      assert.strictEqual(server.feeds, 5)
      assert.strictEqual((yield* session.status)._tag, "Connecting")
      server.status = { _tag: "Online" }
      yield* TestClock.adjust(250)
      assert.strictEqual((yield* session.status)._tag, "Online")
    }).pipe(Effect.scoped))

  it.effect("has a gap for a subscriber that is further behind than the capacity", () =>
    Effect.gen(function*() {
      const { remote, server, session } = yield* setup({ messageCapacity: 2 })
      yield* Effect.forkScoped(remote.follow, { startImmediately: true })
      const received: Array<Message.Message | Message.Gap> = []
      yield* Stream.runForEach(session.messages, (item) =>
        Effect.andThen(Effect.sync(() => received.push(item)), Effect.sleep("1 second"))).pipe(
          Effect.forkScoped({ startImmediately: true })
        )
      yield* TestClock.adjust(300)
      server.send()
      yield* TestClock.adjust(1)
      for (let i = 0; i < 5; i++) {
        server.send()
      }
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(received[1], { _tag: "Gap", cause: "Overflow", missed: 3 })
    }).pipe(Effect.scoped))

  it.effect.each(["fails for good", "is closed by its owner"] as const)(
    "ends exactly one time when it %s",
    (end) =>
      Effect.gen(function*() {
        const { listening, remote, server, session, statuses, watching } = yield* followed
        const online = yield* Effect.forkChild(session.online, { startImmediately: true })
        yield* TestClock.adjust(300)
        const command = yield* Effect.forkChild(Effect.flip(session.command("waits")), { startImmediately: true })
        server.cut()
        yield* TestClock.adjust(1)
        const waiting = yield* Effect.forkChild(Effect.flip(session.command("version")), { startImmediately: true })
        const failure = new LoginFailure.LoginFailure({ reason: refused })
        const exit: Exit.Exit<void, LoginFailure.LoginFailure> = end === "fails for good"
          ? Exit.fail(failure)
          : Exit.void
        if (end === "fails for good") server.status = { _tag: "Closed", exit }
        else yield* remote.close
        yield* TestClock.adjust(300)
        // They do not wait for their timeouts.
        for (const pending of [command, waiting]) assert.isDefined(pending.pollUnsafe())
        const feeds = server.feeds
        yield* remote.close
        yield* TestClock.adjust("1 minute")
        assert.strictEqual(server.feeds, feeds)
        assert.deepStrictEqual(yield* session.status, { _tag: "Closed", exit })
        assert.deepStrictEqual(yield* Effect.exit(session.closed), exit)
        assert.deepStrictEqual(statuses.map(({ _tag }) => _tag), ["Connecting", "Closed"])
        assert.deepStrictEqual(yield* Fiber.await(watching), Exit.void)
        assert.deepStrictEqual(yield* Fiber.await(listening), exit)
        const first = yield* Fiber.await(online)
        assert.isTrue(
          Exit.isSuccess(exit) ? Exit.hasInterrupts(first) : Exit.isFailure(first) && !Exit.hasInterrupts(first)
        )
        assert.deepStrictEqual(
          [yield* Fiber.join(command), yield* Fiber.join(waiting)].map((
            { execution, reason }
          ) => [reason._tag, execution]),
          [["SessionClosed", "MaybeExecuted"], ["SessionClosed", "NotExecuted"]]
        )
      }).pipe(Effect.scoped)
  )
})
