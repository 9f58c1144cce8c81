import {
  type ActionError,
  Address,
  Ban,
  CommandError,
  type Commands,
  type Flavour,
  Guid,
  Identity,
  Player,
  type ReplyError
} from "@bercon/client"
import { Session } from "@bercon/session"
import { Monotonic } from "@bercon/session/unstable"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, type Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import * as ClientSession from "../src/internal/clientSession.ts"
import * as CommandTable from "../src/internal/commandTable.ts"
import type { Call } from "../src/internal/flavourCommands.ts"
import { PlayerTarget } from "../src/internal/playerTarget.ts"
import * as Reforger from "../src/internal/reforger/commands.ts"
import * as Settings from "../src/internal/settings.ts"
import * as MockSession from "./mockSession.ts"

const HEADING = "Players on server: [Player#] ; [Player UID] ; [Player Name]"

const identity = (number: number) =>
  Identity.IdentityId.make(`b6955d91-4749-4cdb-9a51-${String(number).padStart(12, "0")}`)

const row = (number: number, name: string) => `${number} ; ${identity(number)} ; ${name}`

const echo = (command: string) => `Processing Command: ${command}`

type Failure = CommandError.CommandError | ActionError.ActionError | ReplyError.ReplyError

const bob = Player.PlayerId.make(7)

/** The session of all calls. */
const EPOCH = 3

/** Runs a command as the client does. */
const called = <A, E>(
  run: (call: Call) => Effect.Effect<A, E>,
  { confirmWithin, epoch, repeatable, timeout = "20 seconds" }: Commands.ActionOptions = {}
): Effect.Effect<A, E> =>
  Effect.flatMap(
    Clock.currentTimeMillis,
    (now) => run({ repeatable, epoch, calledIn: EPOCH, deadline: now + Duration.toMillis(timeout), confirmWithin })
  )

type Options = Commands.ActionOptions

/** The flavour on a mock session. `events` are the texts that it has not taken. */
const start = Effect.fnUntraced(function*(window?: Flavour.ReplyWindow) {
  const session = yield* MockSession.make()
  const service = yield* Effect.provide(Session.Session, session.layer)
  const logout = Reforger.logout(service)
  const { replyWindow } = yield* Settings.make({ replyWindow: window })
  const { commands: flavour, gap, offer } = Reforger.make(ClientSession.make(service), replyWindow, {
    now: yield* Monotonic.make,
    context: yield* Effect.context()
  })
  const simple = (command: CommandTable.SimpleCommand<unknown, Failure>) =>
    called((call) => flavour.simple(command, call))
  const targetOf = (slot: Player.PlayerId) => new PlayerTarget(slot, () => "Unknown")
  const commands = {
    simple,
    playerTable: called(flavour.playerTable),
    banTable: called(flavour.banTable),
    kick: (player: Player.PlayerId, reason = "", options?: Options) =>
      called((call) => flavour.kick(targetOf(player), reason, call), options),
    ban: (
      target: Player.PlayerId | Ban.BanTarget,
      { duration = "permanent", reason = "", ...options }: Commands.BanOptions = {}
    ) =>
      called(
        (call) => flavour.ban(typeof target === "number" ? targetOf(target) : target, { duration, reason }, call),
        options
      ),
    unban: (target: Ban.BanTarget | Ban.Ban, options?: Options) =>
      called((call) => flavour.unban([target], call), options),
    restart: simple(CommandTable.actions.restart),
    shutdown: simple(CommandTable.actions.shutdown),
    command: (text: string, options?: Options) => called((call) => flavour.command(text, call), options)
  }
  const events: Array<string> = []
  const say = (...texts: ReadonlyArray<string>) =>
    Effect.andThen(
      MockSession.settle,
      Effect.sync(() => {
        for (const text of texts) if (!offer(text)) events.push(text)
      })
    )
  /** Runs a command, with the server's messages. */
  const converse = Effect.fnUntraced(
    function*<A, E>(command: Effect.Effect<A, E>, ...texts: ReadonlyArray<string>) {
      const fiber = yield* Effect.forkChild(command, { startImmediately: true })
      yield* MockSession.settle
      const [text] = session.sent.at(-1) ?? [""]
      yield* say(echo(text), ...texts)
      yield* TestClock.adjust("1 minute")
      return yield* Fiber.await(fiber)
    }
  )
  const texts = () => session.sent.map(([text]) => text)
  return { commands, converse, events, flavour, gap, logout, say, session, texts }
})

