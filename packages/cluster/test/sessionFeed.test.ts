import type { Wire } from "@bercon/cluster"
import { LoginFailure, type Message, type Session, type Status } from "@bercon/session"
import { TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Logger, PubSub, Queue, Stream } from "effect"
import * as SessionFeed from "../src/internal/sessionFeed.ts"

/** The members of a session that a feed reads. */
const session = (messages: Session.Session["Service"]["messages"]) =>
  ({
    messages,
    status: Effect.succeed({ _tag: "Online" }),
    epoch: Effect.succeed(1),
    statusChanges: Stream.never
  }) as unknown as Session.Session["Service"]

/** Reads the feed for five seconds. Returns its elements, whether it has ended, its defects, and what was logged. */
const read = Effect.fnUntraced(function*(broken: Partial<Session.Session["Service"]>) {
  const logged: Array<string> = []
  const elements: Array<string> = []
  let defects = 0
  const hasEnded = yield* Effect.gen(function*() {
    const feed = yield* SessionFeed.make(
      { activation: "the activation", heartbeat: 1000 },
      { ...session(Stream.never), ...broken },
      Effect.sync(() => defects++)
    )
    const reading = yield* Effect.forkChild(
      Stream.runForEach(feed, ({ _tag }) => Effect.sync(() => elements.push(_tag))),
      { startImmediately: true }
    )
    yield* TestRcon.passTime("5 seconds")
    return reading.pollUnsafe() !== undefined
  }).pipe(
    Effect.scoped,
    Effect.provide(Logger.layer([Logger.make(({ message }) => logged.push(String(message)))]))
  )
  return { defects, elements, hasEnded, logged }
})

describe("the feed of a session", () => {
  const dies = Stream.fromEffect(Effect.delay(Effect.die("a defect"), "1500 millis"))

  it.effect.each([
    { what: "messages", broken: { messages: dies } },
    { what: "changes of the status", broken: { statusChanges: dies } }
  ])("ends, reports the defect, and logs it, if reading $what dies", ({ broken }) =>
    Effect.gen(function*() {
      const { defects, elements, hasEnded, logged } = yield* read(broken)
      assert.isTrue(hasEnded)
      assert.deepStrictEqual(elements, ["Hello", "State"])
      assert.strictEqual(defects, 1)
      assert.lengthOf(logged, 1)
      assert.include(logged[0], "the feed of a game server failed")
    }))

  it.effect("continues to report the status after its messages have ended with an error", () =>
    Effect.gen(function*() {
      const failure = new LoginFailure.LoginFailure({ reason: new LoginFailure.InvalidOptions({ problem: "none" }) })
      const { elements, hasEnded, logged } = yield* read({ messages: Stream.fail(failure) })
      assert.isFalse(hasEnded)
      assert.deepStrictEqual(logged, [])
      assert.deepStrictEqual(elements, ["Hello", "State", "State", "State", "State", "State"])
    }))

  const message = (sequence: number): Message.Message => ({
    _tag: "Message",
    sequence,
    payload: new Uint8Array(),
    text: "",
    receivedAt: 0,
    late: false
  })

  /** A feed of a session that the test drives. */
  const driven = Effect.gen(function*() {
    const messages = yield* Queue.unbounded<Message.Message | Message.Gap>()
    const statuses = yield* Queue.unbounded<Status.Status>()
    const state = { epoch: 1, status: { _tag: "Online" } as Status.Status }
    const feed = yield* SessionFeed.make({ activation: "the activation", heartbeat: 60_000 }, {
      ...session(Stream.fromQueue(messages)),
      status: Effect.sync(() => state.status),
      epoch: Effect.sync(() => state.epoch),
      statusChanges: Stream.fromQueue(statuses)
    }, Effect.void)
    let sequence = 0
    /** Starts a reader, which collects the elements. */
    const read = Effect.gen(function*() {
      const elements: Array<Wire.FeedItem> = []
      yield* Stream.runForEach(feed, (element) => Effect.sync(() => elements.push(element))).pipe(
        Effect.forkScoped({ startImmediately: true })
      )
      return elements
    })
    return { feed, message: () => message(sequence++ % 256), messages, read, state, statuses }
  })
  const greetingOf = ([hello]: ReadonlyArray<Wire.FeedItem>) =>
    hello?._tag === "Hello" ? hello.greeting?.sequence : undefined

  it.effect("begins with the first message since the last login, and reports a new login before its messages", () =>
    Effect.gen(function*() {
      const { message, messages, read, state } = yield* driven
      const first = yield* read
      yield* Queue.offerAll(messages, [message(), message(), { _tag: "Gap", cause: "Lost", missed: 2 }])
      yield* TestRcon.passTime(0)
      const second = yield* read
      state.epoch = 2
      yield* Queue.offer(messages, { _tag: "Gap", cause: "Reconnected", missed: undefined })
      yield* TestRcon.passTime(0)
      const third = yield* read
      yield* Queue.offerAll(messages, [message(), message()])
      yield* TestRcon.passTime(0)
      const fourth = yield* read
      yield* TestRcon.passTime(0)
      assert.deepStrictEqual([first, second, third, fourth].map(greetingOf), [undefined, 0, undefined, 2])
      assert.deepStrictEqual(
        first.map((element) =>
          element._tag === "Gap"
            ? `${element.cause} ${element.missed}`
            : element._tag === "State"
            ? `epoch ${element.epoch}`
            : element._tag
        ),
        ["Hello", "Message", "Message", "Lost 2", "epoch 2", "Reconnected undefined", "Message", "Message"]
      )
    }).pipe(Effect.scoped))

  it.effect("has a message that arrives right after the start, and ends with its scope", () =>
    Effect.gen(function*() {
      // Unlike a queue, it keeps nothing for later subscribers.
      const messages = yield* PubSub.unbounded<Message.Message>()
      const elements = yield* Effect.scoped(Effect.gen(function*() {
        const feed = yield* SessionFeed.make(
          { activation: "the activation", heartbeat: 1000 },
          session(Stream.fromPubSub(messages)),
          Effect.void
        )
        yield* PubSub.publish(messages, message(7))
        return yield* Effect.forkDetach(Stream.runCollect(feed), { startImmediately: true })
      }))
      assert.strictEqual(greetingOf(yield* TestRcon.passTime(Fiber.join(elements))), 7)
    }))

  it.effect("reports a change of the status at once", () =>
    Effect.gen(function*() {
      const { read, statuses } = yield* driven
      const elements = yield* read
      yield* Queue.offer(statuses, { _tag: "Closed", exit: Exit.void })
      yield* TestRcon.passTime(0)
      assert.deepStrictEqual(elements.at(-1), { _tag: "State", epoch: 1, status: { _tag: "Closed", exit: Exit.void } })
    }).pipe(Effect.scoped))

  it.effect("has a gap for a reader that is more than 4,096 elements behind", () =>
    Effect.gen(function*() {
      const { feed, message, messages } = yield* driven
      const elements: Array<string> = []
      yield* Stream.runForEach(feed, (element) =>
        Effect.andThen(Effect.sync(() => elements.push(element._tag)), Effect.sleep("1 second"))).pipe(
          Effect.forkScoped({ startImmediately: true })
        )
      yield* TestRcon.passTime(0)
      yield* Queue.offerAll(messages, Array.from({ length: 5000 }, message))
      yield* TestRcon.passTime("2 seconds")
      assert.deepStrictEqual(elements, ["Hello", "Gap", "Message"])
    }).pipe(Effect.scoped))
})
