/**
 * Tests of features for bots.
 */
import { Admin, Ban, Guid, Player, RconClient, ServerEvent } from "@bercon/client"
import { Session } from "@bercon/session"
import { SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import {
  Arbitrary,
  Clock,
  Duration,
  Effect,
  Exit,
  Fiber,
  Layer,
  Logger,
  Metric,
  Option,
  Redacted,
  Schema,
  Scope,
  Stream
} from "effect"
import { TestClock } from "effect/testing"
import { missingFrom } from "../src/internal/banRows.ts"
import { Identification, PATIENCE } from "../src/internal/identification.ts"
import { SAFE_BYTES, splitText } from "../src/internal/splitText.ts"
import * as MockSession from "./mockSession.ts"

const guidOf = (index: number) => Guid.Guid.make(index.toString(16).padStart(32, "0"))
const slot = (id: number) => Player.PlayerId.make(id)
const options = { password: Redacted.make("secret"), loginTimeout: "1 minute", commandTimeout: "2 minutes" } as const

/** A client that is not logged in yet, because that takes time on a line with loss. */
const simulated = (loss = 0, more: Partial<RconClient.Options> = {}) =>
  Layer.effect(RconClient.RconClient, RconClient.start({ ...options, ...more })).pipe(
    Layer.provideMerge(TestRcon.layerTransport({ network: { loss, seed: "bots" } }))
  )

/** Runs an effect to its end, however long it takes. */
const completed = <A, E>(effect: Effect.Effect<A, E>) => TestRcon.passTime(effect, "1 day")

/** Collects all events of some kinds from now on. */
const collected = Effect.fnUntraced(function*<A extends ServerEvent.ServerEvent>(
  isWanted: (event: ServerEvent.ServerEvent) => event is A
) {
  const { events } = yield* RconClient.RconClient
  const seen: Array<A> = []
  yield* events.pipe(
    Stream.filter(isWanted),
    Stream.runForEach((event) => Effect.sync(() => seen.push(event))),
    Effect.forkScoped({ startImmediately: true })
  )
  return seen
})

describe("PlayerIdentified", () => {
  for (const loss of [0, 0.3]) {
    it.effect(`comes once for each visit, at ${loss * 100} % loss, restarts included`, () =>
      Effect.gen(function*() {
        const server = yield* SimulatedServer.SimulatedServer
        yield* server.join({ name: "Early" })
        const seen = yield* collected(ServerEvent.is("PlayerIdentified"))
        yield* TestRcon.passTime("2 minutes")
        const ann = yield* server.join({ name: "Ann" })
        yield* TestRcon.passTime("2 minutes")
        yield* server.restart({ downtime: "20 seconds", keepPlayers: true })
        yield* TestRcon.passTime("3 minutes")
        yield* server.leave(ann.slot)
        yield* TestRcon.passTime("2 minutes")
        yield* server.join({ name: "Ann" })
        yield* TestRcon.passTime("2 minutes")
        assert.deepStrictEqual(seen.map(({ player }) => player.name), ["Early", "Ann", "Ann"])
        assert.isTrue(
          seen.every(({ player }) => player.verified && player.guid !== undefined && player.address !== undefined)
        )
      }).pipe(Effect.scoped, Effect.provide(simulated(loss))))
  }

  it.effect("comes as soon as the GUID is verified", () =>
    Effect.gen(function*() {
      const session = yield* MockSession.make({ _tag: "Online" }, Effect.void)
      const rcon = yield* Effect.provide(RconClient.fromSession({ flavour: "BattlEye" }), session.layer)
      const identified = yield* Effect.forkChild(rcon.waitFor("PlayerIdentified"), { startImmediately: true })
      yield* session.say(
        "Player #7 Bob (203.0.113.9:2304) connected",
        `Player #7 Bob - BE GUID: ${guidOf(7)}`
      )
      assert.isUndefined(identified.pollUnsafe())
      yield* session.say(`Verified GUID (${guidOf(7)}) of player #7 Bob`)
      const { player } = yield* Fiber.join(identified)
      assert.deepStrictEqual([player.id, player.guid, player.verified], [7, guidOf(7), true])
    }).pipe(Effect.scoped))

  it("comes without verification if a list a minute later still shows no GUID", () => {
    const identification = new Identification()
    const bob = new Player.Player({ id: slot(7), name: "Bob", guid: guidOf(7), verified: false })
    const players = new Map([[bob.id, bob]])
    const identified = (now: number) => identification.identified(players, true, now)
    assert.deepStrictEqual(identified(0), [])
    identification.listed(PATIENCE - 1)
    assert.deepStrictEqual(identified(PATIENCE - 1), [])
    // A list decides, not the time.
    assert.deepStrictEqual(identified(PATIENCE), [])
    identification.listed(PATIENCE)
    assert.deepStrictEqual(identified(PATIENCE), [bob])
    assert.deepStrictEqual(identified(PATIENCE), [])
  })
})

describe("a player", () => {
  it.effect("is whispered to by GUID and kicked by row, whatever the current slot", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      const rcon = yield* RconClient.RconClient
      const ann = yield* server.join({ name: "Ann" })
      yield* server.join({ name: "Bob" })
      yield* TestRcon.passTime("1 second")
      const [row] = yield* completed(rcon.players)
      // She comes back in another slot, and another player gets hers.
      yield* server.leave(ann.slot)
      yield* server.join({ name: "Zoe" })
      yield* server.join({ name: "Ann", guid: ann.guid, slot: 9 })
      yield* TestRcon.passTime("1 second")
      const guid = Guid.Guid.make(ann.guid!)
      yield* completed(rcon.whisper(guid, "hello", { confirmWithin: "5 seconds" }))
      yield* completed(rcon.kick(row!, "again", { confirmWithin: "5 seconds" }))
      assert.deepStrictEqual((yield* server.world).players.map(({ name }) => name).sort(), ["Bob", "Zoe"])
      const texts = new Set((yield* server.executions).map(({ text }) => text))
      assert.isTrue(texts.has("say 9 hello") && texts.has("kick 9 again"))
      const error = yield* completed(Effect.flip(rcon.kick(guid)))
      assert.isTrue(error._tag === "ActionError" && error.reason._tag === "PlayerNotFound")
      assert.include(error.message, guid)
    }).pipe(Effect.provide(simulated())))

  it.effect("is not confused with another player of the same name", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      const rcon = yield* RconClient.RconClient
      const ann = yield* server.join({ name: "Ann" })
      yield* TestRcon.passTime("1 second")
      const [row] = yield* completed(rcon.players)
      yield* server.leave(ann.slot)
      yield* server.join({ name: "Ann", guid: guidOf(5) })
      yield* TestRcon.passTime("1 second")
      const error = yield* completed(Effect.flip(rcon.ban(row!)))
      assert.isTrue(error._tag === "ActionError" && error.reason._tag === "PlayerNotFound")
      assert.strictEqual((yield* server.world).players.length, 1)
    }).pipe(Effect.provide(simulated())))
})

