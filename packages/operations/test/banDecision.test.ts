import type { Ban, Table } from "@bercon/client"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, DateTime, Duration, Result } from "effect"
import type { BanEntry } from "../src/BanEntry.ts"
import type { BanPolicy } from "../src/BanPolicy.ts"
import { decide, type Decision, type Situation } from "../src/internal/bans/banDecision.ts"
import { markedReason } from "../src/internal/bans/mark.ts"
import * as BanSettings from "../src/internal/bans/settings.ts"
import { numbers, oneOf, row, table } from "./banRows.ts"
import { entry, guid, id, ip } from "./support.ts"

const NOW = 1_000_000_000_000

const situation = (
  entries: ReadonlyArray<BanEntry>,
  rows: ReadonlyArray<Ban.Ban>,
  policy: BanPolicy = {},
  fields: Partial<Situation> = {}
): Situation => ({
  entries,
  unreadable: new Set(),
  // Numbers without an entry are those of lifted bans.
  targetOf: (id) => entries.find((entry) => entry.id === id)?.target ?? guid(Number.parseInt(id, 36)),
  table: table(rows),
  now: NOW,
  settings: Result.getOrThrow(BanSettings.make(policy)),
  joined: new Set(),
  ledger: undefined,
  ...fields
})

/** A decision, with numbers instead of bans and rows. */
const shown = ({ add, expired, foreign, kept, orphans, remove, unknown }: Decision) => ({
  add: add.map(({ id }) => id),
  remove: remove.map(({ id }) => id as number),
  unknown: unknown.map(({ id }) => id),
  kept: [...kept],
  expired,
  foreign,
  orphans: orphans.map(({ id }) => id as number)
})

const nothing = { add: [], remove: [], unknown: [], kept: [], expired: 0, foreign: 0, orphans: [] }

