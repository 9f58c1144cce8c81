import { CommandError, Session, Transport } from "@bercon/session"
import { SimulatedNetwork, SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Clock, type Duration, Effect, Exit, Fiber, Metric, Schema, Scope, Stream } from "effect"
import { TestClock } from "effect/testing"
import { echo, password, tap } from "../support/Scenario.ts"
import { checks } from "../support/Soak.ts"

const milliseconds = Schema.Literals([0, 1, 10, 300, 3000, 20_000, 70_000])

/** One event, and the time until the next. */
const Step = Schema.Struct({
  what: Schema.Literals([
    "ask",
    "ask once",
    "ask",
    "ask once",
    "interrupt",
    "message",
    "bad network",
    "good network",
    "restart",
    "restart slowly",
    "forget",
    "stop",
    "start",
    "silence",
    "resume",
    "socket fails",
    "socket dies",
    "opening hangs",
    "opening fails",
    "opening dies",
    "opening works",
    "sending fails",
    "sending dies",
    "sending works"
  ]),
  /** How many commands to send, or which caller to interrupt, counted from the newest. */
  count: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 6 })),
  timeout: milliseconds,
  wait: milliseconds
})

const Story = Schema.Array(Step).check(Schema.isMaxLength(12))

/** Counts the running fibers and sleeps of the effects that it watches. */
const census = Effect.map(Clock.Clock, (clock) => {
  const counts = { fibers: 0, sleeps: 0 }
  return {
    counts,
    watch: <A, E, R>(effect: Effect.Effect<A, E, R>) =>
      effect.pipe(
        Effect.provideService(
          Clock.Clock,
          Object.assign(Object.create(clock) as Clock.Clock, {
            sleep: (duration: Duration.Duration) =>
              Effect.acquireUseRelease(
                Effect.sync(() => counts.sleeps++),
                () => clock.sleep(duration),
                () => Effect.sync(() => counts.sleeps--)
              )
          })
        ),
        Effect.provideService(Metric.FiberRuntimeMetrics, {
          recordFiberStart: () => counts.fibers++,
          recordFiberEnd: () => counts.fibers--
        })
      )
  }
})

