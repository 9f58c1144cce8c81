/**
 * Tests actions on a player who is identified by GUID, account or row instead of slot.
 */
import { Guid, Identity, Player, RconClient } from "@bercon/client"
import { SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option, Stream } from "effect"
import { compare, PlayerTarget } from "../src/internal/playerTarget.ts"
import { GUID, players, row, startWith, unread } from "./mockClient.ts"
import { completed, guidOf, online, simulated, slot } from "./simulatedClient.ts"

describe("a player", () => {
  it.effect("is whispered to by GUID and kicked by row, whatever the current slot", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      const rcon = yield* RconClient.RconClient
      const ann = yield* server.join({ name: "Ann" })
      yield* server.join({ name: "Bob" })
      yield* TestRcon.passTime("1 second")
      const [row] = yield* completed(rcon.players)
      // Ann comes back in another slot, and Zoe gets Ann's.
      yield* server.leave(ann.slot)
      yield* server.join({ name: "Zoe" })
      yield* server.join({ name: "Ann", guid: ann.guid, slot: 9 })
      yield* TestRcon.passTime("1 second")
      const guid = Guid.Guid.make(ann.guid!)
      yield* completed(rcon.whisper(guid, "hello", { confirmWithin: "5 seconds" }))
      yield* completed(rcon.kick(row!, "again", { confirmWithin: "5 seconds" }))
      assert.deepStrictEqual((yield* server.world).players.map(({ name }) => name).sort(), ["Bob", "Zoe"])
      const texts = new Set((yield* server.executions).map(({ text }) => text))
      assert.isTrue(texts.has("say 9 hello") && texts.has("kick 9 again"))
      const error = yield* completed(Effect.flip(rcon.kick(guid)))
      assert.isTrue(error._tag === "ActionError" && error.reason._tag === "PlayerNotFound")
      assert.include(error.message, guid)
    }).pipe(Effect.provide(simulated())))

  it.effect("is not confused with another player of the same name", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      const rcon = yield* RconClient.RconClient
      const ann = yield* server.join({ name: "Ann" })
      yield* TestRcon.passTime("1 second")
      const [row] = yield* completed(rcon.players)
      yield* server.leave(ann.slot)
      yield* server.join({ name: "Ann", guid: guidOf(5) })
      yield* TestRcon.passTime("1 second")
      const error = yield* completed(Effect.flip(rcon.ban(row!)))
      assert.isTrue(error._tag === "ActionError" && error.reason._tag === "PlayerNotFound")
      assert.strictEqual((yield* server.world).players.length, 1)
    }).pipe(Effect.provide(simulated())))
})

describe("a player identified by GUID", () => {
  it.effect("is looked up in the list if the roster does not contain the GUID", () =>
    Effect.gen(function*() {
      const { rcon, run, sent } = yield* startWith(players(row(0, "Ann"), "(1 players in total)"))
      // The roster contains Ann from an event without the GUID.
      assert.strictEqual(yield* run(rcon.kick(GUID)), "done")
      assert.deepStrictEqual(sent(), ["kick 0"])
    }).pipe(Effect.scoped))

  it.effect("is not reported as absent if a row is unreadable", () =>
    Effect.gen(function*() {
      const { rcon, run, sent } = yield* startWith(players(unread(0), "(1 players in total)"))
      assert.strictEqual(yield* run(rcon.kick(GUID)), "ListIncomplete")
      assert.strictEqual(yield* run(rcon.whisper(GUID, "hi")), "ListIncomplete")
      assert.deepStrictEqual(sent(), [])
    }).pipe(Effect.scoped))
})

describe("a player identified by account, on Arma Reforger", () => {
  it("is the same player in any slot, and not another player of the same name", () => {
    const identity = Identity.IdentityId.make("3d8f0e52-6c5a-4e0b-9a55-0c2b1d7e4f10")
    const alice = new Player.Player({ id: slot(1), name: "Alice", identity, verified: false })
    const moved = new Player.Player({ id: slot(7), name: "Alice", identity, verified: false })
    const there = new PlayerTarget(slot(7), () => "Unknown", moved)
    assert.strictEqual(there.lookIn({ rows: [], unparsed: [], total: undefined, cut: false }), "Gone")
    assert.strictEqual(compare(alice, there.player!), "Same")
    const other = new Player.Player({
      id: slot(7),
      name: "Alice",
      identity: Identity.IdentityId.make("67ab5fd5-7e35-579a-68d9-b934ff7124f0"),
      verified: false
    })
    assert.strictEqual(compare(alice, other), "Other")
  })
})

