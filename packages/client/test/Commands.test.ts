import {
  type ActionError,
  Address,
  type CommandError,
  type Flavour,
  Guid,
  type Player,
  RconClient,
  type ReplyError,
  type ServerEvent
} from "@bercon/client"
import type { LoginFailure } from "@bercon/session"
import { assert, describe, expectTypeOf, it } from "@effect/vitest"
import { type Cause, Duration, Effect, Formatter, Result, type Stream } from "effect"
import * as MockSession from "./mockSession.ts"
import { type Failure, slot } from "./simulatedClient.ts"

const GUID = Guid.Guid.make("0123456789abcdef0123456789abcdef")
const IP = Address.IpAddress.make("203.0.113.77")

type Call = (rcon: RconClient.RconClient["Service"]) => Effect.Effect<unknown, Failure>

/** Runs a call. Returns its result, the texts that it sent, and the options of the first one. */
const sentBy = Effect.fnUntraced(function*(call: Call, flavour: Flavour.Flavour = "BattlEye") {
  const session = yield* MockSession.make()
  const rcon = yield* Effect.provide(RconClient.fromSession({ flavour }), session.layer)
  const result = yield* Effect.result(call(rcon))
  return { result, sent: session.sent.map(([text]) => text), options: session.sent[0]?.[1] }
})

describe("commands", () => {
  it.effect.each<readonly [string, Call]>([
    ["ban 5 0", (rcon) => rcon.ban(slot(5))],
    ["ban 5 90 be nice", (rcon) => rcon.ban(slot(5), { duration: "90 minutes", reason: "be nice" })],
    ["ban 5 2", (rcon) => rcon.ban(slot(5), { duration: "61 seconds" })],
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
  const INVALID_TARGETS = [undefined, null, "", "7", "Bob", "76561197960265728", "198.51.100.0/24", -1, 1.5, NaN, {}]

  it.effect.each<readonly [string, Call]>([
    ["a ban with a duration of 0", (rcon) => rcon.ban(GUID, { duration: 0 })],
    ["a ban with a reason of two lines", (rcon) => rcon.ban(GUID, { reason: "a\nb" })],
    ["a kick with a reason of two lines", (rcon) => rcon.kick(slot(5), "a\r#shutdown")],
    ["a message of two lines", (rcon) => rcon.say("a\nb")],
    ["a message that is not a string", (rcon) => rcon.say(any(undefined))],
    ["a whisper of two lines", (rcon) => rcon.whisper(slot(5), "a\nb")],
    ["a file name of two lines", (rcon) => rcon.loadBans("a\nb")],
    ["a blank mission name", (rcon) => rcon.selectMission(" ")],
    ["a mission name of two lines", (rcon) => rcon.selectMission("a\n#shutdown")],
    ["a limit of 0", (rcon) => rcon.maxPing(0)],
    ["an infinite limit", (rcon) => rcon.maxPing(Duration.infinity)],
    ["a limit that is not a duration", (rcon) => rcon.maxPing(any("soon"))],
    ["a timeout of 0", (rcon) => rcon.say("hi", { timeout: 0 })],
    ["a `confirmWithin` that is not a duration", (rcon) => rcon.say("hi", { confirmWithin: any("soon") })],
    ...INVALID_TARGETS.flatMap((target): ReadonlyArray<readonly [string, Call]> => [
      [`a kick of ${Formatter.format(target)}`, (rcon) => rcon.kick(any(target))],
      [`a whisper to ${Formatter.format(target)}`, (rcon) => rcon.whisper(any(target), "hi")],
      [`a ban of ${Formatter.format(target)}`, (rcon) => rcon.ban(any(target), { duration: "1 hour", reason: "x" })],
      [`an unban of ${Formatter.format(target)}`, (rcon) => rcon.unban(any(target))],
      [`bans of ${Formatter.format(target)}`, (rcon) => rcon.banAll([GUID, any(target)])],
      [`unbans of ${Formatter.format(target)}`, (rcon) => rcon.unbanAll([GUID, any(target)])]
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

  it.effect("accept a GUID in upper case", () =>
    Effect.gen(function*() {
      const upper = Guid.Guid.make("0123456789abcdef0123456789abcdef").toUpperCase() as Guid.Guid
      assert.deepStrictEqual((yield* sentBy((rcon) => rcon.ban(upper))).sent, [`addBan ${GUID} 0`])
    }))

  it.effect("fail with an error that shows the allowed values, and the given value unless it is a text to send", () =>
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
        "command \"ban\": the command cannot be sent: target must be a slot (an integer from 0), a Player, a GUID of 32 hexadecimal digits, an IPv4 address, or the UUID of an account (got \"7\")",
        "command \"kick\": the command cannot be sent: player must be a slot (an integer from 0), a GUID of 32 hexadecimal digits, the UUID of an account, or a Player (got -1)",
        "command \"addBan\": the command cannot be sent: duration must be from 1 to 2147483647 minutes, or \"permanent\" (got 0)",
        "command \"maxPing\": the command cannot be sent: limit must be from 1 to 2147483647 milliseconds, or \"unlimited\" (got 0)",
        "command \"say\": the command cannot be sent: text must be one line, without line breaks"
      ])
    }))

  it.effect("that must not be executed twice are sent once, and only in the current session", () =>
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

  it("have the documented errors in their types", () => {
    type Service = RconClient.RconClient["Service"]
    type Command = CommandError.CommandError
    type Action = CommandError.CommandError | ActionError.ActionError
    type FailureOf<K extends keyof Service> = Service[K] extends (...args: never) => Effect.Effect<unknown, infer E> ? E
      : Service[K] extends Effect.Effect<unknown, infer E> ? E
      : never
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
      rcon.waitFor("PlayerKicked", { trigger: rcon.kick(slot(1)), where: ({ guid }) => guid === GUID })
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
