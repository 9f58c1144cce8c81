import {
  type ActionError,
  type Admin,
  type Ban,
  CommandError,
  Player,
  RconClient,
  ReplyError,
  ServerEvent,
  type Table,
  type Version
} from "@bercon/client"
import { Session } from "@bercon/session"
import { SimulatedServer, TestRcon, World } from "@bercon/testing"
import { assert, describe, expectTypeOf, it } from "@effect/vitest"
import {
  Cause,
  Duration,
  Effect,
  Exit,
  Fiber,
  Layer,
  Logger,
  Option,
  Random,
  Redacted,
  Result,
  Scope,
  Stream
} from "effect"
import { TestClock } from "effect/testing"
import * as MockSession from "./mockSession.ts"

const PLAYERS = [
  "Players on server:",
  "[#] [IP Address]:[Port] [Ping] [GUID] [Name]",
  "--------------------------------------------------",
  "7   203.0.113.1:2304      31   0123456789abcdef0123456789abcdef(OK) Bob",
  "(1 players in total)"
].join("\n")

const bob = Player.PlayerId.make(7)

/** A client on a mock session, in the test's scope. */
const start = Effect.fnUntraced(function*(options?: RconClient.ClientOptions) {
  const session = yield* MockSession.make()
  const rcon = yield* Effect.provide(RconClient.fromSession({ flavour: "BattlEye", ...options }), session.layer)
  return { session, rcon }
})

/** Collects events from now on; `take` returns those that have arrived. */
const listen = Effect.fnUntraced(function*(rcon: RconClient.RconClient["Service"]) {
  const events: Array<ServerEvent.ServerEvent> = []
  const fiber = yield* rcon.events.pipe(
    Stream.runForEach((event) => Effect.sync(() => events.push(event))),
    Effect.forkChild({ startImmediately: true })
  )
  return { fiber, take: Effect.andThen(MockSession.settle, Effect.sync(() => events.splice(0))) }
})

type Failure = ActionError.ActionError | CommandError.CommandError | ReplyError.ReplyError

const tags = (events: ReadonlyArray<ServerEvent.ServerEvent>) => events.map((event) => event._tag)

