import {
  ActionError,
  Address,
  type Ban,
  Guid,
  Player,
  RconClient,
  type ReplyError,
  type ServerEvent
} from "@bercon/client"
import { CommandError, type LoginFailure } from "@bercon/session"
import { SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, describe, expectTypeOf, it } from "@effect/vitest"
import { Arbitrary, type Cause, Duration, Effect, Fiber, Redacted, Result, Schema, type Stream } from "effect"
import * as MockSession from "./mockSession.ts"

const GUID = Guid.Guid.make("0123456789abcdef0123456789abcdef")
const OTHER = Guid.Guid.make("f".repeat(32))
const IP = Address.IpAddress.make("203.0.113.77")
const player = (id: number) => Player.PlayerId.make(id)

type Failure = ActionError.ActionError | CommandError.CommandError | ReplyError.ReplyError
type Call = (rcon: RconClient.RconClient["Service"]) => Effect.Effect<unknown, Failure>

/** What a call sends. */
const sentBy = Effect.fnUntraced(function*(call: Call) {
  const session = yield* MockSession.make()
  const rcon = yield* Effect.provide(RconClient.make({ flavour: "BattlEye" }), session.layer)
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

  it.effect.each<readonly [string, Call]>([
    ["a ban of no time", (rcon) => rcon.ban(GUID, { duration: 0 })],
    ["a ban of everybody", (rcon) => rcon.ban(-1 as Player.PlayerId)],
    ["a reason of two lines", (rcon) => rcon.ban(GUID, { reason: "a\nb" })],
    ["a file of two lines", (rcon) => rcon.loadBans("a\nb")],
    ["no mission", (rcon) => rcon.selectMission(" ")],
    ["a mission of two lines", (rcon) => rcon.selectMission("a\n#shutdown")],
    ["a limit of nothing", (rcon) => rcon.maxPing(0)],
    ["no limit", (rcon) => rcon.maxPing(Duration.infinity)]
  ])("refuse %s, and send nothing", ([, call]) =>
    Effect.gen(function*() {
      const { result, sent } = yield* sentBy(call)
      const error = Result.getOrThrow(Result.flip(result))
      assert.isTrue(error._tag === "CommandError" && error.reason._tag === "InvalidCommand")
      assert.isTrue(error._tag === "CommandError" && error.execution === "NotExecuted")
      assert.deepStrictEqual(sent, [])
    }))

  it.effect("that do it again each time they are run are sent once, and to this session alone", () =>
    Effect.gen(function*() {
      const calls: ReadonlyArray<Call> = [
        (rcon) => rcon.restart,
        (rcon) => rcon.reassign,
        (rcon) => rcon.restartServer,
        (rcon) => rcon.shutdown,
        (rcon) => rcon.selectMission("A")
      ]
      for (const call of calls) {
        assert.deepStrictEqual((yield* sentBy(call)).options, { sessionBound: true, repeatable: false })
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
    expectTypeOf<FailureOf<"loadBans">>().toEqualTypeOf<Command>()
    expectTypeOf<FailureOf<"writeBans">>().toEqualTypeOf<Command>()
    expectTypeOf<FailureOf<"loadScripts">>().toEqualTypeOf<Command>()
    expectTypeOf<FailureOf<"loadEvents">>().toEqualTypeOf<Command>()
    expectTypeOf<FailureOf<"maxPing">>().toEqualTypeOf<Command>()
    expectTypeOf<FailureOf<"lock">>().toEqualTypeOf<Command>()
    expectTypeOf<FailureOf<"unlock">>().toEqualTypeOf<Command>()
    expectTypeOf<FailureOf<"restart">>().toEqualTypeOf<Command>()
    expectTypeOf<FailureOf<"reassign">>().toEqualTypeOf<Command>()
    expectTypeOf<FailureOf<"restartServer">>().toEqualTypeOf<Command>()
    expectTypeOf<FailureOf<"shutdown">>().toEqualTypeOf<Command>()
    expectTypeOf<FailureOf<"selectMission">>().toEqualTypeOf<Command>()
    expectTypeOf<FailureOf<"command">>().toEqualTypeOf<Command>()
    expectTypeOf<FailureOf<"flavour">>().toEqualTypeOf<Command>()
    expectTypeOf<FailureOf<"unban">>().toEqualTypeOf<Failure>()
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
      Effect.Effect<ServerEvent.PlayerKicked, LoginFailure.LoginFailure | Cause.TimeoutError | Action>
    >()
    expectTypeOf<FailureOf<"adminId">>().toEqualTypeOf<never>()
    expectTypeOf<FailureOf<"status">>().toEqualTypeOf<never>()
  })
})

/** Lets time pass until a fiber is through. */
const outcome = Effect.fnUntraced(function*<A, E>(fiber: Fiber.Fiber<A, E>) {
  for (let seconds = 0; seconds < 600 && fiber.pollUnsafe() === undefined; seconds++) yield* TestRcon.adjust("1 second")
  return yield* Effect.result(Fiber.join(fiber))
})

const online = Effect.fnUntraced(function*(options?: RconClient.ClientOptions) {
  const server = yield* SimulatedServer.SimulatedServer
  const connecting = yield* Effect.forkScoped(
    RconClient.connect({ password: Redacted.make("secret"), loginTimeout: "1 minute", ...options })
  )
  const rcon = Result.getOrThrow(yield* outcome(connecting))
  yield* TestRcon.adjust("1 second")
  /** Runs an action and tells how it failed, if it did. */
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
      assert.strictEqual(yield* run(rcon.whisper(player(ann.number), "hello", within)), "done")
      assert.strictEqual(yield* run(rcon.kick(player(ann.number), "", within)), "done")
      assert.strictEqual(yield* run(rcon.ban(player(bob.number), { duration: "3 minutes", ...within })), "done")
      assert.deepStrictEqual((yield* server.world).players, [])
      assert.deepStrictEqual((yield* rcon.bans).map(({ target }) => target as string), [bob.guid])
      assert.strictEqual(yield* run(rcon.ban(GUID, { reason: "cheating", ...within })), "done")
      assert.strictEqual(yield* run(rcon.ban(IP, { duration: "1 day", ...within })), "done")
    }).pipe(Effect.scoped, Effect.provide(world)))

  it.effect("takes as long as it takes on a bad line", () =>
    Effect.gen(function*() {
      const { rcon, run, server } = yield* online()
      const minute = { confirmWithin: "1 minute" } as const
      for (let round = 0; round < 5; round++) {
        const { number } = yield* server.join({ name: `Bob ${round}` })
        yield* TestRcon.adjust("10 seconds")
        assert.strictEqual(yield* run(rcon.say(`round ${round}`, minute)), "done")
        assert.strictEqual(yield* run(rcon.kick(player(number), "", minute)), "done")
        assert.strictEqual(yield* run(rcon.ban(GUID, minute)), "done")
      }
      assert.deepStrictEqual((yield* server.world).players, [])
    }).pipe(Effect.scoped, Effect.provide(TestRcon.layerTransport({ network: { loss: 0.2, seed: "confirm" } }))))

  it.effect("fails where it had none, though the server took it", () =>
    Effect.gen(function*() {
      const { rcon, run, server } = yield* online()
      const { number } = yield* server.join({ name: "Bob" })
      yield* TestRcon.adjust("1 second")
      assert.strictEqual(yield* run(rcon.kick(player(9), "", within)), "PlayerNotFound")
      yield* server.onCommand((text) => /^(?:kick|ban|addBan|say) /.test(text) ? "" : undefined)
      assert.strictEqual(yield* run(rcon.kick(player(number), "", within)), "Unconfirmed")
      assert.strictEqual(yield* run(rcon.ban(player(number), within)), "Unconfirmed")
      assert.strictEqual(yield* run(rcon.ban(GUID, within)), "Unconfirmed")
      assert.strictEqual(yield* run(rcon.say("hello", within)), "Unconfirmed")
      assert.strictEqual(yield* run(rcon.whisper(player(number), "hello", within)), "Unconfirmed")
      // Without the question nobody notices.
      assert.strictEqual(yield* run(rcon.kick(player(number))), "done")
    }).pipe(Effect.scoped, Effect.provide(world)))

  it.effect("is seen in the list where the event is lost", () =>
    Effect.gen(function*() {
      const { rcon, run, server } = yield* online()
      const { number } = yield* server.join({ name: "Bob" })
      yield* TestRcon.adjust("1 second")
      yield* server.onCommand((text) => text.startsWith("kick ") ? "" : undefined)
      const kicking = yield* Effect.forkChild(run(rcon.kick(player(number), "", within)), { startImmediately: true })
      yield* server.update((world) => ({ ...world, players: [] }))
      assert.strictEqual(Result.getOrThrow(yield* outcome(kicking)), "done")
    }).pipe(Effect.scoped, Effect.provide(world)))

  it.effect("says that it may have had its effect where nobody can look", () =>
    Effect.gen(function*() {
      const { rcon, server } = yield* online()
      const { number } = yield* server.join({ name: "Bob" })
      yield* TestRcon.adjust("1 second")
      yield* server.onCommand((text) =>
        /^(?:kick|ban) /.test(text) ? "" : /^(?:players|bans)$/.test(text) ? "what?" : undefined
      )
      for (const action of [rcon.kick(player(number), "", within), rcon.ban(player(number), within)]) {
        const fiber = yield* Effect.forkChild(Effect.flip(action), { startImmediately: true })
        const error = Result.getOrThrow(yield* outcome(fiber))
        assert.isTrue(error instanceof ActionError.ActionError && error.execution === "MaybeExecuted")
        assert.match(error.message, /^(?:kick|ban) was taken by the server, but .* not in the expected form/)
      }
    }).pipe(Effect.scoped, Effect.provide(world)))
})

