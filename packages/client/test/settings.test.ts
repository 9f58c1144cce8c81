import { RconClient } from "@bercon/client"
import { SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Exit } from "effect"
import { completed, guidOf, options, simulated } from "./simulatedClient.ts"

describe("options", () => {
  it.effect("of the client are checked before anything is sent", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      for (
        const [wrong, problem] of [
          [{ rosterInterval: 1 }, "rosterInterval must be a duration of at least 1000 ms (got 1)"],
          [
            { banInterval: "soon" as never },
            "banInterval must be \"never\" or a duration of at least 1000 ms (got \"soon\")"
          ],
          [{ commandTimeout: 0 }, "commandTimeout must be a duration of at least 1 ms (got 0)"],
          [{ messageCapacity: 0 }, "messageCapacity must be an integer from 1 (got 0)"],
          [{ flavour: "Arma" as never }, "flavour must be \"auto\", \"BattlEye\" or \"Reforger\" (got \"Arma\")"],
          [{ replyWindow: { quiet: NaN } }, "replyWindow.quiet must be a duration of at least 0 ms (got NaN)"]
        ] as const
      ) {
        const { reason } = yield* Effect.flip(RconClient.start({ ...options, ...wrong }))
        assert.strictEqual(reason._tag === "InvalidOptions" && reason.problem, problem)
      }
      yield* TestRcon.passTime("1 minute")
      assert.deepStrictEqual(yield* server.logins, [])
    }).pipe(Effect.scoped, Effect.provide(TestRcon.layerTransport())))

  it.effect("given with `withOptions` apply to every command, also to those without options of their own", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      const rcon = yield* RconClient.RconClient
      yield* TestRcon.passTime("1 second")
      yield* server.onCommand(() => ({ delay: Duration.infinity }))
      const soon = rcon.withOptions({ timeout: "2 seconds" })
      const commands: ReadonlyArray<Effect.Effect<unknown, { readonly message: string }>> = [
        soon.players,
        soon.version,
        soon.lock,
        soon.unban(guidOf(1)),
        soon.unbanAll([guidOf(1)]),
        soon.ban(guidOf(1)),
        soon.say("hi", { timeout: undefined }),
        soon.command("x")
      ]
      for (const command of commands) {
        const started = yield* Clock.currentTimeMillis
        assert.isTrue(Exit.isFailure(yield* completed(Effect.exit(command))))
        assert.isAtMost((yield* Clock.currentTimeMillis) - started, 2200)
      }
    }).pipe(Effect.provide(simulated())))
})
