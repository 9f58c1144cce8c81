/**
 * Whether a slot is still that of the player whom a command means: a slot is somebody else's as soon as he has left.
 */
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
  player.id === slot && (typeof who === "string" || namesOf(who).includes(player.name.trimEnd()))

/** The name as a list may print it and as an event may: servers put a blank behind some, and ` (Lobby)` in lists. */
const namesOf = ({ inLobby, name }: Player): ReadonlyArray<string> =>
  inLobby === true ? [name.trimEnd(), `${name} (Lobby)`.trimEnd()] : [name.trimEnd()]

/** Fails where it is known that who was meant is not in the slot any more. To be run right before the command is sent. */
export const guard = (
  action: string,
  player: PlayerId,
  who: Occupant,
  occupantOf: (player: PlayerId) => Occupant
): Effect.Effect<void, ActionError> =>
  Effect.suspend(() => {
    const there = occupantOf(player)
    return typeof who !== "string" &&
        (there === "Nobody" || (typeof there !== "string" && compare(there, who) === "Other"))
      ? Effect.fail(actionError(action, new PlayerNotFound({ player })))
      : Effect.void
  })
