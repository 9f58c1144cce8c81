/**
 * Parses events from the text that a server sends.
 *
 * Players and admins write parts of a text: names, messages, reasons of kicks, code. None of these may change how the
 * text before them is parsed. The end of a name is determined by three rules, in this order: the names of known players
 * on the server; fixed words that are too long for a name to contain; the first or last occurrence of fixed words.
 */
import type { AdminId } from "../Admin.ts"
import * as KickReason from "../KickReason.ts"
import type { PlayerId, PlayerReference } from "../Player.ts"
import type { BattlEyeMaster, GuidKind, PlayerChat, ServerEvent } from "../ServerEvent.ts"
import { ADDRESS, address, FILTER, GUID, guid, NUMBER, trimBlanks, withoutEnd } from "./patterns.ts"

/** The fields of an event, except its text and its getters. */
export type Fields = ServerEvent extends infer Each ? Each extends unknown ? Omit<Each, Omitted<Each>> : never : never
type Omitted<Event> = Event extends PlayerChat ? "text" | "name" : "text"

/**
 * Parses an event; `undefined` if the form of the text is unknown. The first words determine the kind. No text begins
 * with a name, so no name can imitate a text of another kind.
 */
export const read = (text: string, players: Iterable<PlayerReference>): Fields | undefined => {
  // Blanks at the end are kept, because a name or a message may end with blanks. The other parsers trim them.
  const words = withoutEnd(text)
  if (words.startsWith("(")) return readChat(words, players)
  if (words.startsWith("Player #")) return readPlayer(trimBlanks(words), players)
  if (words.startsWith("Verified GUID (")) return readVerified(words)
  if (words.startsWith("RCon admin #")) return readAdmin(words, players)
  return readFilterLog(words, players) ?? readServer(words) ?? readReforger(words)
}

// -----------------------------------------------------------------------------
// chat
// -----------------------------------------------------------------------------

/** Any word in parentheses, because channels differ between games. */
const CHANNEL = /^\((\p{L}{1,32})\) /u

const readChat = (text: string, players: Iterable<PlayerReference>): Fields | undefined => {
  const match = CHANNEL.exec(text)
  if (!match) return undefined
  const [{ length: start }, channel = ""] = match
  // All known servers print a blank after the colon. So a colon without a blank ends a name only if no colon with a
  // blank does. One ambiguity remains: if a server prints no blank, and the speaker is unknown, a message that contains
  // a colon and a blank moves the end of the name.
  const speaker = nameAt(text, start, [": ", ":"], players)
  if (!speaker) return undefined
  const { end, name, player } = speaker
  const message = text.slice(end)
  return player
    ? { _tag: "PlayerChat", channel, player, message }
    : { _tag: "UnattributedChat", channel, name, message }
}

// -----------------------------------------------------------------------------
// players
// -----------------------------------------------------------------------------

const PLAYER = new RegExp(`^Player #${NUMBER} `)

const CONNECTED = ` \\(${ADDRESS}\\) connected$`
const DISCONNECTED = " disconnected$"
const GUID_LINE = ` - ((?:(?:Owner )?BE |Legacy )?GUID): ${GUID}(?: \\(unverified\\))?$`
// The group with the GUID is optional, and so is the reason.
const KICKED = `(?: \\((?:${GUID}|-)\\))? has been kicked by BattlEye:(?: |$)`

/** The text after a name. */
const BEHIND = new RegExp(`${CONNECTED}|(${DISCONNECTED})|${GUID_LINE}|(${KICKED})`, "y")

/** A whole text that ends like one of the first three kinds, with the longest possible name. */
const BEHIND_AT_END = new RegExp(`^Player #${NUMBER} (.*)(?:${CONNECTED}|${DISCONNECTED}|${GUID_LINE})`, "s")

const KICK = " has been kicked by BattlEye:"
const NO_GUID = " (-)"
const WITH_GUID = new RegExp(` \\(${GUID}\\)`, "y")
const GUID_LENGTH = " ()".length + 32

