/**
 * The player that a command is meant for.
 *
 * Commands name players by slot, and a slot is another player's as soon as the first one has left. So a target keeps who
 * was in the slot when the command was called, and answers three questions: is the slot still this player's, is an event
 * about this player, and does a list of players show that the player is there or gone.
 */
import type { Player, PlayerId, PlayerReference } from "../Player.ts"
import type { Table } from "../Table.ts"
import { mayBeUnread } from "./tables.ts"

/** Who is in a slot: a player, nobody, or that is not known. */
export type Occupant = Player | "Nobody" | "Unknown"

/** Who is in a slot now, as far as events and lists have shown. */
export type OccupantOf = (slot: PlayerId) => Occupant

/** What a list of players shows of a target. */
export type Presence = "Here" | "Gone" | "Unsure"

export class PlayerTarget {
  readonly slot: PlayerId
  readonly #occupantOf: OccupantOf
  readonly #atCall: Occupant
  #player: Player | undefined

  /** `meant`: who must be in the slot. Default: who is there now, as far as that is known. */
  constructor(slot: PlayerId, occupantOf: OccupantOf, meant?: Player) {
    this.slot = slot
    this.#occupantOf = occupantOf
    this.#atCall = meant ?? occupantOf(slot)
    if (typeof this.#atCall !== "string") this.#player = this.#atCall
  }

  /** The player, if it is known who that is. */
  get player(): Player | undefined {
    return this.#player
  }

  /** Whether the slot is still this player's, as far as is known. Asked before each sending. */
  readonly isCurrent = (): boolean => {
    const there = this.#occupantOf(this.slot)
    if (there === "Unknown") return true
    // A list may have shown a player of whom no event has told.
    if (there === "Nobody") return typeof this.#atCall === "string"
    return this.#player === undefined ? this.#atCall === "Unknown" : compare(there, this.#player) !== "Other"
  }

  /** Whether an event can be about this player, and not about the one who had the slot before. */
  isNamedBy(reference: PlayerReference): boolean {
    return reference.id === this.slot && (this.#player === undefined || isNamed(this.#player, reference))
  }

  /** Looks for the player in a list. If it was not known who is in the slot, the list tells. */
  lookIn(table: Table<Player>): Presence {
    const there = table.rows.find(({ id }) => id === this.slot)
    if (there === undefined) return mayBeUnread(table, this.slot) ? "Unsure" : "Gone"
    this.#player ??= there
    switch (compare(there, this.#player)) {
      case "Same":
        return "Here"
      case "Other":
        return "Gone"
      case "Unsure":
        return "Unsure"
    }
  }
}

/** Whether two are the same player. GUIDs decide if both are known. Equal names alone decide nothing. */
export const compare = (one: Player, other: Player): "Same" | "Other" | "Unsure" => {
  if (one === other) return "Same"
  if (one.guid !== undefined && other.guid !== undefined) return one.guid === other.guid ? "Same" : "Other"
  if (one.identity !== undefined && other.identity !== undefined) {
    return one.identity === other.identity ? "Same" : "Other"
  }
  const isNamesake = namesOf(one).some((name) => namesOf(other).includes(name))
  if (one.address === undefined || other.address === undefined) return isNamesake ? "Unsure" : "Other"
  const isAtSameAddress = one.address.toString() === other.address.toString()
  return isAtSameAddress ? isNamesake ? "Same" : "Unsure" : "Other"
}

/** Whether an event that names a player so can be about this one. */
export const isNamed = (player: Player, { name }: PlayerReference): boolean => namesOf(player).includes(name.trimEnd())

/** The name as lists and events may print it: servers put a blank behind some, and ` (Lobby)` in lists. */
export const namesOf = ({ inLobby, name }: Player): ReadonlyArray<string> =>
  inLobby === true ? [name.trimEnd(), `${name} (Lobby)`.trimEnd()] : [name.trimEnd()]
