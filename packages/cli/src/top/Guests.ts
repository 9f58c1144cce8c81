/**
 * Records when `bercon top` first saw each player (a guest) on the server.
 */
import type { Player } from "@bercon/client/Player"
import type { Guest } from "./screen.ts"

const isSame = (a: Player, b: Player): boolean =>
  a.name === b.name && (a.guid === undefined || b.guid === undefined || a.guid === b.guid)

/** The guests after a new list of players. `before` is `undefined` for the first list: its players were there already. */
export const update = (
  before: ReadonlyArray<Guest> | undefined,
  players: ReadonlyArray<Player>,
  now: number
): ReadonlyArray<Guest> => {
  const known = new Map(before?.map((guest) => [guest.player.id, guest]))
  // Some servers print a player twice.
  return [...new Map(players.map((player) => [player.id, player])).values()].map((player) => {
    const guest = known.get(player.id)
    return guest !== undefined && isSame(guest.player, player)
      ? { ...guest, player }
      : { player, since: now, wasThere: before === undefined }
  })
}
