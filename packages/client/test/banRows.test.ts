import { Ban } from "@bercon/client"
import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import { missingFrom } from "../src/internal/banRows.ts"
import { guidOf } from "./simulatedClient.ts"

describe("rows of the list of bans", () => {
  const ban = (target: string, remaining: string, reason: string) => ({ target, remaining, reason }) as never

  it("are the same if target, reason and kind of time are equal", () => {
    const one = ban("a", "permanent", "x")
    assert.deepStrictEqual(missingFrom([one], [ban("a", "permanent", "x")]), [])
    for (const other of [ban("b", "permanent", "x"), ban("a", "expired", "x"), ban("a", "permanent", "y")]) {
      assert.deepStrictEqual(missingFrom([one], [other]), [one])
    }
  })

  it("are the same if only numbers and remaining times differ, and equal rows count separately", () => {
    const ban = (id: number, minutes: number) =>
      new Ban.Ban({ id: Ban.BanId.make(id), target: guidOf(0), remaining: Duration.minutes(minutes), reason: "x" })
    assert.deepStrictEqual(missingFrom([ban(0, 5)], [ban(7, 4)]), [])
    assert.deepStrictEqual(missingFrom([ban(0, 5), ban(1, 5)], [ban(0, 5)]), [ban(1, 5)])
  })
})
