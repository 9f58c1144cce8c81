import { RconClient, ServerEvent } from "@bercon/client"
import { SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Clock, Effect, Exit, Fiber, Logger, Option, Stream } from "effect"
import { TestClock } from "effect/testing"
import { bob, GUID, listen, PLAYERS, players, row, start, startWith, tags } from "./mockClient.ts"
import * as MockSession from "./mockSession.ts"
import { simulated, slot } from "./simulatedClient.ts"

describe("the events of a client", () => {
  it.effect("reach every subscriber, in order", () =>
    Effect.gen(function*() {
      const { rcon, session } = yield* start()
      const one = yield* listen(rcon)
      const two = yield* listen(rcon)
      yield* session.say("Player #7 Bob (203.0.113.1:2304) connected", "Connected to BE Master")
      yield* session.gap("Lost", 3)
      const events = yield* one.take
      assert.deepStrictEqual(tags(events), ["PlayerConnected", "BattlEyeMaster", "Gap"])
      assert.deepStrictEqual(yield* two.take, events)
      assert.deepInclude(events.at(-1), { cause: "Lost", missed: 3 })
    }))

  it.effect("contain the speaker of a chat message while that player is known to be on the server", () =>
    Effect.gen(function*() {
      const { rcon, session } = yield* start()
      const { take } = yield* listen(rcon)
      const chat = "(Side) Bob: hi"
      yield* session.say(chat, "Player #5 Bob (203.0.113.1:2304) connected", chat, "Player #5 Bob disconnected", chat)
      assert.deepStrictEqual(tags(yield* take).filter((tag) => tag.endsWith("Chat")), [
        "UnattributedChat",
        "PlayerChat",
        "UnattributedChat"
      ])

      session.reply = PLAYERS
      yield* rcon.players
      yield* session.say(chat)
      assert.deepStrictEqual(
        (yield* take).filter(ServerEvent.is("PlayerChat")).map((chat) => chat.player),
        [{ id: bob, name: "Bob" }]
      )

      yield* session.say("Player #7 Bob (-) has been kicked by BattlEye: Invalid GUID", chat)
      assert.deepStrictEqual(tags(yield* take), ["PlayerKicked", "UnattributedChat"])

      yield* session.say("Player #5 Bob - BE GUID: 0123456789abcdef0123456789abcdef", chat)
      assert.deepStrictEqual(tags(yield* take), ["PlayerGuid", "PlayerChat"])
      yield* session.gap("Reconnected")
      yield* session.say(chat)
      assert.deepStrictEqual(tags(yield* take), ["Gap", "UnattributedChat"])
    }))

  it.effect("are lost only for a subscriber that is too slow", () =>
    Effect.gen(function*() {
      const { rcon, session } = yield* start({ messageCapacity: 3 })
      const fast = yield* listen(rcon)
      const slow = yield* rcon.events.pipe(
        Stream.rechunk(1),
        Stream.mapEffect((event) => Effect.as(Effect.sleep("1 second"), event)),
        Stream.runCollect,
        Effect.forkChild({ startImmediately: true })
      )
      for (const text of "abcdefgh") yield* session.say(text)
      assert.strictEqual((yield* fast.take).length, 8)
      yield* session.end()
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(
        (yield* Fiber.join(slow)).map((event) => event._tag === "Gap" ? event.missed : event._tag),
        ["Unrecognized", 4, "Unrecognized", "Unrecognized", "Unrecognized"]
      )
    }))

  it.effect("end with the session", () =>
    Effect.gen(function*() {
      const { rcon, session } = yield* start()
      const { fiber, take } = yield* listen(rcon)
      yield* session.say("last words")
      yield* session.end()
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(tags(yield* take), ["Unrecognized"])
      assert.deepStrictEqual(yield* Stream.runCollect(rcon.events), [])
    }))

  it.effect("end with the client's scope", () =>
    Effect.gen(function*() {
      const session = yield* MockSession.make()
      const fiber = yield* Effect.scoped(Effect.gen(function*() {
        const rcon = yield* Effect.provide(RconClient.fromSession(), session.layer)
        return yield* Effect.forkDetach(Stream.runCollect(rcon.events), { startImmediately: true })
      }))
      assert.deepStrictEqual(yield* Fiber.join(fiber), [])
    }))

  it.effect("die if the session's messages die, and the defect is logged", () =>
    Effect.gen(function*() {
      const logged: Array<unknown> = []
      const log = Logger.layer([Logger.make(({ cause, logLevel }) => logged.push([logLevel, Cause.pretty(cause)]))])
      const { rcon, session } = yield* Effect.provide(start(), log)
      const { fiber } = yield* listen(rcon)
      yield* session.end(new Error("boom"))
      const exit = yield* Fiber.await(fiber)
      assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
      assert.isTrue(Exit.isFailure(yield* Effect.exit(Stream.runCollect(rcon.events))))
      assert.strictEqual(logged.length, 1)
      assert.match(String(logged), /^Error,.*boom/)
    }))
})

