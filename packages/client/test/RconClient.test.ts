import {
  Admin,
  type Ban,
  CommandError,
  type Player,
  RconClient,
  ReplyError,
  ServerEvent,
  type Table,
  type Version
} from "@bercon/client"
import { Session } from "@bercon/session"
import { SimulatedServer, TestRcon, World } from "@bercon/testing"
import { assert, describe, expectTypeOf, it } from "@effect/vitest"
import { Duration, Effect, Exit, Fiber, Layer, Logger, Option, Random, Redacted, Result, Scope, Stream } from "effect"
import { TestClock } from "effect/testing"
import { bob, PLAYERS, start } from "./mockClient.ts"
import * as MockSession from "./mockSession.ts"
import { type Failure, options } from "./simulatedClient.ts"

describe("RconClient", () => {
  describe("actions", () => {
    it.effect("send the commands of BattlEye with the given options", () =>
      Effect.gen(function*() {
        const { rcon, session } = yield* start()
        yield* rcon.say("Restart in five minutes", { timeout: "5 seconds" })
        yield* rcon.whisper(bob, " hello ", { repeatable: false })
        yield* rcon.kick(bob)
        yield* rcon.kick(bob, "be nice", { repeatable: true, epoch: 7 })
        const timeout = 20_000
        assert.deepStrictEqual(session.sent, [
          ["say -1 Restart in five minutes", { repeatable: undefined, epoch: undefined, timeout: 5000 }],
          ["say 7  hello ", { repeatable: false, epoch: 1, timeout }],
          ["kick 7", { repeatable: false, epoch: 1, timeout }],
          ["kick 7 be nice", { repeatable: true, epoch: 7, timeout }]
        ])
      }))

    it.effect("refuse arguments that would change the command or address all players, and send nothing", () =>
      Effect.gen(function*() {
        const { rcon, session } = yield* start()
        const everybody = -1 as Player.PlayerId
        const calls = [
          rcon.say("a\nb"),
          rcon.whisper(bob, "a\rb"),
          rcon.kick(bob, "a\n"),
          rcon.whisper(everybody, "hello"),
          rcon.kick(everybody),
          rcon.kick(1.5 as Player.PlayerId),
          rcon.kick(NaN as Player.PlayerId)
        ]
        for (const call of calls) {
          const error = yield* Effect.flip(call)
          assert.strictEqual(error.reason._tag, "InvalidCommand")
          assert.strictEqual(error.execution, "NotExecuted")
          assert.include(["say", "kick"], error._tag === "CommandError" && error.command)
        }
        assert.deepStrictEqual(session.sent, [])
      }))

    it.effect("fail with the error of the session", () =>
      Effect.gen(function*() {
        const { rcon, session } = yield* start()
        session.reply = new CommandError.CommandError({
          command: "say",
          reason: new CommandError.NoReply({ peer: "server", sends: 3 })
        })
        assert.deepStrictEqual(yield* Effect.flip(rcon.say("hello")), session.reply)
      }))
  })

  describe("command", () => {
    it.effect("returns the reply unchanged", () =>
      Effect.gen(function*() {
        const { rcon, session } = yield* start()
        session.reply = " Unknown command of mine\n"
        assert.strictEqual(yield* rcon.command("#anything  you like", { timeout: "1 second" }), session.reply)
        assert.deepStrictEqual(session.sent.map(([text, options]) => [text, options?.timeout]), [[
          "#anything  you like",
          1000
        ]])
      }))

    it.effect("fails if the server replies that the command is unknown or disallowed", () =>
      Effect.gen(function*() {
        const { rcon, session } = yield* start()
        session.reply = "Unknown command"
        const unknown = yield* Effect.flip(rcon.command("frobnicate secret"))
        assert.deepStrictEqual([unknown.command, unknown.reason._tag], ["frobnicate", "UnknownCommand"])
        session.reply = "Disallowed command\n"
        const calls = [rcon.command("#shutdown"), rcon.say("hi"), rcon.kick(bob), rcon.players]
        for (const call of calls) {
          const error = yield* Effect.flip<object | string, Failure, never>(call)
          assert.isTrue(error._tag === "CommandError" && error.reason._tag === "CommandDisallowed")
        }
      }))
  })

  describe("players", () => {
    it.effect("are parsed from the server's list", () =>
      Effect.gen(function*() {
        const { rcon, session } = yield* start()
        session.reply = PLAYERS
        const players = yield* rcon.players
        assert.deepStrictEqual(session.sent.map(([text]) => text), ["players"])
        assert.deepStrictEqual(players.map(String), ["#7 Bob"])
        assert.deepStrictEqual(yield* rcon.playerTable, { rows: players, unparsed: [], total: 1, cut: false })
      }))

    it.effect("come without invalid lines, which are logged", () =>
      Effect.gen(function*() {
        const logged: Array<unknown> = []
        const { rcon, session } = yield* start()
        session.reply = PLAYERS.replace("\n(1", "\n8 what?\n(2")
        const log = Logger.layer([Logger.make(({ logLevel, message }) => logged.push([logLevel, message]))])
        const players = yield* Effect.provide(rcon.players, log)
        assert.strictEqual(players.length, 1)
        assert.deepStrictEqual(logged, [
          ["Warn", ["cannot read these lines of the list of players", [{ line: 5, text: "8 what?" }]]]
        ])
        assert.strictEqual((yield* rcon.playerTable).total, 2)
      }))

    it.effect("fail with a ReplyError if the reply is empty", () =>
      Effect.gen(function*() {
        const { rcon } = yield* start()
        const error = yield* Effect.flip(rcon.players)
        assert.instanceOf(error, ReplyError.ReplyError)
      }))
  })

  describe("bans, admins, missions, version, commands", () => {
    it.effect("are queried with the commands of these names", () =>
      Effect.gen(function*() {
        const { rcon, session } = yield* start()
        const { adminTable, admins, banTable, bans, commands, missions, version } = rcon
        const queries = [bans, banTable, admins, adminTable, missions, version, commands].map((query) =>
          Effect.flip<object, CommandError.CommandError | ReplyError.ReplyError, never>(query)
        )
        for (const query of queries) {
          assert.instanceOf(yield* query, ReplyError.ReplyError)
          session.reply = "Disallowed command"
          assert.strictEqual((yield* query)._tag, "CommandError")
          session.reply = ""
        }
        assert.deepStrictEqual(
          session.sent.map(([text]) => text),
          ["bans", "bans", "admins", "admins", "missions", "version", "commands"].flatMap((text) => [text, text])
        )
      }))

    it.effect("come without invalid lines, which are logged", () =>
      Effect.gen(function*() {
        const logged: Array<unknown> = []
        const { rcon, session } = yield* start()
        session.reply = `GUID Bans:\n[#] [GUID] [Minutes left] [Reason]\n${"-".repeat(40)}\nwhat?`
        const log = Logger.layer([Logger.make(({ logLevel, message }) => logged.push([logLevel, message]))])
        assert.deepStrictEqual(yield* Effect.provide(rcon.bans, log), [])
        const unparsed = [{ line: 4, text: "what?" }]
        assert.deepStrictEqual(logged, [["Warn", ["cannot read these lines of the list of bans", unparsed]]])
        assert.deepStrictEqual(yield* rcon.banTable, { rows: [], unparsed, total: undefined, cut: false })
      }))

    it("have the documented errors in their types", () => {
      type Query<A> = Effect.Effect<A, CommandError.CommandError | ReplyError.ReplyError>
      type Service = RconClient.RconClient["Service"]
      expectTypeOf<Service["players"]>().toEqualTypeOf<Query<ReadonlyArray<Player.Player>>>()
      expectTypeOf<Service["playerTable"]>().toEqualTypeOf<Query<Table.Table<Player.Player>>>()
      expectTypeOf<Service["bans"]>().toEqualTypeOf<Query<ReadonlyArray<Ban.Ban>>>()
      expectTypeOf<Service["banTable"]>().toEqualTypeOf<Query<Table.Table<Ban.Ban>>>()
      expectTypeOf<Service["admins"]>().toEqualTypeOf<Query<ReadonlyArray<Admin.Admin>>>()
      expectTypeOf<Service["adminTable"]>().toEqualTypeOf<Query<Table.Table<Admin.Admin>>>()
      expectTypeOf<Service["missions"]>().toEqualTypeOf<Query<ReadonlyArray<string>>>()
      expectTypeOf<Service["version"]>().toEqualTypeOf<Query<Version.Version>>()
      expectTypeOf<Service["commands"]>().toEqualTypeOf<Query<ReadonlyArray<string>>>()
    })
  })

  describe("adminId", () => {
    const login = (admin: number) => `RCon admin #${admin} (203.0.113.1:5000) logged in`

    it.effect("comes from the server's first message", () =>
      Effect.gen(function*() {
        const { rcon, session } = yield* start()
        assert.isTrue(Option.isNone(yield* rcon.adminId))
        yield* session.say(login(3), "hello", login(4))
        assert.deepStrictEqual(yield* rcon.adminId, Option.some(3))
        yield* session.gap("Lost", 1)
        assert.deepStrictEqual(yield* rcon.adminId, Option.some(3))
        yield* session.gap("Reconnected")
        assert.isTrue(Option.isNone(yield* rcon.adminId))
        yield* session.say(login(0))
        assert.deepStrictEqual(yield* rcon.adminId, Option.some(0))
      }))

    it.effect("is never taken from the login of another client", () =>
      Effect.gen(function*() {
        const lost = yield* start()
        yield* lost.session.gap("Lost", 1)
        yield* lost.session.say(login(1))
        assert.isTrue(Option.isNone(yield* lost.rcon.adminId))

        const later = yield* start()
        yield* later.session.say("hello", login(1))
        assert.isTrue(Option.isNone(yield* later.rcon.adminId))

        // The session is older than the client, and its greeting was lost: its first message is not a greeting.
        const session = yield* MockSession.make({ _tag: "Online" })
        const service = yield* Effect.provide(Session.Session, session.layer)
        const first = {
          _tag: "Message",
          sequence: 0,
          text: "hello",
          payload: new Uint8Array(),
          receivedAt: 0,
          late: false
        } as const
        const joined = yield* RconClient.fromSession().pipe(
          Effect.provideService(Session.Session, { ...service, greeting: Effect.succeedSome(first) })
        )
        yield* session.say(login(1))
        assert.isTrue(Option.isNone(yield* joined.adminId))

        // The session is older than the client, and the first message that the client gets is not the session's first.
        const older = yield* MockSession.make({ _tag: "Online" })
        yield* older.say("hello")
        const youngest = yield* Effect.provide(RconClient.fromSession(), older.layer)
        yield* older.say(login(1))
        assert.isTrue(Option.isNone(yield* youngest.adminId))
      }))
  })

  describe("closing", () => {
    const within = { confirmWithin: "1 hour", timeout: "1 hour" } as const

    for (const silent of [true, false]) {
      it.effect(`immediately settles commands that wait for ${silent ? "the first login" : "confirmation"}`, () =>
        Effect.gen(function*() {
          const server = yield* SimulatedServer.SimulatedServer
          yield* server.update((world) => ({ ...world, players: [World.player(world, { name: "Bob", slot: 7 })] }))
          yield* server.onCommand((text) => /^(?:say|kick|ban) /.test(text) ? "" : undefined)
          if (silent) yield* server.goSilent
          const scope = yield* Scope.make()
          const rcon = yield* Scope.provide(RconClient.start({ password: Redacted.make("secret") }), scope)
          yield* TestRcon.passTime("1 second")
          const actions = [rcon.say("hi", within), rcon.kick(bob, "", within), rcon.ban(bob, within)]
          const fibers = yield* Effect.forEach(
            actions,
            (action) => Effect.forkChild(Effect.flip(action), { startImmediately: true })
          )
          const asking = yield* Effect.forkChild(Effect.result(rcon.roster.get), { startImmediately: true })
          yield* TestRcon.passTime("1 second")
          yield* Scope.close(scope, Exit.void)
          for (const fiber of fibers) {
            const error = yield* Fiber.join(fiber)
            assert.strictEqual(error.execution, silent ? "NotExecuted" : "MaybeExecuted")
          }
          assert.strictEqual(Result.isFailure(yield* Fiber.join(asking)), silent)
          assert.strictEqual((yield* Effect.flip(rcon.roster.get))._tag, "CommandError")
        }).pipe(Effect.provide(TestRcon.layerTransport())))
    }
  })

  describe("over the simulated server", () => {
    const options = { password: Redacted.make("secret") }
    const world = TestRcon.layerTransport()

    it.effect("greets a speaker, as in the README", () =>
      Effect.gen(function*() {
        const server = yield* SimulatedServer.SimulatedServer
        const rcon = yield* RconClient.RconClient
        yield* server.join({ name: "Al: Bob" })
        yield* rcon.events.pipe(
          Stream.filter(ServerEvent.is("PlayerChat")),
          Stream.runForEach((chat) => rcon.whisper(chat.player.id, "hello")),
          Effect.forkChild({ startImmediately: true })
        )
        const echo = yield* rcon.events.pipe(
          Stream.filter(ServerEvent.is("AdminChat")),
          Stream.runHead,
          Effect.forkChild({ startImmediately: true })
        )
        yield* server.chat(0, "Side", "hi: all")
        yield* TestClock.adjust("1 second")
        const said = Option.getOrThrow(yield* Fiber.join(echo))
        assert.deepStrictEqual([said.recipient, said.message], ["Al: Bob", "hello"])
        assert.deepStrictEqual(Option.some(said.admin), yield* rcon.adminId)
      }).pipe(Effect.provide(RconClient.layer(options).pipe(Layer.provideMerge(world)))))

    for (const loss of [0, 0.2]) {
      it.effect(`returns the server's data, at ${loss * 100} % loss`, () =>
        Effect.gen(function*() {
          const bans = Array.from({ length: 200 }, (_, index) => ({
            target: index % 3 === 0 ? `203.0.113.${index}` : index.toString(16).padStart(32, "0"),
            expires: index % 5 === 0 ? undefined : index % 5 === 1 ? 0 : index * 3_600_000,
            reason: index % 7 === 0 ? "" : `reason ${index} `
          }))
          const missions = ["Liberation.Altis.pbo", "Some Mission.Stratis.pbo"]
          const server = yield* SimulatedServer.SimulatedServer
          yield* server.update((world) => ({ ...world, bans, missions, version: "1.217" }))
          const asking = Effect.gen(function*() {
            const rcon = yield* Random.withSeed(RconClient.make({ ...options, loginTimeout: "1 minute" }), "client")
            const { adminTable, banTable, commands, missions, version } = rcon
            return yield* Effect.all({ adminTable, banTable, commands, missions, version })
          })
          const seen = yield* TestRcon.passTime(asking, "160 seconds")

          const { rows, unparsed } = seen.banTable
          assert.deepStrictEqual(unparsed, [])
          const isOfIp = (ban: { readonly target: string }) => ban.target.includes(".")
          const expected = [...bans.filter((ban) => !isOfIp(ban)), ...bans.filter(isOfIp)]
          assert.deepStrictEqual(
            rows.map(({ id, reason, target }) => ({ id, reason, target })),
            expected.map(({ reason, target }, id) => ({ id, reason, target }) as never)
          )
          rows.forEach(({ remaining }, index) => {
            const { expires } = expected[index]!
            if (expires === undefined) assert.strictEqual(remaining, "permanent")
            else if (typeof remaining === "string") assert.strictEqual(remaining, "expired")
            else assert.isBelow(Math.abs(Duration.toMillis(remaining) - expires), 160_000)
          })
          assert.deepStrictEqual(seen.missions, missions)
          assert.strictEqual(String(seen.version), "1.217")
          assert.include(seen.commands, "removeBan")
          assert.deepStrictEqual(seen.adminTable.unparsed, [])
          assert.deepStrictEqual(
            seen.adminTable.rows.map(String),
            (yield* server.sessions).map(({ address, admin }) => `#${admin} ${address}`)
          )
        }).pipe(Effect.provide(TestRcon.layerTransport({ network: { loss, seed: "bans" } }))))
    }

    it.effect("fails with the reason if it cannot log in", () =>
      Effect.gen(function*() {
        const wrong = yield* RconClient.make({ password: Redacted.make("wrong") }).pipe(Effect.scoped, Effect.flip)
        assert.strictEqual(wrong.reason._tag, "LoginRefused")
        const empty = yield* RconClient.make({ password: Redacted.make("") }).pipe(Effect.scoped, Effect.result)
        assert.isTrue(Result.isFailure(empty))
      }).pipe(Effect.provide(world)))
  })
})