describe("a list with reasons", () => {
  it("gets the bans that have no row, and loses the rows that have no ban", () => {
    assert.deepStrictEqual(shown(decide(situation([entry(1), entry(2)], [row(2), row(3)]))), {
      ...nothing,
      add: [id(1)],
      remove: [1],
      kept: [id(2)]
    })
  })

  it("keeps one row for each ban: other rows of the same number are removed", () => {
    assert.deepStrictEqual(shown(decide(situation([entry(1)], [row(1), row(1), row(1)]))), {
      ...nothing,
      remove: [1, 2],
      kept: [id(1)]
    })
  })

  it("keeps foreign rows, whatever their targets", () => {
    const foreign = [
      row(1, { reason: "teamkilling" }),
      row(1, { reason: "" }),
      row(2, { reason: `see ${markedReason(entry(2), "book")}` }),
      row(3, { reason: "[other:000003] teamkilling" }),
      row(4, { reason: "[book:0004] teamkilling" }),
      row(5, { reason: "[book:000005]teamkilling" }),
      // The reason of ban 1, copied for another GUID.
      row(6, { reason: markedReason(entry(1), "book") })
    ]
    assert.deepStrictEqual(shown(decide(situation([entry(1)], foreign))), {
      ...nothing,
      add: [id(1)],
      foreign: 7
    })
  })

  it("shows by the mark alone which rows are the book's, even if the server changes the text after it", () => {
    for (const reason of ["[book:000001]", "[book:000001] te\ufffd", "  [book:000001] teamkilling"]) {
      assert.deepStrictEqual(shown(decide(situation([entry(1)], [row(1, { reason })]))), {
        ...nothing,
        kept: [id(1)]
      })
    }
  })

  it("keeps orphans (rows with the mark and a number that the book has no record of) unless the policy removes them", () => {
    const never = { targetOf: () => undefined }
    const over = row(2, { remaining: "expired" })
    const ending = (minutes: number) => row(3, { remaining: Duration.minutes(minutes) })
    const rows = [row(1), over, ending(2), ending(3)]
    assert.deepStrictEqual(shown(decide(situation([], rows, {}, never))), { ...nothing, orphans: [0, 3], expired: 1 })
    assert.deepStrictEqual(shown(decide(situation([], rows, { orphans: "Remove" }, never))), {
      ...nothing,
      remove: [0, 2, 3],
      expired: 1
    })
    // A server that never writes its list keeps rows that are over, so they are removed.
    assert.deepStrictEqual(shown(decide(situation([], rows, { write: false }, never))), {
      ...nothing,
      orphans: [0, 3],
      remove: [1],
      expired: 1
    })
    assert.deepStrictEqual(
      shown(decide(situation([entry(5)], [row(1)], { enforcement: "Kick", write: false }, never))),
      {
        ...nothing,
        orphans: [0]
      }
    )
  })

  it("loses the rows of lifted bans, and keeps rows of other targets with a copied reason", () => {
    const copied = row(7, { reason: markedReason(entry(1), "book") })
    assert.deepStrictEqual(shown(decide(situation([], [row(1), copied]))), { ...nothing, remove: [0], foreign: 1 })
  })

  it("gets a ban whose row is over; the server removes that row when it writes its list", () => {
    const over = row(1, { remaining: "expired" })
    assert.deepStrictEqual(shown(decide(situation([entry(1)], [over]))), { ...nothing, add: [id(1)], expired: 1 })
    assert.deepStrictEqual(shown(decide(situation([], [over]))), { ...nothing, expired: 1 })
    assert.deepStrictEqual(shown(decide(situation([], [over], { write: false }))), {
      ...nothing,
      remove: [0],
      expired: 1
    })
  })

  it("keeps a row whose entry in the book cannot be read", () => {
    const unreadable = new Set([id(1)])
    assert.deepStrictEqual(shown(decide(situation([], [row(1), row(2)], {}, { unreadable }))), {
      ...nothing,
      remove: [1]
    })
  })

  it("gets no bans of accounts, and no ban that ends within a minute", () => {
    const account = entry(1, { target: "3d8f0e52-6c5a-4e0b-9a55-0c2b1d7e4f10" as Ban.BanTarget })
    const ending = (after: number) => entry(2, { until: DateTime.makeUnsafe(NOW + after) })
    assert.deepStrictEqual(shown(decide(situation([account, ending(59_999)], []))), nothing)
    assert.deepStrictEqual(shown(decide(situation([ending(60_000)], []))), { ...nothing, add: [id(2)] })
    assert.deepStrictEqual(shown(decide(situation([ending(1)], [row(2)]))), { ...nothing, kept: [id(2)] })
  })

  it("has only the newest bans of the book, at most `capacity`", () => {
    const entries = [entry(3), entry(2), entry(1)]
    assert.deepStrictEqual(shown(decide(situation(entries, [row(1), row(2)], { capacity: 2 }))), {
      ...nothing,
      add: [id(3)],
      remove: [0],
      kept: [id(2)]
    })
    assert.deepStrictEqual(shown(decide(situation(entries, [row(1)], { capacity: 0 }))), { ...nothing, remove: [0] })
  })

  it("has only bans that are younger than `maxAge`", () => {
    const old = entry(1, { added: DateTime.makeUnsafe(NOW - 60_000) })
    assert.deepStrictEqual(shown(decide(situation([old], [row(1)], { maxAge: 60_000 }))), { ...nothing, remove: [0] })
    assert.deepStrictEqual(shown(decide(situation([old], [], { maxAge: 60_000 }))), nothing)
    assert.deepStrictEqual(shown(decide(situation([old], [], { maxAge: 60_001 }))), { ...nothing, add: [id(1)] })
  })

  it("has no row of the book if the policy is `Kick`", () => {
    assert.deepStrictEqual(shown(decide(situation([entry(1)], [row(1)], { enforcement: "Kick" }))), {
      ...nothing,
      remove: [0]
    })
  })

  it("gets only bans of players who have tried to join if the policy is `BanOnJoin`, and keeps them", () => {
    const entries = [entry(1), entry(2), entry(3)]
    const policy = { enforcement: "BanOnJoin" } as const
    assert.deepStrictEqual(shown(decide(situation(entries, [row(2)], policy, { joined: new Set([id(3)]) }))), {
      ...nothing,
      add: [id(3)],
      kept: [id(2)]
    })
    const over = row(2, { remaining: "expired" })
    assert.deepStrictEqual(shown(decide(situation(entries, [over], policy))), { ...nothing, expired: 1 })
    assert.deepStrictEqual(shown(decide(situation(entries, [over, row(2)], policy))), {
      ...nothing,
      kept: [id(2)],
      expired: 1
    })
  })
})

describe("a list that is not complete", () => {
  const of = (fields: Partial<Table.Table<Ban.Ban>>, rows: ReadonlyArray<Ban.Ban> = []) =>
    shown(decide(situation([entry(1), entry(2)], [], {}, { table: table(rows, fields) })))

  it("gets no ban that it may hide, because it is cut off or has fewer rows than the server counts", () => {
    assert.deepStrictEqual(of({ cut: true }), { ...nothing, unknown: [id(1), id(2)] })
    assert.deepStrictEqual(of({ total: 2 }, [row(2)]), { ...nothing, unknown: [id(1)], kept: [id(2)] })
    assert.deepStrictEqual(of({ total: 1 }, [row(2)]), { ...nothing, add: [id(1)], kept: [id(2)] })
    assert.deepStrictEqual(of({ total: 2 }, [row(2), row(2)]), { ...nothing, add: [id(1)], kept: [id(2)], remove: [1] })
  })

  it("gets no ban whose target is in a line that cannot be read", () => {
    const target = guid(0xabc)
    for (const printed of [target, target.toUpperCase()]) {
      const unparsed = [{ line: 4, text: `0  ${printed} forever` }]
      const given = { table: table([], { unparsed }) }
      assert.deepStrictEqual(shown(decide(situation([entry(1, { target }), entry(2)], [], {}, given))), {
        ...nothing,
        add: [id(2)],
        unknown: [id(1)]
      })
    }
  })
})

