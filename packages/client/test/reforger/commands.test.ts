import { CommandError } from "@bercon/client"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import * as MockSession from "../mockSession.ts"
import { bob, failure, start } from "./mockClient.ts"
import { echo, PLAYERS, row } from "./texts.ts"

describe("a command on a Reforger server", () => {
  it.effect("returns its output", () =>
    Effect.gen(function*() {
      const { commands, converse, events, session } = yield* start()
      const exit = yield* converse(commands.command("#foo  bar", { timeout: "9 seconds" }), "a", "(Side) x: y", "b")
      assert.strictEqual(yield* exit, "a\nb")
      assert.strictEqual(yield* yield* converse(commands.command("#foo")), "")
      assert.deepStrictEqual(events, ["(Side) x: y"])
      assert.deepStrictEqual(session.sent[0], [
        "#foo  bar",
        { repeatable: undefined, epoch: undefined, timeout: 9000 }
      ])
      const list = yield* converse(commands.command("#players"), PLAYERS, row(1, "Bob"))
      assert.strictEqual(yield* list, `${PLAYERS}\n${row(1, "Bob")}`)
    }))

  it.effect("is sent without a wait for its turn if it is empty", () =>
    Effect.gen(function*() {
      const { commands, texts } = yield* start()
      yield* Effect.forkChild(commands.command("#foo"), { startImmediately: true })
      assert.strictEqual(yield* commands.command(""), "")
      assert.deepStrictEqual(texts(), ["#foo", ""])
    }))

  it.effect("fails if the server does not have the command", () =>
    Effect.gen(function*() {
      const { commands, converse } = yield* start()
      const error = yield* failure(yield* converse(commands.command("#foo"), "Unknown Command\n"))
      assert.deepStrictEqual([error.command, error.reason._tag], ["#foo", "UnknownCommand"])
    }))

  it.effect("fails if neither its echo nor its output arrives", () =>
    Effect.gen(function*() {
      const { commands, events, say } = yield* start()
      const fiber = yield* Effect.forkChild(commands.command("#foo"), { startImmediately: true })
      yield* say("of no command")
      yield* TestClock.adjust("5 seconds")
      const error = yield* Effect.flip(Fiber.join(fiber))
      assert.deepStrictEqual([error.reason._tag, error.execution], ["IncompleteReply", "Executed"])
      assert.strictEqual(error.message, "command \"#foo\": the reply is incomplete. The command was executed")
      assert.deepStrictEqual(events, ["of no command"])
      const hasty = yield* Effect.forkChild(commands.command("#foo", { timeout: "1 second" }), {
        startImmediately: true
      })
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Effect.flip(Fiber.join(hasty))).reason._tag, "IncompleteReply")
    }))

  it.effect("must get its turn and its output within the timeout of its call", () =>
    Effect.gen(function*() {
      const { commands, say, session } = yield* start({ longest: Duration.infinity })
      const first = yield* Effect.forkChild(commands.command("#a", { timeout: "6 seconds" }), {
        startImmediately: true
      })
      const second = yield* Effect.forkChild(commands.command("#b", { timeout: "10 seconds" }), {
        startImmediately: true
      })
      yield* TestClock.adjust("6 seconds")
      assert.strictEqual((yield* Effect.flip(Fiber.join(first))).reason._tag, "IncompleteReply")
      yield* say(echo("#b"))
      assert.strictEqual(session.sent[1]?.[1]?.timeout, 4000)
      yield* TestClock.adjust("1199 millis")
      assert.isUndefined(second.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(yield* Fiber.join(second), "")
      const third = yield* Effect.forkChild(commands.kick(bob, "", { timeout: "4 seconds" }), {
        startImmediately: true
      })
      yield* TestClock.adjust("4 seconds")
      assert.strictEqual((yield* Effect.flip(Fiber.join(third))).reason._tag, "Unconfirmed")
    }))

  it.effect("gets its output if the acknowledgement is lost", () =>
    Effect.gen(function*() {
      const { commands, say, session } = yield* start()
      session.reply = new CommandError.CommandError({
        command: "#kick",
        reason: new CommandError.NoReply({ peer: "server", sends: 1 })
      })
      session.wait = Effect.sleep("2 seconds")
      const answered = yield* Effect.forkChild(commands.kick(bob), { startImmediately: true })
      yield* say(echo("#kick 7"))
      yield* TestClock.adjust("4 seconds")
      yield* say("Player 'Bob' kicked!")
      yield* Fiber.join(answered)
      const silent = yield* Effect.forkChild(commands.kick(bob), { startImmediately: true })
      yield* say(echo("#kick 7"))
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual((yield* Effect.flip(Fiber.join(silent))).reason._tag, "Unconfirmed")
      const unheard = yield* Effect.forkChild(commands.kick(bob), { startImmediately: true })
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(yield* Effect.flip(Fiber.join(unheard)), session.reply)
    }))

  it.effect("waits neither for its turn nor for output if it never has output", () =>
    Effect.gen(function*() {
      const { commands, events, say } = yield* start()
      yield* Effect.forkChild(commands.command("#foo"), { startImmediately: true })
      yield* commands.restart
      assert.strictEqual(yield* commands.command("#shutdown"), "")
      yield* say(echo("#restart"), echo("#shutdown"))
      assert.deepStrictEqual(events, [])
    }))
})