const failure = <A, E>(exit: Exit.Exit<A, E>) => Effect.flip(exit)

describe("Reforger", () => {
  describe("players", () => {
    it.effect("are read from the messages after the echo", () =>
      Effect.gen(function*() {
        const { commands, converse, events, session } = yield* start()
        const exit = yield* converse(
          commands.playerTable,
          "Player #7 Bob disconnected",
          `${HEADING}\n${row(1, "Bob")}`,
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
        yield* say(echo("#players"), HEADING)
        yield* TestClock.adjust("999 millis")
        assert.isUndefined(fiber.pollUnsafe())
        yield* TestClock.adjust("1 millis")
        assert.deepStrictEqual((yield* Fiber.join(fiber)).rows, [])
      }))

    it.effect("are an incomplete reply if the list is missing", () =>
      Effect.gen(function*() {
        const { commands, converse, say } = yield* start()
        const error = yield* failure(yield* converse(commands.playerTable))
        assert.strictEqual(error._tag === "CommandError" && error.reason._tag, "IncompleteReply")
        // The message was lost, and the server repeats it two seconds later.
        const fiber = yield* Effect.forkChild(commands.playerTable, { startImmediately: true })
        yield* TestClock.adjust("4 seconds")
        yield* say(echo("#players"), `${HEADING}\n${row(1, "Bob")}`)
        yield* TestClock.adjust("450 millis")
        assert.strictEqual((yield* Fiber.join(fiber)).rows.length, 1)
      }))

    it.effect("fail at once with the server's text if it has an unknown form", () =>
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

    it.effect("may be in the reply", () =>
      Effect.gen(function*() {
        const { commands, session } = yield* start()
        session.reply = `${HEADING}\n${row(1, "Bob")}`
        assert.strictEqual((yield* commands.playerTable).rows.length, 1)
        session.reply = "Players"
        assert.strictEqual((yield* Effect.flip(commands.playerTable))._tag, "ReplyError")
      }))
  })

  describe("bans", () => {
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
        // Meanwhile one more at the front.
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

    it.effect("end if the page does not exist, or contains no new row", () =>
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
      const OLDER = "Bans: [BanID] ; [Player UID] ; [Duration]"
      const older = (from: number, count: number) =>
        Array.from({ length: count }, (_, index) => `${from + index} ; ${identity(from + index)} ; ${from + index}`)

      it.effect("have a remaining time", () =>
        Effect.gen(function*() {
          const { commands, converse, texts } = yield* start()
          const rows = [`1 ; ${identity(1)} ; 3600`, `2 ; ${identity(2)} ; 0`]
          const replies = [
            [[OLDER, ...rows].join("\n")],
            ["Processing ban list", [OLDER, ...rows].join("\r\n")],
            [OLDER, ...rows],
            [[OLDER, rows[0]].join("\n"), rows[1]!]
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
          assert.deepStrictEqual((yield* yield* converse(commands.banTable, OLDER)).rows, [])
          assert.strictEqual(texts().length, replies.length + 1)
        }))

      it.effect("are those of all pages, if the first page is full", () =>
        Effect.gen(function*() {
          const { commands, session, texts } = yield* start()
          const pages = (...counts: ReadonlyArray<number>) => (text: string) => {
            const page = Number(text.split(" ")[2])
            return [OLDER, ...older((page - 1) * 25, counts[page - 1] ?? 0)].join("\n")
          }
          for (const counts of [[25, 25, 4], [25, 25]]) {
            session.reply = pages(...counts)
            const { cut, rows } = yield* commands.banTable
            assert.deepStrictEqual([cut, rows.length], [false, counts.reduce((sum, count) => sum + count)])
          }
          // A server without pages prints the same list for each.
          session.reply = [OLDER, ...older(0, 60)].join("\n")
          const { cut, rows } = yield* commands.banTable
          assert.deepStrictEqual([cut, rows.length], [false, 60])
          assert.strictEqual(texts().length, 3 + 3 + 2)
        }))

      it.effect("may be incomplete if the next page is unreadable", () =>
        Effect.gen(function*() {
          const { commands, session, say } = yield* start()
          const full = [OLDER, ...older(0, 25)].join("\n")
          for (const second of [[], ["Not Valid page number"], ["what"]]) {
            const fiber = yield* Effect.forkChild(commands.banTable, { startImmediately: true })
            yield* say(echo("#ban list 1"), full)
            yield* TestClock.adjust("5 seconds")
            yield* say(echo("#ban list 2"), ...second)
            yield* TestClock.adjust("5 seconds")
            const { cut, rows } = yield* Fiber.join(fiber)
            assert.deepStrictEqual([cut, rows.length], [true, 25])
            // Until then the missing page may still arrive, and it looks like any other.
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

    it.effect("fail with the server's text if it has an unknown form", () =>
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

    it.effect("are an error if the server fails to list them", () =>
      Effect.gen(function*() {
        const { commands, converse } = yield* start()
        for (const text of ["Failed to list bans.", "Timeout", "Unknown error."]) {
          const error = yield* failure(yield* converse(commands.banTable, "Processing ban list", text))
          assert.strictEqual(error._tag, "ReplyError")
        }
      }))
  })

  describe("actions", () => {
    const target = identity(1)

    it.effect("send what servers understand", () =>
      Effect.gen(function*() {
        const { commands, converse, logout, session } = yield* start()
        yield* yield* converse(commands.kick(bob, "be nice"), "Player 'Bob' kicked!")
        yield* yield* converse(commands.ban(bob), "Player 'Bob' banned!")
        yield* yield* converse(
          commands.ban(target, { duration: "1500 millis", reason: "be nice", confirmWithin: "1 second" }),
          "Ban created!"
        )
        yield* yield* converse(
          commands.ban(bob, { duration: Duration.infinity, repeatable: true, epoch: 2, timeout: "9 seconds" }),
          "Ban created!"
        )
        yield* yield* converse(commands.ban(target, { repeatable: true, epoch: 2 }), "Ban created!")
        yield* yield* converse(commands.unban(target, { repeatable: true }), "Ban removed!")
        yield* commands.restart
        yield* commands.shutdown
        yield* logout
        const once = { repeatable: false, epoch: undefined, timeout: 20_000 }
        const bound = { ...once, epoch: EPOCH }
        assert.deepStrictEqual(session.sent, [
          ["#kick 7", bound],
          ["#ban create 7 0", bound],
          [`#ban create ${target} 2 be nice`, once],
          ["#ban create 7 0", { repeatable: true, epoch: 2, timeout: 9000 }],
          [`#ban create ${target} 0`, { repeatable: true, epoch: 2, timeout: 20_000 }],
          [`#ban remove ${target}`, once],
          ["#restart", bound],
          ["#shutdown", bound],
          ["@logout", { repeatable: false }]
        ])
      }))

    it.effect("fail with the server's refusal", () =>
      Effect.gen(function*() {
        const { commands, converse } = yield* start()
        const cases: ReadonlyArray<
          [Effect.Effect<void, Failure>, string | undefined, ActionError.ActionError["reason"]["_tag"]]
        > = [
          [commands.kick(bob), "Player not found", "PlayerNotFound"],
          [commands.kick(bob), "Not Valid Player ID", "PlayerNotFound"],
          [commands.kick(bob), undefined, "Unconfirmed"],
          [commands.ban(bob), "Player not found", "PlayerNotFound"],
          [commands.ban(target), "Player not found", "Rejected"],
          [commands.ban(target), "Failed to create ban.", "Rejected"],
          [commands.ban(target), "Multiple users found! Please use a unique identifier.", "Rejected"],
          [commands.unban(target), "User not found!", "BanNotFound"],
          [commands.unban(target), "Failed to remove the ban.", "Rejected"],
          ...[commands.kick(bob), commands.ban(bob), commands.ban(target), commands.unban(target)].map(
            (action): typeof cases[number] => [action, "Command is supported only on Dedicated Servers", "Rejected"]
          ),
          // It may be the reply or not.
          [commands.kick(bob), "Server is on fire", "Unconfirmed"],
          // The service that keeps the bans does not answer, and may have executed it.
          ...["Timeout", "Unknown error."].flatMap((text): typeof cases => [
            [commands.ban(bob), text, "Unconfirmed"],
            [commands.ban(target), text, "Unconfirmed"],
            [commands.unban(target), text, "Unconfirmed"]
          ]),
          [commands.unban(target), undefined, "Unconfirmed"]
        ]
        for (const [action, text, expected] of cases) {
          const error = yield* failure(yield* converse(action, ...(text === undefined ? [] : [text])))
          assert.strictEqual(error._tag !== "ReplyError" && error.reason._tag, expected, text)
          if (text !== undefined && ["Unconfirmed", "Rejected"].includes(expected)) assert.include(error.message, text)
        }
        const unknown = yield* failure(yield* converse(commands.kick(bob), "unknown command"))
        assert.strictEqual(unknown.reason._tag, "UnknownCommand")
      }))

    it.effect("may have been done by the first execution if the server executes them twice", () =>
      Effect.gen(function*() {
        const { commands, converse, events, say } = yield* start()
        const cases: ReadonlyArray<readonly [Effect.Effect<void, Failure>, command: string, string, done: string]> = [
          [commands.kick(bob), "#kick 7", "Player not found", "Player 'Bob' kicked!"],
          [commands.ban(bob), "#ban create 7 0", "Player not found", "Player 'Bob' banned!"],
          [commands.ban(target), `#ban create ${target} 0`, "Failed to create ban.", "Ban created!"],
          [commands.unban(target), `#ban remove ${target}`, "User not found!", "Ban removed!"]
        ]
        for (const [action, command, text, done] of cases) {
          const error = yield* failure(yield* converse(action, echo(command), text))
          assert.deepStrictEqual([error._tag, error.message.includes(text)], ["ActionError", true])
          assert.strictEqual(error._tag === "ActionError" && error.execution, "MaybeExecuted")
          // The output of the first execution still follows, and does not belong to the next ban.
          if (command.startsWith("#ban")) yield* say(done)
          yield* yield* converse(action, echo(command), done)
          yield* TestClock.adjust("30 seconds")
        }
        assert.deepStrictEqual(events, cases.slice(1).map(([, , , done]) => done))
      }))

    it.effect("are awaited for the given time", () =>
      Effect.gen(function*() {
        const { commands, events, say } = yield* start()
        const fiber = yield* Effect.forkChild(commands.ban(bob, { confirmWithin: "1 minute" }), {
          startImmediately: true
        })
        yield* say(echo("#ban create 7 0"))
        yield* TestClock.adjust("59 seconds")
        yield* say("Player 'Bob' banned!")
        yield* Fiber.join(fiber)
        const short = yield* Effect.forkChild(commands.ban(bob, { confirmWithin: "1 second" }), {
          startImmediately: true
        })
        yield* say(echo("#ban create 7 0"))
        yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* Effect.flip(Fiber.join(short))).reason._tag, "Unconfirmed")
        // A late result is an event, and not the output of another command.
        const foo = yield* Effect.forkChild(commands.command("#foo"), { startImmediately: true })
        yield* say(echo("#foo"), "Player 'Bob' banned!", "of #foo")
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* Fiber.join(foo), "of #foo")
        assert.deepStrictEqual(events, ["Player 'Bob' banned!"])
      }))

    it.effect("refuse durations that the server cannot count", () =>
      Effect.gen(function*() {
        const { commands, session } = yield* start()
        const durations = [0, -1, NaN, Number.MAX_VALUE, "-1 seconds" as const]
        const calls = durations.map((duration) => commands.ban(target, { duration }))
        for (const call of calls) {
          const error = yield* Effect.flip(call)
          assert.strictEqual(error._tag === "CommandError" && error.reason._tag, "InvalidCommand")
        }
        assert.deepStrictEqual(session.sent, [])
      }))

    it.effect("are unsupported if the server has no such command", () =>
      Effect.gen(function*() {
        const { commands, flavour, session } = yield* start()
        const guid = Guid.Guid.make("0123456789abcdef0123456789abcdef")
        const ip = Address.IpAddress.make("203.0.113.7")
        const ban = new Ban.Ban({ id: 0 as Ban.BanId, target: guid, remaining: "permanent", reason: "" })
        const calls: ReadonlyArray<Effect.Effect<unknown, Failure>> = [
          commands.ban(guid),
          commands.ban(ip),
          commands.unban(guid),
          commands.unban(ban),
          ...Object.values(CommandTable.queries).map(commands.simple),
          ...Object.entries(CommandTable.actions).flatMap(([name, command]) =>
            name === "restart" || name === "shutdown" ? [] : [commands.simple(command)]
          ),
          commands.simple(CommandTable.actionsWith.loadBans("")),
          commands.simple(CommandTable.actionsWith.maxPing(1000)),
          commands.simple(CommandTable.actionsWith.selectMission("x", "")),
          called((call) => flavour.say("hi", call)),
          called((call) => flavour.whisper(new PlayerTarget(bob, () => "Unknown"), "hi", call))
        ]
        for (const call of calls) {
          const error = yield* Effect.flip(Effect.asVoid(call))
          assert.strictEqual(error._tag === "CommandError" && error.reason._tag, "Unsupported")
          assert.include(error.message, "Arma Reforger's own RCON")
        }
        assert.deepStrictEqual(session.sent, [])
      }))

    it.effect("fail as the session does", () =>
      Effect.gen(function*() {
        const { commands, events, logout, say, session } = yield* start()
        session.reply = new CommandError.CommandError({
          command: "#kick",
          reason: new CommandError.NotConnected({ peer: "server" })
        })
        const calls: ReadonlyArray<Effect.Effect<unknown, Failure>> = [
          commands.kick(bob),
          commands.playerTable,
          commands.restart,
          commands.command("x")
        ]
        for (const call of calls) assert.deepStrictEqual(yield* Effect.flip(Effect.asVoid(call)), session.reply)
        yield* logout
        // Unsent commands have no echo, so these belong to other clients.
        yield* say(echo("#kick 7"), echo("#restart"))
        assert.strictEqual(events.length, 2)
      }))
  })

  describe("command", () => {
    it.effect("returns the text of the reply", () =>
      Effect.gen(function*() {
        const { commands, converse, events, session } = yield* start()
        const exit = yield* converse(commands.command("#foo  bar", { timeout: "9 seconds" }), "a", "(Side) x: y", "b")
        assert.strictEqual(yield* exit, "a\nb")
        assert.strictEqual(yield* yield* converse(commands.command("#foo")), "")
        assert.deepStrictEqual(events, ["(Side) x: y"])
        assert.deepStrictEqual(session.sent[0], [
          "#foo  bar",
          { repeatable: undefined, epoch: undefined, timeout: 9000 }
        ])
        const list = yield* converse(commands.command("#players"), HEADING, row(1, "Bob"))
        assert.strictEqual(yield* list, `${HEADING}\n${row(1, "Bob")}`)
      }))

    it.effect("that is empty only has a reply, and takes no turn", () =>
      Effect.gen(function*() {
        const { commands, texts } = yield* start()
        yield* Effect.forkChild(commands.command("#foo"), { startImmediately: true })
        assert.strictEqual(yield* commands.command(""), "")
        assert.deepStrictEqual(texts(), ["#foo", ""])
      }))

    it.effect("fails if the server does not have the command", () =>
      Effect.gen(function*() {
        const { commands, converse } = yield* start()
        const error = yield* failure(yield* converse(commands.command("#foo"), "Unknown Command\n"))
        assert.deepStrictEqual([error.command, error.reason._tag], ["#foo", "UnknownCommand"])
      }))

    it.effect("fails if neither echo nor reply comes", () =>
      Effect.gen(function*() {
        const { commands, events, say } = yield* start()
        const fiber = yield* Effect.forkChild(commands.command("#foo"), { startImmediately: true })
        yield* say("of nobody")
        yield* TestClock.adjust("5 seconds")
        const error = yield* Effect.flip(Fiber.join(fiber))
        assert.deepStrictEqual([error.reason._tag, error.execution], ["IncompleteReply", "Executed"])
        assert.strictEqual(error.message, "command \"#foo\": the reply is incomplete. The command was executed")
        assert.deepStrictEqual(events, ["of nobody"])
        const hasty = yield* Effect.forkChild(commands.command("#foo", { timeout: "1 second" }), {
          startImmediately: true
        })
        yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* Effect.flip(Fiber.join(hasty))).reason._tag, "IncompleteReply")
      }))

    it.effect("has the timeout of its call for its turn and its reply", () =>
      Effect.gen(function*() {
        const { commands, say, session } = yield* start({ longest: Duration.infinity })
        const first = yield* Effect.forkChild(commands.command("#a", { timeout: "6 seconds" }), {
          startImmediately: true
        })
        const second = yield* Effect.forkChild(commands.command("#b", { timeout: "10 seconds" }), {
          startImmediately: true
        })
        yield* TestClock.adjust("6 seconds")
        assert.strictEqual((yield* Effect.flip(Fiber.join(first))).reason._tag, "IncompleteReply")
        yield* say(echo("#b"))
        assert.strictEqual(session.sent[1]?.[1]?.timeout, 4000)
        yield* TestClock.adjust("1199 millis")
        assert.isUndefined(second.pollUnsafe())
        yield* TestClock.adjust("1 millis")
        assert.strictEqual(yield* Fiber.join(second), "")
        const third = yield* Effect.forkChild(commands.kick(bob, "", { timeout: "4 seconds" }), {
          startImmediately: true
        })
        yield* TestClock.adjust("4 seconds")
        assert.strictEqual((yield* Effect.flip(Fiber.join(third))).reason._tag, "Unconfirmed")
      }))

    it.effect("gets its output if the acknowledgement is lost", () =>
      Effect.gen(function*() {
        const { commands, say, session } = yield* start()
        session.reply = new CommandError.CommandError({
          command: "#kick",
          reason: new CommandError.NoReply({ peer: "server", sends: 1 })
        })
        session.wait = Effect.sleep("2 seconds")
        const answered = yield* Effect.forkChild(commands.kick(bob), { startImmediately: true })
        yield* say(echo("#kick 7"))
        yield* TestClock.adjust("4 seconds")
        yield* say("Player 'Bob' kicked!")
        yield* Fiber.join(answered)
        const silent = yield* Effect.forkChild(commands.kick(bob), { startImmediately: true })
        yield* say(echo("#kick 7"))
        yield* TestClock.adjust("5 seconds")
        assert.strictEqual((yield* Effect.flip(Fiber.join(silent))).reason._tag, "Unconfirmed")
        const unheard = yield* Effect.forkChild(commands.kick(bob), { startImmediately: true })
        yield* TestClock.adjust("2 seconds")
        assert.deepStrictEqual(yield* Effect.flip(Fiber.join(unheard)), session.reply)
      }))

    it.effect("does not wait if it has no output", () =>
      Effect.gen(function*() {
        const { commands, events, say } = yield* start()
        yield* Effect.forkChild(commands.command("#foo"), { startImmediately: true })
        yield* commands.restart
        assert.strictEqual(yield* commands.command("#shutdown"), "")
        yield* say(echo("#restart"), echo("#shutdown"))
        assert.deepStrictEqual(events, [])
      }))
  })

  describe("commands", () => {
    it.effect("take turns", () =>
      Effect.gen(function*() {
        const { commands, say, texts } = yield* start()
        const first = yield* Effect.forkChild(commands.command("#a"), { startImmediately: true })
        const second = yield* Effect.forkChild(commands.command("#b"), { startImmediately: true })
        yield* MockSession.settle
        assert.deepStrictEqual(texts(), ["#a"])
        yield* say(echo("#a"), "of a")
        yield* TestClock.adjust("450 millis")
        assert.strictEqual(yield* Fiber.join(first), "of a")
        assert.deepStrictEqual(texts(), ["#a", "#b"])
        yield* say(echo("#b"), "of b")
        yield* TestClock.adjust("450 millis")
        assert.strictEqual(yield* Fiber.join(second), "of b")
      }))

    it.effect("whose turn does not come in time are not sent", () =>
      Effect.gen(function*() {
        const { commands, texts } = yield* start({ longest: "1 minute" })
        yield* Effect.forkChild(commands.command("#a"), { startImmediately: true })
        const hasty = yield* Effect.forkChild(commands.command("#b", { timeout: "1 second" }), {
          startImmediately: true
        })
        const other = yield* Effect.forkChild(commands.command("#c"), { startImmediately: true })
        yield* TestClock.adjust("1 second")
        const error = yield* Effect.flip(Fiber.join(hasty))
        assert.deepStrictEqual(error.reason, new CommandError.Overloaded({ waiting: 1 }))
        yield* TestClock.adjust("19 seconds")
        const late = yield* Effect.flip(Fiber.join(other))
        assert.deepStrictEqual(late.reason, new CommandError.Overloaded({ waiting: 0 }))
        assert.deepStrictEqual(texts(), ["#a"])
      }))

    it.effect("that are interrupted pass on their turn, and their output becomes events", () =>
      Effect.gen(function*() {
        const { commands, events, say, texts } = yield* start()
        const first = yield* Effect.forkChild(commands.command("#a"), { startImmediately: true })
        const waiting = yield* Effect.forkChild(commands.command("#b"), { startImmediately: true })
        const last = yield* Effect.forkChild(commands.command("#c"), { startImmediately: true })
        yield* MockSession.settle
        yield* Fiber.interrupt(waiting)
        yield* Fiber.interrupt(first)
        yield* MockSession.settle
        assert.deepStrictEqual(texts(), ["#a", "#c"])
        yield* say(echo("#a"), "of a", echo("#c"), "of c")
        yield* TestClock.adjust("450 millis")
        assert.strictEqual(yield* Fiber.join(last), "of c")
        assert.deepStrictEqual(events, ["of a"])
      }))

    it.effect("succeed without an echo that is lost for good", () =>
      Effect.gen(function*() {
        const { commands, gap, say } = yield* start()
        const fiber = yield* Effect.forkChild(commands.kick(bob), { startImmediately: true })
        yield* MockSession.settle
        gap()
        yield* say("Player 'Bob' kicked!")
        yield* Fiber.join(fiber)
      }))

    it.effect("wait in a bounded queue", () =>
      Effect.gen(function*() {
        const { commands } = yield* start()
        const one = commands.command
        yield* Effect.forkChild(one("#a"), { startImmediately: true })
        for (let index = 0; index < 1024; index++) yield* Effect.forkChild(one("#b"), { startImmediately: true })
        const error = yield* Effect.flip(one("#c"))
        assert.deepStrictEqual(error.reason, new CommandError.Overloaded({ waiting: 1024 }))
      }))
  })
})
