/**
 * Texts of Arma Reforger's own RCON.
 */
import { Identity } from "@bercon/client"

/** The heading of the list of players. */
export const PLAYERS = "Players on server: [Player#] ; [Player UID] ; [Player Name]"

/** The heading of the list of bans in the form of older servers. */
export const OLDER_BANS = "Bans: [BanID] ; [Player UID] ; [Duration]"

export const UUID = "67ab5fd5-7e35-579a-68d9-b934ff7124f0"

/** A different account for each number. */
export const identity = (number: number) =>
  Identity.IdentityId.make(`67ab5fd5-7e35-579a-68d9-${String(number).padStart(12, "0")}`)

/** A row of the list of players, with a name, or of the older list of bans, with a number of seconds. */
export const row = (number: number, text: string | number) => `${number} ; ${identity(number)} ; ${text}`

/** The server's echo: the message that precedes the output of a command. */
export const echo = (command: string) => `Processing Command: ${command}`
