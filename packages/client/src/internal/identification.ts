/**
 * Announces each visit of a player once, when name, address and GUID are final.
 *
 * The server tells of a player bit by bit: name and address, then the GUID, then that it is verified. Any of these may be
 * lost, and the list of players has them all.
 */
import type { Player, PlayerId } from "../Player.ts"
import { compare } from "./playerTarget.ts"

/** After how long a player is announced who has no verified GUID, in milliseconds. */
export const PATIENCE = 60_000

interface Visit {
  player: Player
  readonly since: number
  isAnnounced: boolean
}

export class Identification {
  readonly #visits = new Map<PlayerId, Visit>()
  /** When the last list came. */
  #listedAt = -Infinity

  /** Records that a list of players has come. What it lacks may never come. */
  listed(now: number): void {
    this.#listedAt = now
  }

  /**
   * Those of the players of whom all is known, and who were not announced before. `isListed`: whether a list has come since
   * the login, so that a player missing from `players` has left.
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
      if (!isSame) this.#visits.set(player.id, visit)
      visit.player = player
      if (visit.isAnnounced || !this.#isKnown(player, visit)) continue
      visit.isAnnounced = true
      identified.push(player)
    }
    return identified
  }

  #isKnown(player: Player, { since }: Visit): boolean {
    if (player.identity !== undefined) return true
    if (player.guid !== undefined && player.verified && player.address !== undefined) return true
    return this.#listedAt >= since + PATIENCE
  }
}
