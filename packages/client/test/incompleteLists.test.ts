/**
 * Tests what an incomplete list proves, and what it does not prove.
 */
import { RconClient, Table } from "@bercon/client"
import { Session } from "@bercon/session"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { GUID, players, row, startWith, unread, within } from "./mockClient.ts"
import * as MockSession from "./mockSession.ts"
import { guidOf, slot } from "./simulatedClient.ts"

describe("an incomplete list of players", () => {
  const lists = {
    "with an unreadable row": players(unread(0), "(1 players in total)"),
    "with fewer rows than players": players("(1 players in total)"),
    "with a line without a number": players("?", "(1 players in total)")
  }
  for (const [name, list] of Object.entries(lists)) {
    it.effect(`${name} does not prove that a player is gone`, () =>
      Effect.gen(function*() {
        const { rcon, run, sent } = yield* startWith(list)
        assert.strictEqual(yield* run(rcon.kick(slot(0), "x", within)), "Unconfirmed")
        // Even after the list was read, the slot is not known to be empty.
        yield* rcon.players
        assert.strictEqual(yield* run(rcon.kick(slot(0), "x", within)), "Unconfirmed")
        assert.deepStrictEqual(sent(), ["kick 0 x", "kick 0 x"])
      }).pipe(Effect.scoped))

    it.effect(`${name} removes no player from the roster`, () =>
      Effect.gen(function*() {
        const { rcon } = yield* startWith(list)
        yield* rcon.players
        assert.deepStrictEqual((yield* rcon.roster.get).map(String), ["#0 Ann"])
        assert.isFalse(yield* rcon.roster.isComplete)
      }).pipe(Effect.scoped))
  }

  it.effect("proves that the players in its valid rows are present, and that a slot is empty if no unreadable row can belong to it", () =>
    Effect.gen(function*() {
      const { rcon, run, session, sent } = yield* startWith(players(unread(7), row(2, "Bob"), "(2 players in total)"))
      yield* session.say("Player #3 Eve (203.0.113.9:2304) connected")
      yield* rcon.players
      assert.deepStrictEqual((yield* rcon.roster.get).map(String), ["#2 Bob"])
      assert.strictEqual(yield* run(rcon.kick(slot(3), "x", within)), "PlayerNotFound")
      assert.strictEqual(yield* run(rcon.kick(slot(7), "x", within)), "Unconfirmed")
      assert.deepStrictEqual(sent(), ["kick 7 x"])
    }).pipe(Effect.scoped))

  it.effect("makes the roster incomplete until every row can be read", () =>
    Effect.gen(function*() {
      const { rcon, session } = yield* startWith(players(unread(0), "(1 players in total)"))
      yield* rcon.players
      assert.isFalse(yield* rcon.roster.isComplete)
      session.reply = players("(0 players in total)")
      yield* rcon.players
      assert.deepStrictEqual(yield* rcon.roster.get, [])
      assert.isTrue(yield* rcon.roster.isComplete)
    }).pipe(Effect.scoped))
})

describe("an incomplete list of bans", () => {
  const HEADING = ["GUID Bans:", "[#] [GUID] [Minutes left] [Reason]", "-----"]
  it.effect("does not prove the absence of a ban", () =>
    Effect.gen(function*() {
      const { rcon, run, sent } = yield* startWith("", [...HEADING, "0  what is this"].join("\n"))
      assert.strictEqual(yield* run(rcon.unban(GUID)), "ListIncomplete")
      assert.deepStrictEqual(sent(), [])
      const { rcon: other, run: runOther } = yield* startWith("", HEADING.join("\n"))
      assert.strictEqual(yield* runOther(other.unban(GUID)), "BanNotFound")
    }).pipe(Effect.scoped))
})