/**
 * A known reason that ends the text, or the beginning of an admin's reason, which contains arbitrary words and may be
 * cut.
 */
const KNOWN_REASON = new RegExp(
  ` (?:Admin (?:Kick|Ban)(?: \\(|$)|(?:Global Ban #\\w{1,64}|${FILTER} Restriction #${NUMBER}|Client not responding|Query Timeout|` +
    "Game restart required|Invalid GUID|Bad Packet|Bad Service Version)$)",
  "y"
)

const readPlayer = (text: string, players: Iterable<PlayerReference>): Fields | undefined => {
  const start = PLAYER.exec(text)
  if (!start) return undefined
  const [{ length: from }, number = ""] = start
  const end = knownEnd(text, from, Number(number), players) ?? endOfName(text, from)
  if (end === undefined) return undefined
  const behind = matchAt(BEHIND, text, end)
  if (!behind) return undefined
  const [words, ip, port = "", disconnected, kind, sentGuid = "", kicked, kickedGuid] = behind
  const player = reference(number, text.slice(from, end))
  if (ip !== undefined) {
    const from = address(ip, port)
    return from && { _tag: "PlayerConnected", player, address: from }
  }
  if (disconnected !== undefined) return { _tag: "PlayerDisconnected", player }
  if (kicked === undefined) return { _tag: "PlayerGuid", player, kind: kind as GuidKind, guid: guid(sentGuid) }
  return {
    _tag: "PlayerKicked",
    player,
    ...(kickedGuid !== undefined && { guid: guid(kickedGuid) }),
    reason: KickReason.parse(text.slice(end + words.length))
  }
}

/**
 * The end of the name at `from`, if it is a known name of the player with this number and `pattern` matches after it.
 * Of several names the longest is chosen.
 */
const knownEnd = (
  text: string,
  from: number,
  number: number,
  players: Iterable<PlayerReference>,
  pattern: RegExp = BEHIND
): number | undefined => {
  let end = -1
  for (const { id, name } of players) {
    if (id !== number || from + name.length <= end || !text.startsWith(name, from)) continue
    if (matchAt(pattern, text, from + name.length)) end = from + name.length
  }
  return end === -1 ? undefined : end
}

/**
 * The end of the name at `from`, if the player is unknown.
 *
 * The first rule that applies decides:
 *
 * 1. The words of a kick end the name if they follow a GUID or precede a known reason; the first occurrence counts. No
 *    name contains the words with a GUID or known reason: together they have at least 39 characters, and Steam allows
 *    32. So no reason of an admin can change the kicked player.
 * 2. If the text ends like one of the other kinds, the name ends there.
 * 3. The first occurrence of the words of a kick ends the name.
 *
 * Two ambiguities remain, both only if the player is unknown and the kick shows no GUID. An unknown reason that ends like
 * another kind (`... disconnected`) is taken for a part of the name. A name that contains the words of a kick, which
 * have 29 characters, is cut if the reason is unknown, too.
 */
const endOfName = (text: string, from: number): number | undefined => {
  let first: number | undefined
  for (let at = text.indexOf(KICK, from); at !== -1; at = text.indexOf(KICK, at + 1)) {
    const behind = at + KICK.length
    if (behind !== text.length && text[behind] !== " ") continue
    const withGuid = at - GUID_LENGTH >= from && matchAt(WITH_GUID, text, at - GUID_LENGTH) !== null
    const withoutGuid = at - NO_GUID.length >= from && text.startsWith(NO_GUID, at - NO_GUID.length)
    const end = at - (withGuid ? GUID_LENGTH : withoutGuid ? NO_GUID.length : 0)
    if (withGuid || matchAt(KNOWN_REASON, text, behind)) return end
    first ??= end
  }
  const other = BEHIND_AT_END.exec(text)
  return other ? from + (other[2] ?? "").length : first
}

const VERIFIED = new RegExp(`^Verified GUID \\(${GUID}\\) of player #${NUMBER} (.*)$`, "s")

