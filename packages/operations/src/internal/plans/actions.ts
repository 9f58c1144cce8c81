/**
 * The actions of plans and rotas on a server. Each returns its outcome, as far as it is known.
 */
import type { ActionError } from "@bercon/client/ActionError"
import type { CommandError } from "@bercon/client/CommandError"
import type * as RconClient from "@bercon/client/RconClient"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Known } from "./decide.ts"
import type { Witness } from "./progress.ts"

/**
 * The outcome of an action.
 *
 * - `"Executed"`, `"MaybeExecuted"`: it was sent.
 * - `"Later"`: it was not sent, and can be tried again.
 * - `"Refused"`: it was not executed, and trying again cannot help.
 */
export type Done =
  | { readonly _tag: "Executed" | "MaybeExecuted" | "Later" }
  | { readonly _tag: "Refused"; readonly problem: string }

/** How long to wait before an action is tried again, in milliseconds. */
export const PAUSE = 5000

/** The reasons for which a command was not sent, but can be sent later. */
const PASSING = new Set<string>(["NotConnected", "Overloaded", "SessionClosed", "FlavourUnknown"])

const done = (run: Effect.Effect<unknown, CommandError | ActionError>): Effect.Effect<Done> =>
  Effect.match(run, {
    onSuccess: (): Done => ({ _tag: "Executed" }),
    onFailure: (error): Done =>
      error.execution !== "NotExecuted"
        ? { _tag: error.execution }
        : PASSING.has(error.reason._tag)
        ? { _tag: "Later" }
        : { _tag: "Refused", problem: error.message }
  })

/** Time limit for sending a text, in milliseconds. */
const SAY_TIMEOUT = 10_000

/**
 * Sends a chat message to all players: each line once, and none after `until` (milliseconds since 1970).
 *
 * No line is retransmitted, because it is not known whether servers execute a repeated command twice, and a missing line does
 * less harm than a repeated one.
 */
export const say = (rcon: RconClient.Service, text: string, until: number): Effect.Effect<Done> =>
  Effect.clockWith((clock) => {
    const now = () => clock.currentTimeMillisUnsafe()
    return done(rcon.say(text, {
      split: true,
      repeatable: false,
      timeout: Math.min(SAY_TIMEOUT, Math.max(1, until - now())),
      isCurrent: () => now() <= until
    }))
  })

/** Sends the command once, and only in the login with the number `epoch`. */
export const restart = (
  rcon: RconClient.Service,
  command: "shutdown" | "restartServer",
  epoch: number
): Effect.Effect<Done> => done(rcon.withOptions({ epoch })[command])

export const lock = (rcon: RconClient.Service): Effect.Effect<Done> => done(rcon.lock)

export const unlock = (rcon: RconClient.Service): Effect.Effect<Done> => done(rcon.unlock)

/** How many players are kicked at once, and how long each may take, in milliseconds. */
const KICKS = 8
const KICK_TIMEOUT = 5000

/**
 * Kicks all players, until the time `until` (milliseconds since 1970) at the latest. Returns how many players were kicked, and
 * for how many it failed. A player who has left meanwhile is not counted. Returns `undefined` if the list of players cannot be
 * read.
 */
export const kickAll = Effect.fnUntraced(function*(rcon: RconClient.Service, reason: string, until: number) {
  const clock = yield* Clock.Clock
  const players = yield* Effect.option(rcon.withOptions({ timeout: KICK_TIMEOUT }).players)
  if (Option.isNone(players)) return undefined
  const outcomes = yield* Effect.forEach(
    players.value,
    (player) =>
      Effect.suspend(() => {
        const timeout = Math.min(KICK_TIMEOUT, until - clock.currentTimeMillisUnsafe())
        if (timeout <= 0) return Effect.succeed("failed" as const)
        return Effect.match(rcon.kick(player, reason, { timeout }), {
          onSuccess: () => "kicked" as const,
          onFailure: ({ reason }) => reason._tag === "PlayerNotFound" ? "left" as const : "failed" as const
        })
      }),
    { concurrency: KICKS }
  )
  const count = (outcome: typeof outcomes[number]) => outcomes.filter((one) => one === outcome).length
  return { kicked: count("kicked"), failed: count("failed") }
})

