/**
 * The exact texts of a server of the flavour BattlEye.
 */
import { type Ban, isIpBan, numberedBans, type Player, type World } from "../World.ts"

// -----------------------------------------------------------------------------
// messages
// -----------------------------------------------------------------------------

const who = (player: Player) => `Player #${player.slot} ${player.name}`

export const adminLoggedIn = (admin: number, address: string) => `RCon admin #${admin} (${address}) logged in`

export const adminSaid = (admin: number, recipient: string, text: string) =>
  `RCon admin #${admin}: (${recipient}) ${text}`

export const connected = (player: Player) => `${who(player)} (${player.ip}:${player.port}) connected`

const guidOf = (player: Player) => player.guid ?? "-"

export const guidKnown = (player: Player, kind: string) => `${who(player)} - ${kind}: ${guidOf(player)}`

export const guidVerified = (player: Player) =>
  `Verified GUID (${guidOf(player)}) of player #${player.slot} ${player.name}`

export const disconnected = (player: Player) => `${who(player)} disconnected`

export const kicked = (player: Player, reason: string) =>
  `${who(player)} (${guidOf(player)}) has been kicked by BattlEye: ${reason}`

export const chat = (player: Player, channel: string, text: string) => `(${channel}) ${player.name}: ${text}`

// -----------------------------------------------------------------------------
// replies
// -----------------------------------------------------------------------------

export const UNKNOWN_COMMAND = "Unknown command"

export const DISALLOWED_COMMAND = "Disallowed command"

const playerRow = (player: Player) => {
  const address = `${player.ip}:${player.port}`.padEnd(21)
  // Two blanks after "(?)" align the name with the names after "(OK)"; a bare "-" is not padded.
  const identity = player.guid === undefined ? "-" : `${player.guid}${player.verified ? "(OK)" : "(?) "}`
  const start = `${String(player.slot).padEnd(3)} ${address} ${String(player.ping).padEnd(4)}`
  return `${start} ${identity} ${player.name}${player.inLobby ? " (Lobby)" : ""}`
}

export const players = (world: World) =>
  [
    "Players on server:",
    "[#] [IP Address]:[Port] [Ping] [GUID] [Name]",
    "-".repeat(50),
    ...world.players.map(playerRow),
    `(${world.players.length} players in total)`
  ].join("\n")

export const admins = (sessions: Iterable<{ readonly admin: number; readonly address: string }>) =>
  [
    "Connected RCon admins:",
    "[#] [IP Address]:[Port]",
    "-".repeat(29),
    ...Array.from(sessions).sort((a, b) => a.admin - b.admin).map(({ address, admin }) => `${admin} ${address}`),
    ""
  ].join("\n")

const minutesLeft = (ban: Ban, now: number) =>
  ban.expires === undefined ? "perm" : ban.expires <= now ? "-" : String(Math.ceil((ban.expires - now) / 60_000))

export const bans = (world: World, now: number) => {
  const rows = numberedBans(world).map((ban, number) => {
    const target = ban.target.padEnd(isIpBan(ban) ? 15 : 32)
    const start = `${String(number).padEnd(2)} ${target} ${minutesLeft(ban, now).padEnd(4)}`
    return ban.reason === "" ? start.trimEnd() : `${start} ${ban.reason}`
  })
  const guids = world.bans.filter((ban) => !isIpBan(ban)).length
  return [
    "GUID Bans:",
    "[#] [GUID] [Minutes left] [Reason]",
    "-".repeat(40),
    ...rows.slice(0, guids),
    "",
    "IP Bans:",
    "[#] [IP Address] [Minutes left] [Reason]",
    "-".repeat(46),
    ...rows.slice(guids)
  ].join("\n")
}

export const missions = (world: World) => ["Missions on server:", ...world.missions, ""].join("\n")

export const commands = (names: Iterable<string>) => ["List of available commands:", ...names].join("\n")