const readVerified = (text: string): Fields | undefined => {
  const match = VERIFIED.exec(text)
  if (!match) return undefined
  const [, digits = "", id = "", name = ""] = match
  return { _tag: "PlayerVerified", player: reference(id, name), guid: guid(digits) }
}

// -----------------------------------------------------------------------------
// admins
// -----------------------------------------------------------------------------

const ADMIN_LOGGED_IN = new RegExp(`^RCon admin #${NUMBER} \\(${ADDRESS}\\) logged in$`)
const ADMIN_CHAT = new RegExp(`^RCon admin #${NUMBER}: \\((?:Global\\) |To )`)

const readAdmin = (text: string, players: Iterable<PlayerReference>): Fields | undefined => {
  const login = ADMIN_LOGGED_IN.exec(trimBlanks(text))
  if (login) {
    const [, id, ip = "", port = ""] = login
    const from = address(ip, port)
    return from && { _tag: "AdminLoggedIn", admin: Number(id) as AdminId, address: from }
  }
  const chat = ADMIN_CHAT.exec(text)
  if (!chat) return undefined
  const [start, id] = chat
  const admin = Number(id) as AdminId
  if (start.endsWith(") ")) return { _tag: "AdminChat", admin, message: text.slice(start.length) }
  const recipient = nameAt(text, start.length, [") "], players)
  return recipient && { _tag: "AdminChat", admin, recipient: recipient.name, message: text.slice(recipient.end) }
}

// -----------------------------------------------------------------------------
// filters
// -----------------------------------------------------------------------------

const LOG = new RegExp(`^${FILTER} Log: #${NUMBER} `)
// The group with the GUID is optional, as in a kick.
const RULE_AT_NAME = new RegExp(`(?: \\((?:${GUID}|-)\\))? - #${NUMBER} `, "y")
// The pattern is not anchored: the first match ends the name, because the code after it may contain others. Without
// the group, the code must be in quotation marks, because a name can easily contain ` - #1 `.
const RULE = new RegExp(` \\((?:${GUID}|-)\\) - #${NUMBER} | - #${NUMBER} (?=")`)

const readFilterLog = (text: string, players: Iterable<PlayerReference>): Fields | undefined => {
  const log = LOG.exec(text)
  if (!log) return undefined
  const [{ length: from }, filter = "", number = ""] = log
  // If a known name is at this place, its end is known. It may contain the words that end names, so it is not searched.
  const end = knownEnd(text, from, Number(number), players, RULE_AT_NAME) ?? searchFrom(RULE, text, from)
  const rule = end === undefined ? undefined : matchAt(RULE_AT_NAME, text, end)
  if (end === undefined || !rule) return undefined
  const [words, digits, index] = rule
  return {
    _tag: "FilterLog",
    player: reference(number, text.slice(from, end)),
    ...(digits !== undefined && { guid: guid(digits) }),
    filter: filter === "Scripts" ? "Script" : filter,
    rule: Number(index),
    code: codeOf(text.slice(end + words.length))
  }
}

