import { Ban, CommandError } from "@bercon/client"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { failure, start } from "./mockClient.ts"
import { echo, identity, OLDER_BANS, PLAYERS, row } from "./texts.ts"

describe("the players of a Reforger server", () => {
  it.effect("are read from the messages after the echo", () =>
    Effect.gen(function*() {
      const { commands, converse, events, session } = yield* start()
      const exit = yield* converse(
        commands.playerTable,
        "Player #7 Bob disconnected",
        `${PLAYERS}\n${row(1, "Bob")}`,
        "Server is on fire",
        row(2, "Eve ; x")
      )
      const table = yield* exit
      assert.deepStrictEqual(table.rows.map(String), ["#1 Bob", "#2 Eve ; x"])
      assert.deepStrictEqual([table.unparsed, table.total], [[], undefined])
      assert.deepStrictEqual(events, ["Player #7 Bob disconnected", "Server is on fire"])
      assert.deepStrictEqual(session.sent, [["#players", {
        repeatable: undefined,
        epoch: undefined,
        timeout: 20_000
      }]])
    }))

  it.effect("are complete after the quiet time", () =>
    Effect.gen(function*() {
      const { commands, say } = yield* start({ quiet: "1 second" })
      const fiber = yield* Effect.forkChild(commands.playerTable, { startImmediately: true })
      yield* TestClock.adjust("3 seconds")
      yield* say(echo("#players"), PLAYERS)
      yield* TestClock.adjust("999 millis")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual((yield* Fiber.join(fiber)).rows, [])
    }))

  it.effect("cause an IncompleteReply if the list is missing, unless the server repeats it in time", () =>
    Effect.gen(function*() {
      const { commands, converse, say } = yield* start()
      const error = yield* failure(yield* converse(commands.playerTable))
      assert.strictEqual(error._tag === "CommandError" && error.reason._tag, "IncompleteReply")
      // The network lost the messages. The server repeats them, and they arrive after four seconds.
      const fiber = yield* Effect.forkChild(commands.playerTable, { startImmediately: true })
      yield* TestClock.adjust("4 seconds")
      yield* say(echo("#players"), `${PLAYERS}\n${row(1, "Bob")}`)
      yield* TestClock.adjust("450 millis")
      assert.strictEqual((yield* Fiber.join(fiber)).rows.length, 1)
    }))

  it.effect("cause an error with the server's text after the quiet time if the list has an unknown form", () =>
    Effect.gen(function*() {
      const { commands, events, say } = yield* start()
      const texts = [
        "Players (1): Bob",
        "Players on server:\n7 Bob",
        "Command is supported only on Dedicated Servers"
      ]
      for (const text of texts) {
        const fiber = yield* Effect.forkChild(commands.playerTable, { startImmediately: true })
        yield* say(echo("#players"), text)
        yield* TestClock.adjust("450 millis")
        const error = yield* Effect.flip(Fiber.join(fiber))
        assert.deepStrictEqual([error._tag, error._tag === "ReplyError" && error.text], ["ReplyError", text])
      }
      assert.deepStrictEqual(events, texts.slice(0, 1))
      const fiber = yield* Effect.forkChild(commands.playerTable, { startImmediately: true })
      yield* say(echo("#players"), "unknown command")
      const error = yield* Effect.flip(Fiber.join(fiber))
      assert.strictEqual(error._tag === "CommandError" && error.reason._tag, "UnknownCommand")
    }))

  it.effect("are also read from the reply itself, if it contains them", () =>
    Effect.gen(function*() {
      const { commands, session } = yield* start()
      session.reply = `${PLAYERS}\n${row(1, "Bob")}`
      assert.strictEqual((yield* commands.playerTable).rows.length, 1)
      session.reply = "Players"
      assert.strictEqual((yield* Effect.flip(commands.playerTable))._tag, "ReplyError")
    }))
})

