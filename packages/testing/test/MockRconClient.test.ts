import { CommandError, Player, RconClient, ServerEvent } from "@bercon/client"
import { LoginFailure } from "@bercon/session"
import { MockRconClient } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Option, Stream } from "effect"

const bob = new Player.Player({ id: Player.PlayerId.make(5), name: "Bob", verified: true })

describe("MockRconClient", () => {
  it.effect("lets commands succeed, and records their calls", () =>
    Effect.gen(function*() {
      const rcon = yield* RconClient.RconClient
      const mock = yield* MockRconClient.MockRconClient
      assert.deepStrictEqual(yield* rcon.players, [])
      assert.deepStrictEqual(yield* rcon.banTable, { rows: [], unparsed: [], total: 0, cut: false })
      assert.strictEqual(yield* rcon.command("#anything"), "")
      yield* rcon.kick(bob.id, "afk", { confirmWithin: "1 second" })
      yield* rcon.lock
      yield* rcon.say("one").pipe(Effect.repeat({ times: 1 }))
      assert.deepStrictEqual(yield* mock.calls, [
        ["players"],
        ["banTable"],
        ["command", "#anything"],
        ["kick", 5, "afk", { confirmWithin: "1 second" }],
        ["lock"],
        ["say", "one"],
        ["say", "one"]
      ])
    }).pipe(Effect.provide(MockRconClient.layer())))

  it.effect("emits the events that the test gives, and fails if the test ends it with a failure", () =>
    Effect.gen(function*() {
      const rcon = yield* RconClient.RconClient
      const mock = yield* MockRconClient.MockRconClient
      yield* rcon.on("PlayerChat", ({ player }) => rcon.whisper(player.id, "hello"))
      const chat = ServerEvent.parse("(Side) Bob: hi", [bob])
      const waited = yield* rcon.waitFor("PlayerChat", { trigger: mock.emit(chat) })
      assert.deepStrictEqual(waited, chat)
      assert.deepStrictEqual(yield* mock.calls, [["whisper", 5, "hello"]])

      const ending = yield* Effect.forkChild(Effect.exit(Stream.runDrain(rcon.events)), { startImmediately: true })
      yield* mock.end(new LoginFailure.LoginFailure({ reason: new LoginFailure.LoginRefused({ peer: "mock" }) }))
      assert.isTrue(Exit.isFailure(yield* Fiber.join(ending)))
      assert.strictEqual((yield* Effect.flip(rcon.closed)).reason._tag, "LoginRefused")
    }).pipe(Effect.scoped, Effect.provide(MockRconClient.layer())))

  it.effect("ends on demand: its streams end, and its commands fail", () =>
    Effect.gen(function*() {
      const rcon = yield* RconClient.RconClient
      const mock = yield* MockRconClient.MockRconClient
      const changes = yield* Effect.forkChild(Stream.runCollect(rcon.statusChanges), { startImmediately: true })
      const rosters = yield* Effect.forkChild(Stream.runCollect(rcon.roster.changes), { startImmediately: true })
      yield* mock.end()
      assert.deepStrictEqual(yield* Stream.runCollect(rcon.events), [])
      assert.deepStrictEqual((yield* Fiber.join(changes)).map(({ _tag }) => _tag), ["Online", "Closed"])
      assert.deepStrictEqual(yield* Fiber.join(rosters), [[]])
      assert.strictEqual((yield* rcon.status)._tag, "Closed")
      const error = yield* Effect.flip(rcon.say("hello"))
      assert.isTrue(error._tag === "CommandError" && error.reason._tag === "SessionClosed")
      assert.strictEqual((yield* Effect.flip(rcon.waitFor("Gap")))._tag, "NoSuchElementError")
      yield* rcon.closed
    }).pipe(Effect.provide(MockRconClient.layer())))

  const failure = new CommandError.CommandError({
    command: "kick",
    reason: new CommandError.NoReply({ peer: "mock", sends: 3 })
  })
  it.effect("runs the given implementation, and records its calls, too", () =>
    Effect.gen(function*() {
      const rcon = yield* RconClient.RconClient
      const mock = yield* MockRconClient.MockRconClient
      assert.strictEqual(yield* Effect.flip(rcon.kick(bob.id)), failure)
      assert.deepStrictEqual(yield* rcon.players, [bob])
      assert.deepStrictEqual(yield* rcon.roster.byId(bob.id), Option.some(bob))
      assert.deepStrictEqual(yield* rcon.roster.byName("Eve"), [])
      assert.deepStrictEqual(yield* Stream.runHead(rcon.roster.changes), Option.some([bob]))
      assert.isTrue(Option.isNone(yield* rcon.adminId))
      assert.deepStrictEqual(yield* mock.calls, [["kick", 5], ["players"]])
    }).pipe(Effect.provide(MockRconClient.layer({
      players: Effect.succeed([bob]),
      kick: () => Effect.fail(failure),
      adminId: Effect.succeedNone
    }))))
})