/** Removes the quotation marks. The last one is missing if the server has cut the code. */
const codeOf = (printed: string): string => {
  const code = trimBlanks(printed)
  return code.startsWith("\"") ? code.slice(1).replace(/"$/, "") : code
}

// -----------------------------------------------------------------------------
// the server itself
// -----------------------------------------------------------------------------

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
const INITIALIZED = /^Initialized \(v([^\s,()]{1,40})(?:, (.{1,200}))?\)$/s
const UPDATED = /^BattlEye server updated to version: (\S{1,40})$/
const CONFIG_ENTRY = /^Config entry: (.*)$/s
const FILE_ERROR = /^(Failed to open|Incompatible filter file)\b[: ]*(.*)$/s
const KICKING_DISABLED = /^Warning: Disabled kicking for (.*)$/s

/** Parses messages of BattlEye about itself. Players write no part of them. */
const readServer = (words: string): Fields | undefined => {
  const text = trimBlanks(words)
  const state = MASTER.get(text.replace(ERROR_NUMBER, ""))
  if (state !== undefined) return { _tag: "BattlEyeMaster", state }
  const initialized = INITIALIZED.exec(text)
  if (initialized) {
    const [, version = "", game] = initialized
    return { _tag: "ServerInitialized", version, ...(game !== undefined && { game }) }
  }
  const updated = UPDATED.exec(text)
  if (updated) {
    const [, version = ""] = updated
    return { _tag: "ServerUpdated", version }
  }
  const config = CONFIG_ENTRY.exec(words)
  if (config) {
    const [, entry = ""] = config
    return { _tag: "ConfigEntry", entry }
  }
  const error = FILE_ERROR.exec(text)
  if (error) {
    const [, words, file] = error
    return {
      _tag: "FileError",
      problem: words === "Failed to open" ? "CannotOpen" : "Incompatible",
      ...(file && { file })
    }
  }
  const disabled = KICKING_DISABLED.exec(text)
  if (disabled) {
    // Advice may follow in a second sentence.
    const [subject = ""] = (disabled[1] ?? "").split(/\.(?:\s|$)/, 1)
    return { _tag: "KickingDisabled", subject }
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
      "Players on server:\\s+\\[Player#\\] ; .*",
      "Bans:\\s+\\[BanID\\] ; .*",
      "Command is supported only on Dedicated Servers",
      "Help for ban command\\..*",
      "Timeout",
      "Unknown error\\.",
      "Unknown command"
    ].join("|")
  })$`,
  "is"
)

/** Parses messages that only Arma Reforger's own RCON sends. */
const readReforger = (words: string): Fields | undefined => {
  const text = trimBlanks(words)
  const login = LOGGED_IN.exec(text)
  if (login) return { _tag: "LoggedIn", admin: Number(login[1]) as AdminId }
  const echo = COMMAND_ECHO.exec(words)
  if (echo) return { _tag: "CommandEcho", command: echo[1] ?? "" }
  return COMMAND_RESULT.test(text) ? { _tag: "CommandResult" } : undefined
}

const reference = (id: string, name: string): PlayerReference => ({ id: Number(id) as PlayerId, name })

/**
 * The name at `start`, up to one of `separators`. The name itself may contain separators; those listed first are
 * preferred. Known names are preferred to unknown ones, and longer ones to shorter ones. An unknown name is as short as
 * possible. `player` is the player who has the name, if exactly one has it; `end` is the index after the separator.
 */
const nameAt = (
  text: string,
  start: number,
  separators: readonly [string, ...ReadonlyArray<string>],
  players: Iterable<PlayerReference>
) => {
  let owner: PlayerReference | undefined
  let rank = separators.length
  let sure = true
  for (const player of players) {
    const { length } = player.name
    if (!text.startsWith(player.name, start)) continue
    const place = separators.findIndex((separator) => text.startsWith(separator, start + length))
    if (place === -1 || place > rank) continue
    const longest = place < rank || owner === undefined ? -1 : owner.name.length
    if (length < longest) continue
    // Two names of the same length at this place are the same name.
    sure = length > longest || (sure && player.id === owner?.id)
    owner = player
    rank = place
  }
  if (owner !== undefined) {
    const { id, name } = owner
    return { name, player: sure ? { id, name } : undefined, end: start + name.length + separators[rank]!.length }
  }
  for (const separator of separators) {
    const end = text.indexOf(separator, start)
    if (end !== -1) return { name: text.slice(start, end), player: undefined, end: end + separator.length }
  }
  return undefined
}

/** The match of a sticky pattern at an index. */
const matchAt = (pattern: RegExp, text: string, at: number): RegExpExecArray | null => {
  pattern.lastIndex = at
  return pattern.exec(text)
}

/** The index of the first match of a pattern from `from` on. */
const searchFrom = (pattern: RegExp, text: string, from: number): number | undefined => {
  const index = text.slice(from).search(pattern)
  return index === -1 ? undefined : from + index
}
