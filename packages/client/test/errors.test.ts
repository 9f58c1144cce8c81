/**
 * Produces every error of docs/errors.md, and compares its message word by word.
 */
import { ActionError, Ban, CommandError, Guid, Player, RconClient, ReplyError } from "@bercon/client"
import { CommandError as SessionError, LoginFailure, type Transport } from "@bercon/session"
import { type ServerMachine, SimulatedServer, TestRcon } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Redacted, Schema, type Scope } from "effect"
import { readFileSync } from "node:fs"
import * as MockSession from "./mockSession.ts"

type Failure =
  | LoginFailure.LoginFailure
  | CommandError.CommandError
  | ActionError.ActionError
  | ReplyError.ReplyError

/** How an error is produced with a controlled server, and its expected properties. */
interface Case {
  readonly reason: string
  readonly message: string
  readonly execution: CommandError.Execution | undefined
  readonly isRetryable: boolean
  readonly server?: ServerMachine.Options
  readonly client?: Partial<RconClient.Options>
  readonly fate?: (server: SimulatedServer.SimulatedServer["Service"]) => Effect.Effect<unknown>
  /** Whether the client logs in before the server's `fate`. */
  readonly online?: boolean
  readonly run: (
    rcon: RconClient.Service,
    server: SimulatedServer.SimulatedServer["Service"]
  ) => Effect.Effect<unknown, Failure>
}

const PEER = "127.0.0.1:2306"
const password = Redacted.make("secret")
const guid = Guid.Guid.make("0".repeat(32))
const target = Ban.BanTarget.make(guid)
const slot = Player.PlayerId.make(7)
const ban = "has no bearing"
const login = (rcon: RconClient.Service): Effect.Effect<unknown, Failure> => rcon.closed
const header = "GUID Bans:\n[#] [GUID] [Minutes left] [Reason]\n----------------------------------------\n"

/** Sets a server's reaction to one command. */
const on = (
  command: string,
  reply: string | ServerMachine.CustomReply
): ServerMachine.Options => ({ onCommand: (text) => text.startsWith(command) ? reply : undefined })

const silent = { delay: "Infinity" } as const

