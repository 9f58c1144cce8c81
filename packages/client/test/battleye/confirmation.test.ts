import { ActionError, Address, Admin, Guid, RconClient } from "@bercon/client"
import { SimulatedNetwork, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Exit, Option, Result, Scope } from "effect"
import * as MockSession from "../mockSession.ts"
import { type Failure, online, outcome, slot } from "../simulatedClient.ts"

const GUID = Guid.Guid.make("0123456789abcdef0123456789abcdef")
const IP = Address.IpAddress.make("203.0.113.77")

describe("an action with `confirmWithin`", () => {
  const within = { confirmWithin: "5 seconds" } as const
  const world = TestRcon.layerTransport()

  it.effect("succeeds if it has its effect", () =>
    Effect.gen(function*() {
      const { rcon, run, server } = yield* online()
      const ann = yield* server.join({ name: "Ann (1)" })
      const bob = yield* server.join({ name: "Bob" })
      assert.strictEqual(yield* run(rcon.say("hello ", within)), "done")
      assert.strictEqual(yield* run(rcon.whisper(slot(ann.slot), "hello", within)), "done")
      assert.strictEqual(yield* run(rcon.kick(slot(ann.slot), "", within)), "done")
      assert.strictEqual(yield* run(rcon.ban(slot(bob.slot), { duration: "3 minutes", ...within })), "done")
      assert.deepStrictEqual((yield* server.world).players, [])
      assert.deepStrictEqual((yield* rcon.bans).map(({ target }) => target as string), [bob.guid])
      assert.strictEqual(yield* run(rcon.ban(GUID, { reason: "cheating", ...within })), "done")
      assert.strictEqual(yield* run(rcon.ban(IP, { duration: "1 day", ...within })), "done")
    }).pipe(Effect.scoped, Effect.provide(world)))

  it.effect("succeeds in spite of lost datagrams", () =>
    Effect.gen(function*() {
      const { rcon, run, server } = yield* online()
      const minute = { confirmWithin: "1 minute" } as const
      for (let round = 0; round < 5; round++) {
        const bob = yield* server.join({ name: `Bob ${round}` })
        yield* TestRcon.passTime("10 seconds")
        assert.strictEqual(yield* run(rcon.say(`round ${round}`, minute)), "done")
        assert.strictEqual(yield* run(rcon.kick(slot(bob.slot), "", minute)), "done")
        assert.strictEqual(yield* run(rcon.ban(GUID, minute)), "done")
      }
      assert.deepStrictEqual((yield* server.world).players, [])
    }).pipe(Effect.scoped, Effect.provide(TestRcon.layerTransport({ network: { loss: 0.2, seed: "confirm" } }))))

  it.effect("fails if it had no effect, even if the server received it", () =>
    Effect.gen(function*() {
      const { rcon, run, server } = yield* online()
      const bob = yield* server.join({ name: "Bob" })
      yield* TestRcon.passTime("1 second")
      assert.strictEqual(yield* run(rcon.kick(slot(9), "", within)), "PlayerNotFound")
      yield* server.onCommand((text) => /^(?:kick|ban|addBan|say) /.test(text) ? "" : undefined)
      assert.strictEqual(yield* run(rcon.kick(slot(bob.slot), "", within)), "Unconfirmed")
      assert.strictEqual(yield* run(rcon.ban(slot(bob.slot), within)), "Unconfirmed")
      assert.strictEqual(yield* run(rcon.ban(GUID, within)), "Unconfirmed")
      assert.strictEqual(yield* run(rcon.say("hello", within)), "Unconfirmed")
      assert.strictEqual(yield* run(rcon.whisper(slot(bob.slot), "hello", within)), "Unconfirmed")
      // Without `confirmWithin` it succeeds.
      assert.strictEqual(yield* run(rcon.kick(slot(bob.slot))), "done")
    }).pipe(Effect.scoped, Effect.provide(world)))

  it.effect("is confirmed by the list if the event is lost", () =>
    Effect.gen(function*() {
      const { rcon, run, server } = yield* online()
      const bob = yield* server.join({ name: "Bob" })
      yield* TestRcon.passTime("1 second")
      yield* server.onCommand((text) => text.startsWith("kick ") ? "" : undefined)
      const kicking = yield* Effect.forkChild(run(rcon.kick(slot(bob.slot), "", within)), { startImmediately: true })
      yield* server.update((world) => ({ ...world, players: [] }))
      assert.strictEqual(Result.getOrThrow(yield* outcome(kicking)), "done")
    }).pipe(Effect.scoped, Effect.provide(world)))

  it.effect("is reported as maybe executed if the lists cannot be read", () =>
    Effect.gen(function*() {
      const { rcon, server } = yield* online()
      const bob = yield* server.join({ name: "Bob" })
      yield* TestRcon.passTime("1 second")
      yield* server.onCommand((text) =>
        /^(?:kick|ban) /.test(text) ? "" : /^(?:players|bans)$/.test(text) ? "what?" : undefined
      )
      const kick = rcon.kick(slot(bob.slot), "", within)
      for (const action of [kick, rcon.ban(slot(bob.slot), within)]) {
        const fiber = yield* Effect.forkChild(Effect.flip(action), { startImmediately: true })
        const error = Result.getOrThrow(yield* outcome(fiber))
        assert.isTrue(error instanceof ActionError.ActionError)
        assert.strictEqual(error.execution, "MaybeExecuted")
        assert.match(error.message, /^(?:kick|ban): not confirmed in time: .* not in the expected form/)
      }
    }).pipe(Effect.scoped, Effect.provide(world)))
})

