import {
  ActionError,
  Address,
  type Ban,
  CommandError,
  type Flavour,
  Guid,
  Player,
  RconClient,
  type ReplyError,
  type ServerEvent
} from "@bercon/client"
import { type LoginFailure, Session } from "@bercon/session"
import { SimulatedNetwork, SimulatedServer, TestRcon, World } from "@bercon/testing"
import { assert, describe, expectTypeOf, it } from "@effect/vitest"
import {
  Arbitrary,
  type Cause,
  Clock,
  Duration,
  Effect,
  Fiber,
  Formatter,
  Random,
  Redacted,
  Result,
  Schema,
  type Stream
} from "effect"
import { TestClock } from "effect/testing"
import * as MockSession from "./mockSession.ts"

const GUID = Guid.Guid.make("0123456789abcdef0123456789abcdef")
const OTHER = Guid.Guid.make("f".repeat(32))
const IP = Address.IpAddress.make("203.0.113.77")
const player = (id: number) => Player.PlayerId.make(id)

type Failure = ActionError.ActionError | CommandError.CommandError | ReplyError.ReplyError
type Call = (rcon: RconClient.RconClient["Service"]) => Effect.Effect<unknown, Failure>

/** The text that a call sends. */
const sentBy = Effect.fnUntraced(function*(call: Call, flavour: Flavour.Flavour = "BattlEye") {
  const session = yield* MockSession.make()
  const rcon = yield* Effect.provide(RconClient.fromSession({ flavour }), session.layer)
  const result = yield* Effect.result(call(rcon))
  return { result, sent: session.sent.map(([text]) => text), options: session.sent[0]?.[1] }
})