const cases: ReadonlyArray<Case> = [
  // LoginFailure
  {
    reason: "LoginRefused",
    message: `${PEER} refused the login: the password is not the server's RConPassword`,
    execution: undefined,
    isRetryable: false,
    client: { password: Redacted.make("wrong") },
    run: login
  },
  {
    reason: "LoginTimeout",
    message:
      `no session with ${PEER} (tried 10 times in 10 s): the port is closed: check that the server is running, ` +
      "and its RConPort",
    execution: undefined,
    isRetryable: true,
    fate: (server) => server.stop(),
    run: login
  },
  {
    reason: "LoginTimeout",
    message:
      `no session with ${PEER} (tried 10 times in 10 s): no answer came: check host and port, RConPassword and RConPort ` +
      "in the server's BattlEye configuration, that the server has finished starting, and that no firewall drops UDP",
    execution: undefined,
    isRetryable: true,
    fate: (server) => server.goSilent,
    run: login
  },
  {
    reason: "InvalidOptions",
    message: "the password must not be empty; it is the RConPassword in the server's configuration",
    execution: undefined,
    isRetryable: false,
    client: { password: Redacted.make("") },
    run: login
  },
  // CommandError
  {
    reason: "InvalidCommand",
    message: "command \"say\": the command cannot be sent: it contains a NUL character",
    execution: "NotExecuted",
    isRetryable: false,
    run: (rcon) => rcon.command("say -1 \0")
  },
  {
    reason: "InvalidCommand",
    message: "command \"maxPing\": the command cannot be sent: limit must be from 1 to 2147483647 milliseconds, or " +
      "\"unlimited\" (got 0)",
    execution: "NotExecuted",
    isRetryable: false,
    run: (rcon) => rcon.maxPing(0)
  },
  {
    reason: "NotConnected",
    message: `command "lock": no session with ${PEER} yet: the port is closed: check that the server is running, ` +
      "and its RConPort. The command was not sent: trying again is safe",
    execution: "NotExecuted",
    isRetryable: true,
    client: { loginTimeout: "Infinity" },
    fate: (server) => server.stop(),
    run: (rcon) => rcon.command("lock")
  },
  {
    reason: "NotConnected",
    message: `command "lock": no session with ${PEER} yet: the port is closed: check that the server is running, ` +
      "and its RConPort. The command was not sent: trying again is safe",
    execution: "NotExecuted",
    isRetryable: true,
    client: { loginTimeout: "Infinity", flavour: "auto" },
    fate: (server) => server.stop(),
    run: (rcon) => rcon.command("lock")
  },
  {
    reason: "Overloaded",
    message:
      "command \"lock\": the command's turn did not come (1 other was waiting). The command was not sent: trying " +
      "again is safe, later or with fewer commands at once",
    execution: "NotExecuted",
    isRetryable: true,
    client: { loginTimeout: "Infinity", queueCapacity: 1 },
    fate: (server) => server.stop(),
    run: (rcon) =>
      Effect.andThen(
        Effect.forkChild(Effect.ignore(rcon.command("unlock")), { startImmediately: true }),
        rcon.command("lock")
      )
  },
  {
    reason: "UnknownCommand",
    message: "command \"unheard\": the server does not have this command. It was not executed",
    execution: "NotExecuted",
    isRetryable: false,
    online: true,
    run: (rcon) => rcon.command("unheard of")
  },
  {
    reason: "CommandDisallowed",
    message: "command \"#lock\": the server does not allow this command over RCON (RestrictRCon in its BattlEye " +
      "configuration). It was not executed",
    execution: "NotExecuted",
    isRetryable: false,
    server: { disallowed: ["#lock"] },
    online: true,
    run: (rcon) => rcon.command("#lock")
  },
  {
    reason: "Unsupported",
    message: "command \"missions\": Arma Reforger's own RCON has no such command. Nothing was sent",
    execution: "NotExecuted",
    isRetryable: false,
    client: { flavour: "Reforger" },
    server: { flavour: "Reforger" },
    online: true,
    run: (rcon) => rcon.missions
  },
  {
    reason: "Outdated",
    message:
      "command \"lock\": the command is no longer valid (its option `isCurrent` returned false). It was not sent",
    execution: "NotExecuted",
    isRetryable: false,
    online: true,
    run: (rcon) => rcon.command("lock", { isCurrent: () => false })
  },
  {
    reason: "Outdated",
    message: "command \"lock\": its option `isCurrent` threw \"no such player\". The command was not sent",
    execution: "NotExecuted",
    isRetryable: false,
    online: true,
    run: (rcon) =>
      rcon.command("lock", {
        isCurrent: () => {
          throw new Error("no such player")
        }
      })
  },
  {
    reason: "NoReply",
    message: `command "lock": no reply came from ${PEER} (sent 1 time). The command may have been executed`,
    execution: "MaybeExecuted",
    isRetryable: false,
    server: on("lock", silent),
    online: true,
    run: (rcon) => rcon.command("lock", { repeatable: false })
  },
  {
    reason: "SessionLost",
    message:
      `command "lock": the session with ${PEER} was lost after the command was sent 1 time. It may have been executed`,
    execution: "MaybeExecuted",
    isRetryable: false,
    server: on("lock", silent),
    online: true,
    run: (rcon, server) =>
      Effect.gen(function*() {
        const asking = yield* Effect.forkChild(rcon.command("lock", { repeatable: false }))
        yield* Effect.sleep("1 second")
        yield* server.restart({ downtime: "1 minute" })
        return yield* Fiber.join(asking)
      })
  },
  {
    reason: "SessionClosed",
    message: `command "lock": the session is closed (${PEER} refused the login: the password is not the server's ` +
      "RConPassword). The command was not sent",
    execution: "NotExecuted",
    isRetryable: false,
    online: true,
    run: (rcon, server) =>
      Effect.gen(function*() {
        yield* server.refuse
        yield* server.restart({ downtime: "5 seconds" })
        yield* Effect.exit(rcon.closed)
        return yield* rcon.command("lock")
      })
  },
  // ReplyError
  {
    reason: "ReplyError",
    message: "the reply to \"players\" is not in the expected form, line 1: \"what?\"",
    execution: "Executed",
    isRetryable: false,
    server: on("players", "what?"),
    online: true,
    run: (rcon) => rcon.players
  },
  // ActionError
  {
    reason: "PlayerNotFound",
    message: `kick: there is no player ${guid} on the server. Nothing was done`,
    execution: "NotExecuted",
    isRetryable: false,
    online: true,
    run: (rcon) => rcon.kick(guid)
  },
  {
    reason: "BanNotFound",
    message: `unban: there is no ban of ${guid} in the server's list. Nothing was removed`,
    execution: "NotExecuted",
    isRetryable: false,
    online: true,
    run: (rcon) => rcon.unban(target)
  },
  {
    reason: "ListIncomplete",
    message:
      `unban: ${guid} was not found in the server's list of bans, but 1 row of it could not be read. Nothing was done`,
    execution: "NotExecuted",
    isRetryable: false,
    server: on("bans", `${header}0  ${"f".repeat(32)} perm x\n1  ${"e".repeat(31)} perm ${ban}\n`),
    online: true,
    run: (rcon) => rcon.unban(target)
  },
  {
    reason: "LookupFailed",
    message:
      "unban: the action was not tried, because a query it needs failed: the reply to \"bans\" is not in the expected " +
      "form, line 1: \"what?\"",
    execution: "NotExecuted",
    isRetryable: false,
    server: on("bans", "what?"),
    online: true,
    run: (rcon) => rcon.unban(target)
  },
  {
    reason: "LookupFailed",
    message: "unban: the action was not tried, because a query it needs failed: command \"bans\": no reply came from " +
      `${PEER} (sent 1 time). The command may have been executed`,
    execution: "NotExecuted",
    isRetryable: true,
    server: on("bans", silent),
    online: true,
    run: (rcon) => rcon.unban(target, { timeout: "200 millis" })
  },
  {
    reason: "Rejected",
    message: "ban: the server refused: \"Invalid GUID\"",
    execution: "NotExecuted",
    isRetryable: false,
    server: on("addBan", "Invalid GUID"),
    online: true,
    run: (rcon) => rcon.ban(target)
  },
  {
    reason: "Unconfirmed",
    message: "kick: not confirmed in time: expected the player to be gone. The action may have been executed",
    execution: "MaybeExecuted",
    isRetryable: false,
    server: on("kick", ""),
    fate: (server) => server.join({ name: "Bob", slot: 7 }),
    online: true,
    run: (rcon) => rcon.kick(slot, "bye", { confirmWithin: "2 seconds" })
  }
]