describe("unban", () => {
  const world = TestRcon.layerTransport()
  const bansOf = (server: SimulatedServer.SimulatedServer["Service"]) =>
    Effect.map(server.world, ({ bans }) => bans.map(({ reason, subject }) => [subject, reason]))

  const subject = Arbitrary.schema(Schema.Literals([GUID, OTHER, "e".repeat(32), IP, "203.0.113.78", "203.0.113.79"]))
  const ban = Arbitrary.all({
    subject,
    reason: Arbitrary.schema(Schema.Literals(["", "cheating", "team kill "])),
    expires: Arbitrary.schema(Schema.Literals([0, 1_000_000])).pipe(Arbitrary.map((end) => end === 0 ? undefined : end))
  })

  it.effect.prop(
    "removes the bans of its target and no others",
    [Arbitrary.array(ban, { maxLength: 12 }), subject],
    ([bans, target]) =>
      Effect.gen(function*() {
        const { rcon, run, server } = yield* online()
        yield* server.update((world) => ({ ...world, bans }))
        const there = bans.some(({ subject }) => subject === target)
        assert.strictEqual(yield* run(rcon.unban(target as Ban.BanTarget)), there ? "done" : "BanNotFound")
        assert.sameDeepMembers(
          yield* bansOf(server),
          bans.filter(({ subject }) => subject !== target).map(({ reason, subject }) => [subject, reason])
        )
        assert.deepStrictEqual(yield* server.violations, [])
      }).pipe(Effect.scoped, Effect.provide(world)),
    { arbitrary: { runs: 20 } }
  )

  it.effect("removes one ban of several of the same target", () =>
    Effect.gen(function*() {
      const { rcon, run, server } = yield* online()
      const bans = ["a", "b", "c"].map((reason) => ({ subject: GUID, reason, expires: undefined }))
      yield* server.update((world) => ({ ...world, bans }))
      const [, b] = yield* rcon.bans
      assert.strictEqual(yield* run(rcon.unban(b!)), "done")
      assert.deepStrictEqual(yield* bansOf(server), [[GUID, "a"], [GUID, "c"]])
      assert.strictEqual(yield* run(rcon.unban(b!)), "BanNotFound")
    }).pipe(Effect.scoped, Effect.provide(world)))

  /** Tries again where an answer was lost. That is no danger to anybody's ban. */
  const persist = (action: Effect.Effect<void, Failure>) =>
    action.pipe(
      Effect.catchIf(
        (error) => error._tag === "ActionError" && error.reason._tag === "BanNotFound",
        () => Effect.void
      ),
      Effect.retry({ times: 20 })
    )

  for (const loss of [0, 0.2]) {
    it.effect(`waits for what else this client does to the list, at ${loss * 100} % loss`, () =>
      Effect.gen(function*() {
        const { rcon, server } = yield* online()
        const guid = (index: number) => Guid.Guid.make(index.toString(16).padStart(32, "0"))
        const bans = Array.from({ length: 12 }, (_, index) => ({
          subject: guid(index),
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
        assert.deepStrictEqual(
          yield* bansOf(server),
          [...[2, 6, 8, 9, 10].map((index) => [guid(index), `${index}`]), [OTHER, "new"]]
        )
      }).pipe(Effect.scoped, Effect.provide(TestRcon.layerTransport({ network: { loss, seed: "unban" } }))))
  }

  /** A server with a list of bans that another client changes. */
  const shared = Effect.fnUntraced(function*(
    reasons: ReadonlyArray<string>,
    removeBan: (bans: Array<string>, number: number) => void
  ) {
    const session = yield* MockSession.make()
    const rcon = yield* Effect.provide(RconClient.make({ flavour: "BattlEye" }), session.layer)
    const bans = [...reasons]
    session.reply = (text) => {
      const number = /^removeBan (\d+)$/.exec(text)?.[1]
      if (number !== undefined) removeBan(bans, Number(number))
      const rows = bans.map((reason, index) => `${index}  ${GUID} perm ${reason}`)
      return text === "bans" ? ["GUID Bans:", "[#] [GUID]", "-----", ...rows].join("\n") : ""
    }
    return { bans, rcon, session }
  })

  it.effect("notices that somebody else changed the list at the same moment", () =>
    Effect.gen(function*() {
      const { rcon } = yield* shared(["a", "b", "c"], (bans, number) => {
        bans.shift()
        bans.splice(number, 1)
      })
      const [, b] = yield* rcon.bans
      const error = yield* Effect.flip(rcon.unban(b!))
      assert.isTrue(error instanceof ActionError.ActionError && error.reason._tag === "BansChanged")
      assert.match(error.message, /These are gone from it: #0 .* a, #2 .* c$/)
    }))

  it.effect("is not sent twice where no answer comes, but looked at", () =>
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
        const result = yield* Effect.result(rcon.unban(b!))
        assert.deepStrictEqual(result, executed ? Result.succeed(undefined) : Result.fail(lost))
        const removals = session.sent.filter(([text]) => text.startsWith("removeBan"))
        assert.deepStrictEqual(removals, [["removeBan 1", { sessionBound: true, repeatable: false }]])
      }
    }))
})
