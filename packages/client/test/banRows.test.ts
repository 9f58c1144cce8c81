import { Ban } from "@bercon/client"
import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import { canBecome, difference, except } from "../src/internal/banRows.ts"
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
      ["another target", [limited], [ban("expired", { target: 1 })], [limited], [ban("expired", { target: 1 })]]
    ] as const
  )("are compared with a later list that has %s", (_, before, after, missing, added) => {
    assert.deepStrictEqual(inText(difference(before, after).missing), inText(missing))
    assert.deepStrictEqual(inText(difference(before, after).added), inText(added))
  })

  it("can leave open which one is missing, if they differ by no more minutes than may have passed", () => {
    const missing = (drift: number) =>
      (["Most", "Least"] as const).map((missing) =>
        inText(difference([ban(30), ban(29), ban(9)], [ban(29), ban(8)], { drift, missing }).missing)
      )
    assert.deepStrictEqual(missing(1), [inText([ban(30)]), inText([ban(29)])])
    assert.deepStrictEqual(missing(21), [inText([ban(30)]), inText([ban(9)])])
  })

  it("that are equal, also in their minutes, cancel out one for one", () => {
    assert.deepStrictEqual(except([limited, limited, expired], [limited, permanent]), [limited, expired])
    assert.deepStrictEqual(except([limited], [ban(4)]), [limited])
  })
})

const inText = (bans: ReadonlyArray<Ban.Ban>) => bans.map((ban) => [ban.target, ban.remaining, ban.reason].join(" "))