describe("commands", () => {
  it.effect.each<readonly [string, Call]>([
    ["ban 5 0", (rcon) => rcon.ban(player(5))],
    ["ban 5 90 be nice", (rcon) => rcon.ban(player(5), { duration: "90 minutes", reason: "be nice" })],
    ["ban 5 2", (rcon) => rcon.ban(player(5), { duration: "61 seconds" })],
    [`addBan ${GUID} 0`, (rcon) => rcon.ban(GUID)],
    [`addBan ${GUID} 0`, (rcon) => rcon.ban(GUID, { duration: Duration.infinity })],
    [`addBan ${IP} 2880 aimbot`, (rcon) => rcon.ban(IP, { duration: Duration.days(2), reason: "aimbot" })],
    ["loadBans", (rcon) => rcon.loadBans()],
    ["loadBans other.txt", (rcon) => rcon.loadBans("other.txt")],
    ["writeBans", (rcon) => rcon.writeBans],
    ["loadScripts", (rcon) => rcon.loadScripts],
    ["loadEvents", (rcon) => rcon.loadEvents],
    ["maxPing 250", (rcon) => rcon.maxPing("250 millis")],
    ["maxPing -1", (rcon) => rcon.maxPing("unlimited")],
    ["#lock", (rcon) => rcon.lock],
    ["#unlock", (rcon) => rcon.unlock],
    ["#restart", (rcon) => rcon.restart],
    ["#reassign", (rcon) => rcon.reassign],
    ["#restartserver", (rcon) => rcon.restartServer],
    ["#shutdown", (rcon) => rcon.shutdown],
    ["#mission Liberation.Altis", (rcon) => rcon.selectMission("Liberation.Altis.pbo")],
    ["#mission Liberation.Altis Veteran", (rcon) => rcon.selectMission("Liberation.Altis", { difficulty: "Veteran" })]
  ])("send %s", ([text, call]) =>
    Effect.gen(function*() {
      const { result, sent } = yield* sentBy(call)
      assert.isTrue(Result.isSuccess(result))
      assert.deepStrictEqual(sent, [text])
    }))

  /** Arguments that types refuse, but JavaScript accepts. */
  const any = (value: unknown): never => value as never
  const NOBODY = [undefined, null, "", "7", "Bob", "76561197960265728", "198.51.100.0/24", -1, 1.5, NaN, {}]

  it.effect.each<readonly [string, Call]>([
    ["a ban with a duration of 0", (rcon) => rcon.ban(GUID, { duration: 0 })],
    ["a reason of two lines", (rcon) => rcon.ban(GUID, { reason: "a\nb" })],
    ["a kick with two lines", (rcon) => rcon.kick(player(5), "a\r#shutdown")],
    ["two lines", (rcon) => rcon.say("a\nb")],
    ["a text that is not a string", (rcon) => rcon.say(any(undefined))],
    ["two lines to one player", (rcon) => rcon.whisper(player(5), "a\nb")],
    ["a file of two lines", (rcon) => rcon.loadBans("a\nb")],
    ["an empty mission", (rcon) => rcon.selectMission(" ")],
    ["a mission of two lines", (rcon) => rcon.selectMission("a\n#shutdown")],
    ["a limit of 0", (rcon) => rcon.maxPing(0)],
    ["a missing limit", (rcon) => rcon.maxPing(Duration.infinity)],
    ["a limit that is not a duration", (rcon) => rcon.maxPing(any("soon"))],
    ["a timeout of 0", (rcon) => rcon.say("hi", { timeout: 0 })],
    ["a timeout that is not a duration", (rcon) => rcon.say("hi", { confirmWithin: any("soon") })],
    ...NOBODY.flatMap((nobody): ReadonlyArray<readonly [string, Call]> => [
      [`a kick of ${Formatter.format(nobody)}`, (rcon) => rcon.kick(any(nobody))],
      [`a whisper to ${Formatter.format(nobody)}`, (rcon) => rcon.whisper(any(nobody), "hi")],
      [`a ban of ${Formatter.format(nobody)}`, (rcon) => rcon.ban(any(nobody), { duration: "1 hour", reason: "x" })],
      [`an unban of ${Formatter.format(nobody)}`, (rcon) => rcon.unban(any(nobody))],
      [`bans of ${Formatter.format(nobody)}`, (rcon) => rcon.banAll([GUID, any(nobody)])],
      [`unbans of ${Formatter.format(nobody)}`, (rcon) => rcon.unbanAll([GUID, any(nobody)])]
    ])
  ])("refuse %s, and send nothing", ([, call]) =>
    Effect.gen(function*() {
      for (const flavour of ["BattlEye", "Reforger"] as const) {
        const { result, sent } = yield* sentBy(call, flavour)
        const error = Result.getOrThrow(Result.flip(result))
        assert.isTrue(error._tag === "CommandError")
        if (error._tag !== "CommandError") return
        const tags = flavour === "BattlEye" ? ["InvalidCommand"] : ["InvalidCommand", "Unsupported"]
        assert.include(tags, error.reason._tag)
        assert.strictEqual(error.execution, "NotExecuted")
        assert.deepStrictEqual(sent, [])
      }
    }))

  it.effect("take a GUID in either case", () =>
    Effect.gen(function*() {
      const upper = Guid.Guid.make("0123456789abcdef0123456789abcdef").toUpperCase() as Guid.Guid
      assert.deepStrictEqual((yield* sentBy((rcon) => rcon.ban(upper))).sent, [`addBan ${GUID} 0`])
    }))

  it.effect("have an error with the invalid argument and the allowed values", () =>
    Effect.gen(function*() {
      const problems = yield* Effect.forEach(
        [
          (rcon) => rcon.ban(any("7")),
          (rcon) => rcon.kick(any(-1)),
          (rcon) => rcon.ban(GUID, { duration: 0 }),
          (rcon) => rcon.maxPing(0),
          (rcon) => rcon.say("a\nb")
        ] satisfies ReadonlyArray<Call>,
        (call: Call) => Effect.map(sentBy(call), ({ result }) => Result.getOrThrow(Result.flip(result)).message)
      )
      assert.deepStrictEqual(problems, [
        "command \"ban\": the command cannot be sent: target must be a slot, an integer from 0, a Player, a GUID of 32 hexadecimal digits, an IPv4 address, or the UUID of an account (got \"7\")",
        "command \"kick\": the command cannot be sent: player must be a slot, an integer from 0, a GUID of 32 hexadecimal digits, the UUID of an account, or a Player (got -1)",
        "command \"addBan\": the command cannot be sent: duration must be from 1 to 2147483647 minutes, or \"permanent\" (got 0)",
        "command \"maxPing\": the command cannot be sent: limit must be from 1 to 2147483647 milliseconds, or \"unlimited\" (got 0)",
        "command \"say\": the command cannot be sent: text must be one line, without line breaks"
      ])
    }))

  it.effect("that have an effect at each execution are sent once, and only in this session", () =>
    Effect.gen(function*() {
      const calls: ReadonlyArray<Call> = [
        (rcon) => rcon.restart,
        (rcon) => rcon.reassign,
        (rcon) => rcon.restartServer,
        (rcon) => rcon.shutdown,
        (rcon) => rcon.selectMission("A")
      ]
      for (const call of calls) {
        assert.deepStrictEqual((yield* sentBy(call)).options, { repeatable: false, epoch: 1, timeout: 20_000 })
      }
    }))

  it("fail as documented", () => {
    type Service = RconClient.RconClient["Service"]
    type Command = CommandError.CommandError
    type Action = CommandError.CommandError | ActionError.ActionError
    type FailureOf<K extends keyof Service> = Service[K] extends (...args: never) => Effect.Effect<unknown, infer E> ? E
      : Service[K] extends Effect.Effect<unknown, infer E> ? E
      : never
    expectTypeOf<FailureOf<"say" | "whisper" | "kick" | "ban">>().toEqualTypeOf<Action>()
    expectTypeOf<FailureOf<"say">>().toEqualTypeOf<Action>()
    expectTypeOf<FailureOf<"whisper">>().toEqualTypeOf<Action>()
    expectTypeOf<FailureOf<"kick">>().toEqualTypeOf<Action>()
    expectTypeOf<FailureOf<"ban">>().toEqualTypeOf<Action>()
    expectTypeOf<FailureOf<"loadBans">>().toEqualTypeOf<Action>()
    expectTypeOf<FailureOf<"writeBans">>().toEqualTypeOf<Action>()
    expectTypeOf<FailureOf<"loadScripts">>().toEqualTypeOf<Action>()
    expectTypeOf<FailureOf<"loadEvents">>().toEqualTypeOf<Action>()
    expectTypeOf<FailureOf<"maxPing">>().toEqualTypeOf<Action>()
    expectTypeOf<FailureOf<"lock">>().toEqualTypeOf<Action>()
    expectTypeOf<FailureOf<"unlock">>().toEqualTypeOf<Action>()
    expectTypeOf<FailureOf<"restart">>().toEqualTypeOf<Action>()
    expectTypeOf<FailureOf<"reassign">>().toEqualTypeOf<Action>()
    expectTypeOf<FailureOf<"restartServer">>().toEqualTypeOf<Action>()
    expectTypeOf<FailureOf<"shutdown">>().toEqualTypeOf<Action>()
    expectTypeOf<FailureOf<"selectMission">>().toEqualTypeOf<Action>()
    expectTypeOf<FailureOf<"command">>().toEqualTypeOf<Command>()
    expectTypeOf<FailureOf<"flavour">>().toEqualTypeOf<Command>()
    expectTypeOf<FailureOf<"unban">>().toEqualTypeOf<Action>()
    expectTypeOf<FailureOf<"on">>().toEqualTypeOf<never>()
    expectTypeOf<Service["roster"]["get"]>().toEqualTypeOf<
      Effect.Effect<ReadonlyArray<Player.Player>, CommandError.CommandError | ReplyError.ReplyError>
    >()
    expectTypeOf<Service["roster"]["changes"]>().toEqualTypeOf<
      Stream.Stream<ReadonlyArray<Player.Player>, LoginFailure.LoginFailure>
    >()
    expectTypeOf<Service["events"]>().toEqualTypeOf<
      Stream.Stream<ServerEvent.ServerEvent, LoginFailure.LoginFailure>
    >()
    const waiting = (rcon: Service) =>
      rcon.waitFor("PlayerKicked", { trigger: rcon.kick(player(1)), where: ({ guid }) => guid === GUID })
    expectTypeOf<ReturnType<typeof waiting>>().toEqualTypeOf<
      Effect.Effect<
        ServerEvent.PlayerKicked,
        LoginFailure.LoginFailure | Cause.TimeoutError | Cause.NoSuchElementError | Action
      >
    >()
    expectTypeOf<FailureOf<"adminId">>().toEqualTypeOf<never>()
    expectTypeOf<FailureOf<"status">>().toEqualTypeOf<never>()
  })
})

