import { RconClient, ServerEvent } from "@bercon/client"
import { SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as MockSession from "./mockSession.ts"
import { collected, guidOf, simulated } from "./simulatedClient.ts"

describe("changes of the list of bans", () => {
  it.effect("are events if the client has a `banInterval`", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      const seen = yield* collected(ServerEvent.is("BanAdded", "BanRemoved", "BanExpired"))
      yield* TestRcon.passTime("2 minutes")
      const bans = ["a", "b"].map((reason, index) => ({ target: guidOf(index), expires: undefined, reason }))
      yield* server.update((world) => ({ ...world, bans }))
      yield* TestRcon.passTime("2 minutes")
      yield* server.update((world) => ({ ...world, bans: bans.slice(1) }))
      yield* TestRcon.passTime("2 minutes")
      const changes = seen.map(({ _tag, ban }) => `${_tag} ${ban.reason}`)
      assert.deepStrictEqual(changes, ["BanAdded a", "BanAdded b", "BanRemoved a"])
    }).pipe(Effect.scoped, Effect.provide(simulated(0, { banInterval: "1 minute" }))))

  it.effect("distinguish expired from removed bans, and do not count an unreadable row as removed", () =>
    Effect.gen(function*() {
      const session = yield* MockSession.make({ _tag: "Online" }, Effect.void)
      const rcon = RconClient.fromSession({ flavour: "BattlEye", rosterInterval: "Infinity", banInterval: "1 minute" })
      const { events } = yield* Effect.provide(rcon, session.layer)
      const seen: Array<string> = []
      yield* events.pipe(
        Stream.filter(ServerEvent.is("BanAdded", "BanRemoved", "BanExpired")),
        Stream.runForEach((event) => Effect.sync(() => seen.push(`${event._tag} ${event.ban.reason}`))),
        Effect.forkScoped({ startImmediately: true })
      )
      const lists = [
        [`0  ${guidOf(0)} perm a`, `1  ${guidOf(1)} 3 b`, `2  ${guidOf(2)} - c`, `3  ${guidOf(2)} perm c`],
        ["0  what is this", `1  ${guidOf(1)} 2 b`, `2  ${guidOf(2)} - c`, `3  ${guidOf(2)} perm c`],
        [`0  ${guidOf(0)} perm a`, `1  ${guidOf(1)} - b`, `2  ${guidOf(2)} - c`, `3  ${guidOf(2)} perm c`],
        [`1  ${guidOf(1)} - b`, `2  ${guidOf(3)} 1 d`, `3  ${guidOf(2)} perm c`],
        // A ban counts as expired if its time has ended since the last list, although no list showed it as expired.
        [`3  ${guidOf(2)} perm c`],
        []
      ]
      for (const rows of lists) {
        session.reply = ["GUID Bans:", "[#] [GUID] [Minutes left] [Reason]", "---", ...rows].join("\n")
        yield* TestClock.adjust("1 minute")
      }
      assert.deepStrictEqual(seen, ["BanExpired b", "BanRemoved a", "BanAdded d", "BanExpired d", "BanRemoved c"])
    }).pipe(Effect.scoped))
})
