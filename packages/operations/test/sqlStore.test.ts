/**
 * Tests bans and plans in a database that several machines share. Each machine has its own connection.
 */
import { BanBook, Plans, type RestartPlan } from "@bercon/operations"
import { TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { told, utc } from "./planKit.ts"
import * as SqliteStore from "./sqliteStore.ts"
import { guid } from "./support.ts"

/** The file of a database, which is deleted after the test. */
const database = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "bercon-sql-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
).pipe(Effect.map((folder) => join(folder, "community.sqlite")))

const ban = (number: number): BanBook.NewBan => ({ target: guid(number), reason: "teamkilling", by: "Miller" })

describe("a ban book in SQL", () => {
  it.effect("has the same bans on two machines, as soon as both have read the store", () =>
    Effect.gen(function*() {
      const file = yield* database
      const open = Effect.map(
        Layer.build(BanBook.layer({ refreshInterval: "5 seconds" }).pipe(Layer.provide(SqliteStore.layer(file)))),
        (context) => Context.get(context, BanBook.BanBook)
      )
      const [one, other] = [yield* open, yield* open]
      const kept = yield* one.add(ban(1))
      const lifted = yield* other.add(ban(2))
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(yield* one.list, yield* other.list)
      assert.sameDeepMembers([...yield* one.list], [kept, lifted])
      yield* one.lift(lifted.id)
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(yield* other.list, [kept])
    }))
})

describe("a plan in SQL", () => {
  const nightly: RestartPlan.Input = {
    id: "nightly",
    at: { cron: "0 4 * * *", timeZone: "UTC" },
    warnings: ["30 minutes", "15 minutes", "5 minutes"],
    command: "restartServer"
  }

  it.effect("continues on another machine: each warning is announced once, and orders are obeyed", () =>
    Effect.andThen(
      TestClock.setTime(utc("2026-03-28T03:29")),
      Effect.gen(function*() {
        const file = yield* database
        const onMachine = <A, E>(program: Effect.Effect<A, E, Plans.Plans | Scope.Scope>) =>
          Effect.provide(
            Effect.scoped(program),
            Plans.layerClient("altis", { restarts: [nightly] }).pipe(Layer.provide(SqliteStore.layer(file))),
            { local: true }
          )
        yield* onMachine(TestRcon.passTime("20 minutes"))
        yield* onMachine(Effect.gen(function*() {
          const plans = yield* Plans.Plans
          yield* plans.postpone("nightly", { by: "10 minutes" })
          yield* TestRcon.passTime("8 minutes")
        }))
        yield* onMachine(TestRcon.passTime("25 minutes"))
        assert.deepStrictEqual(yield* told, [
          "03:30:00 Restart in 30 minutes",
          "03:45:00 Restart in 15 minutes",
          // Postponed to 04:10: the warning of 03:40 is late, but by less than half of its 30 minutes.
          "03:49:00 Restart in 21 minutes",
          "03:55:00 Restart in 15 minutes",
          "04:05:00 Restart in 5 minutes",
          "04:10:00 #restartserver"
        ])
      }).pipe(Effect.provide(TestRcon.layer()))
    ))
})