describe("RconClient", () => {
  describe("actions", () => {
    it.effect("send the text that servers understand", () =>
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

    it.effect("send no text that would be another command", () =>
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

    it.effect("fail as the session does", () =>
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
    it.effect("returns the reply as it is", () =>
      Effect.gen(function*() {
        const { rcon, session } = yield* start()
        session.reply = " Unknown command of mine\n"
        assert.strictEqual(yield* rcon.command("#anything  you like", { timeout: "1 second" }), session.reply)
        assert.deepStrictEqual(session.sent.map(([text, options]) => [text, options?.timeout]), [[
          "#anything  you like",
          1000
        ]])
      }))

    it.effect("fails if the server does not have it", () =>
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
    it.effect("are those on the server", () =>
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

    it.effect("are an error if the reply is empty", () =>
      Effect.gen(function*() {
        const { rcon } = yield* start()
        const error = yield* Effect.flip(rcon.players)
        assert.instanceOf(error, ReplyError.ReplyError)
      }))
  })

  describe("bans, admins, missions, version, commands", () => {
    it.effect("are queried by name", () =>
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

    it("fail as documented", () => {
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

  describe("events", () => {
    it.effect("reach every subscriber, in order", () =>
      Effect.gen(function*() {
        const { rcon, session } = yield* start()
        const one = yield* listen(rcon)
        const two = yield* listen(rcon)
        yield* session.say("Player #7 Bob (203.0.113.1:2304) connected", "Connected to BE Master")
        yield* session.gap("Lost", 3)
        const events = yield* one.take
        assert.deepStrictEqual(tags(events), ["PlayerConnected", "BattlEyeMaster", "Gap"])
        assert.deepStrictEqual(yield* two.take, events)
        assert.deepInclude(events.at(-1), { cause: "Lost", missed: 3 })
      }))

    it.effect("contain the speaker", () =>
      Effect.gen(function*() {
        const { rcon, session } = yield* start()
        const { take } = yield* listen(rcon)
        const chat = "(Side) Bob: hi"
        yield* session.say(chat, "Player #5 Bob (203.0.113.1:2304) connected", chat, "Player #5 Bob disconnected", chat)
        assert.deepStrictEqual(tags(yield* take).filter((tag) => tag.endsWith("Chat")), [
          "UnattributedChat",
          "PlayerChat",
          "UnattributedChat"
        ])

        session.reply = PLAYERS
        yield* rcon.players
        yield* session.say(chat)
        assert.deepStrictEqual(
          (yield* take).filter(ServerEvent.is("PlayerChat")).map((chat) => chat.player),
          [{ id: bob, name: "Bob" }]
        )

        yield* session.say("Player #7 Bob (-) has been kicked by BattlEye: Invalid GUID", chat)
        assert.deepStrictEqual(tags(yield* take), ["PlayerKicked", "UnattributedChat"])

        yield* session.say("Player #5 Bob - BE GUID: 0123456789abcdef0123456789abcdef", chat)
        assert.deepStrictEqual(tags(yield* take), ["PlayerGuid", "PlayerChat"])
        yield* session.gap("Reconnected")
        yield* session.say(chat)
        assert.deepStrictEqual(tags(yield* take), ["Gap", "UnattributedChat"])
      }))

    it.effect("are lost only for a subscriber that is too slow", () =>
      Effect.gen(function*() {
        const { rcon, session } = yield* start({ messageCapacity: 3 })
        const fast = yield* listen(rcon)
        const slow = yield* rcon.events.pipe(
          Stream.rechunk(1),
          Stream.mapEffect((event) => Effect.as(Effect.sleep("1 second"), event)),
          Stream.runCollect,
          Effect.forkChild({ startImmediately: true })
        )
        for (const text of "abcdefgh") yield* session.say(text)
        assert.strictEqual((yield* fast.take).length, 8)
        yield* session.end()
        yield* TestClock.adjust("1 minute")
        assert.deepStrictEqual(
          (yield* Fiber.join(slow)).map((event) => event._tag === "Gap" ? event.missed : event._tag),
          ["Unrecognized", 4, "Unrecognized", "Unrecognized", "Unrecognized"]
        )
      }))

    it.effect("end with the session", () =>
      Effect.gen(function*() {
        const { rcon, session } = yield* start()
        const { fiber, take } = yield* listen(rcon)
        yield* session.say("last words")
        yield* session.end()
        yield* Fiber.join(fiber)
        assert.deepStrictEqual(tags(yield* take), ["Unrecognized"])
        assert.deepStrictEqual(yield* Stream.runCollect(rcon.events), [])
      }))

    it.effect("end with the client's scope", () =>
      Effect.gen(function*() {
        const session = yield* MockSession.make()
        const fiber = yield* Effect.scoped(Effect.gen(function*() {
          const rcon = yield* Effect.provide(RconClient.fromSession(), session.layer)
          return yield* Effect.forkDetach(Stream.runCollect(rcon.events), { startImmediately: true })
        }))
        assert.deepStrictEqual(yield* Fiber.join(fiber), [])
      }))

    it.effect("die with the session's messages, which is logged", () =>
      Effect.gen(function*() {
        const logged: Array<unknown> = []
        const log = Logger.layer([Logger.make(({ cause, logLevel }) => logged.push([logLevel, Cause.pretty(cause)]))])
        const { rcon, session } = yield* Effect.provide(start(), log)
        const { fiber } = yield* listen(rcon)
        yield* session.end(new Error("boom"))
        const exit = yield* Fiber.await(fiber)
        assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
        assert.isTrue(Exit.isFailure(yield* Effect.exit(Stream.runCollect(rcon.events))))
        assert.strictEqual(logged.length, 1)
        assert.match(String(logged), /^Error,.*boom/)
      }))
  })

  describe("on", () => {
    const disconnected = (name: string) => `Player #7 ${name} disconnected`

    it.effect("runs the handler for every event of its kind, in order, even after it has failed", () =>
      Effect.gen(function*() {
        const logged: Array<string> = []
        const log = Logger.layer([
          Logger.make(({ cause, logLevel }) => logged.push(`${logLevel} ${Cause.pretty(cause)}`))
        ])
        const { rcon, session } = yield* start()
        const seen: Array<string> = []
        const others: Array<string> = []
        yield* Effect.gen(function*() {
          yield* rcon.on("PlayerDisconnected", ({ player: { name } }) => {
            seen.push(name)
            if (name === "throws") throw new Error("eh")
            return name === "fails"
              ? Effect.fail("oh")
              : name === "dies"
              ? Effect.die("ah")
              : name === "stops"
              ? Effect.interrupt
              : Effect.yieldNow
          })
          yield* rcon.on("PlayerDisconnected", ({ player }) => Effect.sync(() => others.push(player.name)))
          yield* session.say(disconnected("a"), "hello", disconnected("fails"), disconnected("dies"))
          yield* session.say(disconnected("throws"), disconnected("stops"), disconnected("b"))
        }).pipe(Effect.provide(log))
        assert.deepStrictEqual(seen, ["a", "fails", "dies", "throws", "stops", "b"])
        assert.deepStrictEqual(others, seen)
        assert.strictEqual(logged.length, 4)
        assert.match(logged.join(), /^Error .*oh[^]*Error .*ah[^]*Error .*eh[^]*Error .*interrupted/i)
      }))

    it.effect("dies at once if the concurrency is invalid", () =>
      Effect.gen(function*() {
        const { rcon } = yield* start()
        for (const concurrency of [0, 1.5, NaN, -1]) {
          const exit = yield* Effect.exit(rcon.on("PlayerChat", () => Effect.void, { concurrency }))
          assert.isTrue(Exit.hasDies(exit))
          assert.include(String(exit), `concurrency must be an integer from 1, or`)
        }
      }))

    it.effect("stops with the scope, with the fiber, and with the session", () =>
      Effect.gen(function*() {
        const { rcon, session } = yield* start()
        const seen: Array<string> = []
        const handler = (label: string) => () => Effect.sync(() => seen.push(label))
        yield* Effect.scoped(rcon.on("PlayerDisconnected", handler("scope")))
        yield* Fiber.interrupt(yield* rcon.on("PlayerDisconnected", handler("fiber")))
        const fiber = yield* rcon.on("PlayerDisconnected", handler("session"))
        const stuck = yield* rcon.on("PlayerDisconnected", () => Effect.never)
        yield* session.say(disconnected("a"))
        assert.deepStrictEqual(seen, ["session"])
        yield* session.end()
        yield* Fiber.join(fiber)
        yield* Fiber.interrupt(stuck)
      }))
  })

  describe("waitFor", () => {
    it.effect("returns the first matching event of its kind", () =>
      Effect.gen(function*() {
        const { rcon, session } = yield* start()
        const where = (event: ServerEvent.PlayerDisconnected) => event.player.id === 8
        const fiber = yield* Effect.forkChild(rcon.waitFor("PlayerDisconnected", { where }), { startImmediately: true })
        yield* session.say(
          "Player #7 Ann disconnected",
          "hello",
          "Player #8 Bob disconnected",
          "Player #8 Eve disconnected"
        )
        assert.strictEqual((yield* Fiber.join(fiber)).player.name, "Bob")
      }))

    it.effect("does not miss an event that its trigger causes at once", () =>
      Effect.gen(function*() {
        const { rcon, session } = yield* start()
        const trigger = session.say("Player #7 Ann disconnected")
        assert.strictEqual((yield* rcon.waitFor("PlayerDisconnected", { trigger })).player.name, "Ann")
      }))

    it.effect("ends at its timeout, and when no event can come", () =>
      Effect.gen(function*() {
        const { rcon, session } = yield* start()
        const waiting = yield* Effect.forkChild(Effect.flip(rcon.waitFor("PlayerChat", { timeout: "1 minute" })))
        yield* TestClock.adjust("59 seconds")
        assert.isUndefined(waiting.pollUnsafe())
        yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* Fiber.join(waiting))._tag, "TimeoutError")
        const failed = yield* Effect.flip(rcon.waitFor("PlayerChat", { trigger: Effect.fail("no") }))
        assert.strictEqual(failed, "no")
        yield* session.end()
        const ended = yield* Effect.flip(rcon.waitFor("PlayerChat"))
        assert.strictEqual(ended._tag, "NoSuchElementError")
        assert.strictEqual(ended.message, "the session was closed before PlayerChat came")
      }))
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

    it.effect("is not another client's", () =>
      Effect.gen(function*() {
        const lost = yield* start()
        yield* lost.session.gap("Lost", 1)
        yield* lost.session.say(login(1))
        assert.isTrue(Option.isNone(yield* lost.rcon.adminId))

        const later = yield* start()
        yield* later.session.say("hello", login(1))
        assert.isTrue(Option.isNone(yield* later.rcon.adminId))

        // The session existed before, and its greeting was lost: another message came first.
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
      }))
  })

  describe("flavour", () => {
    it.effect.each(
      [
        ["BattlEye", "RCon admin #3 (203.0.113.1:5000) logged in"],
        ["BattlEye", "Player #7 Ann disconnected"],
        ["Reforger", "Logged In! Client ID: #3"]
      ] as const
    )("is %s if the server sends: %s", ([flavour, text]) =>
      Effect.gen(function*() {
        const { rcon, session } = yield* start({ flavour: "auto" })
        const asking = yield* Effect.forkChild(rcon.flavour)
        yield* session.say("what", text)
        assert.strictEqual(yield* Fiber.join(asking), flavour)
      }))

    it.effect("is known at once if the server sends a list of players", () =>
      Effect.gen(function*() {
        const { rcon, session } = yield* start({ flavour: "auto" })
        session.reply = PLAYERS
        session.wait = Effect.sleep("50 millis")
        const asking = yield* Effect.forkChild(
          Effect.all([rcon.players, rcon.flavour, rcon.players], { concurrency: "unbounded" })
        )
        yield* TestClock.adjust("50 millis")
        const [players, ...others] = yield* Fiber.join(asking)
        assert.deepStrictEqual([players.length, ...others], [1, "BattlEye", players])
        // The query for the flavour is the query for the players.
        assert.deepStrictEqual(session.sent.map(([text]) => text), ["players"])
      }))

    it.effect("costs the first command one round trip if the server does not greet", () =>
      Effect.gen(function*() {
        const { rcon, session } = yield* start({ flavour: "auto" })
        session.reply = (text) => text === "players" ? PLAYERS : ""
        session.wait = Effect.sleep("100 millis")
        const saying = yield* Effect.forkChild(rcon.say("hello"))
        yield* TestClock.adjust("199 millis")
        assert.isUndefined(saying.pollUnsafe())
        yield* TestClock.adjust("1 millis")
        assert.strictEqual(yield* Fiber.join(saying), "")
        assert.deepStrictEqual(session.sent.map(([text]) => text), ["players", "say -1 hello"])
      }))

    it.effect("is guessed from an empty reply, and the query is repeated until there is evidence", () =>
      Effect.gen(function*() {
        const { rcon, session } = yield* start({ flavour: "auto" })
        for (const reply of ["", "", PLAYERS]) {
          session.reply = reply
          const asking = yield* Effect.forkChild(rcon.flavour)
          yield* TestClock.adjust("1 second")
          assert.strictEqual(yield* Fiber.join(asking), reply === "" ? "Reforger" : "BattlEye")
          // After a recent guess the query is not repeated.
          if (session.sent.length === 1) assert.strictEqual(yield* rcon.flavour, "Reforger")
          yield* TestClock.adjust("1 second")
        }
        session.reply = ""
        yield* TestClock.adjust("1 minute")
        assert.strictEqual(yield* rcon.flavour, "BattlEye")
        assert.deepStrictEqual(session.sent.map(([text]) => text), ["players", "players", "players"])
      }))

    it.effect("is determined again after an outage, once for all waiting commands", () =>
      Effect.gen(function*() {
        const { rcon, session } = yield* start({ flavour: "auto" })
        yield* session.say("RCon admin #3 (203.0.113.1:5000) logged in")
        assert.strictEqual(yield* rcon.flavour, "BattlEye")
        yield* session.gap("Reconnected")
        session.reply = ""
        const asking = yield* Effect.forkChild(
          Effect.all(Array.from({ length: 100 }, () => rcon.flavour), { concurrency: "unbounded" })
        )
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(new Set(yield* Fiber.join(asking)), new Set(["Reforger"] as const))
        assert.deepStrictEqual(session.sent.map(([text]) => text), ["players"])
        // A guess gives way to any event, and evidence only to the greeting of a login.
        yield* session.say("(Side) Bob: hi")
        assert.strictEqual(yield* rcon.flavour, "BattlEye")
        yield* session.say("Processing Command: #players")
        assert.strictEqual(yield* rcon.flavour, "BattlEye")
        yield* session.say("Logged In! Client ID: #3")
        assert.strictEqual(yield* rcon.flavour, "Reforger")
      }))

    it.effect("that cannot be determined fails the command that needs it", () =>
      Effect.gen(function*() {
        const { rcon, session } = yield* start({ flavour: "auto" })
        session.reply = new CommandError.CommandError({
          command: "players",
          reason: new CommandError.NoReply({ peer: "server", sends: 3 })
        })
        const asking = yield* Effect.forkChild(Effect.flip(rcon.say("hello", { timeout: "5 seconds" })))
        yield* TestClock.adjust("4999 millis")
        assert.isUndefined(asking.pollUnsafe())
        yield* TestClock.adjust("1 millis")
        const { execution, message } = yield* Fiber.join(asking)
        assert.strictEqual(execution, "NotExecuted")
        assert.match(message, /^command "say": no session with server yet: .*was not sent/)
        assert.deepStrictEqual(new Set(session.sent.map(([text]) => text)), new Set(["players"]))
      }))
  })

  describe("closing", () => {
    const within = { confirmWithin: "1 hour", timeout: "1 hour" } as const

    for (const silent of [true, false]) {
      it.effect(`settles at once the commands that wait for ${silent ? "the first login" : "evidence"}`, () =>
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
