import type { Rota } from "@bercon/operations"
import { SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { lastingStore, onServer, told } from "./planKit.ts"

const rules: Rota.Input = { id: "rules", every: "20 minutes", messages: ["one", "two", "three"] }

describe("a rota", () => {
  it.effect.each(
    [
      { refresh: "30 seconds" },
      { refresh: "1 day" }
    ] as const
  )(
    "announces its messages in turn, only while players are on the server, with a refresh interval of $refresh",
    ({ refresh }) =>
      onServer(
        { from: "2026-03-28T03:05", plans: { rotas: [rules], refresh } },
        Effect.gen(function*() {
          const server = yield* SimulatedServer.SimulatedServer
          yield* TestRcon.passTime("17 minutes")
          yield* server.join({ name: "Miller" })
          yield* TestRcon.passTime("1 hour")
          yield* server.leave(0)
          yield* TestRcon.passTime("1 hour")
          yield* server.join({ name: "Miller" })
          yield* TestRcon.passTime("30 minutes")
          assert.deepStrictEqual(yield* told, [
            // The server was empty at 03:20. The message could follow until 03:30. The driver looks for players every 30
            // seconds.
            "03:22:30 one",
            "03:40:00 two",
            "04:00:00 three",
            "04:20:00 one",
            "05:22:30 two",
            "05:40:00 three"
          ])
        })
      )
  )

  it.effect("is announced on an empty server, too, if `onlyWithPlayers` is false", () =>
    onServer(
      { from: "2026-03-28T03:05", plans: { rotas: [{ ...rules, onlyWithPlayers: false }] } },
      Effect.gen(function*() {
        yield* TestRcon.passTime("40 minutes")
        assert.deepStrictEqual(yield* told, ["03:20:00 one", "03:40:00 two"])
      })
    ))

  it.effect("continues after a restart of the process, and repeats nothing", () =>
    Effect.gen(function*() {
      const store = yield* lastingStore
      const plans = { rotas: [{ ...rules, onlyWithPlayers: false }] }
      yield* onServer({ from: "2026-03-28T03:05", plans, store }, TestRcon.passTime("16 minutes"))
      yield* onServer(
        { from: "2026-03-28T03:22", plans, store },
        Effect.gen(function*() {
          yield* TestRcon.passTime("20 minutes")
          assert.deepStrictEqual(yield* told, ["03:40:00 two"])
        })
      )
    }))

  it.effect("continues in turn after its interval was changed", () =>
    Effect.gen(function*() {
      const store = yield* lastingStore
      const everyTwenty = { rotas: [{ ...rules, onlyWithPlayers: false }] }
      yield* onServer({ from: "2026-03-28T03:05", plans: everyTwenty, store }, TestRcon.passTime("16 minutes"))
      const hourly = { rotas: [{ ...rules, every: "1 hour", onlyWithPlayers: false }] } as const
      yield* onServer(
        { from: "2026-03-28T03:30", plans: hourly, store },
        Effect.gen(function*() {
          yield* TestRcon.passTime("2 hours")
          assert.deepStrictEqual(yield* told, ["04:00:00 two", "05:00:00 three"])
        })
      )
    }))

  it.effect("continues in turn after a clock that was ahead is corrected", () =>
    Effect.gen(function*() {
      const store = yield* lastingStore
      const plans = { rotas: [{ ...rules, onlyWithPlayers: false }] }
      yield* onServer({ from: "2027-03-28T03:05", plans, store }, TestRcon.passTime("16 minutes"))
      yield* onServer(
        { from: "2026-03-28T03:30", plans, store },
        Effect.gen(function*() {
          yield* TestRcon.passTime("40 minutes")
          assert.deepStrictEqual(yield* told, ["03:40:00 two", "04:00:00 three"])
        })
      )
    }))

  it.effect("leaves out a message that would be late by more than half of the interval", () =>
    onServer(
      { from: "2026-03-28T03:05", plans: { rotas: [{ ...rules, onlyWithPlayers: false }] } },
      Effect.gen(function*() {
        const server = yield* SimulatedServer.SimulatedServer
        yield* TestRcon.passTime("10 minutes")
        yield* server.restart({ downtime: "10 minutes" })
        yield* TestRcon.passTime("20 minutes")
        yield* server.restart({ downtime: "16 minutes" })
        yield* TestRcon.passTime("30 minutes")
        assert.deepStrictEqual((yield* told).map((line) => line.slice(0, 5) + line.slice(8)), [
          "03:25 one",
          // The server was offline until 03:51, which is too late for the message of 03:40.
          "04:00 two"
        ])
      })
    ))
})