const play = Effect.fnUntraced(function*(steps: typeof Story.Type) {
  const network = yield* SimulatedNetwork.SimulatedNetwork
  const server = yield* SimulatedServer.SimulatedServer
  const line = tap(yield* Transport.Transport)
  const { counts, watch } = yield* census
  const scope = yield* Scope.make()
  const session = yield* Session.start({
    password,
    loginTimeout: "Infinity",
    maxInFlight: 3,
    queueCapacity: 5,
    silenceTimeout: "3 seconds"
  }).pipe(watch, Scope.provide(scope), Effect.provideService(Transport.Transport, line.transport))
  const callers: Array<readonly [text: string, Fiber.Fiber<string, CommandError.CommandError>]> = []
  const followers = [
    yield* Effect.forkChild(Effect.exit(session.online), { startImmediately: true }),
    yield* Effect.forkChild(Effect.exit(Stream.runDrain(session.messages)), { startImmediately: true })
  ]
  const story = yield* Effect.forkChild(Stream.runCollect(session.statusChanges), { startImmediately: true })

  for (const { count, timeout, wait, what } of steps) {
    switch (what) {
      case "ask":
      case "ask once":
        for (let i = 0; i < count; i++) {
          const text = `echo ${callers.length}`
          const asking = session.command(text, { repeatable: what === "ask", timeout })
          callers.push([text, yield* Effect.forkChild(asking, { startImmediately: true })])
        }
        break
      case "interrupt": {
        const caller = callers[callers.length - count]
        if (caller !== undefined) yield* Fiber.interrupt(caller[1])
        break
      }
      case "message":
        // A server that is down sends nothing.
        yield* Effect.exit(server.emit("hello"))
        break
      case "bad network":
        yield* network.change({ loss: 0.3, duplication: 0.3, reordering: 0.3, corruption: 0.1, latency: 20 })
        break
      case "good network":
        yield* network.change({ loss: 0, duplication: 0, reordering: 0, corruption: 0, latency: 0 })
        break
      case "restart":
        yield* server.restart()
        break
      case "restart slowly":
        yield* server.restart({ downtime: "5 seconds" })
        break
      case "forget":
        yield* server.forget
        break
      case "stop":
        yield* server.stop()
        break
      case "start":
        yield* server.start
        break
      case "silence":
        yield* server.goSilent
        break
      case "resume":
        yield* server.resume
        break
      case "socket fails":
        yield* line.break("fails")
        break
      case "socket dies":
        yield* line.break("dies")
        break
      case "opening hangs":
        line.opening = "hangs"
        break
      case "opening fails":
        line.opening = "fails"
        break
      case "opening dies":
        line.opening = "dies"
        break
      case "opening works":
        line.opening = "none"
        break
      case "sending fails":
        line.sending = "fails"
        break
      case "sending dies":
        line.sending = "dies"
        break
      case "sending works":
        line.sending = "none"
        break
    }
    if (wait > 0) yield* TestClock.adjust(wait)
  }

  const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void), { startImmediately: true })
  yield* TestRcon.passTime(0)
  assert.isDefined(closing.pollUnsafe(), "closing takes no time")
  assert.strictEqual((yield* session.status)._tag, "Closed")
  assert.deepStrictEqual(counts, { fibers: 0, sleeps: 0 }, "no fiber and no timer remains")
  assert.strictEqual(line.open, 0, "no socket remains")
  for (const follower of followers) {
    assert.isDefined(follower.pollUnsafe(), "waiting for a login and reading messages both end")
  }
  for (const [text, caller] of callers) {
    const exit = caller.pollUnsafe()
    assert.isDefined(exit, `${text} is settled`)
    if (Exit.isSuccess(exit)) {
      assert.strictEqual(exit.value, text, "a command got the reply to another command")
    } else if (!Cause.hasInterruptsOnly(exit.cause)) {
      const error = Cause.squash(exit.cause)
      assert.instanceOf(error, CommandError.CommandError)
    }
  }
  const told = (yield* Fiber.join(story)).map(({ _tag }) => _tag)
  assert.strictEqual(told[0], "Connecting")
  assert.strictEqual(told.indexOf("Closed"), told.length - 1)
  for (let i = 2; i < told.length - 1; i++) {
    assert.strictEqual(told[i], told[i - 1] === "Online" ? "Reconnecting" : "Online")
  }
  const { opens, sent } = line
  yield* TestClock.adjust("1 hour")
  assert.deepStrictEqual([line.opens, line.sent], [opens, sent], "no further datagram is sent")
  assert.strictEqual((yield* Effect.flip(session.command("late"))).reason._tag, "SessionClosed")
}, Effect.scoped)

const step = (
  what: (typeof Step.Type)["what"],
  timeout: (typeof Step.Type)["timeout"],
  wait: (typeof Step.Type)["wait"]
) => ({
  what,
  count: 1,
  timeout,
  wait
})

/** Found by the property below. */
const known: ReadonlyArray<readonly [what: string, story: typeof Story.Type]> = [
  ["the first datagram after a login is refused", [step("ask once", 1, 300), step("restart slowly", 0, 70_000)]]
]

describe("closing at any moment", () => {
  it.effect.each(known)(
    "settles everything pending and leaves nothing running if %s",
    ([, story]) => play(story).pipe(Effect.provide(TestRcon.layerTransport({ server: { onCommand: echo } })))
  )

  it.effect.prop(
    "settles everything pending, and leaves no fiber, timer or socket",
    [Story],
    ([steps]) =>
      play(steps).pipe(Effect.provide(TestRcon.layerTransport({ server: { onCommand: echo } })), Effect.as(true)),
    checks(150)
  )
})
