/**
 * The actions of plans and rotas on a server, and their outcomes as far as they are known.
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
 * - `"Executed"`, `"MaybeExecuted"`: it was sent.
 * - `"Later"`: it was not sent, and can be tried again.
 * - `"Refused"`: it was not executed, and never will be.
 */
export type Done =
  | { readonly _tag: "Executed" | "MaybeExecuted" | "Later" }
  | { readonly _tag: "Refused"; readonly problem: string }

/** Time before an action is tried again, in milliseconds. */
export const PAUSE = 5000

/** Reasons that go away: there is no session now, or the server is not the one that was asked. */
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

/** The longest time a text may take. */
const SAY_TIMEOUT = 10_000

/**
 * Says a text at most once: it is sent once, in each of its lines, and not after `until`.
 *
 * Whether servers run a repeated command twice is not known, and a text that is missing does less harm than one that comes twice.
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

/** Sends the command once, to the session of the epoch. */
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
 * Kicks all players, until a time. A player who has left meanwhile counts neither as kicked nor as failed. Nothing is returned if
 * the list of players cannot be read.
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

/** How long a client that has not logged in yet takes the server to be there. */
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

/** How long a question about the server may take. */
const ASK_TIMEOUT = "3 seconds"

/** Whether the server answers in this epoch. */
export const answers = (rcon: RconClient.Service, epoch: number): Effect.Effect<boolean> =>
  Effect.isSuccess(rcon.withOptions({ timeout: ASK_TIMEOUT, epoch }).players)

/** The server's list of RCON clients, if it could be read completely. */
const admins = (rcon: RconClient.Service) =>
  rcon.withOptions({ timeout: ASK_TIMEOUT }).adminTable.pipe(
    Effect.map(({ rows, unparsed }) => unparsed.length === 0 ? rows : undefined),
    Effect.orElseSucceed(() => undefined)
  )

/** This client in the server's list, if it is known which row it is. */
export const witness = Effect.fnUntraced(function*(rcon: RconClient.Service): Effect.fn.Return<Witness | undefined> {
  const id = Option.getOrUndefined(yield* rcon.adminId)
  const row = id === undefined ? undefined : (yield* admins(rcon))?.find((row) => row.id === id)
  return row && { id: row.id, address: row.address.toString() }
})

/**
 * How long a server surely lists a client that has ended, in milliseconds, unless it restarts: it drops one that acknowledges no
 * message 10 seconds after the message.
 */
const LISTED = 8000

/**
 * How long a server takes to restart at least, in milliseconds. Then the same client, if it has not ended, logs in again from the
 * same address, and may get the same number.
 */
const SOONEST = 5000

/** How long to try to read the list, in milliseconds. */
const EXAMINATION = 20_000

/**
 * Looks for the client of a driver that has ended in the server's list of RCON clients: a server process that has started since does
 * not list it. `from`: a time at which that client was listed.
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
  // The same number at the same address can be this client: it sends from the port that the other one sent from.
  return age < SOONEST && witness.id !== own ? "Same" : "Unknown"
})
