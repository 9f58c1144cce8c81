/**
 * Who is known to be on the server, by slot: just enough to find the number of a player whose name stands in chat.
 */
import type { PlayerId, PlayerReference } from "../Player.ts"
import type { ServerEvent } from "../ServerEvent.ts"

/** More than any game has slots, to bound what a broken server can make us keep. */
export const CAPACITY = 1024

export type KnownPlayers = Map<PlayerId, PlayerReference>

export const make = (): KnownPlayers => new Map()

/** Learns from an event. Events are to be given in the server's order. */
export const observe = (self: KnownPlayers, event: ServerEvent): void => {
  switch (event._tag) {
    case "PlayerConnected":
    case "PlayerGuid":
      add(self, event.player)
      break
    case "PlayerDisconnected":
    case "PlayerKicked":
      self.delete(event.player.id)
      break
    case "Gap":
      // After an outage a slot may be another player's, and a wrong number is worse than none.
      if (event.cause === "Reconnected") self.clear()
      break
    default:
      break
  }
}

/** Learns from the server's whole list, and from the events that may be newer than it. */
export const replace = (
  self: KnownPlayers,
  players: Iterable<PlayerReference>,
  since: Iterable<ServerEvent>
): void => {
  self.clear()
  for (const player of players) add(self, player)
  for (const event of since) observe(self, event)
}

const add = (self: KnownPlayers, { id, name }: PlayerReference): void => {
  if (self.size < CAPACITY || self.has(id)) self.set(id, { id, name })
}
