import { Ban } from "@bercon/client"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Duration, Schema } from "effect"
import { canBecome, difference, except, isAlike, minutesLeft } from "../src/internal/banRows.ts"
import { guidOf } from "./simulatedClient.ts"

describe("rows of the list of bans", () => {
  // Each call of `ban` makes a row with a new number.
  let number = 0
  const ban = (
    remaining: Ban.Ban["remaining"] | number,
    changes: { readonly target?: number; readonly reason?: string } = {}
  ) =>
    new Ban.Ban({
      id: Ban.BanId.make(number++),
      target: guidOf(changes.target ?? 0),
      remaining: typeof remaining === "number" ? Duration.minutes(remaining) : remaining,
      reason: changes.reason ?? "x"
    })
  const [permanent, limited, expired] = [ban("permanent"), ban(5), ban("expired")]

  it("can be the same ban if target and reason are equal: a limited ban loses time, and expires", () => {
    const later = [permanent, limited, ban(4), expired]
    const become = (one: Ban.Ban) => later.map((row) => canBecome(one, row))
    assert.deepStrictEqual(become(permanent), [true, false, false, false])
    assert.deepStrictEqual(become(limited), [false, true, true, true])
    assert.deepStrictEqual(become(expired), [false, false, false, true])
    for (const changes of [{ target: 1 }, { reason: "y" }]) {
      for (const row of [ban(5, changes), ban("expired", changes)]) assert.isFalse(canBecome(limited, row))
    }
  })

  it.each(
    [
      ["the same rows", [permanent, limited, expired], [expired, limited, permanent], [], []],
      ["less time", [limited], [ban(4)], [], []],
      ["a ban whose time has ended", [limited], [expired], [], []],
      ["a ban whose time has ended, beside an expired one", [expired, limited], [expired, ban("expired")], [], []],
      ["an expired ban in place of a limited and an expired one", [limited, expired], [expired], [limited], []],
      ["a limited ban in place of a limited and an expired one", [limited, expired], [ban(4)], [expired], []],
      ["a limited ban in place of an expired one", [expired], [limited], [expired], [limited]],
      ["another time", [permanent], [limited], [permanent], [limited]],
      ["only one of two equal rows", [limited, limited], [limited], [limited], []],
      ["fewer of several bans that differ in their minutes", [ban(30), ban(9)], [ban(29)], [ban(9)], []],
      ["an expired ban in place of a long and a short one", [ban(30), ban(1)], [expired], [ban(30)], []],
      [
        "a ban that has lost time because the server's clock was changed",
        [ban(30), permanent],
        [ban(3), permanent],
        [],
        []
      ],
      [
        "a ban that has gained time because the server's clock was changed",
        [ban(9), permanent],
        [ban(30), permanent],
        [],
        []
      ],
      ["a ban with less time besides", [ban(30)], [ban(9), ban(29)], [], [ban(9)]],
      ["another target", [limited], [ban("expired", { target: 1 })], [limited], [ban("expired", { target: 1 })]]
    ] as const
  )("are compared with a later list that has %s", (_, before, after, missing, added) => {
    const seen = difference(before, after, { drift: 1, missing: "Most" })
    assert.deepStrictEqual(inText(seen.missing), inText(missing))
    assert.deepStrictEqual(inText(seen.added), inText(added))
  })

  it("can leave open which one is missing, if they differ by no more minutes than may have passed", () => {
    const missing = (drift: number) =>
      (["Most", "Least"] as const).map((missing) =>
        inText(difference([ban(30), ban(29), ban(9)], [ban(29), ban(8)], { drift, missing }).missing)
      )
    assert.deepStrictEqual(missing(1), [inText([ban(30)]), inText([ban(29)])])
    assert.deepStrictEqual(missing(21), [inText([ban(30)]), inText([ban(9)])])
  })

  it("are listed in the order of their numbers, also if others are between rows of the same kind", () => {
    const rows = [ban(5), ban(5, { target: 1 }), ban(5), ban("permanent", { target: 1 }), ban(9)]
    const options = { drift: 1, missing: "Least" } as const
    assert.deepStrictEqual(difference(rows, [], options), { missing: rows, added: [] })
    assert.deepStrictEqual(difference([], rows, options), { missing: [], added: rows })
  })

  const minutes = (allowed: ReadonlyArray<number>) =>
    Arbitrary.array(Arbitrary.schema(Schema.Literals(allowed)), { maxLength: 5 })

  it.prop(
    "are paired so that as few as possible are left, and the missing ones have the most or the least minutes",
    [minutes([1, 2, 3, 4, 6, 9]), minutes([0, 1, 2, 3, 4, 6, 9]), Arbitrary.schema(Schema.Literals([1, 2, 3]))],
    ([before, after, drift]) => {
      const older = before.map((minutes) => ban(minutes))
      const later = after.map((minutes) => ban(minutes === 0 ? "expired" : minutes))
      /** All ways to pair rows, as the minutes of the earlier rows that are left. */
      const pairings = (rows: ReadonlyArray<number>, others: ReadonlyArray<number>): ReadonlyArray<Array<number>> => {
        const [first, ...rest] = rows
        if (first === undefined) return [[]]
        return [
          ...pairings(rest, others).map((left) => [first, ...left]),
          ...others.flatMap((other, index) =>
            first >= other && first - other <= drift ? pairings(rest, others.toSpliced(index, 1)) : []
          )
        ]
      }
      const count = Math.max(0, before.length - after.length)
      const all = pairings(before, after)
      const best = all.filter(({ length }) => length === Math.min(...all.map(({ length }) => length)))
      for (const [missing, sign] of [["Most", 1], ["Least", -1]] as const) {
        const seen = difference(older, later, { drift, missing })
        assert.deepStrictEqual([seen.missing.length, seen.added.length], [
          count,
          Math.max(0, after.length - before.length)
        ])
        const sums = best.map((left) => sum(left.sort((a, b) => sign * (b - a)).slice(0, count)))
        const time = sum(seen.missing.map(({ remaining }) => Duration.toMinutes(remaining as Duration.Duration)))
        assert.strictEqual(time, sign * Math.max(...sums.map((sum) => sign * sum)))
      }
    },
    { arbitrary: { runs: 300 } }
  )

  it("that are equal, also in their minutes, cancel out one for one", () => {
    assert.deepStrictEqual(except([limited, limited, expired], [limited, permanent]), [limited, expired])
    assert.deepStrictEqual(except([limited], [ban(4)]), [limited])
  })

  it("are alike if they differ in nothing but their numbers and their order", () => {
    assert.isTrue(isAlike([ban(5), ban(4)], [ban(4), ban(5)]))
    assert.isTrue(isAlike([], []))
    for (const others of [[], [ban(4)], [ban(5), ban(5)], [ban(5, { reason: "y" })], [ban(5, { target: 1 })]]) {
      assert.isFalse(isAlike([ban(5)], others))
      assert.isFalse(isAlike(others, [ban(5)]))
    }
  })

  it("in their last minute have more time than expired ones, and less than others", () => {
    assert.deepStrictEqual([ban("expired"), ban(0), ban(1)].map(minutesLeft), [0, 0.5, 1])
    assert.isFalse(isAlike([ban(0)], [ban("expired")]))
  })
})

const inText = (bans: ReadonlyArray<Ban.Ban>) => bans.map((ban) => [ban.target, ban.remaining, ban.reason].join(" "))

const sum = (numbers: ReadonlyArray<number>) => numbers.reduce((sum, number) => sum + number, 0)
