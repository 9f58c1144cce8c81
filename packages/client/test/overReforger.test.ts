import { Identity, Player, RconClient } from "@bercon/client"
import { SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Exit, Fiber, Redacted, Result, Scope } from "effect"

/** Lets time pass until an effect is through. */
const inTime = Effect.fnUntraced(function*<A, E, R>(effect: Effect.Effect<A, E, R>) {
  const fiber = yield* Effect.forkChild(Effect.result(effect), { startImmediately: true })
  for (let seconds = 0; seconds < 600 && fiber.pollUnsafe() === undefined; seconds++) yield* TestRcon.adjust("1 second")
  return yield* Fiber.join(fiber)
})

const failure = <A, E extends { readonly _tag: string; readonly reason?: { readonly _tag: string } }>(
  result: Result.Result<A, E>
): string => Result.isSuccess(result) ? "done" : result.failure.reason?._tag ?? result.failure._tag

const uuid = (index: number) => `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`

describe("Arma Reforger's own RCON", () => {
  for (const loss of [0, 0.2]) {
    it.effect(`is found out, and commanded as any other server, at ${loss * 100} % loss`, () =>
      Effect.gen(function*() {
        const server = yield* SimulatedServer.SimulatedServer
        const names = Array.from({ length: 60 }, (_, index) => `Some; body ${index} ; with a name`)
        for (const [index, name] of names.entries()) yield* server.join({ name, identity: uuid(index) })
        yield* server.update((world) => ({
          ...world,
          bans: Array.from({ length: 60 }, (_, index) => ({
            subject: uuid(1000 + index),
            name: `Banned ${index}`,
            expires: undefined,
            reason: "x"
          }))
        }))
        const scope = yield* Scope.make()
        const connecting = RconClient.connect({
          password: Redacted.make("secret"),
          loginTimeout: "1 minute",
          silenceTimeout: "20 seconds",
          replyWindow: { longest: "15 seconds" }
        })
        const rcon = Result.getOrThrow(yield* inTime(Scope.provide(connecting, scope)))

        assert.strictEqual(Result.getOrThrow(yield* inTime(rcon.flavour)), "Reforger")
        const players = Result.getOrThrow(yield* inTime(Effect.retry(rcon.players, { times: 5 })))
        assert.deepStrictEqual(players.map(({ name }) => name), names)
        assert.deepStrictEqual(players.map(({ identity }) => identity as string), names.map((_, index) => uuid(index)))
        assert.strictEqual(Result.getOrThrow(yield* inTime(rcon.roster.get)).length, 60)

        const bans = Result.getOrThrow(yield* inTime(Effect.retry(rcon.bans, { times: 5 })))
        assert.deepStrictEqual(bans.map(({ name }) => name), Array.from({ length: 60 }, (_, i) => `Banned ${i}`))

        const [first, second] = players as [Player.Player, Player.Player, ...Array<Player.Player>]
        const persist = <E>(action: Effect.Effect<void, E>) => inTime(Effect.retry(action, { times: 5 }))
        assert.include(["done", "PlayerNotFound"], failure(yield* persist(rcon.kick(first.id))))
        assert.strictEqual(failure(yield* inTime(rcon.kick(Player.PlayerId.make(999)))), "PlayerNotFound")
        assert.strictEqual(
          failure(yield* persist(rcon.ban(second.identity!, { duration: Duration.hours(1), reason: "be nice" }))),
          "done"
        )
        const world = yield* server.world
        assert.isFalse(world.players.some(({ number }) => number === first.id))
        const ban = world.bans.find(({ subject }) => subject === second.identity)
        assert.strictEqual(ban?.reason, "be nice")
        assert.include(["done", "BanNotFound"], failure(yield* persist(rcon.unban(second.identity!))))
        assert.isFalse((yield* server.world).bans.some(({ subject }) => subject === second.identity))
        const unknown = Identity.IdentityId.make(uuid(5000))
        assert.strictEqual(failure(yield* inTime(rcon.unban(unknown))), "BanNotFound")

        for (const action of [rcon.say("hello"), rcon.lock, rcon.admins]) {
          assert.strictEqual(failure(yield* inTime<unknown, { _tag: string }, never>(action)), "Unsupported")
        }
        assert.strictEqual(failure(yield* inTime(rcon.restart)), "done")
        assert.deepStrictEqual(yield* server.violations, [])

        yield* inTime(Scope.close(scope, Exit.void))
        if (loss === 0) assert.deepStrictEqual((yield* server.drops).map(({ cause }) => cause), ["LoggedOut"])
      }).pipe(
        Effect.provide(
          TestRcon.layerTransport({
            server: { flavour: "Reforger", banDelay: "2 seconds" },
            network: { loss, seed: "reforger" }
          })
        )
      ))
  }
})
