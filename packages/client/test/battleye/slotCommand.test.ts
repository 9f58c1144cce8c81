import { Guid, RconClient } from "@bercon/client"
import { Session } from "@bercon/session"
import { SimulatedNetwork, SimulatedServer, TestRcon, World } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Fiber, Redacted, Result } from "effect"
import { online, outcome, slot } from "../simulatedClient.ts"

const GUID = Guid.Guid.make("0123456789abcdef0123456789abcdef")

describe("a command that names a slot", () => {
  const world = TestRcon.layerTransport()
  const names = (server: SimulatedServer.SimulatedServer["Service"]) =>
    Effect.map(server.world, ({ bans, players }) => ({ players: players.map(({ name }) => name), bans: bans.length }))

  /** Restarts the server, and gives slot 0 to another player, while a command for the previous occupant waits. */
  const restartAndReplace = Effect.fnUntraced(function*(server: SimulatedServer.SimulatedServer["Service"]) {
    yield* server.onCommand(undefined)
    yield* server.restart({ downtime: "1 second" })
    yield* TestRcon.passTime("1 second")
    yield* server.join({ name: "Innocent", slot: 0 })
  })

  it.effect("is not carried over a restart while it waits for its turn", () =>
    Effect.gen(function*() {
      const { rcon, run, server } = yield* online()
      yield* server.join({ name: "Cheater", slot: 0 })
      yield* TestRcon.passTime("1 second")
      yield* server.onCommand((text) => text === "bans" ? { delay: Duration.infinity } : undefined)
      yield* Effect.forkScoped(Effect.ignore(rcon.unban(GUID, { timeout: "1 minute" })))
      yield* TestRcon.passTime("100 millis")
      const banning = yield* Effect.forkChild(run(rcon.ban(slot(0), { timeout: "5 minutes" })), {
        startImmediately: true
      })
      yield* restartAndReplace(server)
      assert.strictEqual(Result.getOrThrow(yield* outcome(banning)), "NotConnected")
      assert.deepStrictEqual(yield* names(server), { players: ["Innocent"], bans: 0 })
    }).pipe(Effect.scoped, Effect.provide(world)))

  it.effect("is not carried over a restart while the flavour is being determined", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      const session = { ...yield* Session.make({ password: Redacted.make("secret") }), greeting: Effect.succeedNone }
      yield* server.join({ name: "Cheater", slot: 0 })
      yield* TestRcon.passTime("1 second")
      const rcon = yield* Effect.provideService(RconClient.fromSession(), Session.Session, session)
      yield* server.onCommand((text) => text === "players" ? { delay: Duration.infinity } : undefined)
      const kicking = yield* Effect.forkChild(Effect.flip(rcon.kick(slot(0), "", { timeout: "5 minutes" })), {
        startImmediately: true
      })
      yield* TestRcon.passTime("2 seconds")
      yield* restartAndReplace(server)
      const error = Result.getOrThrow(yield* outcome(kicking))
      assert.strictEqual(error.reason._tag, "NotConnected")
      assert.deepStrictEqual((yield* names(server)).players, ["Innocent"])
    }).pipe(Effect.scoped, Effect.provide(world)))

  it.effect("is not repeated for another player who has got the slot", () =>
    Effect.gen(function*() {
      const network = yield* SimulatedNetwork.SimulatedNetwork
      for (const confirmWithin of [undefined, "10 seconds"] as const) {
        const { rcon, server } = yield* online()
        yield* server.update((world) => ({ ...world, players: [], bans: [] }))
        yield* server.join({ name: "Cheater", slot: 0 })
        yield* TestRcon.passTime("2 seconds")
        for (const action of [rcon.kick(slot(0), "", { confirmWithin }), rcon.ban(slot(0))]) {
          yield* network.partition("toClient")
          const acting = yield* Effect.forkChild(Effect.ignore(action), { startImmediately: true })
          yield* TestRcon.passTime("10 millis")
          yield* server.join({ name: "Innocent", slot: 0 })
          // After 2 seconds the server repeats its events, which are lost again, and the client asks for the list. When
          // the network heals, the list arrives before the events are repeated once more.
          yield* TestRcon.passTime("2100 millis")
          yield* network.heal("toClient")
          yield* outcome(acting)
          assert.deepStrictEqual((yield* names(server)).players, ["Innocent"])
          yield* server.leave(0)
          yield* server.join({ name: "Other cheater", slot: 0 })
          yield* TestRcon.passTime("30 seconds")
        }
      }
    }).pipe(Effect.scoped, Effect.provide(world)))

  it.effect("does not reach a player who gets the slot while it waits for its turn or for the list", () =>
    Effect.gen(function*() {
      const { rcon, run, server } = yield* online()
      for (const confirmWithin of [undefined, "5 seconds"] as const) {
        yield* server.join({ name: "Cheater", slot: 0 })
        yield* TestRcon.passTime("1 second")
        yield* server.onCommand((text) => text === "bans" ? { delay: "10 seconds" } : undefined)
        const waiting = yield* Effect.forkChild(Effect.ignore(rcon.unban(GUID)), { startImmediately: true })
        yield* TestRcon.passTime("100 millis")
        const banning = yield* Effect.forkChild(run(rcon.ban(slot(0), { timeout: "1 minute", confirmWithin })), {
          startImmediately: true
        })
        yield* server.leave(0)
        yield* server.join({ name: "Innocent", slot: 0 })
        assert.strictEqual(Result.getOrThrow(yield* outcome(banning)), "PlayerNotFound")
        yield* Fiber.join(waiting)
        assert.deepStrictEqual(yield* names(server), { players: ["Innocent"], bans: 0 })
        yield* server.leave(0)
      }
    }).pipe(Effect.scoped, Effect.provide(world)))

  it.effect("does not reach a player who gets the slot while it waits in the session's queue", () =>
    Effect.gen(function*() {
      const { rcon, run, server } = yield* online()
      yield* server.onCommand((text) => text.startsWith("#slow") ? { reply: "", delay: "1800 millis" } : undefined)
      for (
        const [action, result] of [
          [rcon.ban(slot(0)), "PlayerNotFound"],
          [rcon.whisper(slot(0), "the password is 123"), "PlayerNotFound"],
          // A kick counts as done when the player has left.
          [rcon.kick(slot(0)), "done"]
        ] as const
      ) {
        yield* server.join({ name: "Cheater", slot: 0 })
        yield* TestRcon.passTime("5 seconds")
        yield* Effect.forkScoped(
          Effect.forEach(Array.from({ length: 32 }, (_, i) => i), (i) => rcon.command(`#slow ${i}`), {
            concurrency: "unbounded"
          }),
          { startImmediately: true }
        )
        yield* TestRcon.passTime(0)
        const acting = yield* Effect.forkChild(run(action), { startImmediately: true })
        yield* TestRcon.passTime("500 millis")
        yield* server.leave(0)
        yield* server.join({ name: "Innocent", slot: 0 })
        assert.strictEqual(Result.getOrThrow(yield* outcome(acting)), result)
        assert.deepStrictEqual(yield* names(server), { players: ["Innocent"], bans: 0 })
        yield* server.leave(0)
      }
      const texts = (yield* server.executions).map(({ text }) => text)
      assert.deepStrictEqual(texts.filter((text) => /^(?:say|ban|kick) /.test(text)), [])
    }).pipe(Effect.scoped, Effect.provide(world)))

  it.effect("does not reach a player who got the slot just before a reply that its caller waited for", () =>
    Effect.gen(function*() {
      const network = yield* SimulatedNetwork.SimulatedNetwork
      for (const isNamed of [false, true]) {
        const { rcon, server } = yield* online()
        yield* server.update((world) => ({ ...world, players: [] }))
        yield* server.join({ name: "Cheater", slot: 0 })
        yield* TestRcon.passTime("30 seconds")
        const [cheater] = yield* rcon.roster.get
        yield* server.onCommand((text) => text === "#slow" ? { reply: "", delay: "1 second" } : undefined)
        const kick = rcon.kick(isNamed ? cheater! : slot(0))
        const acting = yield* Effect.forkChild(Effect.flip(Effect.andThen(rcon.command("#slow"), kick)), {
          startImmediately: true
        })
        yield* TestRcon.passTime("900 millis")
        // The events of both players and the reply arrive in the same turn of the event loop.
        yield* network.change({ toClient: { latency: "200 millis" } })
        yield* server.leave(0)
        yield* server.join({ name: "Innocent", slot: 0 })
        yield* network.change({ toClient: { latency: "100 millis" } })
        assert.strictEqual(Result.getOrThrow(yield* outcome(acting)).reason._tag, "PlayerNotFound")
        assert.deepStrictEqual((yield* names(server)).players, ["Innocent"])
        yield* network.change({ toClient: { latency: 0 } })
      }
    }).pipe(Effect.scoped, Effect.provide(world)))

  it.effect("is not repeated for another player of the same name", () =>
    Effect.gen(function*() {
      const { rcon, run, server } = yield* online()
      yield* server.join({ name: "Survivor", slot: 0 })
      yield* TestRcon.passTime("1 second")
      yield* server.onCommand((text) => text.startsWith("ban ") ? { delay: Duration.infinity, reply: "" } : undefined)
      const banning = yield* Effect.forkChild(run(rcon.ban(slot(0))), { startImmediately: true })
      yield* TestRcon.passTime("100 millis")
      yield* server.update((world) => ({ ...world, players: [] }))
      yield* server.update((world) => ({
        ...world,
        players: [World.player(world, { name: "Survivor", slot: 0, ip: "198.51.100.7", guid: null })]
      }))
      yield* server.onCommand(undefined)
      assert.notStrictEqual(Result.getOrThrow(yield* outcome(banning)), "done")
      assert.deepStrictEqual(yield* names(server), { players: ["Survivor"], bans: 0 })
    }).pipe(Effect.scoped, Effect.provide(world)))

  it.effect("is not confirmed by a list that prints the player's name in another form", () =>
    Effect.gen(function*() {
      const { rcon, run, server } = yield* online()
      yield* server.join({ name: "Bob (Lobby)", slot: 0 })
      yield* server.join({ name: "Ann ", slot: 1 })
      yield* TestRcon.passTime("1 second")
      yield* server.onCommand((text) => text.startsWith("kick ") ? "" : undefined)
      const confirm = { confirmWithin: "2 seconds" } as const
      assert.strictEqual(yield* run(rcon.kick(slot(0), "", confirm)), "Unconfirmed")
      assert.strictEqual(yield* run(rcon.kick(slot(1), "", confirm)), "Unconfirmed")
    }).pipe(Effect.scoped, Effect.provide(world)))

  it.effect("is sent when its turn comes, even if many wait and the server is silent for a while", () =>
    Effect.gen(function*() {
      const { rcon, server } = yield* online()
      const slots = Array.from({ length: 60 }, (_, slot) => slot)
      for (const slot of slots) yield* server.join({ name: `Bob ${slot}`, slot })
      yield* TestRcon.passTime("2 seconds")
      yield* server.goSilent
      const kicking = yield* Effect.forkChild(
        Effect.forEach(slots, (id) => rcon.kick(slot(id)), { concurrency: "unbounded", discard: true }),
        { startImmediately: true }
      )
      yield* TestRcon.passTime("1 second")
      yield* server.resume
      assert.isTrue(Result.isSuccess(yield* outcome(kicking)))
      assert.deepStrictEqual((yield* names(server)).players, [])
    }).pipe(Effect.scoped, Effect.provide(world)))

  it.effect("is sent again for the same player until it arrives", () =>
    Effect.gen(function*() {
      const { rcon, run, server } = yield* online({ silenceTimeout: "1 minute" })
      for (let round = 0; round < 20; round++) {
        const bob = yield* server.join({ name: `Bob ${round}` })
        yield* TestRcon.passTime("30 seconds")
        const result = yield* run(rcon.kick(slot(bob.slot), "", { timeout: "1 minute" }))
        assert.deepStrictEqual([result, (yield* names(server)).players], ["done", []])
      }
    }).pipe(
      Effect.scoped,
      Effect.provide(TestRcon.layerTransport({
        // This server drops no client. Otherwise the command would fail, because it is not carried over to the next session.
        server: { dropUnacknowledged: false, sessionTimeout: "1 hour" },
        network: { loss: 0.3, seed: "again" }
      }))
    ))

  it.effect("does not wait for the reply after its evidence has arrived", () =>
    Effect.gen(function*() {
      const { rcon, run, server } = yield* online()
      yield* server.join({ name: "Bob" })
      yield* server.join({ name: "Ann" })
      yield* TestRcon.passTime("1 second")
      yield* server.onCommand((text) => /^(?:kick|ban|say) /.test(text) ? { delay: Duration.infinity } : undefined)
      const before = yield* Clock.currentTimeMillis
      assert.strictEqual(yield* run(rcon.say("hello", { confirmWithin: "5 seconds" })), "done")
      assert.strictEqual(yield* run(rcon.kick(slot(0))), "done")
      assert.strictEqual(yield* run(rcon.ban(slot(1))), "done")
      assert.isAtMost((yield* Clock.currentTimeMillis) - before, 6000)
    }).pipe(Effect.scoped, Effect.provide(world)))
})