/** The time limit for the first login of a session, in milliseconds. If it takes longer, the server counts as offline. */
const LOGIN_TIME = 5000

/** The current state of the server, as far as it is known. `run`: the driver's name. */
export const look = Effect.fnUntraced(function*(rcon: RconClient.Service, run: string) {
  const status = yield* rcon.status
  const players = yield* rcon.roster.snapshot
  const known: Known = {
    run,
    online: status._tag === "Online",
    epoch: yield* rcon.epoch,
    awayFrom: status._tag === "Reconnecting"
      ? status.since
      : status._tag === "Connecting"
      ? status.since + LOGIN_TIME
      : undefined,
    players: Option.match(players, { onNone: () => undefined, onSome: (players) => players.length })
  }
  return known
})

/** Time limit for a query. */
const ASK_TIMEOUT = "3 seconds"

/** Whether the server answers a query in the login with the number `epoch`. */
export const answers = (rcon: RconClient.Service, epoch: number): Effect.Effect<boolean> =>
  Effect.isSuccess(rcon.withOptions({ timeout: ASK_TIMEOUT, epoch }).players)

/** The server's list of RCON clients, or `undefined` if it cannot be read completely. */
const admins = (rcon: RconClient.Service) =>
  rcon.withOptions({ timeout: ASK_TIMEOUT }).adminTable.pipe(
    Effect.map(({ rows, unparsed }) => unparsed.length === 0 ? rows : undefined),
    Effect.orElseSucceed(() => undefined)
  )

/**
 * This client's row in the server's list of RCON clients, or `undefined` if it is not known. It is called a witness: if it
 * is no longer in the list later, the server has restarted. See `examine`.
 */
export const witness = Effect.fnUntraced(function*(rcon: RconClient.Service): Effect.fn.Return<Witness | undefined> {
  const id = Option.getOrUndefined(yield* rcon.adminId)
  const row = id === undefined ? undefined : (yield* admins(rcon))?.find((row) => row.id === id)
  return row && { id: row.id, address: row.address.toString() }
})

/**
 * For this time, in milliseconds, a server certainly still lists a client whose process has ended, unless the server restarts.
 * A server removes a client 10 seconds after the first message that the client does not acknowledge.
 */
const LISTED = 8000

/**
 * The minimum duration of a server's restart, in milliseconds. If the server lists a client after a longer time, that proves
 * nothing: the client may have logged in again after a restart, from the same address and with the same number.
 */
const SOONEST = 5000

/** The time limit for reading the list of RCON clients, in milliseconds after `from`. */
const EXAMINATION = 20_000

/**
 * Finds out whether the server has restarted since the time `from`. At that time it listed `witness`, the client of a driver
 * whose process has now ended. If the server has restarted, its list of RCON clients does not contain that client.
 *
 * - `"Same"`: it has not restarted.
 * - `"Other"`: it has restarted.
 * - `"Unknown"`: there is no witness, or the list proves neither.
 * - `"Later"`: the list could not be read now. Try again.
 */
export const examine = Effect.fnUntraced(function*(
  rcon: RconClient.Service,
  { from, witness }: { readonly from: number; readonly witness?: Witness }
): Effect.fn.Return<"Same" | "Other" | "Unknown" | "Later"> {
  if (witness === undefined) return "Unknown"
  const own = Option.getOrUndefined(yield* rcon.adminId)
  const rows = yield* admins(rcon)
  const age = (yield* Clock.currentTimeMillis) - from
  if (rows === undefined || own === undefined) return age < EXAMINATION ? "Later" : "Unknown"
  const isListed = rows.some(({ address, id }) => id === witness.id && address.toString() === witness.address)
  if (!isListed) return age < LISTED ? "Other" : "Unknown"
  // A row with this client's own number may be this client, with the same port as the client that has ended.
  return age < SOONEST && witness.id !== own ? "Same" : "Unknown"
})