const inTime = Effect.fnUntraced(function*<A, E, R>(effect: Effect.Effect<A, E, R>) {
  const fiber = yield* Effect.forkChild(effect, { startImmediately: true })
  while (fiber.pollUnsafe() === undefined) yield* TestRcon.passTime("100 millis")
  return yield* Fiber.join(fiber)
})

const tagOf = (error: Failure): string => error._tag === "ReplyError" ? error._tag : error.reason._tag

describe("the errors of docs/errors.md", () => {
  it.effect.each(cases.map((one) => [one.reason, one] as const))("%s", ([, one]) =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      const { fate = () => Effect.void } = one
      const options = { password, flavour: "BattlEye", rosterInterval: "Infinity", ...one.client } as const
      const attempt: Effect.Effect<void, Failure, Transport.Transport | Scope.Scope> = Effect.gen(function*() {
        const rcon = yield* one.online === true
          ? Effect.tap(RconClient.make(options), () => fate(server))
          : Effect.andThen(fate(server), RconClient.start(options))
        yield* one.run(rcon, server)
      })
      const error = yield* inTime(Effect.flip(Effect.scoped(attempt)))
      assert.strictEqual(error.message, one.message)
      assert.strictEqual(tagOf(error), one.reason)
      assert.strictEqual(error.isRetryable, one.isRetryable)
      if (error._tag === "LoginFailure") return
      assert.strictEqual(error.execution, one.execution)
      if (error._tag === "ReplyError") return
      assert.strictEqual(error.reason.execution, one.execution)
      assert.strictEqual(error.reason.isRetryable, one.isRetryable)
      assert.isTrue(error.message.endsWith(error.reason.message), "the reason's message is a complete sentence")
    }).pipe(Effect.provide(TestRcon.layerTransport({ server: { password, ...one.server } }))))

  it.effect("TransportFailure", () =>
    Effect.gen(function*() {
      const failure = yield* Effect.flip(Effect.scoped(RconClient.make({ password })))
      assert.strictEqual(failure.reason._tag, "TransportFailure")
      assert.strictEqual(
        failure.message,
        `the host name of ${PEER} has no address: check its spelling and the DNS`
      )
      assert.isTrue(failure.isRetryable)
    }).pipe(Effect.provide(TestRcon.layerTransport({ network: { failures: { open: "HostUnresolved" } } }))))

  it.effect("FlavourUnknown", () =>
    Effect.gen(function*() {
      const session = yield* MockSession.make({ _tag: "Online" })
      session.wait = Effect.never
      const rcon = yield* Effect.provide(RconClient.fromSession(), session.layer)
      const error = yield* inTime(Effect.flip(rcon.lock))
      assert.strictEqual(
        error.message,
        "command \"#lock\": the server's flavour could not be determined in time. The command was not sent: trying again is safe"
      )
      assert.deepStrictEqual([error.reason._tag, error.execution, error.isRetryable], [
        "FlavourUnknown",
        "NotExecuted",
        true
      ])
    }))

  // Errors that a few lines cannot produce. The tests of `unban` and the scenarios of the session produce them.
  const row = new Ban.Ban({ id: Ban.BanId.make(0), target, remaining: "permanent", reason: "x" })
  const others: ReadonlyArray<readonly [Failure, string, CommandError.Execution]> = [
    [
      new CommandError.CommandError({
        command: "bans",
        reason: new CommandError.IncompleteReply({ missing: 2, total: 9 })
      }),
      "command \"bans\": 2 of the 9 parts of the reply are missing. The command was executed",
      "Executed"
    ],
    [
      new CommandError.CommandError({
        command: "#bans",
        reason: new CommandError.IncompleteReply({ missing: 1, total: 1 })
      }),
      "command \"#bans\": the reply is incomplete. The command was executed",
      "Executed"
    ],
    [
      new CommandError.CommandError({ command: "lock", reason: new CommandError.SessionClosed({ sends: 2 }) }),
      "command \"lock\": the session was closed after the command was sent 2 times. It may have been executed",
      "MaybeExecuted"
    ],
    [
      new ActionError.ActionError({
        action: "unban",
        reason: new ActionError.BansChanged({ meant: [row], missing: [row] })
      }),
      `unban: another client changed the ban list at the same time, so a wrong ban may have been removed. These are gone: ${row.toString()}`,
      "MaybeExecuted"
    ],
    [
      new ActionError.ActionError({
        action: "ban",
        reason: new ActionError.Unconfirmed({
          expected: "the ban in the list",
          text: "hm",
          cause: new ReplyError.ReplyError({ command: "bans", text: "?", line: 1 })
        })
      }),
      "ban: not confirmed in time: expected the ban in the list; the reply was \"hm\" (the reply to \"bans\" is not in the expected form, line 1: " +
      "\"?\"). The action may have been executed",
      "MaybeExecuted"
    ]
  ]
  it.each(others)("%s", (error, message, execution) => {
    assert.strictEqual(error.message, message)
    assert.isTrue(error._tag !== "LoginFailure" && error.execution === execution && !error.isRetryable)
  })

  it("survive JSON", () => {
    const errors = Schema.Union([CommandError.CommandError, ActionError.ActionError, ReplyError.ReplyError])
    const codec = Schema.toCodecJson(errors)
    for (const [error] of others) {
      assert(error._tag !== "LoginFailure")
      const json: unknown = JSON.parse(JSON.stringify(Schema.encodeSync(codec)(error)))
      const { message } = Schema.decodeUnknownSync(codec)(json)
      assert.strictEqual(message, error.message)
    }
  })

  it("of a bare session are the ones that it can raise", () => {
    const names = (members: ReadonlyArray<unknown>) =>
      members.map((member) => (member as { readonly identifier: string }).identifier.replace(/.*\//, ""))
    const own = names(SessionError.CommandError.fields.reason.members)
    assert.deepStrictEqual(
      names(CommandError.CommandError.fields.reason.members).filter((name) => !own.includes(name)),
      ["CommandDisallowed", "UnknownCommand", "Unsupported", "FlavourUnknown"]
    )
  })

  it("are complete", () => {
    const reasons: ReadonlyArray<ReadonlyArray<{ readonly fields: { readonly _tag: unknown } }>> = [
      LoginFailure.LoginFailure.fields.reason.members,
      CommandError.CommandError.fields.reason.members,
      ActionError.ActionError.fields.reason.members
    ]
    const produced = new Set([
      ...cases.map(({ reason }) => reason),
      ...others.map(([error]) => tagOf(error)),
      "TransportFailure",
      "FlavourUnknown"
    ])
    const documented = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8")
    for (const member of reasons.flat()) {
      const name = (member as unknown as { readonly identifier: string }).identifier.replace(/.*\//, "")
      assert.include([...produced], name)
      assert.include(documented, `\`${name}\``)
    }
  })
})

describe("a bot that only has handlers", () => {
  const bot = Effect.gen(function*() {
    const rcon = yield* RconClient.RconClient
    yield* rcon.on("PlayerConnected", ({ player }) => rcon.say(`${player.name} is joining`))
    yield* rcon.closed
  })

  it.effect("ends with the failure of its session, even if it was launched as a layer", () =>
    Effect.gen(function*() {
      const server = yield* SimulatedServer.SimulatedServer
      const launched = yield* Effect.forkChild(
        Layer.launch(Layer.provide(Layer.effectDiscard(bot), RconClient.layer({ password }))),
        { startImmediately: true }
      )
      yield* TestRcon.passTime("1 minute")
      yield* server.join({ name: "Bob" })
      yield* TestRcon.passTime("1 minute")
      assert.include((yield* server.executions).map(({ text }) => text), "say -1 Bob is joining")
      yield* server.refuse
      yield* server.restart({ downtime: "5 seconds" })
      yield* TestRcon.passTime("2 minutes")
      const exit = launched.pollUnsafe()
      assert(exit !== undefined && Exit.isFailure(exit))
      const failure = yield* Effect.flip(Fiber.join(launched))
      assert.isTrue(Schema.is(LoginFailure.LoginFailure)(failure) && failure.reason._tag === "LoginRefused")
    }).pipe(Effect.provide(TestRcon.layerTransport({ server: { password } }))))
})
