/**
 * The exact texts of Arma Reforger's own RCON, and how they are cut into messages.
 */
import * as Text from "@bercon/codec/Text"
import type { Ban, Player, World } from "../World.ts"

// -----------------------------------------------------------------------------
// messages
// -----------------------------------------------------------------------------

const MESSAGE_BYTES = 1024

const NEWLINE = 0x0a

const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80

/**
 * Cuts a text into the messages in which it is sent, of at most 1,024 bytes each; none for an empty text.
 *
 * Cuts are between two lines if there are several, and the newline there is not sent, as in lists of real servers. A
 * line that is too long is cut between two characters.
 */
export const messages = (text: string | Uint8Array): ReadonlyArray<Uint8Array> => {
  const bytes = typeof text === "string" ? Text.encode(text) : text
  const messages: Array<Uint8Array> = []
  let start = 0
  while (bytes.length - start > MESSAGE_BYTES) {
    let end = bytes.lastIndexOf(NEWLINE, start + MESSAGE_BYTES)
    const atLine = end > start
    if (!atLine) {
      end = start + MESSAGE_BYTES
      // A character has at most three of these bytes. A text with more is not UTF-8, and can be cut anywhere.
      for (let back = 0; back < 3 && isContinuation(bytes[end]); back++) end--
    }
    messages.push(bytes.slice(start, end))
    start = atLine ? end + 1 : end
  }
  if (start < bytes.length) messages.push(bytes.slice(start))
  return messages
}

export const loggedIn = (admin: number) => `Logged In! Client ID: #${admin}`

export const processing = (command: string) => `Processing Command: ${command}`

// -----------------------------------------------------------------------------
// results
// -----------------------------------------------------------------------------

// The official texts are uncertain. These are the texts that clients of real servers look for.

export const UNKNOWN_COMMAND = "unknown command"

export const players = (world: World) =>
  [
    "Players on server: [Player#] ; [Player UID] ; [Player Name]",
    ...world.players.map(({ identity, name, slot }) => `${slot} ; ${identity} ; ${name}`)
  ].join("\n")

export const NOT_A_PLAYER_NUMBER = "Not Valid Player ID"

export const PLAYER_NOT_FOUND = "Player not found"

export const kicked = (player: Player) => `Player '${player.name}' kicked!`

export const BAN_HELP = [
  "Help for ban command. ",
  "#ban create <playerId/playerName> <duration> <reason> ",
  "#ban create <identityId/playerName> <duration> <reason> ",
  "#ban remove <identityId/playerName>",
  "#ban list <page>",
  "",
  "- <duration> is in seconds and can be set to 0 for permanent.",
  "- <reason> is optional."
].join("\n")

export const NOT_A_TIME = "Not Valid time value in seconds"

export const BAN_FAILED = "Failed to create ban."

export const banned = (target: string) => `Player '${target}' banned!`

export const BAN_REMOVED = "Ban removed!"

export const USER_NOT_FOUND = "User not found!"

export const severalUsers = (bans: ReadonlyArray<Ban>) =>
  `Multiple users found! Please use a unique identifier.\n${banList(bans, 1)}`

export const LISTING_BANS = "Processing ban list"

export const NOT_A_PAGE = "Not Valid page number"

const BANS_A_PAGE = 25

/** A page of the list of bans, from 1. */
export const banList = (bans: ReadonlyArray<Ban>, page: number) => {
  const pages = Math.ceil(bans.length / BANS_A_PAGE)
  if (pages === 0) return "Server has no bans to list."
  if (page > pages) return "Page not found!"
  return [
    `Total bans: ${bans.length} | Page: ${page}/${pages}`,
    "- Identity Id | Banned name",
    ...bans.slice((page - 1) * BANS_A_PAGE, page * BANS_A_PAGE).map((ban) => `- ${ban.target} | ${ban.name ?? ""}`),
    ""
  ].join("\n")
}
