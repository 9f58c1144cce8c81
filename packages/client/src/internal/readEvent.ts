/**
 * Reads events from the text that a server sends.
 */
import type { AdminId } from "../Admin.ts"
import type { Guid } from "../Guid.ts"
import * as KickReason from "../KickReason.ts"
import type { PlayerId, PlayerReference } from "../Player.ts"
import type { BattlEyeMaster, ChatChannel, GuidKind, PlayerChat, ServerEvent } from "../ServerEvent.ts"
import { ADDRESS, address, FILTER, GUID, NUMBER } from "./patterns.ts"

/** The fields of an event. */
export type Fields = Exclude<ServerEvent, PlayerChat> | Omit<PlayerChat, "name">

// The first word decides. No text begins with a name, so none can pass for a text of another kind.
export const read = (text: string, players: Iterable<PlayerReference>): Fields | undefined => {
  if (text.startsWith("(")) return readChat(text, players)
  if (text.startsWith("Player #")) return readPlayer(text)
  if (text.startsWith("Verified GUID (")) return readVerified(text)
  if (text.startsWith("RCon admin #")) return readAdmin(text, players)
  return readFilterLog(text, players) ?? readServer(text) ?? readReforger(text)
}

const CHAT = new RegExp(`^\\((Global|Side|Command|Group|Vehicle|Direct|Lobby|Admin|Unknown)\\) `)

const readChat = (text: string, players: Iterable<PlayerReference>): Fields | undefined => {
  const match = CHAT.exec(text)
  const speaker = match && nameAt(text, match[0].length, ": ", players)
  if (!speaker) return undefined
  const channel = match[1] as ChatChannel
  const message = text.slice(speaker.end)
  return speaker.player
    ? { _tag: "PlayerChat", channel, player: speaker.player, message, text }
    : { _tag: "UnattributedChat", channel, name: speaker.name, message, text }
}

const CONNECTED = new RegExp(`^Player #${NUMBER} (.*) \\(${ADDRESS}\\) connected$`, "s")
const DISCONNECTED = new RegExp(`^Player #${NUMBER} (.*) disconnected$`, "s")
const GUID_TOLD = new RegExp(
  `^Player #${NUMBER} (.*) - ((?:(?:Owner )?BE |Legacy )?GUID): ${GUID}(?: \\(unverified\\))?$`,
  "s"
)
const KICKED = new RegExp(`^Player #${NUMBER} (.*) \\((?:${GUID}|-)\\) has been kicked by BattlEye: (.*)$`, "s")

const readPlayer = (text: string): Fields | undefined => {
  const connected = CONNECTED.exec(text)
  if (connected) {
    const [, id = "", name = "", ip = "", port = ""] = connected
    const from = address(ip, port)
    return from && { _tag: "PlayerConnected", player: reference(id, name), address: from, text }
  }
  const disconnected = DISCONNECTED.exec(text)
  if (disconnected) {
    const [, id = "", name = ""] = disconnected
    return { _tag: "PlayerDisconnected", player: reference(id, name), text }
  }
  const told = GUID_TOLD.exec(text)
  if (told) {
    const [, id = "", name = "", kind = "", guid = ""] = told
    return { _tag: "PlayerGuid", player: reference(id, name), kind: kind as GuidKind, guid: guid as Guid, text }
  }
  // Last, because it ends in what may be anything: a short name can hold ` (-) has been kicked by BattlEye: `, but no
  // reason ends in one of the endings above.
  const kicked = KICKED.exec(text)
  if (kicked) {
    const [, id = "", name = "", guid, reason = ""] = kicked
    return {
      _tag: "PlayerKicked",
      player: reference(id, name),
      ...(guid !== undefined && { guid: guid as Guid }),
      reason: KickReason.parse(reason),
      text
    }
  }
  return undefined
}

const VERIFIED = new RegExp(`^Verified GUID \\(${GUID}\\) of player #${NUMBER} (.*)$`, "s")