/** Passes time until a fiber has ended. */
const outcome = <A, E>(fiber: Fiber.Fiber<A, E>) =>
  Effect.result(Effect.catchTag(TestRcon.passTime(Fiber.join(fiber), "10 minutes"), "TimeoutError", Effect.die))

const online = Effect.fnUntraced(function*(options?: Partial<RconClient.Options>) {
  const server = yield* SimulatedServer.SimulatedServer
  const connecting = yield* Effect.forkScoped(
    Random.withSeed(
      RconClient.make({ password: Redacted.make("secret"), loginTimeout: "1 minute", ...options }),
      "commands"
    )
  )
  const rcon = Result.getOrThrow(yield* outcome(connecting))
  yield* TestRcon.passTime("1 second")
  /** Runs an action, and returns its error if it fails. */
  const run = Effect.fnUntraced(function*(
    action: Effect.Effect<void, Failure>
  ) {
    const result = yield* outcome(yield* Effect.forkChild(action, { startImmediately: true }))
    if (Result.isSuccess(result)) return "done"
    return result.failure._tag === "ReplyError" ? "ReplyError" : result.failure.reason._tag
  })
  return { server, rcon, run }
})

describe("an action that is confirmed", () => {
  const within = { confirmWithin: "5 seconds" } as const
  const world = TestRcon.layerTransport()

  it.effect("has had its effect", () =>
    Effect.gen(function*() {
      const { rcon, run, server } = yield* online()
      const ann = yield* server.join({ name: "Ann (1)" })
      const bob = yield* server.join({ name: "Bob" })
      assert.strictEqual(yield* run(rcon.say("hello ", within)), "done")
      assert.strictEqual(yield* run(rcon.whisper(player(ann.slot), "hello", within)), "done")
      assert.strictEqual(yield* run(rcon.kick(player(ann.slot), "", within)), "done")
      assert.strictEqual(yield* run(rcon.ban(player(bob.slot), { duration: "3 minutes", ...within })), "done")
      assert.deepStrictEqual((yield* server.world).players, [])
      assert.deepStrictEqual((yield* rcon.bans).map(({ target }) => target as string), [bob.guid])
      assert.strictEqual(yield* run(rcon.ban(GUID, { reason: "cheating", ...within })), "done")
      assert.strictEqual(yield* run(rcon.ban(IP, { duration: "1 day", ...within })), "done")
    }).pipe(Effect.scoped, Effect.provide(world)))

  it.effect("takes longer on a bad line", () =>
    Effect.gen(function*() {
      const { rcon, run, server } = yield* online()
      const minute = { confirmWithin: "1 minute" } as const
      for (let round = 0; round < 5; round++) {
        const { slot } = yield* server.join({ name: `Bob ${round}` })
        yield* TestRcon.passTime("10 seconds")
        assert.strictEqual(yield* run(rcon.say(`round ${round}`, minute)), "done")
        assert.strictEqual(yield* run(rcon.kick(player(slot), "", minute)), "done")
        assert.strictEqual(yield* run(rcon.ban(GUID, minute)), "done")
      }
      assert.deepStrictEqual((yield* server.world).players, [])
    }).pipe(Effect.scoped, Effect.provide(TestRcon.layerTransport({ network: { loss: 0.2, seed: "confirm" } }))))

  it.effect("fails if it had no effect although the server received it", () =>
    Effect.gen(function*() {
      const { rcon, run, server } = yield* online()
      const { slot } = yield* server.join({ name: "Bob" })
      yield* TestRcon.passTime("1 second")
      assert.strictEqual(yield* run(rcon.kick(player(9), "", within)), "PlayerNotFound")
      yield* server.onCommand((text) => /^(?:kick|ban|addBan|say) /.test(text) ? "" : undefined)
      assert.strictEqual(yield* run(rcon.kick(player(slot), "", within)), "Unconfirmed")
      assert.strictEqual(yield* run(rcon.ban(player(slot), within)), "Unconfirmed")
      assert.strictEqual(yield* run(rcon.ban(GUID, within)), "Unconfirmed")
      assert.strictEqual(yield* run(rcon.say("hello", within)), "Unconfirmed")
      assert.strictEqual(yield* run(rcon.whisper(player(slot), "hello", within)), "Unconfirmed")
      // Without confirmation it succeeds.
      assert.strictEqual(yield* run(rcon.kick(player(slot))), "done")
    }).pipe(Effect.scoped, Effect.provide(world)))

  it.effect("is found in the list if the event is lost", () =>
    Effect.gen(function*() {
      const { rcon, run, server } = yield* online()
      const { slot } = yield* server.join({ name: "Bob" })
      yield* TestRcon.passTime("1 second")
      yield* server.onCommand((text) => text.startsWith("kick ") ? "" : undefined)
      const kicking = yield* Effect.forkChild(run(rcon.kick(player(slot), "", within)), { startImmediately: true })
      yield* server.update((world) => ({ ...world, players: [] }))
      assert.strictEqual(Result.getOrThrow(yield* outcome(kicking)), "done")
    }).pipe(Effect.scoped, Effect.provide(world)))

  it.effect("may have had its effect if the confirmation fails", () =>
    Effect.gen(function*() {
      const { rcon, server } = yield* online()
      const { slot } = yield* server.join({ name: "Bob" })
      yield* TestRcon.passTime("1 second")
      yield* server.onCommand((text) =>
        /^(?:kick|ban) /.test(text) ? "" : /^(?:players|bans)$/.test(text) ? "what?" : undefined
      )
      const kick = rcon.kick(player(slot), "", within)
      for (const action of [kick, rcon.ban(player(slot), within)]) {
        const fiber = yield* Effect.forkChild(Effect.flip(action), { startImmediately: true })
        const error = Result.getOrThrow(yield* outcome(fiber))
        assert.isTrue(error instanceof ActionError.ActionError)
        assert.strictEqual(error.execution, "MaybeExecuted")
        assert.match(error.message, /^(?:kick|ban): not confirmed in time: .* not in the expected form/)
      }
    }).pipe(Effect.scoped, Effect.provide(world)))
})

