/**
 * The player that a command is meant for.
 *
 * Commands identify players by slot, and after a player has left, another player may get the slot. So a target keeps
 * the occupant of the slot at the time of the call, and answers three questions. Does the slot still belong to this
 * player? Does an event concern this player? Does a list of players show that the player is present or gone?
 */
import type { Player, PlayerId, PlayerReference } from "../Player.ts"
import type { Table } from "../Table.ts"
import { mayBeUnread } from "./tables.ts"

/** The occupant of a slot: a player, none (the slot is empty), or unknown. */
export type Occupant = Player | "Nobody" | "Unknown"

/** Returns the current occupant of a slot, as far as events and lists have shown. */
export type OccupantOf = (slot: PlayerId) => Occupant

/** The presence of a target according to a list of players. */
export type Presence = "Here" | "Gone" | "Unsure"

export class PlayerTarget {
  readonly slot: PlayerId
  readonly #occupantOf: OccupantOf
  readonly #atCall: Occupant
  #player: Player | undefined

  /** `meant`: the required occupant of the slot. Default: the current occupant, as far as known. */
  constructor(slot: PlayerId, occupantOf: OccupantOf, meant?: Player) {
    this.slot = slot
    this.#occupantOf = occupantOf
    this.#atCall = meant ?? occupantOf(slot)
    if (typeof this.#atCall !== "string") this.#player = this.#atCall
  }

  /** The player, if known. */
  get player(): Player | undefined {
    return this.#player
  }

  /** Whether the slot still belongs to this player, as far as known. Called before each send. */
  readonly isCurrent = (): boolean => {
    const there = this.#occupantOf(this.slot)
    if (there === "Unknown") return true
    // A list that was read after the call may contain a player who is not in the roster yet.
    if (there === "Nobody") return typeof this.#atCall === "string"
    return this.#player === undefined ? this.#atCall === "Unknown" : compare(there, this.#player) !== "Other"
  }

  /** Whether an event can concern this player. */
  isNamedBy(reference: PlayerReference): boolean {
    return reference.id === this.slot && (this.#player === undefined || isNamed(this.#player, reference))
  }

  /** Looks for the player in a list. If no player was known, the list determines the player. */
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

/** Compares two players. GUIDs decide if both are known, or else accounts. Equal names alone decide nothing. */
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

/** Whether an event with this name can concern the player. */
export const isNamed = (player: Player, { name }: PlayerReference): boolean => namesOf(player).includes(name.trimEnd())

/** The forms in which lists and events may print the name: servers add a blank to some, and ` (Lobby)` in lists. */
export const namesOf = ({ inLobby, name }: Player): ReadonlyArray<string> =>
  inLobby === true ? [name.trimEnd(), `${name} (Lobby)`.trimEnd()] : [name.trimEnd()]
