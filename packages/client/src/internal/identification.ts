/**
 * Announces each visit of a player once, as soon as name, address and GUID are final.
 *
 * The server sends a player's data piece by piece: name and address, then the GUID, then its verification. Any of these
 * messages may be lost, but the list of players contains all these data.
 */
import type { Player, PlayerId } from "../Player.ts"
import { compare } from "./playerTarget.ts"

/**
 * A BattlEye player who lacks an address or a verified GUID is announced when a list arrives this many milliseconds
 * after the visit began, or later.
 */
export const PATIENCE = 60_000

/**
 * Maximum number of remembered visits, more than any game has slots. The oldest are forgotten. It bounds the memory
 * that a broken server can use up if it never sends a list.
 */
export const MAX_VISITS = 2048

interface Visit {
  player: Player
  readonly since: number
  isAnnounced: boolean
}

export class Identification {
  readonly #visits = new Map<PlayerId, Visit>()
  /** When the last list arrived. */
  #listedAt = -Infinity

  /** Records the arrival of a list of players. Data that it lacks may never arrive. */
  listed(now: number): void {
    this.#listedAt = now
  }

  /**
   * The players whose data are final and who have not been announced. `isListed`: whether a list has arrived since the
   * login, so that a player missing from `players` has left.
   */
  identified(players: ReadonlyMap<PlayerId, Player>, isListed: boolean, now: number): ReadonlyArray<Player> {
    if (isListed) {
      for (const slot of this.#visits.keys()) if (!players.has(slot)) this.#visits.delete(slot)
    }
    const identified: Array<Player> = []
    for (const player of players.values()) {
      const before = this.#visits.get(player.id)
      const isSame = before !== undefined && (before.player === player || compare(before.player, player) !== "Other")
      const visit = isSame ? before : { player, since: now, isAnnounced: false }
      if (!isSame) this.#remember(visit)
      visit.player = player
      if (visit.isAnnounced || !this.#isKnown(player, visit)) continue
      visit.isAnnounced = true
      identified.push(player)
    }
    return identified
  }

  #remember(visit: Visit): void {
    const { id } = visit.player
    this.#visits.delete(id)
    const [oldest = id] = this.#visits.keys()
    if (this.#visits.size === MAX_VISITS) this.#visits.delete(oldest)
    this.#visits.set(id, visit)
  }

  #isKnown(player: Player, { since }: Visit): boolean {
    if (player.identity !== undefined) return true
    if (player.guid !== undefined && player.verified && player.address !== undefined) return true
    return this.#listedAt >= since + PATIENCE
  }
}