describe("a command about a slot", () => {
  const world = TestRcon.layerTransport()
  const names = (server: SimulatedServer.SimulatedServer["Service"]) =>
    Effect.map(server.world, ({ bans, players }) => ({ players: players.map(({ name }) => name), bans: bans.length }))

  /** Another player gets slot 0 in a new session, while a command for the previous occupant waits. */
  const restartAndReplace = Effect.fnUntraced(function*(server: SimulatedServer.SimulatedServer["Service"]) {
    yield* server.onCommand(undefined)
    yield* server.restart({ downtime: "1 second" })
    yield* TestRcon.passTime("1 second")
    yield* server.join({ name: "Innocent", slot: 0 })
  })

  it.effect("is not carried over a restart while it waits for its turn", () =>
    Effect.gen(function*() {
      const { rcon, run, server } = yield* online()
      yield* server.join({ name: "Cheater", slot: 0 })
      yield* TestRcon.passTime("1 second")
      yield* server.onCommand((text) => text === "bans" ? { delay: Duration.infinity } : undefined)
      yield* Effect.forkScoped(Effect.ignore(rcon.unban(GUID, { timeout: "1 minute" })))
      yield* TestRcon.passTime("100 millis")
      const banning = yield* Effect.forkChild(run(rcon.ban(player(0), { timeout: "5 minutes" })), {
        startImmediately: true
      })
      yield* restartAndReplace(server)
      assert.strictEqual(Result.getOrThrow(yield* outcome(banning)), "NotConnected")
      assert.deepStrictEqual(yield* names(server), { players: ["Innocent"], bans: 0 })
    }).pipe(Effect.scoped, Effect.provide(world)))

  it.effect("is not carried over a restart while the flavour is being determined", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      const session = { ...yield* Session.make({ password: Redacted.make("secret") }), greeting: Effect.succeedNone }
      yield* server.join({ name: "Cheater", slot: 0 })
      yield* TestRcon.passTime("1 second")
      const rcon = yield* Effect.provideService(RconClient.fromSession(), Session.Session, session)
      yield* server.onCommand((text) => text === "players" ? { delay: Duration.infinity } : undefined)
      const kicking = yield* Effect.forkChild(Effect.flip(rcon.kick(player(0), "", { timeout: "5 minutes" })), {
        startImmediately: true
      })
      yield* TestRcon.passTime("2 seconds")
      yield* restartAndReplace(server)
      const error = Result.getOrThrow(yield* outcome(kicking))
      assert.strictEqual(error.reason._tag, "NotConnected")
      assert.deepStrictEqual((yield* names(server)).players, ["Innocent"])
    }).pipe(Effect.scoped, Effect.provide(world)))

  it.effect("is not repeated for another player who has got the slot", () =>
    Effect.gen(function*() {
      const network = yield* SimulatedNetwork.SimulatedNetwork
      for (const confirmWithin of [undefined, "10 seconds"] as const) {
        const { rcon, server } = yield* online()
        yield* server.update((world) => ({ ...world, players: [], bans: [] }))
        yield* server.join({ name: "Cheater", slot: 0 })
        yield* TestRcon.passTime("2 seconds")
        for (const action of [rcon.kick(player(0), "", { confirmWithin }), rcon.ban(player(0))]) {
          yield* network.partition("toClient")
          const acting = yield* Effect.forkChild(Effect.ignore(action), { startImmediately: true })
          // Long enough for a query of the list, and too short for repeated events.
          yield* TestRcon.passTime("10 millis")
          yield* server.join({ name: "Innocent", slot: 0 })
          yield* TestRcon.passTime("2100 millis")
          yield* network.heal("toClient")
          yield* outcome(acting)
          assert.deepStrictEqual((yield* names(server)).players, ["Innocent"])
          yield* server.leave(0)
          yield* server.join({ name: "Other cheater", slot: 0 })
          yield* TestRcon.passTime("30 seconds")
        }
      }
    }).pipe(Effect.scoped, Effect.provide(world)))

  it.effect("does not reach a player who gets the slot while it waits for its turn or for the list", () =>
    Effect.gen(function*() {
      const { rcon, run, server } = yield* online()
      for (const confirmWithin of [undefined, "5 seconds"] as const) {
        yield* server.join({ name: "Cheater", slot: 0 })
        yield* TestRcon.passTime("1 second")
        yield* server.onCommand((text) => text === "bans" ? { delay: "10 seconds" } : undefined)
        const waiting = yield* Effect.forkChild(Effect.ignore(rcon.unban(GUID)), { startImmediately: true })
        yield* TestRcon.passTime("100 millis")
        const banning = yield* Effect.forkChild(run(rcon.ban(player(0), { timeout: "1 minute", confirmWithin })), {
          startImmediately: true
        })
        yield* server.leave(0)
        yield* server.join({ name: "Innocent", slot: 0 })
        assert.strictEqual(Result.getOrThrow(yield* outcome(banning)), "PlayerNotFound")
        yield* Fiber.join(waiting)
        assert.deepStrictEqual(yield* names(server), { players: ["Innocent"], bans: 0 })
        yield* server.leave(0)
      }
    }).pipe(Effect.scoped, Effect.provide(world)))

  it.effect("does not reach a player who gets the slot while it waits in the session's queue", () =>
    Effect.gen(function*() {
      const { rcon, run, server } = yield* online()
      yield* server.onCommand((text) => text.startsWith("#slow") ? { reply: "", delay: "1800 millis" } : undefined)
      for (
        const action of [rcon.ban(player(0)), rcon.whisper(player(0), "the password is 123"), rcon.kick(player(0))]
      ) {
        yield* server.join({ name: "Cheater", slot: 0 })
        yield* TestRcon.passTime("5 seconds")
        yield* Effect.forkScoped(
          Effect.forEach(Array.from({ length: 32 }, (_, i) => i), (i) => rcon.command(`#slow ${i}`), {
            concurrency: "unbounded"
          }),
          { startImmediately: true }
        )
        yield* TestRcon.passTime(0)
        const acting = yield* Effect.forkChild(run(action), { startImmediately: true })
        yield* TestRcon.passTime("500 millis")
        yield* server.leave(0)
        yield* server.join({ name: "Innocent", slot: 0 })
        assert.include(["PlayerNotFound", "done"], Result.getOrThrow(yield* outcome(acting)))
        assert.deepStrictEqual(yield* names(server), { players: ["Innocent"], bans: 0 })
        yield* server.leave(0)
      }
      const texts = (yield* server.executions).map(({ text }) => text)
      assert.deepStrictEqual(texts.filter((text) => /^(?:say|ban|kick) /.test(text)), [])
    }).pipe(Effect.scoped, Effect.provide(world)))

  it.effect("is not repeated for another player of the same name", () =>
    Effect.gen(function*() {
      const { rcon, run, server } = yield* online()
      yield* server.join({ name: "Survivor", slot: 0 })
      yield* TestRcon.passTime("1 second")
      yield* server.onCommand((text) => text.startsWith("ban ") ? { delay: Duration.infinity, reply: "" } : undefined)
      const banning = yield* Effect.forkChild(run(rcon.ban(player(0))), { startImmediately: true })
      yield* TestRcon.passTime("100 millis")
      yield* server.update((world) => ({ ...world, players: [] }))
      yield* server.update((world) => ({
        ...world,
        players: [World.player(world, { name: "Survivor", slot: 0, ip: "198.51.100.7", guid: null })]
      }))
      yield* server.onCommand(undefined)
      assert.notStrictEqual(Result.getOrThrow(yield* outcome(banning)), "done")
      assert.deepStrictEqual(yield* names(server), { players: ["Survivor"], bans: 0 })
    }).pipe(Effect.scoped, Effect.provide(world)))

  it.effect("recognises a player whose name differs in lists", () =>
    Effect.gen(function*() {
      const { rcon, run, server } = yield* online()
      yield* server.join({ name: "Bob (Lobby)", slot: 0 })
      yield* server.join({ name: "Ann ", slot: 1 })
      yield* TestRcon.passTime("1 second")
      yield* server.onCommand((text) => text.startsWith("kick ") ? "" : undefined)
      const confirm = { confirmWithin: "2 seconds" } as const
      assert.strictEqual(yield* run(rcon.kick(player(0), "", confirm)), "Unconfirmed")
      assert.strictEqual(yield* run(rcon.kick(player(1), "", confirm)), "Unconfirmed")
    }).pipe(Effect.scoped, Effect.provide(world)))

  it.effect("is sent when its turn comes, however many there are, and although the server pauses", () =>
    Effect.gen(function*() {
      const { rcon, server } = yield* online()
      const slots = Array.from({ length: 60 }, (_, slot) => slot)
      for (const slot of slots) yield* server.join({ name: `Bob ${slot}`, slot })
      yield* TestRcon.passTime("2 seconds")
      yield* server.goSilent
      const kicking = yield* Effect.forkChild(
        Effect.forEach(slots, (slot) => rcon.kick(player(slot)), { concurrency: "unbounded", discard: true }),
        { startImmediately: true }
      )
      yield* TestRcon.passTime("1 second")
      yield* server.resume
      assert.isTrue(Result.isSuccess(yield* outcome(kicking)))
      assert.deepStrictEqual((yield* names(server)).players, [])
    }).pipe(Effect.scoped, Effect.provide(world)))

  it.effect("is sent again to the same player until it arrives", () =>
    Effect.gen(function*() {
      const { rcon, run, server } = yield* online({ silenceTimeout: "1 minute" })
      for (let round = 0; round < 20; round++) {
        const { slot } = yield* server.join({ name: `Bob ${round}` })
        yield* TestRcon.passTime("30 seconds")
        const result = yield* run(rcon.kick(player(slot), "", { timeout: "1 minute" }))
        assert.deepStrictEqual([result, (yield* names(server)).players], ["done", []])
      }
    }).pipe(
      Effect.scoped,
      Effect.provide(TestRcon.layerTransport({
        // This server keeps its clients: a slot is invalid in the next session.
        server: { dropUnacknowledged: false, sessionTimeout: "1 hour" },
        network: { loss: 0.3, seed: "again" }
      }))
    ))

  it.effect("does not wait for the reply after its evidence has arrived", () =>
    Effect.gen(function*() {
      const { rcon, run, server } = yield* online()
      yield* server.join({ name: "Bob" })
      yield* server.join({ name: "Ann" })
      yield* TestRcon.passTime("1 second")
      yield* server.onCommand((text) => /^(?:kick|ban|say) /.test(text) ? { delay: Duration.infinity } : undefined)
      const before = yield* Clock.currentTimeMillis
      assert.strictEqual(yield* run(rcon.say("hello", { confirmWithin: "5 seconds" })), "done")
      assert.strictEqual(yield* run(rcon.kick(player(0))), "done")
      assert.strictEqual(yield* run(rcon.ban(player(1))), "done")
      assert.isAtMost((yield* Clock.currentTimeMillis) - before, 6000)
    }).pipe(Effect.scoped, Effect.provide(world)))
})