describe("many bans", () => {
  for (const [loss, count] of [[0, 50], [0.1, 12]] as const) {
    const guids = Array.from({ length: count }, (_, index) => guidOf(index))
    it.effect(`are added and removed with the list read once before and once after, at ${loss * 100} % loss`, () =>
      Effect.gen(function*() {
        const server = yield* SimulatedServer.SimulatedServer
        const rcon = yield* RconClient.RconClient
        const foreign = { target: guidOf(1000), expires: undefined, reason: "foreign" }
        yield* server.update((world) => ({ ...world, bans: [foreign] }))
        const asked = Effect.map(server.executions, (all) => all.filter(({ text }) => text === "bans").length)
        const before = yield* asked
        yield* completed(rcon.banAll(guids, { reason: "cheating", write: true }))
        // A target with such a ban is not banned again.
        yield* completed(rcon.banAll(guids, { reason: "cheating" }))
        assert.isTrue((yield* server.executions).some(({ text }) => text === "writeBans"))
        // On a lossy line a command is sent again, and this server executes it again.
        assert.strictEqual(new Set((yield* server.world).bans.map(({ target }) => target)).size, count + 1)
        if (loss === 0) {
          assert.strictEqual((yield* asked) - before, 4)
          yield* completed(rcon.unbanAll(guids))
          assert.strictEqual((yield* asked) - before, 6)
          assert.deepStrictEqual((yield* server.world).bans.map(({ reason }) => reason), ["foreign"])
          return
        }
        // A removal whose reply is lost is looked up in the list. One that is lost itself is not sent again.
        while ((yield* server.world).bans.length > 1) {
          const left = new Set((yield* server.world).bans.map(({ target }) => target))
          yield* Effect.exit(
            completed(rcon.unbanAll(guids.filter((guid) => left.has(guid)), { timeout: "20 seconds" }))
          )
          assert.isTrue((yield* server.world).bans.some(({ reason }) => reason === "foreign"))
        }
      }).pipe(Effect.provide(simulated(loss))))
  }

  it.effect("are not removed if one of them is not in the list", () =>
    Effect.gen(function*() {
      const guids = Array.from({ length: 10 }, (_, index) => guidOf(index))
      const rcon = yield* RconClient.RconClient
      yield* completed(rcon.banAll(guids.slice(0, 3)))
      const error = yield* completed(Effect.flip(rcon.unbanAll([guids[0]!, guids[9]!])))
      assert.isTrue(
        error._tag === "ActionError" && error.reason._tag === "BanNotFound" && error.reason.target === guids[9]
      )
      assert.match(error.message, /^unbanAll: /)
      assert.strictEqual((yield* completed(rcon.bans)).length, 3)
      assert.strictEqual(yield* rcon.epoch, 1)
      assert.isTrue(Exit.isSuccess(yield* completed(Effect.exit(rcon.unbanAll([])))))
    }).pipe(Effect.provide(simulated())))
})