describe("a client on an older session", () => {
  it.effect("has its admin number and the flavour from the greeting", () =>
    Effect.gen(function*() {
      const session = yield* Session.Session
      yield* TestRcon.passTime("1 second")
      const rcon = yield* RconClient.fromSession()
      assert.deepStrictEqual(yield* rcon.adminId, Option.some(Admin.AdminId.make(0)))
      assert.strictEqual(yield* rcon.flavour, "BattlEye")
      assert.isTrue(Option.isSome(yield* session.greeting))
      const server = yield* SimulatedServer.SimulatedServer
      yield* server.restart({ downtime: "10 seconds" })
      yield* TestRcon.passTime("1 minute")
      assert.isTrue(Option.isSome(yield* rcon.adminId))
    }).pipe(
      Effect.scoped,
      Effect.provide(Session.layer(options).pipe(Layer.provideMerge(TestRcon.layerTransport())))
    ))
})

describe("a client whose session outlives it", () => {
  it.effect("is closed with its scope", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const rcon = yield* Scope.provide(RconClient.fromSession(), scope)
      const closed = yield* Effect.forkChild(rcon.closed)
      yield* TestRcon.passTime("1 second")
      assert.isUndefined(closed.pollUnsafe())
      yield* Scope.close(scope, Exit.void)
      yield* Fiber.join(closed)
    }).pipe(
      Effect.scoped,
      Effect.provide(Session.layer(options).pipe(Layer.provideMerge(TestRcon.layerTransport())))
    ))
})