describe("an event", () => {
  it.effect("has the time at which it was received", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      const rcon = yield* RconClient.RconClient
      yield* TestRcon.passTime("1 hour")
      const joining = yield* Effect.forkChild(rcon.waitFor("PlayerConnected"), { startImmediately: true })
      yield* server.join({ name: "Ann" })
      yield* TestRcon.passTime("1 second")
      const { receivedAt } = yield* Fiber.join(joining)
      const age = (yield* Clock.currentTimeMillis) - receivedAt!.epochMilliseconds
      assert.isTrue(age > 0 && age <= 1000)
    }).pipe(Effect.provide(simulated())))
})

describe("the event of a player who has left", () => {
  it.effect("contains the last known data of the player, and the time of these data", () =>
    Effect.gen(function*() {
      const { rcon, session } = yield* startWith(players(row(0, "Ann"), "(1 players in total)"))
      yield* TestClock.adjust("1 minute")
      const left = yield* Effect.forkChild(rcon.waitFor("PlayerDisconnected"), { startImmediately: true })
      yield* session.say("Player #0 Ann disconnected")
      const { known, knownAt } = yield* Fiber.join(left)
      assert.deepStrictEqual([known?.guid, known?.address?.toString(), known?.verified], [
        GUID,
        "203.0.113.9:2304",
        true
      ])
      // The list was read every 25 seconds, the last time after 50 seconds.
      assert.strictEqual(knownAt?.epochMilliseconds, 50_000)
      assert.deepStrictEqual(yield* rcon.roster.byId(slot(0)), Option.none())

      yield* session.say(`Player #1 Bob (203.0.113.9:2304) connected`)
      const kicked = yield* Effect.forkChild(rcon.waitFor("PlayerKicked"), { startImmediately: true })
      yield* session.say("Player #1 Bob (-) has been kicked by BattlEye: Client not responding")
      assert.strictEqual((yield* Fiber.join(kicked)).known?.address?.ip as string, "203.0.113.9")

      // The event contains no data of another player in the slot.
      yield* session.say(`Player #2 Eve (203.0.113.9:2304) connected`)
      const other = yield* Effect.forkChild(rcon.waitFor("PlayerDisconnected"), { startImmediately: true })
      yield* session.say("Player #2 Zoe disconnected")
      assert.isUndefined((yield* Fiber.join(other)).known)
    }).pipe(Effect.scoped))
})

describe("chat", () => {
  it.effect("belongs to the player with the longest matching name", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      const rcon = yield* RconClient.RconClient
      yield* TestRcon.passTime("1 second")
      const chats = yield* rcon.events.pipe(
        Stream.filter(ServerEvent.is("PlayerChat", "UnattributedChat")),
        Stream.take(2),
        Stream.runCollect,
        Effect.forkChild({ startImmediately: true })
      )
      yield* server.join({ name: "Al" })
      yield* server.join({ name: "Al: Bob" })
      yield* server.chat(1, "Side", "hi: all")
      yield* server.chat(0, "Side", "hi")
      yield* TestRcon.passTime("1 second")
      assert.deepStrictEqual(
        (yield* Fiber.join(chats)).map((chat) => [chat.name, chat.message]),
        [["Al: Bob", "hi: all"], ["Al", "hi"]]
      )
    }).pipe(Effect.provide(simulated())))
})