describe("commands on a Reforger server", () => {
  it.effect("take turns", () =>
    Effect.gen(function*() {
      const { commands, say, texts } = yield* start()
      const first = yield* Effect.forkChild(commands.command("#a"), { startImmediately: true })
      const second = yield* Effect.forkChild(commands.command("#b"), { startImmediately: true })
      yield* MockSession.settle
      assert.deepStrictEqual(texts(), ["#a"])
      yield* say(echo("#a"), "of a")
      yield* TestClock.adjust("450 millis")
      assert.strictEqual(yield* Fiber.join(first), "of a")
      assert.deepStrictEqual(texts(), ["#a", "#b"])
      yield* say(echo("#b"), "of b")
      yield* TestClock.adjust("450 millis")
      assert.strictEqual(yield* Fiber.join(second), "of b")
    }))

  it.effect("whose turn does not come in time are not sent", () =>
    Effect.gen(function*() {
      const { commands, texts } = yield* start({ longest: "1 minute" })
      yield* Effect.forkChild(commands.command("#a"), { startImmediately: true })
      const hasty = yield* Effect.forkChild(commands.command("#b", { timeout: "1 second" }), {
        startImmediately: true
      })
      const other = yield* Effect.forkChild(commands.command("#c"), { startImmediately: true })
      yield* TestClock.adjust("1 second")
      const error = yield* Effect.flip(Fiber.join(hasty))
      assert.deepStrictEqual(error.reason, new CommandError.Overloaded({ waiting: 1 }))
      yield* TestClock.adjust("19 seconds")
      const late = yield* Effect.flip(Fiber.join(other))
      assert.deepStrictEqual(late.reason, new CommandError.Overloaded({ waiting: 0 }))
      assert.deepStrictEqual(texts(), ["#a"])
    }))

  it.effect("that are interrupted pass on their turn, and their output becomes events", () =>
    Effect.gen(function*() {
      const { commands, events, say, texts } = yield* start()
      const first = yield* Effect.forkChild(commands.command("#a"), { startImmediately: true })
      const waiting = yield* Effect.forkChild(commands.command("#b"), { startImmediately: true })
      const last = yield* Effect.forkChild(commands.command("#c"), { startImmediately: true })
      yield* MockSession.settle
      yield* Fiber.interrupt(waiting)
      yield* Fiber.interrupt(first)
      yield* MockSession.settle
      assert.deepStrictEqual(texts(), ["#a", "#c"])
      yield* say(echo("#a"), "of a", echo("#c"), "of c")
      yield* TestClock.adjust("450 millis")
      assert.strictEqual(yield* Fiber.join(last), "of c")
      assert.deepStrictEqual(events, ["of a"])
    }))

  it.effect("succeed even if their echo is lost for good", () =>
    Effect.gen(function*() {
      const { commands, gap, say } = yield* start()
      const fiber = yield* Effect.forkChild(commands.kick(bob), { startImmediately: true })
      yield* MockSession.settle
      gap()
      yield* say("Player 'Bob' kicked!")
      yield* Fiber.join(fiber)
    }))

  it.effect("wait in a queue of at most 1,024", () =>
    Effect.gen(function*() {
      const { commands } = yield* start()
      const one = commands.command
      yield* Effect.forkChild(one("#a"), { startImmediately: true })
      for (let index = 0; index < 1024; index++) yield* Effect.forkChild(one("#b"), { startImmediately: true })
      const error = yield* Effect.flip(one("#c"))
      assert.deepStrictEqual(error.reason, new CommandError.Overloaded({ waiting: 1024 }))
    }))
})