describe("a list of bans", () => {
  const HEADING = ["GUID Bans:", "[#] [GUID] [Minutes left] [Reason]", "-----"]
  /** A client of a server with these rows. `remove` changes them when the client removes a ban. */
  const withBans = Effect.fnUntraced(function*(
    rows: ReadonlyArray<string>,
    remove: (rows: Array<string>, place: number) => void = (rows, place) => rows.splice(place, 1)
  ) {
    const { rcon, run, session, sent } = yield* startWith("")
    const left = [...rows]
    session.reply = (text) => {
      const place = /^removeBan (\d+)$/.exec(text)?.[1]
      if (place !== undefined) remove(left, Number(place))
      const list = [...HEADING, ...left.map((row, index) => `${index}  ${row}`)].join("\n")
      return text === "bans" ? list.slice(0, SIZE) : ""
    }
    return { rcon, run, sent, left }
  })

  it.effect("is searched for the row to remove, not for a similar one", () =>
    Effect.gen(function*() {
      for (
        const [rows, index] of [
          [[`${GUID} 60 x`, `${GUID} - x`], 0],
          [[`${GUID} 60 x`, `${GUID} 10000 x`], 0],
          [[`${GUID} 60 x`, `${GUID} 10000 x`], 1],
          [[`${GUID} - x`, `${GUID} perm x`], 1]
        ] as const
      ) {
        const { left, rcon, run } = yield* withBans(rows)
        const bans = yield* rcon.bans
        assert.strictEqual(yield* run(rcon.unban(bans[index]!)), "done")
        assert.deepStrictEqual(left, rows.filter((_, at) => at !== index))
      }
    }).pipe(Effect.scoped))

  it.effect("is searched for a separate row for each ban to remove", () =>
    Effect.gen(function*() {
      const { left, rcon, run } = yield* withBans([`${GUID} perm x`, `${GUID} perm x`])
      assert.strictEqual(yield* run(rcon.unbanAll(yield* rcon.bans)), "done")
      assert.deepStrictEqual(left, [])
    }).pipe(Effect.scoped))

  it.effect("in which a row has become unreadable does not prove that the row is gone", () =>
    Effect.gen(function*() {
      const { rcon, run } = yield* withBans([`${GUID} perm x`], (rows) => {
        rows[0] = "what is this"
      })
      assert.strictEqual(yield* run(rcon.unban(GUID)), "Unconfirmed")
    }).pipe(Effect.scoped))

  it.effect("that is incomplete does not prove that another client removed a ban", () =>
    Effect.gen(function*() {
      const { rcon, run } = yield* withBans([`${GUID} perm x`, `${"f".repeat(32)} perm y`], (rows, place) => {
        rows.splice(place, 1)
        rows[0] = "what is this"
      })
      assert.strictEqual(yield* run(rcon.unban(GUID)), "Unconfirmed")
    }).pipe(Effect.scoped))

  const [A, B, C] = [300, 301, 302].map(guidOf)
  const SIZE = 255 * 1024
  /** Rows of which a reply contains only these and one before them, with 20 bytes of room. */
  const cutAfter = (...rows: ReadonlyArray<string>) => {
    const listed = [...HEADING, `0  ${GUID} perm `, ...rows.map((row, index) => `${index + 1}  ${row}`), ""].join("\n")
    const others = Array.from({ length: 9 }, (_, index) => `${guidOf(index)} perm x`)
    return [`${GUID} perm ${"x".repeat(SIZE - 20 - listed.length)}`, ...rows, ...others]
  }

  it.effect("that is cut proves that rows are gone if the row that was its last one is still listed", () =>
    Effect.gen(function*() {
      const { left, rcon, run } = yield* withBans(cutAfter(`${A} perm x`, `${B} 5 x`, `${C} perm x`))
      const { cut, rows } = yield* rcon.banTable
      assert.deepStrictEqual([cut, rows.map(({ target }) => target)], [true, [GUID, A, B, C]])
      assert.strictEqual(yield* run(rcon.unbanAll(rows.slice(1, 3))), "done")
      assert.deepStrictEqual(left.slice(1, 3), [`${C} perm x`, `${guidOf(0)} perm x`])
    }).pipe(Effect.scoped))

  it.effect.each([
    { why: "it was the last one", rows: [`${A} perm x`], added: "" },
    { why: "the expired row behind it is missing, too", rows: [`${A} perm x`, `${B} - x`], added: "x".repeat(60) },
    { why: "the last one is like it", rows: [`${A} perm x`, `${B} perm x`, `${A} perm x`], added: "" }
  ])("that is cut does not prove that a row is gone if $why", ({ added, rows }) =>
    Effect.gen(function*() {
      // The server does not execute the removal. Another client adds a ban, whose row pushes others out of the list.
      const { rcon, run } = yield* withBans(cutAfter(...rows), (left) => left.splice(1, 0, `${C} perm ${added}`))
      const before = yield* rcon.bans
      assert.deepStrictEqual(before.length, 1 + rows.length)
      assert.strictEqual(yield* run(rcon.unban(before[1]!)), "Unconfirmed")
      assert.isBelow(
        (yield* rcon.bans).filter(({ target }) => target === A).length,
        before.filter(({ target }) => target === A).length
      )
    }).pipe(Effect.scoped))

  it.effect("does not confirm a ban with another duration or reason", () =>
    Effect.gen(function*() {
      const { rcon, run } = yield* withBans([`${GUID} 100 x`, `${"f".repeat(32)} perm x`])
      assert.strictEqual(yield* run(rcon.ban(GUID, { duration: "60 minutes", reason: "x", ...within })), "Unconfirmed")
      assert.strictEqual(yield* run(rcon.ban(GUID, { duration: "101 minutes", reason: "y", ...within })), "Unconfirmed")
      assert.strictEqual(yield* run(rcon.ban(GUID, { duration: "101 minutes", reason: "x", ...within })), "done")
      assert.strictEqual(yield* run(rcon.banAll([GUID], { duration: "101 minutes", reason: "y" })), "Unconfirmed")
      assert.strictEqual(yield* run(rcon.banAll([GUID, GUID], { duration: "101 minutes", reason: "x" })), "done")
    }).pipe(Effect.scoped))
})

