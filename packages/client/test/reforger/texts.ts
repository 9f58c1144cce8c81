/**
 * Texts of Arma Reforger's own RCON.
 */
import { Identity } from "@bercon/client"

export const PLAYERS = "Players on server: [Player#] ; [Player UID] ; [Player Name]"

export const OLDER_BANS = "Bans: [BanID] ; [Player UID] ; [Duration]"

export const UUID = "b6955d91-4749-4cdb-9a51-e69f630ec435"

/** A different account for each number. */
export const identity = (number: number) =>
  Identity.IdentityId.make(`b6955d91-4749-4cdb-9a51-${String(number).padStart(12, "0")}`)

/** The row of a player, or of an account with any other value. */
export const row = (number: number, text: string | number) => `${number} ; ${identity(number)} ; ${text}`

/** The message that precedes the output of a command. */
export const echo = (command: string) => `Processing Command: ${command}`