describe("a list without reasons", () => {
  const account = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, "0")}` as Ban.BanTarget
  const ban = (number: number, of = number) => entry(number, { target: account(of) })
  const plain = (number: number) => row(number, { target: account(number), remaining: "unknown", reason: "" })
  const ledger = (...numbers: ReadonlyArray<number>) =>
    new Map(numbers.map((number) => [account(number) as string, id(number) as string]))

  it("has the rows of the book that the ledger names, and keeps all other rows", () => {
    const entries = [ban(1), ban(2), ban(3)]
    const rows = [plain(1), plain(2), plain(4), plain(5)]
    assert.deepStrictEqual(shown(decide(situation(entries, rows, {}, { ledger: ledger(1, 4) }))), {
      ...nothing,
      add: [id(3)],
      remove: [2],
      // Account 2 is banned by another admin already.
      kept: [id(1), id(2)],
      foreign: 2
    })
  })

  it("has one row for an account: the ban that lasts longest replaces any other ban", () => {
    const short = entry(1, { target: account(1), until: DateTime.makeUnsafe(NOW + 3_600_000) })
    const long = ban(2, 1)
    assert.deepStrictEqual(shown(decide(situation([short, long], [plain(1)], {}, { ledger: ledger(1) }))), {
      ...nothing,
      add: [id(2)]
    })
    // The first entry is the newest. If both bans last equally long, the newest one is added.
    for (const newest of [long, entry(2, { target: account(1), until: short.until })]) {
      assert.deepStrictEqual(shown(decide(situation([newest, short], [], {}, { ledger: ledger() }))), {
        ...nothing,
        add: [id(2)]
      })
    }
    const known = new Map([[account(1) as string, id(2) as string]])
    assert.deepStrictEqual(shown(decide(situation([short, long], [plain(1)], {}, { ledger: known }))), {
      ...nothing,
      kept: [id(2)]
    })
  })

  it("keeps a row whose entry in the book cannot be read, and gets no bans of GUIDs", () => {
    const given = { ledger: ledger(1), unreadable: new Set([id(1)]) }
    assert.deepStrictEqual(shown(decide(situation([entry(7)], [plain(1)], {}, given))), nothing)
  })

  it("keeps bans of players who have tried to join if the policy is `BanOnJoin`", () => {
    const policy = { enforcement: "BanOnJoin" } as const
    assert.deepStrictEqual(shown(decide(situation([ban(1), ban(2)], [plain(1)], policy, { ledger: ledger(1) }))), {
      ...nothing,
      kept: [id(1)]
    })
  })
})

// -----------------------------------------------------------------------------
// the property
// -----------------------------------------------------------------------------

const bans = Arbitrary.array(
  Arbitrary.map(
    Arbitrary.all({ number: numbers, age: oneOf(0, 50, 150), lasts: oneOf(0, 30_000, 90_000) }),
    ({ age, lasts, number }) =>
      entry(number, {
        target: targetOf(number),
        added: DateTime.makeUnsafe(NOW - age),
        until: lasts === 0 ? "permanent" : DateTime.makeUnsafe(NOW + lasts)
      })
  ),
  { maxLength: 8 }
)

const targetOf = (number: number) => number % 3 === 0 ? ip(number) : guid(number)

const rows = Arbitrary.array(
  Arbitrary.map(
    Arbitrary.all({ number: numbers, kind: oneOf("own", "own", "over", "ending", "foreign", "copied") }),
    ({ kind, number }) => {
      const target = targetOf(number)
      switch (kind) {
        case "own":
          return row(number, { target })
        case "over":
          return row(number, { target, remaining: "expired" })
        case "ending":
          return row(number, { target, remaining: Duration.minutes(2) })
        case "foreign":
          return row(number, { target, remaining: Duration.hours(1), reason: "mine" })
        case "copied":
          return row(number, { target: guid(100 + number) })
      }
    }
  ),
  { maxLength: 12 }
)

const policies = Arbitrary.all({
  enforcement: oneOf("Kick", "BanOnJoin", "List", "List"),
  capacity: oneOf(0, 2, 100),
  maxAge: oneOf(100, 1000),
  write: oneOf(true, false),
  orphans: oneOf("Keep", "Keep", "Remove")
})

/** The numbers of the bans that the book has lifted. Numbers that are neither here nor in the book are those of orphans. */
const lifted = Arbitrary.array(numbers, { maxLength: 6 })

/** Returns the target of a ban that the book has or has lifted, by its number. */
const knows = (entries: ReadonlyArray<BanEntry>, lifted: ReadonlyArray<number>): Situation["targetOf"] => (given) =>
  entries.find((entry) => entry.id === given)?.target ??
    lifted.filter((number) => id(number) === given).map(targetOf)[0]

/** Whether the book may remove a row. */
const isBooks = (
  known: Situation["targetOf"],
  { orphans, write }: { readonly orphans: string; readonly write: boolean }
) =>
({ reason, remaining, target }: Ban.Ban): boolean => {
  const number = /^\[book:(\w{6})\]/.exec(reason)?.[1]
  if (number === undefined) return false
  const isRemoved = orphans === "Remove" || (!write && remaining === "expired")
  return (known(number as BanEntry["id"]) ?? (isRemoved ? target : undefined)) === target
}

/** The list of a server after it has executed a decision. */
const execute = (before: Table.Table<Ban.Ban>, { add, remove }: Decision): ReadonlyArray<Ban.Ban> => [
  ...before.rows.filter((row) => !remove.includes(row)),
  ...add.map((entry) => row(0, { target: entry.target, reason: markedReason(entry, "book") }))
]

describe("any list", () => {
  it.prop(
    "agrees with the book after one decision, has the bans that the policy requires, and keeps all other rows",
    { bans, rows, lifted, policy: policies, joined: Arbitrary.array(numbers, { maxLength: 4 }) },
    ({ bans, joined, lifted, policy, rows }) => {
      const entries = [...new Map(bans.map((ban) => [ban.id, ban])).values()]
      const known = knows(entries, lifted)
      const given = situation(entries, rows, policy, { joined: new Set(joined.map(id)), targetOf: known })
      const first = decide(given)
      const after = table(execute(given.table, first))
      const second = decide({ ...given, table: after })
      assert.deepStrictEqual([second.add, second.remove, second.unknown], [[], [], []])

      const isOwn = isBooks(known, policy)
      const others = (rows: ReadonlyArray<Ban.Ban>) =>
        rows.filter((row) => !isOwn(row)).map(({ reason, target }) => `${target} ${reason}`)
      assert.deepStrictEqual(others(after.rows), others(given.table.rows))
      const unreported = after.rows.filter((row) =>
        !isOwn(row) && row.reason !== "mine" && (row.remaining === "expired" || Duration.isDuration(row.remaining))
      )
      assert.isAtMost(second.foreign + second.orphans.length, others(after.rows).length)
      assert.isAtLeast(second.foreign + second.orphans.length + unreported.length, others(after.rows).length)

      const own = after.rows.filter((row) => isOwn(row) && row.remaining !== "expired")
      assert.strictEqual(own.length, second.kept.size)
      assert.isAtMost(own.length, policy.capacity)
      if (policy.enforcement === "Kick") assert.deepStrictEqual(own, [])
      for (const { target } of own) {
        const one = entries.find((entry) => entry.target === target)!
        assert.isTrue(NOW - DateTime.toEpochMillis(one.added) < policy.maxAge)
      }
      if (policy.enforcement === "List") {
        const due = entries.filter(({ added }) => NOW - DateTime.toEpochMillis(added) < policy.maxAge)
          .slice(0, policy.capacity)
        const listed = new Set(own.map(({ target }) => target))
        for (const { target, until } of due) {
          assert.isTrue(listed.has(target) || (until !== "permanent" && DateTime.toEpochMillis(until) < NOW + 60_000))
        }
      }
    },
    { arbitrary: { runs: 300 } }
  )

  it.prop(
    "that is cut off gets no bans, and loses only rows that it shows",
    { bans, rows, lifted, policy: policies },
    ({ bans, lifted, policy, rows }) => {
      const entries = [...new Map(bans.map((ban) => [ban.id, ban])).values()]
      const targetOf = knows(entries, lifted)
      const given = situation(entries, rows, policy, { table: table(rows, { cut: true }), targetOf })
      const decision = decide(given)
      assert.deepStrictEqual(decision.add, [])
      const isOwn = isBooks(targetOf, policy)
      assert.isTrue(decision.remove.every((row) => given.table.rows.includes(row) && isOwn(row)))
    }
  )
})