describe("changes of the list of bans", () => {
  it.effect("are events if an interval is given", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      const seen = yield* collected(ServerEvent.is("BanAdded", "BanRemoved", "BanExpired"))
      yield* TestRcon.passTime("2 minutes")
      const bans = ["a", "b"].map((reason, index) => ({ target: guidOf(index), expires: undefined, reason }))
      yield* server.update((world) => ({ ...world, bans }))
      yield* TestRcon.passTime("2 minutes")
      yield* server.update((world) => ({ ...world, bans: bans.slice(1) }))
      yield* TestRcon.passTime("2 minutes")
      const told = seen.map(({ _tag, ban }) => `${_tag} ${ban.reason}`)
      assert.deepStrictEqual(told, ["BanAdded a", "BanAdded b", "BanRemoved a"])
    }).pipe(Effect.scoped, Effect.provide(simulated(0, { banInterval: "1 minute" }))))

  it.effect("report expired bans, and no unreadable row as removed", () =>
    Effect.gen(function*() {
      const session = yield* MockSession.make({ _tag: "Online" }, Effect.void)
      const rcon = RconClient.fromSession({ flavour: "BattlEye", rosterInterval: "Infinity", banInterval: "1 minute" })
      const { events } = yield* Effect.provide(rcon, session.layer)
      const seen: Array<string> = []
      yield* events.pipe(
        Stream.filter(ServerEvent.is("BanAdded", "BanRemoved", "BanExpired")),
        Stream.runForEach((event) => Effect.sync(() => seen.push(`${event._tag} ${event.ban.reason}`))),
        Effect.forkScoped({ startImmediately: true })
      )
      const lists = [
        [`0  ${guidOf(0)} perm a`, `1  ${guidOf(1)} 3 b`, `2  ${guidOf(2)} - c`, `3  ${guidOf(2)} perm c`],
        ["0  what is this", `1  ${guidOf(1)} 2 b`, `2  ${guidOf(2)} - c`, `3  ${guidOf(2)} perm c`],
        [`0  ${guidOf(0)} perm a`, `1  ${guidOf(1)} - b`, `2  ${guidOf(2)} - c`, `3  ${guidOf(2)} perm c`],
        [`1  ${guidOf(1)} - b`, `2  ${guidOf(3)} 1 d`, `3  ${guidOf(2)} perm c`],
        // A ban that ended in the last minute has expired, although no list showed it.
        [`3  ${guidOf(2)} perm c`],
        []
      ]
      for (const rows of lists) {
        session.reply = ["GUID Bans:", "[#] [GUID] [Minutes left] [Reason]", "---", ...rows].join("\n")
        yield* TestClock.adjust("1 minute")
      }
      assert.deepStrictEqual(seen, ["BanExpired b", "BanRemoved a", "BanAdded d", "BanExpired d", "BanRemoved c"])
    }).pipe(Effect.scoped))

  it("do not occur if bans only move or their time runs down", () => {
    const ban = (id: number, minutes: number) =>
      new Ban.Ban({ id: Ban.BanId.make(id), target: guidOf(0), remaining: Duration.minutes(minutes), reason: "x" })
    assert.deepStrictEqual(missingFrom([ban(0, 5)], [ban(7, 4)]), [])
    assert.deepStrictEqual(missingFrom([ban(0, 5), ban(1, 5)], [ban(0, 5)]), [ban(1, 5)])
  })
})

