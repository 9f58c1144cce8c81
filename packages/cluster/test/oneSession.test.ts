import { RconClient, ServerEvent } from "@bercon/client"
import { ClusterRcon } from "@bercon/cluster"
import { TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Option, Stream } from "effect"
import { Sharding } from "effect/cluster"
import { join, listen, online, PASSWORD, provided, setup, texts } from "./oneServer.ts"

const refusedBy = ({ host, port }: { readonly host: string; readonly port: number }) =>
  `${host}:${port} refused the login: the password is not the server's RConPassword`

describe("a game server in the cluster", () => {
  it.effect("has one session for any number of users", () =>
    Effect.gen(function*() {
      const { cluster, server } = yield* setup(1, 2)
      const members = yield* Effect.forEach([1, 2, 3, 4], () => join(cluster))
      const heard = yield* Effect.forEach(members, ({ session }) => listen(session))
      for (const { session } of members) yield* online(session)
      yield* TestRcon.passTime("1 second")
      for (let i = 0; i < 50; i++) yield* server.emit(`message ${i}`)
      const answers = yield* TestRcon.passTime(
        Effect.forEach(members, ({ session }) => session.command("version"), { concurrency: "unbounded" })
      )
      assert.deepStrictEqual(answers, ["1.220", "1.220", "1.220", "1.220"])
      assert.strictEqual((yield* server.logins).length, 1)
      assert.strictEqual((yield* server.sessions).length, 1)
      for (const messages of heard) {
        assert.deepStrictEqual(messages, [
          "RCon admin #0 (127.0.0.1:50001) logged in",
          ...Array.from({ length: 50 }, (_, i) => `message ${i}`)
        ])
      }
      yield* TestRcon.passTime("3 minutes")
      assert.strictEqual((yield* server.logins).length, 1)
      assert.deepStrictEqual(yield* server.drops, [])
    }).pipe(Effect.scoped, provided))

  it.effect("works with the ordinary client", () =>
    Effect.gen(function*() {
      const { cluster, server } = yield* setup(1)
      const { sharding } = yield* cluster.consumer
      const layer = ClusterRcon.layer("altis").pipe(Layer.provide(Layer.succeed(Sharding.Sharding, sharding)))
      const context = yield* TestRcon.passTime(Layer.build(layer))
      yield* Effect.gen(function*() {
        const rcon = yield* RconClient.RconClient
        yield* rcon.on("PlayerConnected", ({ player }) => rcon.say(`welcome, ${player.name}`))
        const chat = yield* rcon.events.pipe(
          Stream.filter(ServerEvent.is("PlayerChat")),
          Stream.runHead,
          Effect.forkChild({ startImmediately: true })
        )
        yield* server.join({ name: "Miller" })
        yield* TestRcon.passTime("1 second")
        assert.include(yield* texts(server), "say -1 welcome, Miller")
        yield* server.chat(0, "Side", "hello")
        const said = Option.getOrThrow(yield* TestRcon.passTime(Fiber.join(chat)))
        assert.deepStrictEqual([said.player.name, said.text], ["Miller", "(Side) Miller: hello"])
        assert.deepStrictEqual((yield* TestRcon.passTime(rcon.players)).map(String), ["#0 Miller"])
        assert.isTrue(Option.isSome(yield* rcon.adminId))
        assert.strictEqual(yield* rcon.flavour, "BattlEye")
        yield* TestRcon.passTime(rcon.kick(said.player.id, "be nice"))
        assert.deepStrictEqual((yield* server.world).players, [])
      }).pipe(Effect.scoped, Effect.provideContext(context))
    }).pipe(Effect.scoped, provided))

  it.effect("has a password that only its runner reads, and a session that fails like a local one", () =>
    Effect.gen(function*() {
      const { cluster, server } = yield* setup(1)
      const { session: wrong } = yield* join(cluster, "wrong")
      const refused = yield* Effect.flip(online(wrong))
      assert.strictEqual("reason" in refused && refused.reason._tag, "LoginRefused")
      assert.strictEqual(refused.message, refusedBy(server.address))
      assert.strictEqual((yield* Effect.flip(wrong.command("version"))).reason._tag, "SessionClosed")
      assert.strictEqual((yield* wrong.status)._tag, "Closed")
      assert.strictEqual((yield* Effect.flip(wrong.closed)).reason._tag, "LoginRefused")
      assert.isTrue(Exit.isFailure(yield* Effect.exit(Stream.runDrain(wrong.messages))))

      const { session: unknown } = yield* join(cluster, "stratis")
      assert.strictEqual((yield* Effect.flip(online(unknown))).message, `this runner has no game server "stratis"`)

      const { session } = yield* join(cluster)
      yield* online(session)
      const wire = cluster.wire.join("\n")
      assert.include(wire, "LoginRefused")
      assert.notInclude(wire, PASSWORD)
      assert.notInclude(wire, "no such password")
    }).pipe(Effect.scoped, provided))

  it.effect("gets a login with the new password once its failed session has been unused for a while", () =>
    Effect.gen(function*() {
      const { cluster, passwords } = yield* setup(1)
      const { session: wrong } = yield* join(cluster, "wrong")
      yield* Effect.flip(online(wrong))
      passwords.set("wrong", PASSWORD)
      yield* TestRcon.passTime("1 minute")
      const { session } = yield* join(cluster, "wrong")
      yield* online(session)
    }).pipe(Effect.scoped, provided))
})