describe("a long list in a legacy code page", () => {
  /** Reads a list of this many bytes in windows-1251. Returns it, and the number of its rows that are not cut. */
  const listed = Effect.fnUntraced(function*(length: number) {
    const session = yield* MockSession.make({ _tag: "Online" }, Effect.void)
    const service = yield* Effect.provide(Session.Session, session.layer)
    const heading = "GUID Bans:\n[#] [GUID] [Minutes left] [Reason]\n---\n"
    const row = `0  ${GUID} perm ${"\xe8".repeat(60)}\n`
    const text = heading + row.repeat(Math.ceil(length / row.length))
    const bytes = Uint8Array.from(text.slice(0, length), (character) => character.charCodeAt(0))
    const rcon = yield* RconClient.fromSession({ flavour: "BattlEye" }).pipe(
      Effect.provideService(Session.Session, {
        ...service,
        commandBytes: () => Effect.succeed(bytes),
        decode: (bytes) => new TextDecoder("windows-1251").decode(bytes)
      })
    )
    return { table: yield* rcon.banTable, rows: Math.floor((length - heading.length) / row.length) }
  })

  it.effect("counts as cut only if it has the maximum size of the protocol", () =>
    Effect.gen(function*() {
      const whole = yield* listed(191_000)
      assert.deepStrictEqual([whole.table.cut, whole.table.rows.length >= whole.rows], [false, true])
      const cut = yield* listed(255 * 1024)
      assert.deepStrictEqual([cut.table.cut, cut.table.rows.length], [true, cut.rows])
      assert.isFalse(Table.isComplete(cut.table))
    }).pipe(Effect.scoped))
})