describe("a long announcement", () => {
  it.effect("is split between words, and sent in order", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      const rcon = yield* RconClient.RconClient
      const text = "first line\nand " + "many ".repeat(40) + "words"
      yield* completed(rcon.say(text, { split: true }))
      const said = (yield* server.executions).flatMap(({ text }) => text.startsWith("say -1 ") ? [text.slice(7)] : [])
        // This server executes a command again that is sent again on a lossy line.
        .filter((line, index, all) => line !== all[index - 1])
      assert.deepStrictEqual(said.join(" ").split(" "), text.split(/\s/).filter((word) => word !== ""))
      assert.isAbove(said.length, 2)
      const error = yield* completed(Effect.flip(rcon.say(text)))
      assert.strictEqual(error.reason._tag, "InvalidCommand")
    }).pipe(Effect.provide(simulated(0.2))))

  it.prop("loses only blanks between words", {
    text: Arbitrary.schema(Schema.String)
  }, ({ text }) => {
    const lines = splitText(text)
    for (const line of lines) {
      assert.isAtMost(new TextEncoder().encode(line).length, SAFE_BYTES)
      assert.match(line, /^\S(?:.*\S)?$/su)
    }
    assert.strictEqual(lines.join("").replaceAll(/\s/g, ""), text.replaceAll(/\s/g, ""))
  })

  it("splits words that are longer than a line between characters", () => {
    const lines = splitText(`a ${"ж".repeat(100)} b`)
    assert.deepStrictEqual(lines, ["a", "ж".repeat(64), `${"ж".repeat(36)} b`])
  })

  it.effect("is empty if the text is blank", () =>
    Effect.gen(function*() {
      const rcon = yield* RconClient.RconClient
      assert.strictEqual(yield* completed(rcon.say(" \n ", { split: true })), "")
    }).pipe(Effect.provide(simulated())))
})

describe("metrics", () => {
  it.effect("count events and players", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      yield* RconClient.RconClient
      yield* TestRcon.passTime("1 second")
      yield* server.join({ name: "Ann" })
      yield* server.join({ name: "Bob" })
      yield* TestRcon.passTime("1 minute")
      const series = yield* Metric.snapshot
      const valueOf = (id: string, event?: string) => {
        const state = series.find((one) => one.id === id && one.attributes?.["event"] === event)?.state
        return state as { readonly count?: number; readonly value?: number } | undefined
      }
      assert.strictEqual(valueOf("bercon_events_total", "PlayerConnected")?.count, 2)
      assert.strictEqual(valueOf("bercon_events_total", "PlayerIdentified")?.count, 2)
      assert.strictEqual(valueOf("bercon_players")?.value, 2)
    }).pipe(Effect.provide(simulated()), Effect.provideService(Metric.MetricRegistry, new Map())))
})

describe("on", () => {
  it.effect("handles up to `concurrency` events at once", () =>
    Effect.gen(function*() {
      const session = yield* MockSession.make({ _tag: "Online" }, Effect.void)
      const rcon = yield* Effect.provide(RconClient.fromSession({ flavour: "BattlEye" }), session.layer)
      let running = 0
      let most = 0
      const handler = Effect.acquireUseRelease(
        Effect.sync(() => most = Math.max(most, ++running)),
        () => Effect.sleep("1 second"),
        () => Effect.sync(() => running--)
      )
      for (const concurrency of [1, 3]) {
        most = 0
        const fiber = yield* rcon.on("PlayerDisconnected", () => handler, { concurrency })
        yield* session.say(...Array.from({ length: 6 }, (_, id) => `Player #${id} x disconnected`))
        yield* TestClock.adjust("10 seconds")
        assert.strictEqual(most, concurrency)
        yield* Fiber.interrupt(fiber)
      }
    }).pipe(Effect.scoped))

  it.effect("logs and counts the events that a slow handler has missed", () =>
    Effect.gen(function*() {
      const session = yield* MockSession.make({ _tag: "Online" }, Effect.void)
      const rcon = yield* Effect.provide(
        RconClient.fromSession({ flavour: "BattlEye", messageCapacity: 4 }),
        session.layer
      )
      const logged: Array<unknown> = []
      const logger = Logger.make(({ message }) => logged.push(...[message].flat()))
      yield* Effect.provide(rcon.on("PlayerDisconnected", () => Effect.sleep("1 second")), Logger.layer([logger]))
      yield* session.say(...Array.from({ length: 20 }, (_, id) => `Player #${id} x disconnected`))
      yield* TestClock.adjust("1 minute")
      const warning = logged.find((line) => String(line).includes("is too slow"))
      const missed = Number(/missed (\d+) events/.exec(String(warning))?.[1])
      assert.isAbove(missed, 0)
      const counted = (yield* Metric.snapshot).find(({ id }) => id === "bercon_events_missed_total")
      assert.strictEqual((counted?.state as { readonly count?: number } | undefined)?.count, missed)
    }).pipe(Effect.scoped, Effect.provideService(Metric.MetricRegistry, new Map())))
})