describe("evidence", () => {
  const world = TestRcon.layerTransport()
  const within = { confirmWithin: "2 seconds" } as const

  it.effect("is not something that existed before", () =>
    Effect.gen(function*() {
      const { rcon, run, server } = yield* online()
      const bob = yield* server.join({ name: "Bob" })
      yield* TestRcon.passTime("1 second")
      const guid = Guid.Guid.make(bob.guid!)
      yield* server.update((world) => ({ ...world, bans: [{ target: guid, expires: undefined, reason: "old" }] }))
      yield* server.onCommand((text) => /^(?:ban|addBan) /.test(text) ? "" : undefined)
      // An existing ban of the target has the same effect, but a player who is still there was not banned.
      assert.strictEqual(yield* run(rcon.ban(guid, { reason: "old", ...within })), "done")
      // Another ban that was added at the same moment is no evidence, either.
      const other = { target: GUID, expires: undefined, reason: "another" }
      for (const options of [{ duration: "1 hour", reason: "another" }, { reason: "mine" }] as const) {
        const banning = yield* Effect.forkChild(run(rcon.ban(GUID, { ...options, ...within })), {
          startImmediately: true
        })
        yield* TestRcon.passTime("100 millis")
        yield* server.update((world) => ({ ...world, bans: [...world.bans, other] }))
        assert.strictEqual(Result.getOrThrow(yield* outcome(banning)), "Unconfirmed")
      }
      assert.strictEqual(yield* run(rcon.ban(player(0), { reason: "old", ...within })), "Unconfirmed")
    }).pipe(Effect.scoped, Effect.provide(world)))

  it.effect("belongs to this action, this player and this client", () =>
    Effect.gen(function*() {
      const { rcon, run, server } = yield* online()
      yield* server.join({ name: "Bob" })
      yield* server.join({ name: "Ann" })
      yield* TestRcon.passTime("1 second")
      yield* server.onCommand((text) => /^(?:kick|ban|say) /.test(text) ? "" : undefined)
      const others: ReadonlyArray<readonly [Effect.Effect<void, Failure>, ReadonlyArray<string>]> = [
        [rcon.say("Restart in 10 minutes", within), [
          "RCon admin #0: (Global) R",
          "RCon admin #0: (To Bob) Restart in 10 minutes",
          "RCon admin #1: (Global) Restart in 10 minutes"
        ]],
        [rcon.whisper(player(0), "hello", within), [
          "RCon admin #0: (Global) hello",
          "RCon admin #0: (To Ann) hello",
          "RCon admin #1: (To Bob) hello"
        ]],
        [rcon.kick(player(0), "", within), [
          "Player #1 Ann disconnected",
          "Player #0 Zoe disconnected",
          `Player #1 Ann (${GUID}) has been kicked by BattlEye: Admin Kick ()`
        ]],
        [rcon.ban(player(0), within), [
          `Player #1 Ann (${GUID}) has been kicked by BattlEye: Admin Ban (Banned)`,
          `Player #0 Zoe (${GUID}) has been kicked by BattlEye: Admin Ban (Banned)`,
          "Player #1 Ann disconnected"
        ]]
      ]
      for (const [action, texts] of others) {
        const acting = yield* Effect.forkChild(run(action), { startImmediately: true })
        yield* TestRcon.passTime("100 millis")
        for (const text of texts) yield* server.emit(text)
        assert.strictEqual(Result.getOrThrow(yield* outcome(acting)), "Unconfirmed")
      }
    }).pipe(Effect.scoped, Effect.provide(world)))

  it.effect("is found although the names of two players begin alike, and although the server cuts long texts", () =>
    Effect.gen(function*() {
      const { rcon, run, server } = yield* online()
      yield* server.join({ name: "x" })
      yield* server.join({ name: "x) y" })
      yield* TestRcon.passTime("1 second")
      assert.strictEqual(yield* run(rcon.whisper(player(0), "y) hi", within)), "done")
      const long = "a".repeat(300)
      yield* server.onCommand((text) => text.startsWith("say ") ? "" : undefined)
      const saying = yield* Effect.forkChild(run(rcon.say(long, within)), { startImmediately: true })
      yield* server.emit(`RCon admin #0: (Global) ${long.slice(0, 128)}`)
      assert.strictEqual(Result.getOrThrow(yield* outcome(saying)), "done")
    }).pipe(Effect.scoped, Effect.provide(world)))

  it.effect("is not awaited if the slot is empty", () =>
    Effect.gen(function*() {
      const session = yield* MockSession.make()
      const rcon = yield* Effect.provide(RconClient.fromSession({ flavour: "BattlEye" }), session.layer)
      session.reply = (text) => text === "players" ? "Players on server:\n[#] [IP Address]\n----\n" : ""
      assert.strictEqual((yield* Effect.flip(rcon.kick(player(99), "", within))).reason._tag, "PlayerNotFound")
      assert.deepStrictEqual(session.sent.map(([text]) => text), ["players"])
    }).pipe(Effect.scoped))

  it.effect("of a ban is the list if reply and event are lost", () =>
    Effect.gen(function*() {
      const network = yield* SimulatedNetwork.SimulatedNetwork
      const { rcon, run, server } = yield* online({ silenceTimeout: "1 minute" })
      const bob = yield* server.join({ name: "Bob" })
      yield* TestRcon.passTime("1 second")
      yield* server.onCommand((text) => text.startsWith("ban ") ? { delay: Duration.infinity, reply: "" } : undefined)
      const banning = yield* Effect.forkChild(run(rcon.ban(player(0), { confirmWithin: "10 seconds" })), {
        startImmediately: true
      })
      yield* TestRcon.passTime("100 millis")
      const bans = [{ target: bob.guid!, expires: undefined, reason: "Banned" }]
      yield* server.update((world) => ({ ...world, players: [], bans }))
      yield* network.heal()
      assert.strictEqual(Result.getOrThrow(yield* outcome(banning)), "done")
    }).pipe(Effect.scoped, Effect.provide(world)))

  it.effect("is awaited for the given time only, whichever replies are missing", () =>
    Effect.gen(function*() {
      const { rcon, run, server } = yield* online()
      yield* server.join({ name: "Bob" })
      yield* TestRcon.passTime("1 second")
      const short = { confirmWithin: "1 second", timeout: "1 second" } as const
      yield* server.onCommand((text) => /^(?:kick|ban|addBan) /.test(text) ? "" : { delay: Duration.infinity })
      for (const action of [rcon.kick(player(0), "", short), rcon.ban(player(0), short), rcon.ban(GUID, short)]) {
        const before = yield* Clock.currentTimeMillis
        assert.notStrictEqual(yield* run(action), "done")
        assert.isAtMost((yield* Clock.currentTimeMillis) - before, 8000)
      }
    }).pipe(Effect.scoped, Effect.provide(world)))

  it.effect("does not delay other commands past their own timeout", () =>
    Effect.gen(function*() {
      const { rcon, run, server } = yield* online()
      yield* server.onCommand((text) => text === "bans" ? { delay: Duration.infinity } : undefined)
      yield* Effect.forkScoped(Effect.ignore(rcon.unban(GUID)))
      yield* TestRcon.passTime("1 second")
      const before = yield* Clock.currentTimeMillis
      assert.strictEqual(yield* run(rcon.ban(GUID, { timeout: "3 seconds" })), "Overloaded")
      assert.isAtMost((yield* Clock.currentTimeMillis) - before, 4000)
    }).pipe(Effect.scoped, Effect.provide(world)))
})

