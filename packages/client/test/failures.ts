/**
 * Every error that a few lines can produce with a simulated server, and its expected message.
 */
import {
  type ActionError,
  Ban,
  type CommandError,
  Guid,
  type LoginFailure,
  Player,
  RconClient,
  type ReplyError
} from "@bercon/client"
import type { Transport } from "@bercon/session"
import { type ServerMachine, SimulatedServer, TestRcon } from "@bercon/testing"
import { Effect, Fiber, Redacted, type Scope } from "effect"

export type Failure =
  | LoginFailure.LoginFailure
  | CommandError.CommandError
  | ActionError.ActionError
  | ReplyError.ReplyError

/** How an error is produced with a controlled server, and its expected properties. */
export interface Case {
  readonly reason: string
  readonly message: string
  readonly execution: CommandError.Execution | undefined
  readonly isRetryable: boolean
  readonly server?: ServerMachine.Options
  readonly client?: Partial<RconClient.Options>
  /** Puts the server into the state in which the error occurs. */
  readonly prepare?: (server: SimulatedServer.SimulatedServer["Service"]) => Effect.Effect<unknown>
  /** Whether the client logs in before `prepare` runs. Default: false. */
  readonly online?: boolean
  readonly run: (
    rcon: RconClient.Service,
    server: SimulatedServer.SimulatedServer["Service"]
  ) => Effect.Effect<unknown, Failure>
}

export const PEER = "127.0.0.1:2306"
export const password = Redacted.make("secret")
const guid = Guid.Guid.make("0".repeat(32))
export const target = Ban.BanTarget.make(guid)
const slot = Player.PlayerId.make(7)
const login = (rcon: RconClient.Service): Effect.Effect<unknown, Failure> => rcon.closed
const header = "GUID Bans:\n[#] [GUID] [Minutes left] [Reason]\n----------------------------------------\n"

/** Options of a server with this reply to commands that begin with `command`. */
const on = (
  command: string,
  reply: string | ServerMachine.CustomReply
): ServerMachine.Options => ({ onCommand: (text) => text.startsWith(command) ? reply : undefined })

const silent = { delay: "Infinity" } as const

export const cases: ReadonlyArray<Case> = [
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
    prepare: (server) => server.stop(),
    run: login
  },
  {
    reason: "LoginTimeout",
    message:
      `no session with ${PEER} (tried 10 times in 10 s): no answer came: check host and port, RConPassword and RConPort ` +
      "in the server's BattlEye configuration, that the server has finished starting, and that no firewall drops UDP",
    execution: undefined,
    isRetryable: true,
    prepare: (server) => server.goSilent,
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
    message: `command "lock": no session with ${PEER}: the port is closed: check that the server is running, ` +
      "and its RConPort. The command was not sent: trying again is safe",
    execution: "NotExecuted",
    isRetryable: true,
    client: { loginTimeout: "Infinity" },
    prepare: (server) => server.stop(),
    run: (rcon) => rcon.command("lock")
  },
  {
    reason: "NotConnected",
    message: `command "lock": no session with ${PEER}: the port is closed: check that the server is running, ` +
      "and its RConPort. The command was not sent: trying again is safe",
    execution: "NotExecuted",
    isRetryable: true,
    client: { loginTimeout: "Infinity", flavour: "auto" },
    prepare: (server) => server.stop(),
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
    prepare: (server) => server.stop(),
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
    server: on("bans", `${header}0  ${"f".repeat(32)} perm x\n1  ${"e".repeat(31)} perm x\n`),
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
    prepare: (server) => server.join({ name: "Bob", slot: 7 }),
    online: true,
    run: (rcon) => rcon.kick(slot, "bye", { confirmWithin: "2 seconds" })
  }
]

/** Lets time pass until an effect has ended. */
export const inTime = Effect.fnUntraced(function*<A, E, R>(effect: Effect.Effect<A, E, R>) {
  const fiber = yield* Effect.forkChild(effect, { startImmediately: true })
  while (fiber.pollUnsafe() === undefined) yield* TestRcon.passTime("100 millis")
  return yield* Fiber.join(fiber)
})

export const tagOf = (error: Failure): string => error._tag === "ReplyError" ? error._tag : error.reason._tag

/** Runs a case, and returns its error. */
export const produce = (
  one: Case,
  chosen: Partial<RconClient.Options> = {}
): Effect.Effect<Failure, void, Transport.Transport | SimulatedServer.SimulatedServer | Scope.Scope> =>
  Effect.gen(function*() {
    const server = yield* SimulatedServer.SimulatedServer
    const { prepare = () => Effect.void } = one
    const options = { password, flavour: "BattlEye", rosterInterval: "Infinity", ...chosen, ...one.client } as const
    const attempt: Effect.Effect<void, Failure, Transport.Transport | Scope.Scope> = Effect.gen(function*() {
      const rcon = yield* one.online === true
        ? Effect.tap(RconClient.make(options), () => prepare(server))
        : Effect.andThen(prepare(server), RconClient.start(options))
      yield* one.run(rcon, server)
    })
    return yield* inTime(Effect.flip(Effect.scoped(attempt)))
  })