describe("the evidence of an action", () => {
  const world = TestRcon.layerTransport()
  const within = { confirmWithin: "2 seconds" } as const

  it.effect("does not include another ban, nor an old ban of a player who is still there", () =>
    Effect.gen(function*() {
      const { rcon, run, server } = yield* online()
      const bob = yield* server.join({ name: "Bob" })
      yield* TestRcon.passTime("1 second")
      const guid = Guid.Guid.make(bob.guid!)
      yield* server.update((world) => ({ ...world, bans: [{ target: guid, expires: undefined, reason: "old" }] }))
      yield* server.onCommand((text) => /^(?:ban|addBan) /.test(text) ? "" : undefined)
      // An older row has the same effect as a new one.
      assert.strictEqual(yield* run(rcon.ban(guid, { reason: "old", ...within })), "done")
      // Another ban of the target, added at the same moment, is no evidence.
      const other = { target: GUID, expires: undefined, reason: "another" }
      for (const options of [{ duration: "1 hour", reason: "another" }, { reason: "mine" }] as const) {
        const banning = yield* Effect.forkChild(run(rcon.ban(GUID, { ...options, ...within })), {
          startImmediately: true
        })
        yield* TestRcon.passTime("100 millis")
        yield* server.update((world) => ({ ...world, bans: [...world.bans, other] }))
        assert.strictEqual(Result.getOrThrow(yield* outcome(banning)), "Unconfirmed")
      }
      // A player who is still on the server was not banned by this command.
      assert.strictEqual(yield* run(rcon.ban(slot(0), { reason: "old", ...within })), "Unconfirmed")
    }).pipe(Effect.scoped, Effect.provide(world)))

  it.effect("is never an event of another action, player or client", () =>
    Effect.gen(function*() {
      const { rcon, run, server } = yield* online()
      yield* server.join({ name: "Bob" })
      yield* server.join({ name: "Ann" })
      yield* TestRcon.passTime("1 second")
      yield* server.onCommand((text) => /^(?:kick|ban|say) /.test(text) ? "" : undefined)
      const others: ReadonlyArray<readonly [Effect.Effect<void, Failure>, ReadonlyArray<string>]> = [
        [rcon.say("Restart in 10 minutes", within), [
          "RCon admin #0: (Global) R",
          "RCon admin #0: (To Bob) Restart in 10 minutes",
          "RCon admin #1: (Global) Restart in 10 minutes"
        ]],
        [rcon.whisper(slot(0), "hello", within), [
          "RCon admin #0: (Global) hello",
          "RCon admin #0: (To Ann) hello",
          "RCon admin #1: (To Bob) hello"
        ]],
        [rcon.kick(slot(0), "", within), [
          "Player #1 Ann disconnected",
          "Player #0 Zoe disconnected",
          `Player #1 Ann (${GUID}) has been kicked by BattlEye: Admin Kick ()`
        ]],
        [rcon.ban(slot(0), within), [
          `Player #1 Ann (${GUID}) has been kicked by BattlEye: Admin Ban (Banned)`,
          `Player #0 Zoe (${GUID}) has been kicked by BattlEye: Admin Ban (Banned)`,
          "Player #1 Ann disconnected"
        ]]
      ]
      for (const [action, texts] of others) {
        const acting = yield* Effect.forkChild(run(action), { startImmediately: true })
        yield* TestRcon.passTime("100 millis")
        for (const text of texts) yield* server.emit(text)
        assert.strictEqual(Result.getOrThrow(yield* outcome(acting)), "Unconfirmed")
      }
    }).pipe(Effect.scoped, Effect.provide(world)))

  it.effect("is found even if two names begin alike, or if the server cuts long texts", () =>
    Effect.gen(function*() {
      const { rcon, run, server } = yield* online()
      yield* server.join({ name: "x" })
      yield* server.join({ name: "x) y" })
      yield* TestRcon.passTime("1 second")
      assert.strictEqual(yield* run(rcon.whisper(slot(0), "y) hi", within)), "done")
      const long = "a".repeat(300)
      yield* server.onCommand((text) => text.startsWith("say ") ? "" : undefined)
      const saying = yield* Effect.forkChild(run(rcon.say(long, within)), { startImmediately: true })
      yield* server.emit(`RCon admin #0: (Global) ${long.slice(0, 128)}`)
      assert.strictEqual(Result.getOrThrow(yield* outcome(saying)), "done")
    }).pipe(Effect.scoped, Effect.provide(world)))

  it.effect("is recognised if the client gets another admin number while the command waits for the next login", () =>
    Effect.gen(function*() {
      const older = yield* Scope.make()
      const { server } = yield* Scope.provide(online(), older)
      const { rcon, run } = yield* online()
      assert.deepStrictEqual(yield* rcon.adminId, Option.some(Admin.AdminId.make(1)))
      yield* Scope.close(older, Exit.void)
      yield* server.stop()
      yield* TestRcon.passTime("1 minute")
      const saying = yield* Effect.forkChild(run(rcon.say("hello", { ...within, timeout: "5 minutes" })), {
        startImmediately: true
      })
      yield* server.start
      assert.strictEqual(Result.getOrThrow(yield* outcome(saying)), "done")
      assert.deepStrictEqual(yield* rcon.adminId, Option.some(Admin.AdminId.make(0)))
    }).pipe(Effect.scoped, Effect.provide(world)))

  it.effect("is not awaited if the slot is empty", () =>
    Effect.gen(function*() {
      const session = yield* MockSession.make()
      const rcon = yield* Effect.provide(RconClient.fromSession({ flavour: "BattlEye" }), session.layer)
      session.reply = (text) => text === "players" ? "Players on server:\n[#] [IP Address]\n----\n" : ""
      assert.strictEqual((yield* Effect.flip(rcon.kick(slot(99), "", within))).reason._tag, "PlayerNotFound")
      assert.deepStrictEqual(session.sent.map(([text]) => text), ["players"])
    }).pipe(Effect.scoped))

  it.effect("is found in the lists if the reply to a ban and the event are lost", () =>
    Effect.gen(function*() {
      const network = yield* SimulatedNetwork.SimulatedNetwork
      const { rcon, run, server } = yield* online({ silenceTimeout: "1 minute" })
      const bob = yield* server.join({ name: "Bob" })
      yield* TestRcon.passTime("1 second")
      yield* server.onCommand((text) => text.startsWith("ban ") ? { delay: Duration.infinity, reply: "" } : undefined)
      const banning = yield* Effect.forkChild(run(rcon.ban(slot(0), { confirmWithin: "10 seconds" })), {
        startImmediately: true
      })
      yield* TestRcon.passTime("100 millis")
      const bans = [{ target: bob.guid!, expires: undefined, reason: "Banned" }]
      yield* server.update((world) => ({ ...world, players: [], bans }))
      yield* network.heal()
      assert.strictEqual(Result.getOrThrow(yield* outcome(banning)), "done")
    }).pipe(Effect.scoped, Effect.provide(world)))

  it.effect("is awaited for a limited time, whichever replies are missing", () =>
    Effect.gen(function*() {
      const { rcon, run, server } = yield* online()
      yield* server.join({ name: "Bob" })
      yield* TestRcon.passTime("1 second")
      const short = { confirmWithin: "1 second", timeout: "1 second" } as const
      yield* server.onCommand((text) => /^(?:kick|ban|addBan) /.test(text) ? "" : { delay: Duration.infinity })
      for (const action of [rcon.kick(slot(0), "", short), rcon.ban(slot(0), short), rcon.ban(GUID, short)]) {
        const before = yield* Clock.currentTimeMillis
        assert.notStrictEqual(yield* run(action), "done")
        // 1 second for the reply, 1 second for the event, and 5 seconds to read a list, with a margin.
        assert.isAtMost((yield* Clock.currentTimeMillis) - before, 8000)
      }
    }).pipe(Effect.scoped, Effect.provide(world)))
})

describe("an action", () => {
  it.effect("fails after its own timeout if it waits for a slow one", () =>
    Effect.gen(function*() {
      const { rcon, run, server } = yield* online()
      yield* server.onCommand((text) => text === "bans" ? { delay: Duration.infinity } : undefined)
      yield* Effect.forkScoped(Effect.ignore(rcon.unban(GUID)))
      yield* TestRcon.passTime("1 second")
      const before = yield* Clock.currentTimeMillis
      assert.strictEqual(yield* run(rcon.ban(GUID, { timeout: "3 seconds" })), "Overloaded")
      assert.isAtMost((yield* Clock.currentTimeMillis) - before, 4000)
    }).pipe(Effect.scoped, Effect.provide(TestRcon.layerTransport())))
})