describe("right after a login", () => {
  /** Restarts the server, whose slot 0 then belongs to another player. */
  const replace = Effect.fnUntraced(function*() {
    const server = yield* SimulatedServer.SimulatedServer
    yield* server.restart()
    yield* server.join({ name: "Innocent", slot: 0 })
    yield* TestRcon.passTime("2 minutes")
    return (yield* server.world).players.map(({ name }) => name)
  })

  it.effect("a caller who follows the status does not kick the new player in the slot of an earlier one", () =>
    Effect.gen(function*() {
      const { rcon, run, server } = yield* online()
      yield* server.join({ name: "Cheater", slot: 0 })
      yield* TestRcon.passTime("5 seconds")
      const [cheater] = yield* rcon.roster.get
      const seen: Array<unknown> = []
      // The new status arrives before the client has processed the gap of the outage.
      yield* rcon.statusChanges.pipe(
        Stream.drop(1),
        Stream.filter(({ _tag }) => _tag === "Online"),
        Stream.runForEach(() =>
          Effect.gen(function*() {
            const players = yield* rcon.roster.snapshot
            seen.push(
              Option.isNone(players) && Option.isNone(yield* rcon.adminId),
              yield* Effect.forkChild(run(rcon.kick(cheater!)))
            )
          })
        ),
        Effect.forkScoped({ startImmediately: true })
      )
      assert.deepStrictEqual(yield* replace(), ["Innocent"])
      const [isUnknown, kicking] = seen as [boolean, Fiber.Fiber<string>]
      assert.isTrue(isUnknown)
      assert.strictEqual(yield* Fiber.join(kicking), "PlayerNotFound")
    }).pipe(Effect.scoped, Effect.provide(TestRcon.layerTransport())))

  it.effect("a caller whose command was lost in the outage does not kick the new player in the slot of an earlier one", () =>
    Effect.gen(function*() {
      const { rcon, run, server } = yield* online()
      yield* server.join({ name: "Cheater", slot: 0 })
      yield* TestRcon.passTime("5 seconds")
      const guid = Guid.Guid.make((yield* server.world).players[0]!.guid!)
      yield* server.onCommand((text) => text === "#slow" ? { delay: "1 hour" } : undefined)
      // The caller learns of the loss at the moment of the next login.
      const command = rcon.command("#slow", { repeatable: false, timeout: "1 hour" })
      const acting = yield* Effect.forkChild(
        Effect.flatMap(
          Effect.flip(command),
          ({ reason }) => Effect.map(run(rcon.kick(guid)), (kick) => [reason._tag, kick])
        ),
        { startImmediately: true }
      )
      yield* TestRcon.passTime("1 second")
      assert.deepStrictEqual(yield* replace(), ["Innocent"])
      assert.deepStrictEqual(yield* Fiber.join(acting), ["SessionLost", "PlayerNotFound"])
    }).pipe(Effect.scoped, Effect.provide(TestRcon.layerTransport())))
})

describe("during an outage", () => {
  it.effect("the roster has no snapshot, and a player identified by GUID cannot be looked up, which the error explains", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      const rcon = yield* RconClient.RconClient
      yield* server.join({ name: "Ann" })
      yield* TestRcon.passTime("1 minute")
      assert.strictEqual(Option.getOrThrow(yield* rcon.roster.snapshot).length, 1)
      yield* server.stop()
      yield* TestRcon.passTime("1 minute")
      assert.isTrue(Option.isNone(yield* rcon.roster.snapshot))
      const error = yield* completed(Effect.flip(rcon.kick(guidOf(1), "x", { timeout: "2 seconds" })))
      assert.match(error.message, /no session with 127\.0\.0\.1:2306: /)
      assert.strictEqual(error.execution, "NotExecuted")
    }).pipe(Effect.provide(simulated())))
})
