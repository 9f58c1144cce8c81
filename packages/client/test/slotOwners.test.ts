/**
 * Tests that actions on a player never reach another player, whenever the program calls them.
 */
import { Guid, RconClient } from "@bercon/client"
import { SimulatedServer, TestRcon, World } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, Schema, Stream } from "effect"
import { guidOf, options } from "./simulatedClient.ts"

const SLOTS = [0, 1, 2, 3]
const CHEATER = Guid.Guid.make(guidOf(7))

const happening = Arbitrary.all({
  kind: Arbitrary.schema(Schema.Literals(["join", "cheater joins", "cheater joins", "leave", "restart", "forget"])),
  slot: Arbitrary.schema(Schema.Literals(SLOTS)),
  pause: Arbitrary.schema(Schema.Literals([0, 0, 10, 500, 3000, 40_000]))
})

describe("a kick by GUID or row", () => {
  it.effect.prop(
    "never reaches another player, even if it is called at the moment of a login, an event or an error",
    [Arbitrary.array(happening, { minLength: 3, maxLength: 20 })],
    ([happenings]) =>
      Effect.gen(function*() {
        const server = yield* SimulatedServer.SimulatedServer
        const rcon = yield* RconClient.make({ ...options, silenceTimeout: "20 seconds" })
        const wrong: Array<string> = []
        yield* server.onCommand((text) => {
          const slot = /^kick (\d+)/.exec(text)?.[1]
          if (slot === undefined) return text === "#slow" ? { delay: "30 seconds" } : undefined
          return {
            before: (world) => {
              const there = World.find(world, Number(slot))
              if (there !== undefined && there.guid !== CHEATER) wrong.push(`${text}: ${there.name}`)
              return world
            }
          }
        })
        const kick = Effect.gen(function*() {
          yield* Effect.forkDetach(Effect.ignore(rcon.kick(CHEATER)))
          const players = yield* Effect.orElseSucceed(rcon.roster.get, () => [])
          const row = players.find(({ guid }) => guid === CHEATER)
          if (row !== undefined) yield* Effect.forkDetach(Effect.ignore(rcon.kick(row)))
        })
        const kickAtEach = <A, E>(moments: Stream.Stream<A, E>) =>
          Effect.forkScoped(Effect.ignore(Stream.runForEach(moments, () => kick)), { startImmediately: true })
        yield* kickAtEach(rcon.statusChanges)
        yield* kickAtEach(rcon.roster.changes)
        yield* kickAtEach(rcon.events)
        const failing = Effect.exit(rcon.command("#slow", { repeatable: false, timeout: "25 seconds" }))
        yield* Effect.forkScoped(Effect.forever(Effect.andThen(failing, Effect.andThen(kick, Effect.sleep(1)))))

        for (const { kind, pause, slot } of happenings) {
          const { players } = yield* server.world
          const isTaken = players.some((player) => player.slot === slot)
          switch (kind) {
            case "join":
              if (!isTaken) yield* server.join({ slot, name: `Player ${slot}` })
              break
            case "cheater joins":
              if (!isTaken && players.every(({ guid }) => guid !== CHEATER)) {
                yield* server.join({ slot, name: "Cheater", guid: CHEATER })
              }
              break
            case "leave":
              if (isTaken) yield* server.leave(slot)
              break
            default:
              // Without a session the client does not hear of the players who get the slots.
              yield* kind === "restart" ? server.restart({ downtime: pause }) : server.forget
              yield* server.update((world) => ({
                ...world,
                players: SLOTS.map((slot) =>
                  World.player({ ...world, players: [] }, { slot, name: `New player ${slot}` })
                )
              }))
              yield* TestRcon.passTime("40 seconds")
          }
          if (pause > 0) yield* TestRcon.passTime(pause)
        }
        yield* TestRcon.passTime("1 minute")
        assert.deepStrictEqual(wrong, [])
      }).pipe(Effect.scoped, Effect.provide(TestRcon.layerTransport())),
    { arbitrary: { runs: 15 } }
  )
})
