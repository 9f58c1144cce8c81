/**
 * Tests that the client does not report unknown things as absent.
 */
import { Guid, Identity, Player, RconClient, Table } from "@bercon/client"
import { CommandError, Session } from "@bercon/session"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Option } from "effect"
import { TestClock } from "effect/testing"
import { compare, PlayerTarget } from "../src/internal/playerTarget.ts"
import { mayBeUnread } from "../src/internal/tables.ts"
import * as MockSession from "./mockSession.ts"

const GUID = Guid.Guid.make("0123456789abcdef0123456789abcdef")
const HEADING = ["Players on server:", "[#] [IP Address]:[Port] [Ping] [GUID] [Name]", "-----"]
const row = (slot: number, name: string) => `${slot}   203.0.113.9:2304      16   ${GUID}(OK) ${name}`
const unread = (slot: number) => `${slot}   203.0.113.9:2304      16   what is this`
const players = (...lines: ReadonlyArray<string>) => [...HEADING, ...lines].join("\n")
const slot = (id: number) => Player.PlayerId.make(id)
const within = { confirmWithin: "1 second" } as const

/** A client whose server has this reply to `players`, and an empty reply to every other command. */
const start = Effect.fnUntraced(function*(list: string, bans = "") {
  const session = yield* MockSession.make({ _tag: "Online" }, Effect.void)
  const rcon = yield* Effect.provide(RconClient.fromSession({ flavour: "BattlEye" }), session.layer)
  session.reply = (text) => text === "players" ? list : text === "bans" ? bans : ""
  yield* session.say("Player #0 Ann (203.0.113.9:2304) connected")
  /** Runs an action, and returns its outcome. */
  const run = Effect.fnUntraced(function*<E extends { readonly reason: { readonly _tag: string } }>(
    action: Effect.Effect<unknown, E>
  ) {
    const fiber = yield* Effect.forkChild(
      Effect.match(action, { onFailure: ({ reason }) => reason._tag, onSuccess: () => "done" })
    )
    yield* TestClock.adjust("2 minutes")
    return yield* Fiber.join(fiber)
  })
  const sent = () => session.sent.map(([text]) => text).filter((text) => text !== "players" && text !== "bans")
  return { session, rcon, run, sent }
})

describe("an incomplete list of players", () => {
  const lists = {
    "with an unreadable row": players(unread(0), "(1 players in total)"),
    "with fewer rows than players": players("(1 players in total)"),
    "with a line without a number": players("?", "(1 players in total)")
  }
  for (const [name, list] of Object.entries(lists)) {
    it.effect(`does not prove that a player is gone, ${name}`, () =>
      Effect.gen(function*() {
        const { rcon, run, sent } = yield* start(list)
        assert.strictEqual(yield* run(rcon.kick(slot(0), "x", within)), "Unconfirmed")
        // Even after the list, the slot is not known to be empty.
        yield* rcon.players
        assert.strictEqual(yield* run(rcon.kick(slot(0), "x", within)), "Unconfirmed")
        assert.deepStrictEqual(sent(), ["kick 0 x", "kick 0 x"])
      }).pipe(Effect.scoped))

    it.effect(`removes no player from the roster, ${name}`, () =>
      Effect.gen(function*() {
        const { rcon } = yield* start(list)
        yield* rcon.players
        assert.deepStrictEqual((yield* rcon.roster.get).map(String), ["#0 Ann"])
        assert.isFalse(yield* rcon.roster.isComplete)
      }).pipe(Effect.scoped))
  }

  it.effect("proves that players in its valid rows are present, and that certain other slots are empty", () =>
    Effect.gen(function*() {
      const { rcon, run, session, sent } = yield* start(players(unread(7), row(2, "Bob"), "(2 players in total)"))
      yield* session.say("Player #3 Eve (203.0.113.9:2304) connected")
      yield* rcon.players
      assert.deepStrictEqual((yield* rcon.roster.get).map(String), ["#2 Bob"])
      assert.strictEqual(yield* run(rcon.kick(slot(3), "x", within)), "PlayerNotFound")
      assert.strictEqual(yield* run(rcon.kick(slot(7), "x", within)), "Unconfirmed")
      assert.deepStrictEqual(sent(), ["kick 7 x"])
    }).pipe(Effect.scoped))

  it.effect("is complete again when every row is valid", () =>
    Effect.gen(function*() {
      const { rcon, session } = yield* start(players(unread(0), "(1 players in total)"))
      yield* rcon.players
      session.reply = players("(0 players in total)")
      yield* rcon.players
      assert.deepStrictEqual(yield* rcon.roster.get, [])
      assert.isTrue(yield* rcon.roster.isComplete)
    }).pipe(Effect.scoped))
})

