/**
 * Whether a slot is still that of the player whom a command means: a slot is somebody else's as soon as he has left.
 */
import type { CommandError } from "@bercon/session/CommandError"
import * as Effect from "effect/Effect"
import { type ActionError, make as actionError, PlayerNotFound } from "../ActionError.ts"
import type { Player, PlayerId, PlayerReference } from "../Player.ts"
import type { Occupant } from "./flavourCommands.ts"

/** Whether two are the same player. GUIDs decide, where both are known; otherwise a name alone decides nothing. */
export const compare = (one: Player, other: Player): "Same" | "Other" | "Unsure" => {
  if (one.guid !== undefined && other.guid !== undefined) return one.guid === other.guid ? "Same" : "Other"
  if (one.identity !== undefined && other.identity !== undefined) {
    return one.identity === other.identity ? "Same" : "Other"
  }
  if (!namesOf(one).some((name) => namesOf(other).includes(name))) return "Other"
  if (one.address === undefined || other.address === undefined) return "Unsure"
  return one.address.toString() === other.address.toString() ? "Same" : "Other"
}

/** Whether an event can be about who was meant, and not the one before in the slot, of whom the server may speak yet. */
export const isAbout = (player: PlayerReference, slot: PlayerId, who: Occupant): boolean =>
  player.id === slot && (typeof who === "string" || isNamed(who, player))

/** Whether an event that names somebody so can be about this player. */
export const isNamed = (player: Player, { name }: PlayerReference): boolean => namesOf(player).includes(name.trimEnd())

/** The name as a list may print it and as an event may: servers put a blank behind some, and ` (Lobby)` in lists. */
const namesOf = ({ inLobby, name }: Player): ReadonlyArray<string> =>
  inLobby === true ? [name.trimEnd(), `${name} (Lobby)`.trimEnd()] : [name.trimEnd()]

/**
 * Whether a command still finds who was meant, as far as is known. `before`: who was there at the call; `who`: the same, or
 * whom the list has told since, of whom events may not have told.
 */
export const isStill =
  (player: PlayerId, before: Occupant, who: Occupant, occupantOf: (player: PlayerId) => Occupant) => (): boolean => {
    const there = occupantOf(player)
    if (there === "Unknown") return true
    if (there === "Nobody") return typeof before === "string"
    return typeof who === "string" ? who === "Unknown" : compare(there, who) !== "Other"
  }

/** Where somebody else has got the slot, the player is not there. */
export const outdated =
  (action: string, player: PlayerId) => <A, E extends CommandError | ActionError>(act: Effect.Effect<A, E>) =>
    Effect.catch(act, (error): Effect.Effect<never, CommandError | ActionError> =>
      Effect.fail(
        error.reason._tag === "Outdated" ? actionError(action, new PlayerNotFound({ player })) : error
      ))