const readVerified = (text: string): Fields | undefined => {
  const match = VERIFIED.exec(text)
  if (!match) return undefined
  const [, guid = "", id = "", name = ""] = match
  return { _tag: "PlayerVerified", player: reference(id, name), guid: guid as Guid, text }
}

const ADMIN_LOGGED_IN = new RegExp(`^RCon admin #${NUMBER} \\(${ADDRESS}\\) logged in$`)
const ADMIN_CHAT = new RegExp(`^RCon admin #${NUMBER}: \\((?:Global\\) |To )`)

const readAdmin = (text: string, players: Iterable<PlayerReference>): Fields | undefined => {
  const login = ADMIN_LOGGED_IN.exec(text)
  if (login) {
    const [, id, ip = "", port = ""] = login
    const from = address(ip, port)
    return from && { _tag: "AdminLoggedIn", admin: Number(id) as AdminId, address: from, text }
  }
  const chat = ADMIN_CHAT.exec(text)
  if (!chat) return undefined
  const [start, id] = chat
  const admin = Number(id) as AdminId
  if (start.endsWith(") ")) return { _tag: "AdminChat", admin, message: text.slice(start.length), text }
  const recipient = nameAt(text, start.length, ") ", players)
  return recipient && { _tag: "AdminChat", admin, recipient: recipient.name, message: text.slice(recipient.end), text }
}

const LOG = new RegExp(`^${FILTER} Log: #${NUMBER} `)
// Not anchored: the first that is found ends the name. The code behind it may hold others.
const RULE = new RegExp(` \\((?:${GUID}|-)\\) - #${NUMBER} `)

