import { Guid, Player, RconClient } from "@bercon/client"
import { SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Deferred, Effect, Exit, Fiber, Layer, Option, Random, Redacted, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as MockSession from "./mockSession.ts"

const options = { password: Redacted.make("secret"), loginTimeout: "1 minute" } as const
const simulated = RconClient.layer(options).pipe(Layer.provideMerge(TestRcon.layerTransport()))

const player = (id: number) => Player.PlayerId.make(id)

/** The players of a server, as sorted lines of text. */
const truth = Effect.fnUntraced(function*(server: SimulatedServer.SimulatedServer["Service"]) {
  const { players } = yield* server.world
  return players
    .map(({ guid, ip, name, port, slot, verified }) => `${slot} ${name} ${ip}:${port} ${guid} ${verified}`)
    .sort()
})
/** The players of a roster, as sorted lines of text. */
const inText = (players: ReadonlyArray<Player.Player>) =>
  players
    .map(({ address, guid, id, name, verified }) => `${id} ${name} ${address?.toString()} ${guid} ${verified}`)
    .sort()

/** An event on a server. `slot` is one of eight, so that slots are reused often. */
const happening = Arbitrary.all({
  kind: Arbitrary.schema(Schema.Literals([
    "join",
    "join",
    "join",
    "leave",
    "leave",
    "kick",
    "kick by admin",
    "replace silently",
    "restart",
    "restart with players",
    "forget",
    "silence"
  ])),
  slot: Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 7 }))),
  name: Arbitrary.schema(Schema.Literals(["Bob", "Bob", "Ann", "", "Al: Bob", "Bob (1)", "Eve - GUID: "])),
  guid: Arbitrary.map(Arbitrary.schema(Schema.Boolean), (known) => known ? undefined : null),
  pause: Arbitrary.schema(Schema.Literals([0, 10, 3000, 40_000]))
})

