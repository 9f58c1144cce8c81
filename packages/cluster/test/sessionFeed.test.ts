import { LoginFailure, type Session } from "@bercon/session"
import { TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger, Stream } from "effect"
import * as SessionFeed from "../src/internal/sessionFeed.ts"

const session = (messages: Session.Session["Service"]["messages"]) =>
  ({
    messages,
    status: Effect.succeed({ _tag: "Online" }),
    epoch: Effect.succeed(1),
    statusChanges: Stream.never
  }) as unknown as Session.Session["Service"]

/** Reads the feed for five seconds. Returns its elements, whether it has ended, and what was logged. */
const read = Effect.fnUntraced(function*(messages: Session.Session["Service"]["messages"]) {
  const logged: Array<string> = []
  const elements: Array<string> = []
  const hasEnded = yield* Effect.gen(function*() {
    const feed = yield* SessionFeed.make({ activation: "the activation", heartbeat: 1000 }, session(messages))
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
  return { elements, hasEnded, logged }
})

describe("the feed of a session", () => {
  it.effect("ends with a line in the log if reading the session dies", () =>
    Effect.gen(function*() {
      const { hasEnded, logged } = yield* read(Stream.fromEffect(Effect.die("a defect")))
      assert.isTrue(hasEnded)
      assert.lengthOf(logged, 1)
      assert.include(logged[0], "the feed of a game server failed")
    }))

  it.effect("continues to report the status after the session has ended", () =>
    Effect.gen(function*() {
      const failure = new LoginFailure.LoginFailure({ reason: new LoginFailure.InvalidOptions({ problem: "none" }) })
      const { elements, hasEnded, logged } = yield* read(Stream.fail(failure))
      assert.isFalse(hasEnded)
      assert.deepStrictEqual(logged, [])
      assert.deepStrictEqual(elements, ["Hello", "State", "State", "State", "State", "State"])
    }))
})