describe("an event", () => {
  it.effect("has the time at which it was received", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      const rcon = yield* RconClient.RconClient
      yield* TestRcon.passTime("1 hour")
      const joining = yield* Effect.forkChild(rcon.waitFor("PlayerConnected"), { startImmediately: true })
      yield* server.join({ name: "Ann" })
      yield* TestRcon.passTime("1 second")
      const { receivedAt } = yield* Fiber.join(joining)
      const age = (yield* Clock.currentTimeMillis) - receivedAt!.epochMilliseconds
      assert.isTrue(age > 0 && age <= 1000)
    }).pipe(Effect.provide(simulated())))
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

describe("user input", () => {
  it("is parsed as a slot, or as the target of a ban", () => {
    assert.deepStrictEqual(["#5", " 7 ", "0"].map(Player.idFromString), [slot(5), slot(7), slot(0)].map(Option.some))
    for (const text of ["", "-1", "x", "1.5", "12345678901"]) assert.isTrue(Option.isNone(Player.idFromString(text)))
    const targets = [` ${guidOf(10).toUpperCase()}`, "203.0.113.7", "3D8F0E52-6c5a-4e0b-9a55-0c2b1d7e4f10"]
    for (const text of targets) {
      assert.strictEqual(Option.getOrThrow(Ban.targetFromString(text)), text.trim().toLowerCase())
    }
    for (const text of ["", "Bob", "7", "198.51.100.0/24"]) assert.isTrue(Option.isNone(Ban.targetFromString(text)))
  })
})

describe("options", () => {
  it.effect("of the client are checked before anything is sent", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      for (
        const [wrong, problem] of [
          [{ rosterInterval: 1 }, "rosterInterval must be a duration of at least 1000 ms (got 1)"],
          [{ banInterval: "soon" as never }, "banInterval must be a duration of at least 1000 ms (got \"soon\")"],
          [{ commandTimeout: 0 }, "commandTimeout must be a duration of at least 1 ms (got 0)"],
          [{ messageCapacity: 0 }, "messageCapacity must be an integer from 1 (got 0)"],
          [{ flavour: "Arma" as never }, "flavour must be \"auto\", \"BattlEye\" or \"Reforger\" (got \"Arma\")"],
          [{ replyWindow: { quiet: NaN } }, "replyWindow.quiet must be a duration of at least 0 ms (got NaN)"]
        ] as const
      ) {
        const { reason } = yield* Effect.flip(RconClient.start({ ...options, ...wrong }))
        assert.strictEqual(reason._tag === "InvalidOptions" && reason.problem, problem)
      }
      yield* TestRcon.passTime("1 minute")
      assert.deepStrictEqual(yield* server.logins, [])
    }).pipe(Effect.scoped, Effect.provide(TestRcon.layerTransport())))

  it.effect("for all commands apply to each, including those without options", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      const rcon = yield* RconClient.RconClient
      yield* TestRcon.passTime("1 second")
      yield* server.onCommand(() => ({ delay: Duration.infinity }))
      const soon = rcon.withOptions({ timeout: "2 seconds" })
      const commands: ReadonlyArray<Effect.Effect<unknown, { readonly message: string }>> = [
        soon.players,
        soon.version,
        soon.lock,
        soon.unban(guidOf(1)),
        soon.unbanAll([guidOf(1)]),
        soon.ban(guidOf(1)),
        soon.say("hi", { timeout: undefined }),
        soon.command("x")
      ]
      for (const command of commands) {
        const started = yield* Clock.currentTimeMillis
        assert.isTrue(Exit.isFailure(yield* completed(Effect.exit(command))))
        assert.isAtMost((yield* Clock.currentTimeMillis) - started, 2200)
      }
    }).pipe(Effect.provide(simulated())))
})

describe("during an outage", () => {
  it.effect("a player identified by GUID cannot be looked up, and the error explains why; the roster has no snapshot", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      const rcon = yield* RconClient.RconClient
      yield* server.join({ name: "Ann" })
      yield* TestRcon.passTime("1 minute")
      assert.strictEqual(Option.getOrThrow(yield* rcon.roster.snapshot).length, 1)
      yield* server.stop()
      yield* TestRcon.passTime("1 minute")
      assert.isTrue(Option.isNone(yield* rcon.roster.snapshot))
      const error = yield* completed(Effect.flip(rcon.kick(guidOf(1), "x", { timeout: "2 seconds" })))
      assert.match(error.message, /no session with 127\.0\.0\.1:2306 yet/)
      assert.strictEqual(error.execution, "NotExecuted")
    }).pipe(Effect.provide(simulated())))
})

describe("a client on a session that continues", () => {
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
