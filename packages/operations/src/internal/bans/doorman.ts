/**
 * Kicks banned players from one server as soon as they are identified, and again until they are gone.
 */
import type { Player } from "@bercon/client/Player"
import type { Service as RconClient } from "@bercon/client/RconClient"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberMap from "effect/FiberMap"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type { Service as BanBook } from "../../BanBook.ts"
import { type BanEntry, endOf, remaining, targetsOf } from "../../BanEntry.ts"
import { cut } from "./mark.ts"
import { type BanSettings, kickReason as defaultKickReason } from "./settings.ts"

export interface Doorman {
  /** Starts to kick the player if the book has a ban of this player. Does not wait for the kick. */
  readonly check: (player: Player) => Effect.Effect<void>
  /** Checks the players on the server who are the target of a new ban. */
  readonly added: (entry: BanEntry) => Effect.Effect<void>
  /** Checks all players on the server. */
  readonly sweep: Effect.Effect<void>
}

export interface Dependencies {
  readonly rcon: RconClient
  readonly server: string
  readonly book: BanBook
  readonly settings: BanSettings
  /** Runs for each banned player who is on the server, with the bans of this player. */
  readonly banned: (entries: ReadonlyArray<BanEntry>) => Effect.Effect<void>
  readonly count: (outcome: "Kicked" | "Gone" | "Failed") => Effect.Effect<void>
}

/** How long to wait for evidence that a kick worked. */
const KICKED_WITHIN = "5 seconds"

/** The pauses between the kicks of a player who is still there: one second at first, half a minute at most. */
const AGAIN = Schedule.min([Schedule.exponential("1 second"), Schedule.spaced("30 seconds")])

export const make = Effect.fnUntraced(function*({ banned, book, count, rcon, server, settings }: Dependencies) {
  /** The players who are being kicked, each by one fiber. The fiber of a player who has left ends at its next kick. */
  const kicks = yield* FiberMap.make<string>()

  /** The reason that the player sees: the default if the function of the policy throws. */
  const reasonOf = (entry: BanEntry, left: Duration.Duration | "permanent"): Effect.Effect<string> =>
    Effect.catch(Effect.try(() => settings.kickReason(entry, left)), (error) =>
      Effect.as(
        Effect.logError("the function `kickReason` of the ban policy failed", error.cause),
        defaultKickReason(settings.mark)(entry, left)
      ))

  const bansOf = (player: Player) => book.search({ server, targets: targetsOf(player) })

  /** Kicks once. Succeeds if the player is gone, or is no longer banned. `failed` gets the message of a failure. */
  const kick = Effect.fnUntraced(function*(player: Player, failed: (message: string) => Effect.Effect<void>) {
    const [first, ...others] = yield* bansOf(player)
    if (first === undefined) return
    // The player sees the reason of the ban that lasts longest.
    const entry = others.reduce((longest, other) => endOf(other) > endOf(longest) ? other : longest, first)
    const reason = yield* reasonOf(entry, remaining(entry, yield* Clock.currentTimeMillis))
    yield* rcon.kick(player, cut(reason.replace(/[\r\n\0]+/g, " ")), { confirmWithin: KICKED_WITHIN }).pipe(
      Effect.andThen(count("Kicked")),
      Effect.andThen(Effect.logInfo("a banned player was kicked", { player: player.name, ban: entry.toString() })),
      Effect.catchReason("ActionError", "PlayerNotFound", () => count("Gone")),
      Effect.tapError(({ message }) => Effect.andThen(count("Failed"), failed(message)))
    )
  })

  /** Makes a function that logs why a player could not be kicked, unless the last failure had the same reason. */
  const makeFailureLog = ({ name }: Player) => {
    let logged: string | undefined
    return (message: string): Effect.Effect<void> =>
      Effect.suspend(() => {
        if (message === logged) return Effect.void
        logged = message
        return Effect.logWarning(`a banned player could not be kicked. Another try follows: ${message}`, {
          player: name
        })
      })
  }

  const check = Effect.fnUntraced(function*(player: Player) {
    const entries = yield* bansOf(player)
    if (entries.length === 0) return
    yield* banned(entries)
    const key = player.guid ?? player.identity ?? `${player.id} ${player.name}`
    const kicking = kick(player, makeFailureLog(player)).pipe(
      Effect.retry(AGAIN),
      Effect.tapCause((cause) =>
        Cause.hasInterruptsOnly(cause) ? Effect.void : Effect.logError("kicking a banned player failed", cause)
      )
    )
    yield* FiberMap.run(kicks, key, kicking, { onlyIfMissing: true })
  })

  const present = Effect.map(rcon.roster.snapshot, (players) => Option.getOrElse(players, () => []))

  const doorman: Doorman = {
    check,
    added: ({ target }) =>
      Effect.flatMap(
        present,
        (players) =>
          Effect.forEach(players.filter((player) => targetsOf(player).includes(target)), check, { discard: true })
      ),
    sweep: Effect.flatMap(present, (players) => Effect.forEach(players, check, { discard: true }))
  }
  return doorman
})