describe("unban", () => {
  const world = TestRcon.layerTransport()
  const bansOf = (server: SimulatedServer.SimulatedServer["Service"]) =>
    Effect.map(server.world, ({ bans }) => bans.map(({ reason, target }) => [target, reason]))

  const target = Arbitrary.schema(Schema.Literals([GUID, OTHER, "e".repeat(32), IP, "203.0.113.78", "203.0.113.79"]))
  const ban = Arbitrary.all({
    target,
    reason: Arbitrary.schema(Schema.Literals(["", "cheating", "team kill "])),
    expires: Arbitrary.schema(Schema.Literals([0, 1_000_000])).pipe(Arbitrary.map((end) => end === 0 ? undefined : end))
  })

  it.effect.prop(
    "removes the bans of its target and no others",
    [Arbitrary.array(ban, { maxLength: 12 }), target],
    ([bans, target]) =>
      Effect.gen(function*() {
        const { rcon, run, server } = yield* online()
        yield* server.update((world) => ({ ...world, bans }))
        const there = bans.some((ban) => ban.target === target)
        assert.strictEqual(yield* run(rcon.unban(target as Ban.BanTarget)), there ? "done" : "BanNotFound")
        assert.sameDeepMembers(
          yield* bansOf(server),
          bans.filter((ban) => ban.target !== target).map(({ reason, target }) => [target, reason])
        )
        assert.deepStrictEqual(yield* server.violations, [])
      }).pipe(Effect.scoped, Effect.provide(world)),
    { arbitrary: { runs: 20 } }
  )

  it.effect("removes one ban of several of the same target", () =>
    Effect.gen(function*() {
      const { rcon, run, server } = yield* online()
      const bans = ["a", "b", "c"].map((reason) => ({ target: GUID, reason, expires: undefined }))
      yield* server.update((world) => ({ ...world, bans }))
      const [, b] = yield* rcon.bans
      assert.strictEqual(yield* run(rcon.unban(b!)), "done")
      assert.deepStrictEqual(yield* bansOf(server), [[GUID, "a"], [GUID, "c"]])
      assert.strictEqual(yield* run(rcon.unban(b!)), "BanNotFound")
    }).pipe(Effect.scoped, Effect.provide(world)))

  /** Tries again after a lost reply. That endangers no other ban. */
  const persist = (action: Effect.Effect<void, Failure>) =>
    action.pipe(
      Effect.catchIf(
        (error) => error._tag === "ActionError" && error.reason._tag === "BanNotFound",
        () => Effect.void
      ),
      Effect.retry({ times: 20 })
    )

  for (const loss of [0, 0.2]) {
    it.effect(`waits for this client's other changes of the list, at ${loss * 100} % loss`, () =>
      Effect.gen(function*() {
        const { rcon, server } = yield* online()
        const guid = (index: number) => Guid.Guid.make(index.toString(16).padStart(32, "0"))
        const bans = Array.from({ length: 12 }, (_, index) => ({
          target: guid(index),
          expires: index === 5 ? 1 : undefined,
          reason: `${index}`
        }))
        yield* server.update((world) => ({ ...world, bans }))
        const actions = [
          ...[7, 1, 3, 11, 0, 4].map((index) => rcon.unban(guid(index))),
          rcon.ban(OTHER, { reason: "new" }),
          rcon.writeBans
        ]
        const results = yield* outcome(
          yield* Effect.forkChild(Effect.forEach(actions, persist, { concurrency: "unbounded" }))
        )
        assert.isTrue(Result.isSuccess(results))
        // A ban that was sent twice is in the list twice.
        assert.deepStrictEqual(
          Array.from(new Set((yield* bansOf(server)).map(([, reason]) => reason))),
          ["2", "6", "8", "9", "10", "new"]
        )
      }).pipe(Effect.scoped, Effect.provide(TestRcon.layerTransport({ network: { loss, seed: "unban" } }))))
  }

  /** A server whose list of bans is changed by another client. */
  const shared = Effect.fnUntraced(function*(
    reasons: ReadonlyArray<string>,
    removeBan: (bans: Array<string>, number: number) => unknown
  ) {
    const session = yield* MockSession.make()
    const rcon = yield* Effect.provide(RconClient.fromSession({ flavour: "BattlEye" }), session.layer)
    const bans = [...reasons]
    session.reply = (text) => {
      const number = /^removeBan (\d+)$/.exec(text)?.[1]
      if (number !== undefined) removeBan(bans, Number(number))
      const rows = bans.map((reason, index) => `${index}  ${GUID} perm ${reason}`)
      return text === "bans" ? ["GUID Bans:", "[#] [GUID]", "-----", ...rows].join("\n") : ""
    }
    return { bans, rcon, session }
  })

  it.effect("is valid only in the session of its call, whatever the options", () =>
    Effect.gen(function*() {
      const { rcon, session } = yield* shared(["a"], (bans, number) => bans.splice(number, 1))
      yield* rcon.unban(GUID, { timeout: "7 seconds" })
      const [, options] = session.sent.find(([text]) => text.startsWith("removeBan"))!
      assert.deepStrictEqual(options, { repeatable: false, epoch: 1, timeout: 2000 })
    }))

  it.effect("detects that a list of thousands of bans is cut", () =>
    Effect.gen(function*() {
      const { rcon, run, server } = yield* online()
      const guid = (index: number) => Guid.Guid.make(index.toString(16).padStart(32, "0"))
      const bans = Array.from({ length: 6000 }, (_, index) => ({
        target: guid(index),
        expires: undefined,
        reason: "x".repeat(index % 7)
      }))
      yield* server.update((world) => ({ ...world, bans }))
      assert.isTrue((yield* rcon.banTable).cut)
      for (const index of [3, 0, 2500]) assert.strictEqual(yield* run(rcon.unban(guid(index))), "done")
      assert.strictEqual((yield* server.world).bans.length, 5997)
      const error = yield* Effect.flip(rcon.unban(guid(5999)))
      assert.isTrue(error._tag === "ActionError" && error.reason._tag === "ListIncomplete" && error.reason.isCut)
    }).pipe(Effect.scoped, Effect.provide(world)))

  it.effect("detects that another client changed the list at the same time", () =>
    Effect.gen(function*() {
      const { rcon } = yield* shared(["a", "b", "c"], (bans, number) => {
        bans.shift()
        bans.splice(number, 1)
        bans.push("d")
      })
      const [, b] = yield* rcon.bans
      const error = yield* Effect.flip(rcon.unban(b!))
      if (!(error.reason instanceof ActionError.BansChanged)) return assert.fail(error.message)
      assert.deepStrictEqual(error.reason.stillListed, [b!])
      assert.deepStrictEqual(error.reason.added.map(({ reason }) => reason), ["d"])
      assert.match(error.message, /These are gone: #0 .* a, #2 .* c$/)
    }))

  it.effect("is not sent twice if no reply arrives, but looked up", () =>
    Effect.gen(function*() {
      const lost = new CommandError.CommandError({
        command: "removeBan",
        reason: new CommandError.NoReply({ peer: "server", sends: 1 })
      })
      for (const executed of [true, false]) {
        const { bans, rcon, session } = yield* shared(["a", "b"], () => {})
        const [, b] = yield* rcon.bans
        const answer = session.reply as (text: string) => string
        session.reply = (text) => {
          if (text !== "removeBan 1") return answer(text)
          if (executed) bans.splice(1, 1)
          return lost
        }
        const unbanning = yield* Effect.forkChild(Effect.result(rcon.unban(b!)))
        // The list is read until the ban is gone from it, or the timeout has passed.
        yield* TestClock.adjust("30 seconds")
        const result = yield* Fiber.join(unbanning)
        assert.deepStrictEqual(result, executed ? Result.succeed("") : Result.fail(lost))
        const removals = session.sent.filter(([text]) => text.startsWith("removeBan"))
        assert.deepStrictEqual(removals, [["removeBan 1", { repeatable: false, epoch: 1, timeout: 2000 }]])
      }
    }))
})
