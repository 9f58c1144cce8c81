import { CommandError } from "@bercon/client"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { PLAYERS, start, startWith } from "./mockClient.ts"

describe("the flavour", () => {
  it.effect.each(
    [
      ["BattlEye", "RCon admin #3 (203.0.113.1:5000) logged in"],
      ["BattlEye", "Player #7 Ann disconnected"],
      ["Reforger", "Logged In! Client ID: #3"]
    ] as const
  )("is %s if the server sends: %s", ([flavour, text]) =>
    Effect.gen(function*() {
      const { rcon, session } = yield* start({ flavour: "auto" })
      const asking = yield* Effect.forkChild(rcon.flavour)
      yield* session.say("what", text)
      assert.strictEqual(yield* Fiber.join(asking), flavour)
    }))

  it.effect("is known from the reply to a query of the players, without a query of its own", () =>
    Effect.gen(function*() {
      const { rcon, session } = yield* start({ flavour: "auto" })
      session.reply = PLAYERS
      session.wait = Effect.sleep("50 millis")
      const asking = yield* Effect.forkChild(
        Effect.all([rcon.players, rcon.flavour, rcon.players], { concurrency: "unbounded" })
      )
      yield* TestClock.adjust("50 millis")
      const [players, ...others] = yield* Fiber.join(asking)
      assert.deepStrictEqual([players.length, ...others], [1, "BattlEye", players])
      // The query for the flavour is the query for the players.
      assert.deepStrictEqual(session.sent.map(([text]) => text), ["players"])
    }))

  it.effect("costs the first command one round trip if no greeting arrives", () =>
    Effect.gen(function*() {
      const { rcon, session } = yield* start({ flavour: "auto" })
      session.reply = (text) => text === "players" ? PLAYERS : ""
      session.wait = Effect.sleep("100 millis")
      const saying = yield* Effect.forkChild(rcon.say("hello"))
      yield* TestClock.adjust("199 millis")
      assert.isUndefined(saying.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(yield* Fiber.join(saying), "")
      assert.deepStrictEqual(session.sent.map(([text]) => text), ["players", "say -1 hello"])
    }))

  it.effect("is guessed from an empty reply, and the query is repeated until there is evidence", () =>
    Effect.gen(function*() {
      const { rcon, session } = yield* start({ flavour: "auto" })
      for (const reply of ["", "", PLAYERS]) {
        session.reply = reply
        const asking = yield* Effect.forkChild(rcon.flavour)
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* Fiber.join(asking), reply === "" ? "Reforger" : "BattlEye")
        // After a recent guess the query is not repeated.
        if (session.sent.length === 1) assert.strictEqual(yield* rcon.flavour, "Reforger")
        yield* TestClock.adjust("1 second")
      }
      session.reply = ""
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* rcon.flavour, "BattlEye")
      assert.deepStrictEqual(session.sent.map(([text]) => text), ["players", "players", "players"])
    }))

  it.effect("is determined again after an outage, once for all waiting commands", () =>
    Effect.gen(function*() {
      const { rcon, session } = yield* start({ flavour: "auto" })
      yield* session.say("RCon admin #3 (203.0.113.1:5000) logged in")
      assert.strictEqual(yield* rcon.flavour, "BattlEye")
      yield* session.gap("Reconnected")
      session.reply = ""
      const asking = yield* Effect.forkChild(
        Effect.all(Array.from({ length: 100 }, () => rcon.flavour), { concurrency: "unbounded" })
      )
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(new Set(yield* Fiber.join(asking)), new Set(["Reforger"] as const))
      assert.deepStrictEqual(session.sent.map(([text]) => text), ["players"])
      // Any event with a flavour replaces a guess. Only the greeting of a login replaces evidence.
      yield* session.say("(Side) Bob: hi")
      assert.strictEqual(yield* rcon.flavour, "BattlEye")
      yield* session.say("Processing Command: #players")
      assert.strictEqual(yield* rcon.flavour, "BattlEye")
      yield* session.say("Logged In! Client ID: #3")
      assert.strictEqual(yield* rcon.flavour, "Reforger")
    }))

  it.effect("fails the command that needs it if it cannot be determined", () =>
    Effect.gen(function*() {
      const { rcon, session } = yield* start({ flavour: "auto" })
      session.reply = new CommandError.CommandError({
        command: "players",
        reason: new CommandError.NoReply({ peer: "server", sends: 3 })
      })
      const asking = yield* Effect.forkChild(Effect.flip(rcon.say("hello", { timeout: "5 seconds" })))
      yield* TestClock.adjust("4999 millis")
      assert.isUndefined(asking.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      const { execution, message } = yield* Fiber.join(asking)
      assert.strictEqual(execution, "NotExecuted")
      assert.match(message, /^command "say": no session with server: .*was not sent/)
      assert.deepStrictEqual(new Set(session.sent.map(([text]) => text)), new Set(["players"]))
    }))
})

describe("the hint of an empty reply", () => {
  it.effect("mentions no cause that the server has disproved", () =>
    Effect.gen(function*() {
      const { rcon, session } = yield* startWith("")
      session.reply = ""
      // The earlier event has proved that this is BattlEye.
      assert.strictEqual(
        (yield* Effect.flip(rcon.missions)).message,
        "the reply to \"missions\" is empty: this game does not have this command, or does not show its output over RCON"
      )
      yield* session.gap("Reconnected")
      assert.include((yield* Effect.flip(rcon.missions)).message, "Arma Reforger's own")
    }).pipe(Effect.scoped))
})