describe("an incomplete list of bans", () => {
  const HEADING = ["GUID Bans:", "[#] [GUID] [Minutes left] [Reason]", "-----"]
  it.effect("does not prove that a ban does not exist", () =>
    Effect.gen(function*() {
      const { rcon, run, sent } = yield* start("", [...HEADING, "0  what is this"].join("\n"))
      assert.strictEqual(yield* run(rcon.unban(GUID)), "ListIncomplete")
      assert.deepStrictEqual(sent(), [])
      const { rcon: other, run: runOther } = yield* start("", HEADING.join("\n"))
      assert.strictEqual(yield* runOther(other.unban(GUID)), "BanNotFound")
    }).pipe(Effect.scoped))
})

describe("a list of bans", () => {
  const HEADING = ["GUID Bans:", "[#] [GUID] [Minutes left] [Reason]", "-----"]
  /** A client of a server with these rows, and with other rows after a removal. */
  const withBans = Effect.fnUntraced(function*(
    rows: ReadonlyArray<string>,
    remove: (rows: Array<string>, place: number) => void = (rows, place) => rows.splice(place, 1)
  ) {
    const { rcon, run, session, sent } = yield* start("")
    const left = [...rows]
    session.reply = (text) => {
      const place = /^removeBan (\d+)$/.exec(text)?.[1]
      if (place !== undefined) remove(left, Number(place))
      return text === "bans" ? [...HEADING, ...left.map((row, index) => `${index}  ${row}`)].join("\n") : ""
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

  it.effect("has a separate row for each ban to remove", () =>
    Effect.gen(function*() {
      const { left, rcon, run } = yield* withBans([`${GUID} perm x`, `${GUID} perm x`])
      assert.strictEqual(yield* run(rcon.unbanAll(yield* rcon.bans)), "done")
      assert.deepStrictEqual(left, [])
    }).pipe(Effect.scoped))

  it.effect("in which a row has become unreadable does not prove that it is gone", () =>
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

  it.effect("does not confirm a ban of another time or reason", () =>
    Effect.gen(function*() {
      const { rcon, run } = yield* withBans([`${GUID} 100 x`, `${"f".repeat(32)} perm x`])
      assert.strictEqual(yield* run(rcon.ban(GUID, { duration: "60 minutes", reason: "x", ...within })), "Unconfirmed")
      assert.strictEqual(yield* run(rcon.ban(GUID, { duration: "101 minutes", reason: "y", ...within })), "Unconfirmed")
      assert.strictEqual(yield* run(rcon.ban(GUID, { duration: "101 minutes", reason: "x", ...within })), "done")
      assert.strictEqual(yield* run(rcon.banAll([GUID], { duration: "101 minutes", reason: "y" })), "Unconfirmed")
      assert.strictEqual(yield* run(rcon.banAll([GUID, GUID], { duration: "101 minutes", reason: "x" })), "done")
    }).pipe(Effect.scoped))
})

describe("a player identified by GUID", () => {
  it.effect("is looked up in the list if the player is not in the roster", () =>
    Effect.gen(function*() {
      const { rcon, run, sent } = yield* start(players(row(0, "Ann"), "(1 players in total)"))
      // The roster contains Ann from an event without the GUID.
      assert.strictEqual(yield* run(rcon.kick(GUID)), "done")
      assert.deepStrictEqual(sent(), ["kick 0"])
    }).pipe(Effect.scoped))

  it.effect("is not reported as absent if a row is unreadable", () =>
    Effect.gen(function*() {
      const { rcon, run, sent } = yield* start(players(unread(0), "(1 players in total)"))
      assert.strictEqual(yield* run(rcon.kick(GUID)), "ListIncomplete")
      assert.strictEqual(yield* run(rcon.whisper(GUID, "hi")), "ListIncomplete")
      assert.deepStrictEqual(sent(), [])
    }).pipe(Effect.scoped))

  it.effect("is found by the account on Arma Reforger, in any slot", () =>
    Effect.gen(function*() {
      const identity = Identity.IdentityId.make("3d8f0e52-6c5a-4e0b-9a55-0c2b1d7e4f10")
      const alice = new Player.Player({ id: slot(1), name: "Alice", identity, verified: false })
      const moved = new Player.Player({ id: slot(7), name: "Alice", identity, verified: false })
      const there = new PlayerTarget(slot(7), () => "Unknown", moved)
      assert.strictEqual(there.lookIn({ rows: [], unparsed: [], total: undefined, cut: false }), "Gone")
      assert.strictEqual(compare(alice, there.player!), "Same")
      const other = new Player.Player({
        id: slot(7),
        name: "Alice",
        identity: Identity.IdentityId.make("b6955d91-4749-4cdb-9a51-e69f630ec435"),
        verified: false
      })
      assert.strictEqual(compare(alice, other), "Other")
    }))
})

describe("one of several actions", () => {
  it.effect("that fails after others were executed is not reported as not executed", () =>
    Effect.gen(function*() {
      const { rcon, run, session } = yield* start(players())
      let left = 2
      session.reply = (text) =>
        text.startsWith("say ") && left-- === 0
          ? new CommandError.CommandError({ command: text, reason: new CommandError.NotConnected({ peer: "server" }) })
          : text === "bans"
          ? "GUID Bans:\n[#] [GUID]\n---"
          : text === "writeBans"
          ? new CommandError.CommandError({ command: text, reason: new CommandError.NotConnected({ peer: "server" }) })
          : ""
      assert.strictEqual(yield* run(rcon.say("a\nb\nc\nd", { split: true })), "Unconfirmed")
      assert.strictEqual(yield* run(rcon.banAll([], { write: true })), "Unconfirmed")
    }).pipe(Effect.scoped))

  it.effect("has the rest of the call's time", () =>
    Effect.gen(function*() {
      const { rcon, session } = yield* start(players())
      session.wait = Effect.sleep("2 seconds")
      const options: Array<unknown> = []
      const saying = yield* Effect.forkChild(rcon.say("a\nb", { split: true, timeout: "5 seconds" }))
      yield* TestClock.adjust("4 seconds")
      yield* Fiber.join(saying)
      for (const [text, given] of session.sent) if (text.startsWith("say")) options.push(given?.timeout)
      assert.deepStrictEqual(options, [5000, 3000])
    }).pipe(Effect.scoped))
})

describe("a table", () => {
  const table = (rows: ReadonlyArray<number>, total: number | undefined, ...texts: ReadonlyArray<string>) => ({
    rows: rows.map((id) => ({ id })),
    unparsed: texts.map((text, line) => ({ line, text })),
    total,
    cut: false
  })

  it("counts players, because some servers print a player twice", () => {
    assert.isTrue(Table.isComplete(table([0, 1], 2)))
    assert.isFalse(Table.isComplete(table([0, 0], 2)))
    assert.isTrue(mayBeUnread(table([0, 0], 2), 1))
  })

  it("may contain the row of a number only in a line that can begin with it", () => {
    assert.isFalse(mayBeUnread(table([0], 1), 1))
    assert.isTrue(mayBeUnread(table([0], 2, "1 ?"), 1))
    assert.isTrue(mayBeUnread(table([0], 2, "#1 ?"), 1))
    assert.isFalse(mayBeUnread(table([0], 2, "2 ?"), 1))
    assert.isFalse(mayBeUnread(table([0], 2, "-1 ; Alice"), 1))
    assert.isTrue(mayBeUnread(table([0], 2, "?"), 1))
    assert.isTrue(mayBeUnread({ ...table([0], undefined), cut: true }, 1))
  })
})

describe("a late message", () => {
  it.effect("is no evidence, because it may concern an earlier visit", () =>
    Effect.gen(function*() {
      const { rcon, session } = yield* start(players(row(0, "Ann")))
      const kicking = yield* Effect.forkChild(Effect.exit(rcon.kick(slot(0), "x", within)), { startImmediately: true })
      yield* session.sayLate("Player #0 Ann disconnected")
      yield* TestClock.adjust("2 minutes")
      assert.isTrue(Exit.isFailure(yield* Fiber.join(kicking)))
    }).pipe(Effect.scoped))
})

describe("a long list in a legacy code page", () => {
  /** A client whose server replies with this many bytes, in windows-1251. */
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

  it.effect("is cut only if it has the maximum size of the protocol", () =>
    Effect.gen(function*() {
      const whole = yield* listed(191_000)
      assert.deepStrictEqual([whole.table.cut, whole.table.rows.length >= whole.rows], [false, true])
      const cut = yield* listed(255 * 1024)
      assert.deepStrictEqual([cut.table.cut, cut.table.rows.length], [true, cut.rows])
      assert.isFalse(Table.isComplete(cut.table))
    }).pipe(Effect.scoped))
})

describe("the intended player", () => {
  const known = { id: slot(0), name: "Ann", guid: GUID, verified: true }
  const ann = new Player.Player(known)
  const other = Guid.Guid.make("f".repeat(32))
  const table = (...rows: ReadonlyArray<Player.Player>) => ({ rows, unparsed: [], total: undefined, cut: false })
  const target = (there: Player.Player | "Nobody" | "Unknown") => new PlayerTarget(slot(0), () => there)

  it("is recognised by the GUID, whatever the name", () => {
    const renamed = new Player.Player({ ...known, name: "Anna" })
    assert.strictEqual(target(ann).lookIn(table(renamed)), "Here")
    assert.strictEqual(target(ann).lookIn(table(new Player.Player({ ...known, guid: other }))), "Gone")
  })

  it("may be another player of the same name if no GUID is known", () => {
    const { guid: _, ...unknown } = known
    assert.strictEqual(target(ann).lookIn(table(new Player.Player(unknown))), "Unsure")
    assert.strictEqual(target(ann).lookIn(table(new Player.Player({ ...unknown, name: "Bob" }))), "Gone")
  })

  it("is the first one in a list if the occupant was unknown", () => {
    const unknown = target("Unknown")
    assert.isUndefined(unknown.player)
    assert.strictEqual(unknown.lookIn(table(ann)), "Here")
    assert.strictEqual(unknown.player, ann)
    assert.strictEqual(unknown.lookIn(table(new Player.Player({ ...known, guid: other }))), "Gone")
  })

  it("has the slot until it is seen with another player or empty", () => {
    let there: Player.Player | "Nobody" | "Unknown" = ann
    const meant = new PlayerTarget(slot(0), () => there)
    assert.isTrue(meant.isCurrent())
    there = "Unknown"
    assert.isTrue(meant.isCurrent())
    there = "Nobody"
    assert.isFalse(meant.isCurrent())
    there = new Player.Player({ ...known, guid: other })
    assert.isFalse(meant.isCurrent())
  })

  it("is not a newcomer in a slot that was empty", () => {
    let there: Player.Player | "Nobody" = "Nobody"
    const nobody = new PlayerTarget(slot(0), () => there)
    assert.isTrue(nobody.isCurrent())
    there = ann
    assert.isFalse(nobody.isCurrent())
  })

  it("is not the previous occupant in an event", () => {
    assert.isTrue(target(ann).isNamedBy({ id: slot(0), name: "Ann " }))
    assert.isFalse(target(ann).isNamedBy({ id: slot(0), name: "Bob" }))
    assert.isFalse(target(ann).isNamedBy({ id: slot(1), name: "Ann" }))
    assert.isTrue(target("Unknown").isNamedBy({ id: slot(0), name: "anybody" }))
  })
})

describe("the reply to an action", () => {
  it.effect("is a failure if it is a refusal, and is returned if it is unknown", () =>
    Effect.gen(function*() {
      const { rcon, session } = yield* start(players())
      for (
        const text of [
          "Player is unable to receive the message",
          "Invalid player",
          "Player not found\n",
          "Player with id 7 not found on server",
          "Invalid command syntax\nUsage: ..."
        ]
      ) {
        session.reply = text
        for (
          const action of [
            rcon.whisper(slot(7), "hi"),
            rcon.kick(slot(7)),
            rcon.ban(GUID),
            rcon.say("hi"),
            rcon.loadBans("x")
          ]
        ) {
          const error = yield* Effect.flip(action)
          assert.isTrue(error._tag === "ActionError" && error.reason._tag === "Rejected" && error.reason.text === text)
        }
      }
      session.reply = "as you like"
      assert.strictEqual(yield* rcon.whisper(slot(7), "hi"), "as you like")
      assert.strictEqual(yield* rcon.lock, "as you like")
    }).pipe(Effect.scoped))

  it.effect("is part of the error of an unconfirmed action", () =>
    Effect.gen(function*() {
      const { rcon, session } = yield* start(players(row(0, "Ann")))
      session.reply = (text) => text === "players" ? players(row(0, "Ann")) : "as you like"
      const kicking = yield* Effect.forkChild(Effect.flip(rcon.kick(slot(0), "x", within)))
      yield* TestClock.adjust("1 minute")
      assert.match((yield* Fiber.join(kicking)).message, /; the reply was "as you like"/)
    }).pipe(Effect.scoped))
})

describe("the echo of a chat message", () => {
  const long = "ж".repeat(150)
  const bytes = (length: number) => new TextDecoder().decode(new TextEncoder().encode(long).subarray(0, length))
  it.effect.each(
    [
      [bytes(128), "done"],
      [bytes(129), "done"],
      [bytes(200), "done"],
      [bytes(201), "done"],
      [long, "done"],
      [bytes(60), "Unconfirmed"],
      [`${bytes(128)}x`, "Unconfirmed"]
    ] as const
  )("may be cut by its bytes: %s", ([echo, outcome]) =>
    Effect.gen(function*() {
      const { rcon, session } = yield* start(players())
      const saying = yield* Effect.forkChild(
        Effect.match(rcon.say(long, within), { onFailure: ({ reason }) => reason._tag, onSuccess: () => "done" }),
        { startImmediately: true }
      )
      yield* session.say(`RCon admin #0: (Global) ${echo}`)
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(yield* Fiber.join(saying), outcome)
    }).pipe(Effect.scoped))
})

describe("the hint of an empty reply", () => {
  it.effect("mentions no cause that the server has disproved", () =>
    Effect.gen(function*() {
      const { rcon, session } = yield* start("")
      session.reply = ""
      // The earlier event has proved that this is BattlEye.
      assert.strictEqual(
        (yield* Effect.flip(rcon.missions)).message,
        "the reply to \"missions\" is empty: this game has no such list, or does not show it over RCON"
      )
      yield* session.gap("Reconnected")
      assert.include((yield* Effect.flip(rcon.missions)).message, "Arma Reforger's own")
    }).pipe(Effect.scoped))
})

describe("a player who has left", () => {
  it.effect("is published with the last known data, and its time", () =>
    Effect.gen(function*() {
      const { rcon, session } = yield* start(players(row(0, "Ann"), "(1 players in total)"))
      yield* TestClock.adjust("1 minute")
      const left = yield* Effect.forkChild(rcon.waitFor("PlayerDisconnected"), { startImmediately: true })
      yield* session.say("Player #0 Ann disconnected")
      const { known, knownAt } = yield* Fiber.join(left)
      assert.deepStrictEqual([known?.guid, known?.address?.toString(), known?.verified], [
        GUID,
        "203.0.113.9:2304",
        true
      ])
      assert.isTrue(knownAt !== undefined && knownAt.epochMilliseconds > 0)
      assert.deepStrictEqual(yield* rcon.roster.byId(slot(0)), Option.none())

      yield* session.say(`Player #1 Bob (203.0.113.9:2304) connected`)
      const kicked = yield* Effect.forkChild(rcon.waitFor("PlayerKicked"), { startImmediately: true })
      yield* session.say("Player #1 Bob (-) has been kicked by BattlEye: Client not responding")
      assert.strictEqual((yield* Fiber.join(kicked)).known?.address?.ip as string, "203.0.113.9")

      // It contains nothing about another player in the slot.
      yield* session.say(`Player #2 Eve (203.0.113.9:2304) connected`)
      const other = yield* Effect.forkChild(rcon.waitFor("PlayerDisconnected"), { startImmediately: true })
      yield* session.say("Player #2 Zoe disconnected")
      assert.isUndefined((yield* Fiber.join(other)).known)
    }).pipe(Effect.scoped))
})