describe("the bans of a Reforger server", () => {
  const page = (total: number, number: number, from: number, rows: number) => [
    "Processing ban list",
    [
      `Total bans: ${total} | Page: ${number}/${Math.ceil(total / 25)}`,
      "- Identity Id | Banned name",
      ...Array.from({ length: rows }, (_, index) => `- ${identity(from + index)} | Eve ${from + index}`)
    ].join("\n")
  ]

  it.effect("are those of all pages", () =>
    Effect.gen(function*() {
      const { commands, say, texts } = yield* start()
      const fiber = yield* Effect.forkChild(commands.banTable, { startImmediately: true })
      yield* say(echo("#ban list 1"), ...page(52, 1, 0, 25))
      yield* TestClock.adjust("1 second")
      // Meanwhile a ban was added at the front.
      yield* say(echo("#ban list 2"), ...page(53, 2, 24, 25))
      yield* TestClock.adjust("1 second")
      yield* say(echo("#ban list 3"), ...page(53, 3, 49, 3))
      yield* TestClock.adjust("1 second")
      const { rows, total, unparsed } = yield* Fiber.join(fiber)
      assert.deepStrictEqual(rows.map(({ id }) => Number(id)), Array.from({ length: 52 }, (_, index) => index))
      assert.deepStrictEqual(
        rows[51],
        new Ban.Ban({ id: 51 as Ban.BanId, target: identity(51), remaining: "unknown", reason: "", name: "Eve 51" })
      )
      assert.deepStrictEqual([total, unparsed], [53, []])
      assert.deepStrictEqual(texts(), ["#ban list 1", "#ban list 2", "#ban list 3"])
    }))

  it.effect("are complete if the next page does not exist, or contains no new row", () =>
    Effect.gen(function*() {
      const { commands, converse, say, texts } = yield* start()
      const none = yield* yield* converse(commands.banTable, "Server has no bans to list.")
      assert.deepStrictEqual(none, { rows: [], unparsed: [], total: 0, cut: false })
      for (const second of [["Page not found!"], page(1_000_000, 2, 0, 25)]) {
        const fiber = yield* Effect.forkChild(commands.banTable, { startImmediately: true })
        yield* say(echo("#ban list 1"), ...page(1_000_000, 1, 0, 25))
        yield* TestClock.adjust("1 second")
        yield* say(echo("#ban list 2"), ...second)
        yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* Fiber.join(fiber)).rows.length, 25)
      }
      assert.strictEqual(texts().length, 5)
    }))

  it.effect("are requested up to a maximum number of pages", () =>
    Effect.gen(function*() {
      const { commands, session } = yield* start()
      session.reply = (text) => {
        const number = Number(text.split(" ")[2])
        return page(25_001, number, 25 * (number - 1), 25)[1]!
      }
      const { cut, rows } = yield* commands.banTable
      assert.deepStrictEqual([cut, rows.length], [true, 25_000])
    }))

  describe("in the older form", () => {
    const older = (from: number, count: number) =>
      Array.from({ length: count }, (_, index) => `${from + index} ; ${identity(from + index)} ; ${from + index}`)

    it.effect("have a remaining time", () =>
      Effect.gen(function*() {
        const { commands, converse, texts } = yield* start()
        const rows = [`1 ; ${identity(1)} ; 3600`, `2 ; ${identity(2)} ; 0`]
        const replies = [
          [[OLDER_BANS, ...rows].join("\n")],
          ["Processing ban list", [OLDER_BANS, ...rows].join("\r\n")],
          [OLDER_BANS, ...rows],
          [[OLDER_BANS, rows[0]].join("\n"), rows[1]!]
        ]
        for (const reply of replies) {
          const table = yield* yield* converse(commands.banTable, ...reply)
          const ban = { reason: "" }
          assert.deepStrictEqual(table, {
            rows: [
              new Ban.Ban({ ...ban, id: 0 as Ban.BanId, target: identity(1), remaining: Duration.hours(1) }),
              new Ban.Ban({ ...ban, id: 1 as Ban.BanId, target: identity(2), remaining: "permanent" })
            ],
            unparsed: [],
            total: undefined,
            cut: false
          })
        }
        assert.deepStrictEqual((yield* yield* converse(commands.banTable, OLDER_BANS)).rows, [])
        assert.strictEqual(texts().length, replies.length + 1)
      }))

    it.effect("are those of all pages, if the first page is full", () =>
      Effect.gen(function*() {
        const { commands, session, texts } = yield* start()
        const pages = (...counts: ReadonlyArray<number>) => (text: string) => {
          const page = Number(text.split(" ")[2])
          return [OLDER_BANS, ...older((page - 1) * 25, counts[page - 1] ?? 0)].join("\n")
        }
        for (const counts of [[25, 25, 4], [25, 25]]) {
          session.reply = pages(...counts)
          const { cut, rows } = yield* commands.banTable
          assert.deepStrictEqual([cut, rows.length], [false, counts.reduce((sum, count) => sum + count)])
        }
        // A server without pages prints the same list for each page.
        session.reply = [OLDER_BANS, ...older(0, 60)].join("\n")
        const { cut, rows } = yield* commands.banTable
        assert.deepStrictEqual([cut, rows.length], [false, 60])
        assert.strictEqual(texts().length, 3 + 3 + 2)
      }))

    it.effect("are cut if the next page is missing or unreadable", () =>
      Effect.gen(function*() {
        const { commands, session, say } = yield* start()
        const full = [OLDER_BANS, ...older(0, 25)].join("\n")
        for (const second of [[], ["Not Valid page number"], ["what"]]) {
          const fiber = yield* Effect.forkChild(commands.banTable, { startImmediately: true })
          yield* say(echo("#ban list 1"), full)
          yield* TestClock.adjust("5 seconds")
          yield* say(echo("#ban list 2"), ...second)
          yield* TestClock.adjust("5 seconds")
          const { cut, rows } = yield* Fiber.join(fiber)
          assert.deepStrictEqual([cut, rows.length], [true, 25])
          // The missing page may still arrive during this time, and a later command could not distinguish it from its
          // own.
          yield* TestClock.adjust("30 seconds")
        }
        const lost = new CommandError.CommandError({
          command: "#ban",
          reason: new CommandError.NotConnected({ peer: "server" })
        })
        session.reply = (text) => text === "#ban list 1" ? full : lost
        assert.deepStrictEqual(yield* Effect.flip(commands.banTable), lost)
      }))
  })

  it.effect("cause an error with the server's text if the list has an unknown form", () =>
    Effect.gen(function*() {
      const { commands, say } = yield* start()
      for (
        const text of ["Banned: Bob", "Bans: [BanID] ; [Reason]", "Command is supported only on Dedicated Servers"]
      ) {
        const fiber = yield* Effect.forkChild(commands.banTable, { startImmediately: true })
        yield* say(echo("#ban list 1"), text)
        yield* TestClock.adjust("1200 millis")
        const error = yield* Effect.flip(Fiber.join(fiber))
        assert.deepStrictEqual([error._tag, error._tag === "ReplyError" && error.text], ["ReplyError", text])
      }
    }))

  it.effect("cause an error if the server fails to list them", () =>
    Effect.gen(function*() {
      const { commands, converse } = yield* start()
      for (const text of ["Failed to list bans.", "Timeout", "Unknown error."]) {
        const error = yield* failure(yield* converse(commands.banTable, "Processing ban list", text))
        assert.strictEqual(error._tag, "ReplyError")
      }
    }))
})