const readFilterLog = (text: string, players: Iterable<PlayerReference>): Fields | undefined => {
  const log = LOG.exec(text)
  if (!log) return undefined
  const [start, filter = "", number = ""] = log
  // A name that is known to stand here is not searched: it may hold what ends names.
  let known = ""
  for (const { id, name } of players) {
    if (id === Number(number) && name.length > known.length && text.startsWith(name, start.length)) known = name
  }
  const behind = text.slice(start.length + known.length)
  const found = RULE.exec(behind)
  if (!found) return undefined
  const [end, guid, rule] = found
  const printed = behind.slice(found.index + end.length)
  return {
    _tag: "FilterLog",
    player: reference(number, known + behind.slice(0, found.index)),
    ...(guid !== undefined && { guid: guid as Guid }),
    filter: filter === "Scripts" ? "Script" : filter,
    rule: Number(rule),
    code: printed.startsWith("\"") ? printed.slice(1).replace(/"$/, "") : printed,
    text
  }
}

const MASTER = new Map<string, BattlEyeMaster["state"]>([
  ["Connected to BE Master", "Connected"],
  ["Disconnected from BE Master", "Disconnected"],
  ["Could not connect to BE Master", "CannotConnect"],
  ["Failed to start connecting to BE Master", "CannotConnect"],
  ["Failed to resolve BE Master DNS name(s)", "CannotResolve"],
  ["Failed to send to BE Master", "CannotSend"],
  ["Failed to receive from BE Master", "CannotReceive"],
  ["Master query timed out, no response from BE Master", "QueryTimedOut"],
  ["Ban check timed out, no response from BE Master", "BanCheckTimedOut"]
])
const ERROR_NUMBER = / \(-?\d{1,10}\)$/
const INITIALIZED = /^Initialized \(v([^\s,()]{1,40})(?:, (.{1,200}))?\)$/
const UPDATED = /^BattlEye server updated to version: (\S{1,40})$/
const CONFIG_ENTRY = /^Config entry: (.*)$/s
const FILE_ERROR = /^(Failed to open|Incompatible filter file)\b[: ]*(.*)$/s
const KICKING_DISABLED = /^Warning: Disabled kicking for (.*)$/s

/** What BattlEye says about itself. No player has a word in it. */
const readServer = (text: string): Fields | undefined => {
  const state = MASTER.get(text.replace(ERROR_NUMBER, ""))
  if (state !== undefined) return { _tag: "BattlEyeMaster", state, text }
  const initialized = INITIALIZED.exec(text)
  if (initialized) {
    const [, version = "", game] = initialized
    return { _tag: "ServerInitialized", version, ...(game !== undefined && { game }), text }
  }
  const updated = UPDATED.exec(text)
  if (updated) {
    const [, version = ""] = updated
    return { _tag: "ServerUpdated", version, text }
  }
  const config = CONFIG_ENTRY.exec(text)
  if (config) {
    const [, entry = ""] = config
    return { _tag: "ConfigEntry", entry, text }
  }
  const error = FILE_ERROR.exec(text)
  if (error) {
    const [, words, file] = error
    return {
      _tag: "FileError",
      problem: words === "Failed to open" ? "CannotOpen" : "Incompatible",
      ...(file && { file }),
      text
    }
  }
  const disabled = KICKING_DISABLED.exec(text)
  if (disabled) {
    // Advice may follow in a second sentence.
    const [subject = ""] = (disabled[1] ?? "").split(/\.(?:\s|$)/, 1)
    return { _tag: "KickingDisabled", subject, text }
  }
  return undefined
}

const LOGGED_IN = new RegExp(`^Logged In! Client ID: #${NUMBER}$`)
const COMMAND_ECHO = /^Processing Command:(?: (.*))?$/s
const COMMAND_RESULT = new RegExp(
  `^(?:${
    [
      "Player '.*' (?:kicked|banned)!",
      "Player not found",
      "Not Valid Player ID",
      "Not Valid time value in seconds",
      "Not Valid page number",
      "Page not found!",
      "Ban (?:created|removed)!",
      "Failed to (?:create ban|remove ban|remove the ban|list bans)\\.",
      "User not found!",
      "Multiple users found!.*",
      "Processing ban list",
      "Server has no bans to list\\.",
      "Total bans: .*",
      "Players on server: \\[Player#\\] ; .*",
      "Help for ban command\\..*",
      "Timeout",
      "Unknown error\\.",
      "Unknown command"
    ].join("|")
  })$`,
  "is"
)

/** What only Arma Reforger's own RCON says. */
const readReforger = (text: string): Fields | undefined => {
  const login = LOGGED_IN.exec(text)
  if (login) return { _tag: "LoggedIn", admin: Number(login[1]) as AdminId, text }
  const echo = COMMAND_ECHO.exec(text)
  if (echo) return { _tag: "CommandEcho", command: echo[1] ?? "", text }
  return COMMAND_RESULT.test(text) ? { _tag: "CommandResult", text } : undefined
}

const reference = (id: string, name: string): PlayerReference => ({ id: Number(id) as PlayerId, name })

/**
 * The name that stands at `start`, up to `separator`, which is somewhere in it perhaps. `player` is who has it, where that
 * is known and sure; `end` is behind the separator.
 */
const nameAt = (text: string, start: number, separator: string, players: Iterable<PlayerReference>) => {
  let owner: PlayerReference | undefined
  let sure = true
  for (const player of players) {
    const { length } = player.name
    const longest = owner?.name.length ?? -1
    if (length < longest) continue
    if (!text.startsWith(player.name, start) || !text.startsWith(separator, start + length)) continue
    // Two names of one length that both stand here are the same name.
    sure = length > longest || (sure && player.id === owner?.id)
    owner = player
  }
  if (owner !== undefined) {
    const { id, name } = owner
    return { name, player: sure ? { id, name } : undefined, end: start + name.length + separator.length }
  }
  const end = text.indexOf(separator, start)
  return end === -1 ? undefined : { name: text.slice(start, end), player: undefined, end: end + separator.length }
}