describe("the roster", () => {
  for (const loss of [0, 0.3]) {
    it.effect.prop(
      `equals the server's list of players after any events, at ${loss * 100} % loss`,
      [Arbitrary.array(happening, { minLength: 1, maxLength: 15 })],
      ([happenings]) =>
        Effect.gen(function*() {
          const server = yield* SimulatedServer.SimulatedServer
          const connecting = yield* Effect.forkScoped(
            Random.withSeed(RconClient.make({ ...options, silenceTimeout: "20 seconds" }), "roster")
          )
          const rcon = yield* TestRcon.passTime(Fiber.join(connecting))
          const lists: Array<ReadonlyArray<Player.Player>> = []
          yield* rcon.roster.changes.pipe(
            Stream.runForEach((players) => Effect.sync(() => lists.push(players))),
            Effect.forkScoped({ startImmediately: true })
          )
          for (const { guid, kind, name, pause, slot } of happenings) {
            const { players } = yield* server.world
            const there = players.some((player) => player.slot === slot)
            switch (kind) {
              case "join":
                if (!there) yield* server.join({ slot, name, guid })
                break
              case "leave":
                if (there) yield* server.leave(slot)
                break
              case "kick":
                if (there) yield* server.kick(slot, "Client not responding")
                break
              case "kick by admin":
                yield* Effect.forkScoped(Effect.ignore(rcon.kick(player(slot))))
                break
              case "replace silently":
                if (there) {
                  yield* server.update((world) => ({
                    ...world,
                    players: world.players.map((player) =>
                      player.slot === slot ? { ...player, name: `${name}!`, ip: "198.51.100.1" } : player
                    )
                  }))
                }
                break
              case "restart":
                yield* server.restart({ downtime: pause })
                break
              case "restart with players":
                yield* server.restart({ downtime: pause, keepPlayers: true })
                break
              case "forget":
                yield* server.forget
                break
              case "silence":
                yield* server.goSilent
                yield* TestRcon.passTime(pause)
                yield* server.resume
                break
            }
            yield* TestRcon.passTime(pause)
          }
          const isRight = Effect.gen(function*() {
            const players = rcon.roster.get.pipe(Effect.option, Effect.forkChild({ startImmediately: true }))
            const seen = (yield* players).pollUnsafe()
            const expected = yield* truth(server)
            return seen?._tag === "Success" && Option.isSome(seen.value) &&
              JSON.stringify(inText(seen.value.value)) === JSON.stringify(expected)
          })
          for (let seconds = 0; seconds < 180 && !(yield* isRight); seconds++) yield* TestRcon.passTime("1 second")
          const expected = yield* truth(server)
          assert.deepStrictEqual(inText(yield* rcon.roster.get), expected)
          assert.deepStrictEqual(inText(lists.at(-1) ?? []), expected)
        }).pipe(Effect.scoped, Effect.provide(TestRcon.layerTransport({ network: { loss, seed: "roster" } }))),
      { arbitrary: { runs: 25 } }
    )
  }

  it.effect.prop(
    "follows events in their order, without reading the list",
    [Arbitrary.array(happening, { minLength: 1, maxLength: 30 })],
    ([happenings]) =>
      Effect.gen(function*() {
        const server = yield* SimulatedServer.SimulatedServer
        const { roster } = yield* RconClient.make({ ...options, rosterInterval: "Infinity" })
        yield* TestRcon.passTime("2 seconds")
        const asked = (yield* server.executions).length
        for (const { guid, kind, name, slot } of happenings) {
          const { players } = yield* server.world
          const there = players.some((player) => player.slot === slot)
          if (!there && kind === "join") yield* server.join({ slot, name, guid })
          if (there && kind === "leave") yield* server.leave(slot)
          if (there && kind === "kick") yield* server.kick(slot, "Client not responding")
        }
        yield* TestRcon.passTime(0)
        assert.deepStrictEqual(inText(yield* roster.get), yield* truth(server))
        assert.strictEqual((yield* server.executions).length, asked)
      }).pipe(Effect.scoped, Effect.provide(TestRcon.layerTransport())),
    { arbitrary: { runs: 30 } }
  )

  it.effect("is not emptied by a second outage while the list is being read", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      const { roster } = yield* RconClient.RconClient
      yield* server.join({ name: "Ann" })
      yield* TestRcon.passTime("1 second")
      yield* server.onCommand((text) => text === "players" ? { delay: "Infinity" } : undefined)
      yield* server.restart({ keepPlayers: true })
      yield* TestRcon.passTime("20 seconds")
      const asking = yield* Effect.forkChild(Effect.exit(roster.get), { startImmediately: true })
      yield* TestRcon.passTime("1 second")
      yield* server.restart({ keepPlayers: true })
      yield* server.onCommand(undefined)
      yield* TestRcon.passTime("1 minute")
      const exit = yield* Fiber.join(asking)
      assert.isTrue(Exit.isSuccess(exit) && exit.value.map(String).join() === "#0 Ann")
    }).pipe(Effect.provide(simulated)))

  it.effect("contains players who join while the list is being read, after thousands of other events", () =>
    Effect.gen(function*() {
      const session = yield* MockSession.make({ _tag: "Online" })
      const list = yield* Deferred.make<void>()
      const { roster } = yield* Effect.provide(RconClient.fromSession({ flavour: "BattlEye" }), session.layer)
      session.wait = Deferred.await(list)
      session.reply = "Players on server:\n[#] [IP Address]\n----"
      const asking = yield* Effect.forkChild(roster.get, { startImmediately: true })
      yield* session.say(...Array.from({ length: 5000 }, () => "(Side) Bob: hi"))
      yield* session.say("Player #3 Late (203.0.113.1:2304) connected")
      yield* Deferred.succeed(list, undefined)
      assert.deepStrictEqual((yield* Fiber.join(asking)).map(String), ["#3 Late"])
    }).pipe(Effect.scoped))

  it.effect("reads the list again if it may have missed an event", () =>
    Effect.gen(function*() {
      const session = yield* MockSession.make({ _tag: "Online" }, Effect.void)
      const { roster } = yield* Effect.provide(
        RconClient.fromSession({ flavour: "BattlEye", rosterInterval: "Infinity" }),
        session.layer
      )
      const heading = "Players on server:\n[#] [IP Address]\n----"
      const late = "3   203.0.113.1:2304      31   0123456789abcdef0123456789abcdef(OK) Late"
      const list = yield* Deferred.make<void>()
      session.reply = heading
      session.wait = Deferred.await(list)
      yield* MockSession.settle
      // More events than are kept while the list is being read.
      const visit = ["Player #1 x (203.0.113.1:1) connected", "Player #1 x disconnected"]
      yield* session.say(...Array.from({ length: 2500 }, () => visit).flat())
      session.wait = Effect.void
      yield* Deferred.succeed(list, undefined)
      session.reply = `${heading}\n${late}`
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual((yield* roster.get).map(String), ["#3 Late"])
      for (const cause of ["Lost", "Overflow"] as const) {
        const before = session.sent.length
        yield* session.gap(cause, 1)
        yield* TestClock.adjust("2 seconds")
        assert.strictEqual(session.sent.length, before + 1)
      }
      yield* TestClock.adjust("1 day")
      assert.strictEqual(session.sent.length, 4)
    }).pipe(Effect.scoped))

  it.effect("reads the list again after a failed reading, until it can be read", () =>
    Effect.gen(function*() {
      const session = yield* MockSession.make({ _tag: "Online" }, Effect.void)
      const { roster } = yield* Effect.provide(
        RconClient.fromSession({ flavour: "BattlEye", rosterInterval: "Infinity" }),
        session.layer
      )
      const heading = "Players on server:\n[#] [IP Address]\n----"
      session.reply = heading
      yield* MockSession.settle
      assert.deepStrictEqual(yield* roster.get, [])
      session.reply = "what?"
      yield* TestClock.adjust("1 minute")
      yield* session.gap("Lost", 1)
      yield* TestClock.adjust("16 seconds")
      // The first list, and one query at once and every 5 seconds.
      assert.strictEqual(session.sent.length, 1 + 4)
      session.reply = `${heading}\n3   203.0.113.1:2304      31   0123456789abcdef0123456789abcdef(OK) Late`
      yield* TestClock.adjust("1 day")
      assert.deepStrictEqual((yield* roster.get).map(String), ["#3 Late"])
      assert.strictEqual(session.sent.length, 6)

      // After a gap during the failing query, the next query follows in a second.
      const answer = yield* Deferred.make<void>()
      session.reply = "what?"
      session.wait = Deferred.await(answer)
      yield* session.gap("Lost", 1)
      yield* TestClock.adjust("1 second")
      yield* session.gap("Lost", 1)
      session.wait = Effect.void
      yield* Deferred.succeed(answer, undefined)
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(session.sent.length, 8)
    }).pipe(Effect.scoped))

  it.effect("reads the list once for all callers", () =>
    Effect.gen(function*() {
      const session = yield* MockSession.make({ _tag: "Online" })
      const { roster } = yield* Effect.provide(RconClient.fromSession({ flavour: "BattlEye" }), session.layer)
      const list = yield* Deferred.make<void>()
      session.wait = Deferred.await(list)
      session.reply = "Players on server:\n[#] [IP Address]\n----"
      const reading = yield* Effect.forkChild(
        Effect.all(Array.from({ length: 100 }, () => roster.get), { concurrency: "unbounded" }),
        { startImmediately: true }
      )
      yield* MockSession.settle
      yield* Deferred.succeed(list, undefined)
      assert.strictEqual((yield* Fiber.join(reading)).flat().length, 0)
      assert.deepStrictEqual(session.sent.map(([text]) => text), ["players"])
    }).pipe(Effect.scoped))

  it.effect("cannot be read during an outage", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      const rcon = yield* RconClient.RconClient
      yield* server.join({ name: "Ann" })
      yield* TestRcon.passTime("5 seconds")
      yield* server.stop()
      yield* TestRcon.passTime("1 minute")
      assert.strictEqual((yield* rcon.status)._tag, "Reconnecting")
      const asking = yield* Effect.forkChild(
        Effect.all(Array.from({ length: 100 }, () => Effect.flip(rcon.roster.get)), { concurrency: "unbounded" })
      )
      yield* TestRcon.passTime("1 minute")
      for (const error of yield* Fiber.join(asking)) {
        assert.isTrue(error._tag === "CommandError" && error.reason._tag === "NotConnected")
      }
    }).pipe(Effect.provide(simulated)))

  it.effect("finds players by slot, GUID and name", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      const { roster } = yield* RconClient.RconClient
      const names = (players: Iterable<Player.Player>) => Array.from(players, String)
      const ann = yield* server.join({ name: "Ann" })
      yield* server.join({ name: "Bob", slot: 7 })
      yield* server.join({ name: "Bob" })
      yield* TestRcon.passTime("1 second")
      assert.deepStrictEqual(names(yield* roster.get), ["#0 Ann", "#1 Bob", "#7 Bob"])
      assert.deepStrictEqual(names(Option.toArray(yield* roster.byId(player(7)))), ["#7 Bob"])
      const guid = Guid.Guid.make(ann.guid!)
      assert.deepStrictEqual(names(Option.toArray(yield* roster.byGuid(guid))), ["#0 Ann"])
      assert.deepStrictEqual(names(yield* roster.byName("Bob")), ["#1 Bob", "#7 Bob"])
      assert.deepStrictEqual(names(yield* roster.byName("bob")), [])
      assert.isTrue(Option.isNone(yield* roster.byId(player(3))))
    }).pipe(Effect.provide(simulated)))

  it.effect("keeps no data of the previous player in a slot", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      const { roster } = yield* RconClient.RconClient
      yield* server.join({ name: "Ann" })
      yield* TestRcon.passTime("1 minute")
      yield* server.leave(0)
      yield* server.join({ name: "Bob", guid: null })
      yield* TestRcon.passTime("1 second")
      const bob = Option.getOrThrow(yield* roster.byId(player(0)))
      assert.deepStrictEqual([bob.name, bob.guid, bob.ping, bob.verified], ["Bob", undefined, undefined, false])
    }).pipe(Effect.provide(simulated)))

  it.effect("reads the list often enough to make keepalives unnecessary", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      yield* TestRcon.passTime("2 hours")
      const texts = (yield* server.executions).map(({ text }) => text)
      assert.deepStrictEqual(new Set(texts), new Set(["players"]))
      assert.isAtLeast(texts.length, 2 * 60 * 2)
      assert.deepStrictEqual(yield* server.drops, [])
    }).pipe(Effect.provide(simulated)))

  it.effect("is published after a login to those who subscribed before the list arrived, even if it has not changed", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      const { roster } = yield* RconClient.RconClient
      yield* TestRcon.passTime("5 seconds")
      yield* server.onCommand((text) => text === "players" ? { delay: "300 millis" } : undefined)
      yield* server.forget
      for (let waited = 0; (yield* roster.snapshot)._tag === "Some"; waited += 100) {
        assert.isBelow(waited, 120_000)
        yield* TestRcon.passTime("100 millis")
      }
      const first = yield* Effect.forkChild(Stream.runHead(roster.changes), { startImmediately: true })
      yield* TestRcon.passTime("2 minutes")
      assert.isTrue(Exit.isSuccess(first.pollUnsafe() ?? Exit.interrupt()))
    }).pipe(Effect.provide(simulated)))

  it.effect("is of the new session even if the gap of the outage was lost in an overflow", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      const rcon = yield* RconClient.make({ ...options, messageCapacity: 1 })
      yield* server.join({ name: "Ann" })
      yield* server.restart()
      // The gap arrives together with a message.
      yield* TestRcon.passTime("2 minutes")
      yield* server.join({ name: "Bob" })
      yield* TestRcon.passTime("5 seconds")
      const players = Option.getOrThrow(yield* rcon.roster.snapshot)
      assert.deepStrictEqual(players.map(({ name }) => name), ["Bob"])
    }).pipe(Effect.provide(TestRcon.layerTransport())))

  it.effect("loses no player in an outage", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      const { roster } = yield* RconClient.RconClient
      yield* server.join({ name: "Ann" })
      yield* TestRcon.passTime("1 second")
      const lists: Array<ReadonlyArray<string>> = []
      yield* roster.changes.pipe(
        Stream.runForEach((players) => Effect.sync(() => lists.push(players.map(String)))),
        Effect.forkScoped({ startImmediately: true })
      )
      yield* server.restart({ downtime: "1 minute", keepPlayers: true })
      yield* TestRcon.passTime("2 minutes")
      assert.deepStrictEqual((yield* roster.get).map(String), ["#0 Ann"])
      // Ann is in every list. Only her ping may differ.
      assert.deepStrictEqual(new Set(lists.flat()), new Set(["#0 Ann"]))
      assert.isTrue(lists.every((players) => players.length === 1))
    }).pipe(Effect.scoped, Effect.provide(simulated)))

  it.effect("ignores a late message, which may be older than the list", () =>
    Effect.gen(function*() {
      const session = yield* MockSession.make({ _tag: "Online" })
      const { events, roster } = yield* Effect.provide(RconClient.fromSession({ flavour: "BattlEye" }), session.layer)
      const first = yield* Effect.forkChild(Stream.runHead(events), { startImmediately: true })
      session.reply = "Players on server:\n[#] [IP Address]\n----"
      assert.deepStrictEqual(yield* roster.get, [])
      yield* session.sayLate("Player #3 Gone (203.0.113.1:2304) connected")
      assert.deepStrictEqual(yield* roster.get, [])
      assert.strictEqual(
        Option.getOrThrow(yield* Fiber.join(first))._tag,
        "PlayerConnected",
        "subscribers get the event"
      )
    }).pipe(Effect.scoped))

  it.effect("recognises a player whose name in the list differs from the name in events", () =>
    Effect.gen(function*() {
      const session = yield* MockSession.make({ _tag: "Online" })
      const { roster } = yield* Effect.provide(RconClient.fromSession({ flavour: "BattlEye" }), session.layer)
      session.reply = [
        "Players on server:",
        "[#] [IP Address]:[Port] [Ping] [GUID] [Name]",
        "--------------------------------------------------",
        "0   203.0.113.5:2304      31   0123456789abcdef0123456789abcdef(OK) Bob (Lobby)",
        "1   203.0.113.6:2304      31   1123456789abcdef0123456789abcdef(OK) Ann"
      ].join("\n")
      assert.strictEqual((yield* roster.get).length, 2)
      yield* session.say("Player #0 Bob (Lobby) disconnected", "Player #1 Ann  disconnected")
      assert.deepStrictEqual(yield* roster.get, [])
    }).pipe(Effect.scoped))

  it.effect("fails if the list cannot be parsed, and sends nothing while the players are known", () =>
    Effect.gen(function*() {
      const session = yield* MockSession.make({ _tag: "Online" })
      const { roster } = yield* Effect.provide(RconClient.fromSession({ flavour: "BattlEye" }), session.layer)
      session.reply = "what?"
      assert.strictEqual((yield* Effect.flip(roster.get))._tag, "ReplyError")
      session.reply = "Players on server:\n[#] [IP Address]\n----\n(0 players in total)"
      assert.deepStrictEqual(yield* roster.get, [])
      session.sent.length = 0
      yield* session.say("Player #3 Bob (203.0.113.1:2304) connected")
      assert.deepStrictEqual((yield* roster.get).map(String), ["#3 Bob"])
      assert.deepStrictEqual(session.sent, [])
      yield* session.gap("Reconnected")
      assert.deepStrictEqual(yield* roster.get, [])
      assert.deepStrictEqual(session.sent.map(([text]) => text), ["players"])
    }).pipe(Effect.scoped))

  it.effect("keeps at most 1,024 players", () =>
    Effect.gen(function*() {
      const session = yield* MockSession.make({ _tag: "Online" })
      const { roster } = yield* Effect.provide(RconClient.fromSession({ flavour: "BattlEye" }), session.layer)
      session.reply = "Players on server:\n[#] [IP Address]\n----"
      yield* roster.get
      const hostile = Array.from({ length: 3000 }, (_, id) => `Player #${id} x (203.0.113.1:1) connected`)
      yield* session.say(...hostile)
      assert.strictEqual((yield* roster.get).length, 1024)
    }).pipe(Effect.scoped))

  it.effect("contains a player once, even if Arma 2 lists the player twice in one slot", () =>
    Effect.gen(function*() {
      const session = yield* MockSession.make({ _tag: "Online" })
      const { roster } = yield* Effect.provide(RconClient.fromSession({ flavour: "BattlEye" }), session.layer)
      session.reply = [
        "Players on server:",
        "[#] [IP Address]:[Port] [Ping] [GUID] [Name]",
        "--------------------------------------------------",
        "0   203.0.113.5:2304      31   0123456789abcdef0123456789abcdef(OK) Bob",
        "0   192.168.0.100:2304    0    0123456789abcdef0123456789abcdef(OK) Bob (Lobby)",
        "(1 players in total)"
      ].join("\n")
      assert.deepStrictEqual((yield* roster.get).map(({ address }) => String(address)), ["203.0.113.5:2304"])
    }).pipe(Effect.scoped))
})
