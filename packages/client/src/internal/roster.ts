/**
 * The players on the server, according to events and the list: plain state without effects.
 */
import type { Guid } from "../Guid.ts"
import { Player, type PlayerId, type PlayerReference } from "../Player.ts"
import * as ServerEvent from "../ServerEvent.ts"
import type { Table } from "../Table.ts"
import { isNamed, type Occupant } from "./playerTarget.ts"
import { mayBeUnread } from "./tables.ts"
import { trusted } from "./trusted.ts"

/** Maximum number of players, more than any game has slots. It bounds the memory that a broken server can use up. */
const CAPACITY = 1024

export interface Roster {
  readonly players: Map<PlayerId, Player>
  /** When the server last sent information about each of `players`, in milliseconds of `now`. */
  readonly updatedAt: Map<PlayerId, number>
  readonly now: () => number
  /** The last list of this session; `undefined` until it has arrived. It may be incomplete. */
  list: Table<Player> | undefined
}

export const make = (now: () => number): Roster => ({ players: new Map(), updatedAt: new Map(), now, list: undefined })

/** The occupant of a slot, as far as known. */
export const occupantOf = ({ list, players }: Roster, slot: PlayerId): Occupant =>
  players.get(slot) ?? (list === undefined || mayBeUnread(list, slot) ? "Unknown" : "Nobody")

/** Whether an event can affect a roster. */
export const isNews = ServerEvent.is(
  "PlayerConnected",
  "PlayerGuid",
  "PlayerVerified",
  "PlayerDisconnected",
  "PlayerKicked",
  "Gap"
)

/** The effect of an event on the roster: none, a change, or unknown until the list is read. */
export type Consequence = "None" | "Changed" | "Doubtful"

/** Applies an event. Events must be given in the server's order. */
export const observe = (self: Roster, event: ServerEvent.ServerEvent): Consequence => {
  switch (event._tag) {
    case "PlayerConnected": {
      const there = self.players.get(event.player.id)
      // The event repeats information that the list contained already.
      if (
        there !== undefined && isNamed(there, event.player) && there.address?.toString() === event.address.toString()
      ) {
        return "None"
      }
      const { address, player: { id, name } } = event
      return put(self, trusted(Player, { id, name, address, verified: false }))
    }
    case "PlayerGuid":
      // Bans do not use the other kinds.
      return event.kind === "GUID" || event.kind === "BE GUID" ? learn(self, event.player, event.guid, false) : "None"
    case "PlayerVerified":
      return learn(self, event.player, event.guid, true)
    case "PlayerDisconnected":
    case "PlayerKicked": {
      const there = self.players.get(event.player.id)
      if (there === undefined) return "None"
      // The roster has another player in this slot. The event does not show whether that player is still there.
      if (!isNamed(there, event.player)) return "Doubtful"
      remove(self, there.id)
      return "Changed"
    }
    case "Gap":
      if (event.cause === "Reconnected") {
        // After an outage a slot may belong to another player, and a wrong player is worse than no player.
        self.players.clear()
        self.updatedAt.clear()
        self.list = undefined
      }
      return "Doubtful"
    default:
      return "None"
  }
}

/**
 * Applies the server's list, and then the events that may be newer than it. A player whose row may be among the invalid
 * or missing ones stays.
 */
export const replace = (
  self: Roster,
  table: Table<Player>,
  since: Iterable<ServerEvent.ServerEvent>
): Consequence => {
  const listed = new Set(table.rows.map(({ id }) => id))
  for (const id of self.players.keys()) {
    if (listed.has(id) || !mayBeUnread(table, id)) remove(self, id)
  }
  for (const row of table.rows) {
    // Arma 2 lists a player in the lobby twice if the player has a second address.
    if (self.players.has(row.id) && row.inLobby === true) continue
    put(self, row)
  }
  self.list = table
  let doubtful = false
  for (const event of since) doubtful = observe(self, event) === "Doubtful" || doubtful
  return doubtful ? "Doubtful" : "Changed"
}

/** The players by slot. */
export const list = (self: Roster): ReadonlyArray<Player> =>
  Array.from(self.players.values()).sort((a, b) => a.id - b.id)

/** Whether two lists contain the same information. This takes 0.1 µs a player; `Equal` takes 40 µs. */
export const isSame = (a: ReadonlyArray<Player>, b: ReadonlyArray<Player>): boolean =>
  a.length === b.length && a.every((player, i) => isSamePlayer(player, b[i]!))

const isSamePlayer = (a: Player, b: Player): boolean =>
  a === b ||
  (a.id === b.id && a.name === b.name && a.address?.ip === b.address?.ip && a.address?.port === b.address?.port &&
    a.ping === b.ping && a.guid === b.guid && a.verified === b.verified && a.inLobby === b.inLobby &&
    a.identity === b.identity)

const learn = (self: Roster, reference: PlayerReference, guid: Guid, verified: boolean): Consequence => {
  const { id, name } = reference
  const there = self.players.get(id)
  if (there === undefined || !isNamed(there, reference)) return put(self, trusted(Player, { id, name, guid, verified }))
  if (there.guid === guid && (there.verified || !verified)) return "None"
  return put(self, trusted(Player, Object.assign({}, there, { guid, verified })))
}

const remove = (self: Roster, id: PlayerId): void => {
  self.players.delete(id)
  self.updatedAt.delete(id)
}

const put = (self: Roster, player: Player): Consequence => {
  if (self.players.size >= CAPACITY && !self.players.has(player.id)) return "None"
  self.players.set(player.id, player)
  self.updatedAt.set(player.id, self.now())
  return "Changed"
}
