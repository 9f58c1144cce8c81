/**
 * What happens on a server, as it tells its RCON clients.
 *
 * **Details**
 *
 * A server tells it in lines of text. {@link parse} reads one; the `events` of an `RconClient` are what it reads, in the
 * server's order. Every event keeps the server's words as `text`. A text that is not known is {@link Unrecognized}, never
 * an error.
 *
 * Names are chosen by players, and some are chosen to look like something else. A text is therefore read as a whole, from
 * its fixed words at both ends. Three kinds of text are ambiguous all the same, because a name may hold what ends it there:
 * chat (`(Side) NAME: words`), whispers of admins (`(To NAME) words`) and logs of filters ({@link FilterLog}). There the
 * longest name of a player who is known to be on the server decides, otherwise the name is taken to be as short as
 * possible.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Address } from "./Address.ts"
import { AdminId } from "./Admin.ts"
import { Guid } from "./Guid.ts"
import { ADDRESS, address, FILTER, GUID, NUMBER } from "./internal/patterns.ts"
import * as KickReason from "./KickReason.ts"
import { type PlayerId, PlayerReference } from "./Player.ts"

/**
 * An RCON client has logged in. There is no event for its leaving.
 *
 * @category models
 * @since 0.1.0
 */
export class AdminLoggedIn extends Schema.TaggedClass<AdminLoggedIn>("@bercon/client/ServerEvent/AdminLoggedIn")(
  "AdminLoggedIn",
  { admin: AdminId, address: Address, text: Schema.String }
) {}

/**
 * An RCON client, perhaps this one, has said something: to everybody, or to the player named `recipient`.
 *
 * @category models
 * @since 0.1.0
 */
export class AdminChat extends Schema.TaggedClass<AdminChat>("@bercon/client/ServerEvent/AdminChat")("AdminChat", {
  admin: AdminId,
  recipient: Schema.optionalKey(Schema.String),
  message: Schema.String,
  text: Schema.String
}) {}

/**
 * A player has begun to join.
 *
 * @category models
 * @since 0.1.0
 */
export class PlayerConnected extends Schema.TaggedClass<PlayerConnected>("@bercon/client/ServerEvent/PlayerConnected")(
  "PlayerConnected",
  { player: PlayerReference, address: Address, text: Schema.String }
) {}

/**
 * Which GUID of a player a {@link PlayerGuid} tells, in the server's words.
 *
 * **Details**
 *
 * `"GUID"` (Arma) and `"BE GUID"` (newer games) are the one that bans go by. `"Owner BE GUID"` is that of the account
 * which owns a shared game. `"Legacy GUID"` is not unique on newer Arma 2: many players have the same.
 *
 * @category models
 * @since 0.1.0
 */
export const GuidKind = Schema.Literals(["GUID", "BE GUID", "Owner BE GUID", "Legacy GUID"])

/**
 * Which GUID of a player a {@link PlayerGuid} tells.
 *
 * @category models
 * @since 0.1.0
 */
export type GuidKind = typeof GuidKind.Type

/**
 * A joining player's game has told its GUID. Mind the `kind`.
 *
 * @category models
 * @since 0.1.0
 */
export class PlayerGuid extends Schema.TaggedClass<PlayerGuid>("@bercon/client/ServerEvent/PlayerGuid")("PlayerGuid", {
  player: PlayerReference,
  kind: GuidKind,
  guid: Guid,
  text: Schema.String
}) {}

/**
 * BattlEye has checked a player's GUID.
 *
 * @category models
 * @since 0.1.0
 */
export class PlayerVerified extends Schema.TaggedClass<PlayerVerified>("@bercon/client/ServerEvent/PlayerVerified")(
  "PlayerVerified",
  { player: PlayerReference, guid: Guid, text: Schema.String }
) {}

/**
 * A player has left.
 *
 * @category models
 * @since 0.1.0
 */
export class PlayerDisconnected
  extends Schema.TaggedClass<PlayerDisconnected>("@bercon/client/ServerEvent/PlayerDisconnected")(
    "PlayerDisconnected",
    { player: PlayerReference, text: Schema.String }
  )
{}

/**
 * A player has been kicked, by BattlEye or an admin. `guid` is absent where the server did not know it yet. Some games
 * send a {@link PlayerDisconnected} as well.
 *
 * @category models
 * @since 0.1.0
 */
export class PlayerKicked extends Schema.TaggedClass<PlayerKicked>("@bercon/client/ServerEvent/PlayerKicked")(
  "PlayerKicked",
  {
    player: PlayerReference,
    guid: Schema.optionalKey(Guid),
    reason: KickReason.KickReason,
    text: Schema.String
  }
) {}

/**
 * Who hears what a player says. `"Unknown"` is the server's own word.
 *
 * @category models
 * @since 0.1.0
 */
export const ChatChannel = Schema.Literals([
  "Global",
  "Side",
  "Command",
  "Group",
  "Vehicle",
  "Direct",
  "Lobby",
  "Admin",
  "Unknown"
])

/**
 * Who hears what a player says.
 *
 * @category models
 * @since 0.1.0
 */
export type ChatChannel = typeof ChatChannel.Type

/**
 * A player has said something, and it is known who: exactly one of the players known to be on the server has the name.
 *
 * @see {@link UnattributedChat} for the other chat
 * @category models
 * @since 0.1.0
 */
export class PlayerChat extends Schema.TaggedClass<PlayerChat>("@bercon/client/ServerEvent/PlayerChat")("PlayerChat", {
  channel: ChatChannel,
  player: PlayerReference,
  message: Schema.String,
  text: Schema.String
}) {
  /** The player's name. */
  get name(): string {
    return this.player.name
  }
}

/**
 * Somebody has said something, and nobody knows who.
 *
 * **Details**
 *
 * Servers tell the name of who speaks, but not the number that commands need. This is chat where no player of that name
 * is known, or several are. Where none is known, also the end of the name is a guess: it is taken to end at the first
 * `": "`.
 *
 * @category models
 * @since 0.1.0
 */
export class UnattributedChat
  extends Schema.TaggedClass<UnattributedChat>("@bercon/client/ServerEvent/UnattributedChat")("UnattributedChat", {
    channel: ChatChannel,
    name: Schema.String,
    message: Schema.String,
    text: Schema.String
  })
{}

/**
 * A filter of the server has taken exception to something that a player's game wanted to do.
 *
 * **Details**
 *
 * - `guid`: absent where the server does not tell it.
 * - `filter`, `rule`: which rule of which filter it was, as in the `FilterRestriction` of a `KickReason`. Servers call the
 *   filter of `scripts.txt` `Script` in kicks, and in logs `Script` (Arma 2) or `Scripts` (Arma 3): here it is `"Script"`.
 * - `code`: what the game wanted to do, perhaps in many lines, without the quotation mark before it and the one at its very
 *   end. Servers cut it where it is long, and some filters print more behind the second mark, which then is kept.
 *
 * A server tells only of rules that log to its console.
 *
 * The player has chosen the name and perhaps the code; the number in `player` is the server's. Where the player of this
 * number is known and has the name that stands here, that is the name. Otherwise it ends at the first place where
 * ` (GUID) - #rule ` or ` (-) - #rule ` follows. So no code can change who it is said of, as it comes behind that. The
 * name of a player who is not known can: with ` (-) - #0 ` in it, it ends there and `guid` is absent. To bring in another's
 * GUID it has to be longer than 40 characters, and Steam allows 32.
 *
 * @category models
 * @since 0.1.0
 */
export class FilterLog extends Schema.TaggedClass<FilterLog>("@bercon/client/ServerEvent/FilterLog")("FilterLog", {
  player: PlayerReference,
  guid: Schema.optionalKey(Guid),
  filter: Schema.String,
  rule: Schema.Int,
  code: Schema.String,
  text: Schema.String
}) {}

/**
 * How the server gets on with BattlEye's own, from which it has GUIDs checked and bans looked up.
 *
 * **Details**
 *
 * - `"Connected"`: `Connected to BE Master`
 * - `"Disconnected"`: `Disconnected from BE Master`
 * - `"CannotConnect"`: `Could not connect to BE Master`, `Failed to start connecting to BE Master`
 * - `"CannotResolve"`: `Failed to resolve BE Master DNS name(s)`
 * - `"CannotSend"`: `Failed to send to BE Master`
 * - `"CannotReceive"`: `Failed to receive from BE Master (0)`, with the number of an error
 * - `"QueryTimedOut"`: `Master query timed out, no response from BE Master`
 * - `"BanCheckTimedOut"`: `Ban check timed out, no response from BE Master`
 *
 * @category models
 * @since 0.1.0
 */
export class BattlEyeMaster extends Schema.TaggedClass<BattlEyeMaster>("@bercon/client/ServerEvent/BattlEyeMaster")(
  "BattlEyeMaster",
  {
    state: Schema.Literals([
      "Connected",
      "Disconnected",
      "CannotConnect",
      "CannotResolve",
      "CannotSend",
      "CannotReceive",
      "QueryTimedOut",
      "BanCheckTimedOut"
    ]),
    text: Schema.String
  }
) {}

/**
 * BattlEye has started on the server. `version` is its own, e.g. `"1.220"`, and `game` that of the game, e.g.
 * `"DayZ 1.29.163451"`; absent where the server does not say.
 *
 * @category models
 * @since 0.1.0
 */
export class ServerInitialized
  extends Schema.TaggedClass<ServerInitialized>("@bercon/client/ServerEvent/ServerInitialized")("ServerInitialized", {
    version: Schema.String,
    game: Schema.optionalKey(Schema.String),
    text: Schema.String
  })
{}

/**
 * BattlEye has updated itself on the server. `version` is without a dot: `"217"` is 1.217.
 *
 * @category models
 * @since 0.1.0
 */
export class ServerUpdated extends Schema.TaggedClass<ServerUpdated>("@bercon/client/ServerEvent/ServerUpdated")(
  "ServerUpdated",
  { version: Schema.String, text: Schema.String }
) {}

/**
 * The server has read a line of its configuration: `entry`.
 *
 * @category models
 * @since 0.1.0
 */
export class ConfigEntry extends Schema.TaggedClass<ConfigEntry>("@bercon/client/ServerEvent/ConfigEntry")(
  "ConfigEntry",
  { entry: Schema.String, text: Schema.String }
) {}

/**
 * The server cannot use one of its files. `file` is what it calls it, e.g. `"event log file"`; absent where it does not.
 *
 * **Details**
 *
 * - `"CannotOpen"`: `Failed to open ...`
 * - `"Incompatible"`: `Incompatible filter file...`
 *
 * @category models
 * @since 0.1.0
 */
export class FileError extends Schema.TaggedClass<FileError>("@bercon/client/ServerEvent/FileError")("FileError", {
  problem: Schema.Literals(["CannotOpen", "Incompatible"]),
  file: Schema.optionalKey(Schema.String),
  text: Schema.String
}) {}

/**
 * The server will not kick for `subject`, e.g. `"script scans"`, although its filters say so.
 *
 * @category models
 * @since 0.1.0
 */
export class KickingDisabled extends Schema.TaggedClass<KickingDisabled>("@bercon/client/ServerEvent/KickingDisabled")(
  "KickingDisabled",
  { subject: Schema.String, text: Schema.String }
) {}

/**
 * This client has logged in to Arma Reforger's own RCON, which gave it the number `admin`.
 *
 * @category models
 * @since 0.1.0
 */
export class LoggedIn extends Schema.TaggedClass<LoggedIn>("@bercon/client/ServerEvent/LoggedIn")("LoggedIn", {
  admin: AdminId,
  text: Schema.String
}) {}

/**
 * Arma Reforger's own RCON has begun to execute `command`. What comes of it follows as other messages.
 *
 * @category models
 * @since 0.1.0
 */
export class CommandEcho extends Schema.TaggedClass<CommandEcho>("@bercon/client/ServerEvent/CommandEcho")(
  "CommandEcho",
  { command: Schema.String, text: Schema.String }
) {}

/**
 * What came of a command on Arma Reforger, outside of a reply: it came late, or the command was another admin's.
 *
 * **Details**
 *
 * Nothing in it says which command it was. It is known by its words: `Player 'Bob' kicked!`, `Ban removed!`,
 * `Not Valid page number`, `Players on server: ...` and so on.
 *
 * @category models
 * @since 0.1.0
 */
export class CommandResult extends Schema.TaggedClass<CommandResult>("@bercon/client/ServerEvent/CommandResult")(
  "CommandResult",
  { text: Schema.String }
) {}

/**
 * The server has said something else.
 *
 * @category models
 * @since 0.1.0
 */
export class Unrecognized extends Schema.TaggedClass<Unrecognized>("@bercon/client/ServerEvent/Unrecognized")(
  "Unrecognized",
  { text: Schema.String }
) {}

/**
 * Events are missing at this place.
 *
 * **Details**
 *
 * - `"Lost"`: the network lost `missed` of them for good.
 * - `"Overflow"`: this subscriber read too slowly and lost its `missed` oldest.
 * - `"Reconnected"`: the session was down for a while. Nobody knows what happened meanwhile; `missed` is absent.
 *
 * @category models
 * @since 0.1.0
 */
export class Gap extends Schema.TaggedClass<Gap>("@bercon/client/ServerEvent/Gap")("Gap", {
  cause: Schema.Literals(["Lost", "Overflow", "Reconnected"]),
  missed: Schema.optionalKey(Schema.Int)
}) {}

/**
 * Something that happened on the server, or a gap where events are missing.
 *
 * @category models
 * @since 0.1.0
 */
export const ServerEvent = Schema.Union([
  AdminLoggedIn,
  AdminChat,
  PlayerConnected,
  PlayerGuid,
  PlayerVerified,
  PlayerDisconnected,
  PlayerKicked,
  PlayerChat,
  UnattributedChat,
  FilterLog,
  BattlEyeMaster,
  ServerInitialized,
  ServerUpdated,
  ConfigEntry,
  FileError,
  KickingDisabled,
  LoggedIn,
  CommandEcho,
  CommandResult,
  Unrecognized,
  Gap
]).pipe(Schema.toTaggedUnion("_tag"))

/**
 * Something that happened on the server, or a gap where events are missing.
 *
 * @category models
 * @since 0.1.0
 */
export type ServerEvent = typeof ServerEvent.Type

/**
 * The kinds of events there are.
 *
 * @category models
 * @since 0.1.0
 */
export type Tag = ServerEvent["_tag"]

/**
 * Tests whether an event is of one of the given kinds.
 *
 * **Example** (Everything players say)
 *
 * ```ts
 * import { RconClient, ServerEvent } from "@bercon/client"
 * import { Console, Effect, Stream } from "effect"
 *
 * const log = Effect.gen(function*() {
 *   const rcon = yield* RconClient.RconClient
 *   yield* rcon.events.pipe(
 *     Stream.filter(ServerEvent.is("PlayerChat", "UnattributedChat")),
 *     Stream.runForEach((chat) => Console.log(`[${chat.channel}] ${chat.name}: ${chat.message}`))
 *   )
 * })
 * ```
 *
 * @category guards
 * @since 0.1.0
 */
export const is = <const T extends Tag>(
  ...tags: ReadonlyArray<T>
): (event: ServerEvent) => event is Extract<ServerEvent, { readonly _tag: T }> => ServerEvent.isAnyOf(tags)

/**
 * Reads what a server said. Never fails and never throws; takes time in proportion to the text.
 *
 * **Details**
 *
 * `players` are those known to be on the server. They resolve the names in chat and in logs of filters: without them chat
 * is {@link UnattributedChat}.
 *
 * **Example**
 *
 * ```ts
 * import { ServerEvent } from "@bercon/client"
 *
 * ServerEvent.parse("Player #5 Bob disconnected")
 * // PlayerDisconnected { player: { id: 5, name: "Bob" }, text: "Player #5 Bob disconnected" }
 * ```
 *
 * @category parsing
 * @since 0.1.0
 */
export const parse = (text: string, players: Iterable<PlayerReference> = []): ServerEvent =>
  read(text, players) ?? new Unrecognized({ text })

// The first word decides. No text begins with a name, so none can pass for a text of another kind.
const read = (text: string, players: Iterable<PlayerReference>): ServerEvent | undefined => {
  if (text.startsWith("(")) return readChat(text, players)
  if (text.startsWith("Player #")) return readPlayer(text)
  if (text.startsWith("Verified GUID (")) return readVerified(text)
  if (text.startsWith("RCon admin #")) return readAdmin(text, players)
  return readFilterLog(text, players) ?? readServer(text) ?? readReforger(text)
}

const CHAT = new RegExp(`^\\((${ChatChannel.literals.join("|")})\\) `)

const readChat = (text: string, players: Iterable<PlayerReference>): ServerEvent | undefined => {
  const match = CHAT.exec(text)
  const speaker = match && nameAt(text, match[0].length, ": ", players)
  if (!speaker) return undefined
  const channel = match[1] as ChatChannel
  const message = text.slice(speaker.end)
  return speaker.player
    ? new PlayerChat({ channel, player: speaker.player, message, text })
    : new UnattributedChat({ channel, name: speaker.name, message, text })
}

const CONNECTED = new RegExp(`^Player #${NUMBER} (.*) \\(${ADDRESS}\\) connected$`, "s")
const DISCONNECTED = new RegExp(`^Player #${NUMBER} (.*) disconnected$`, "s")
const GUID_TOLD = new RegExp(
  `^Player #${NUMBER} (.*) - (${GuidKind.literals.join("|")}): ${GUID}(?: \\(unverified\\))?$`,
  "s"
)
const KICKED = new RegExp(`^Player #${NUMBER} (.*) \\((?:${GUID}|-)\\) has been kicked by BattlEye: (.*)$`, "s")

const readPlayer = (text: string): ServerEvent | undefined => {
  const connected = CONNECTED.exec(text)
  if (connected) {
    const [, id = "", name = "", ip = "", port = ""] = connected
    const from = address(ip, port)
    return from && new PlayerConnected({ player: reference(id, name), address: from, text })
  }
  const disconnected = DISCONNECTED.exec(text)
  if (disconnected) {
    const [, id = "", name = ""] = disconnected
    return new PlayerDisconnected({ player: reference(id, name), text })
  }
  const told = GUID_TOLD.exec(text)
  if (told) {
    const [, id = "", name = "", kind = "", guid = ""] = told
    return new PlayerGuid({ player: reference(id, name), kind: kind as GuidKind, guid: guid as Guid, text })
  }
  // Last, because it ends in what may be anything: a short name can hold ` (-) has been kicked by BattlEye: `, but no
  // reason ends in one of the endings above.
  const kicked = KICKED.exec(text)
  if (kicked) {
    const [, id = "", name = "", guid, reason = ""] = kicked
    return new PlayerKicked({
      player: reference(id, name),
      ...(guid !== undefined && { guid: guid as Guid }),
      reason: KickReason.parse(reason),
      text
    })
  }
  return undefined
}

const VERIFIED = new RegExp(`^Verified GUID \\(${GUID}\\) of player #${NUMBER} (.*)$`, "s")

const readVerified = (text: string): ServerEvent | undefined => {
  const match = VERIFIED.exec(text)
  if (!match) return undefined
  const [, guid = "", id = "", name = ""] = match
  return new PlayerVerified({ player: reference(id, name), guid: guid as Guid, text })
}

const ADMIN_LOGGED_IN = new RegExp(`^RCon admin #${NUMBER} \\(${ADDRESS}\\) logged in$`)
const ADMIN_CHAT = new RegExp(`^RCon admin #${NUMBER}: \\((?:Global\\) |To )`)

const readAdmin = (text: string, players: Iterable<PlayerReference>): ServerEvent | undefined => {
  const login = ADMIN_LOGGED_IN.exec(text)
  if (login) {
    const [, id, ip = "", port = ""] = login
    const from = address(ip, port)
    return from && new AdminLoggedIn({ admin: Number(id) as AdminId, address: from, text })
  }
  const chat = ADMIN_CHAT.exec(text)
  if (!chat) return undefined
  const [start, id] = chat
  const admin = Number(id) as AdminId
  if (start.endsWith(") ")) return new AdminChat({ admin, message: text.slice(start.length), text })
  const recipient = nameAt(text, start.length, ") ", players)
  return recipient && new AdminChat({ admin, recipient: recipient.name, message: text.slice(recipient.end), text })
}

const LOG = new RegExp(`^${FILTER} Log: #${NUMBER} `)
// Not anchored: the first that is found ends the name. The code behind it may hold others.
const RULE = new RegExp(` \\((?:${GUID}|-)\\) - #${NUMBER} `)

const readFilterLog = (text: string, players: Iterable<PlayerReference>): ServerEvent | undefined => {
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
  return new FilterLog({
    player: reference(number, known + behind.slice(0, found.index)),
    ...(guid !== undefined && { guid: guid as Guid }),
    filter: filter === "Scripts" ? "Script" : filter,
    rule: Number(rule),
    code: printed.startsWith("\"") ? printed.slice(1).replace(/"$/, "") : printed,
    text
  })
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
const readServer = (text: string): ServerEvent | undefined => {
  const state = MASTER.get(text.replace(ERROR_NUMBER, ""))
  if (state !== undefined) return new BattlEyeMaster({ state, text })
  const initialized = INITIALIZED.exec(text)
  if (initialized) {
    const [, version = "", game] = initialized
    return new ServerInitialized({ version, ...(game !== undefined && { game }), text })
  }
  const updated = UPDATED.exec(text)
  if (updated) {
    const [, version = ""] = updated
    return new ServerUpdated({ version, text })
  }
  const config = CONFIG_ENTRY.exec(text)
  if (config) {
    const [, entry = ""] = config
    return new ConfigEntry({ entry, text })
  }
  const error = FILE_ERROR.exec(text)
  if (error) {
    const [, words, file] = error
    return new FileError({
      problem: words === "Failed to open" ? "CannotOpen" : "Incompatible",
      ...(file && { file }),
      text
    })
  }
  const disabled = KICKING_DISABLED.exec(text)
  if (disabled) {
    // Advice may follow in a second sentence.
    const [subject = ""] = (disabled[1] ?? "").split(/\.(?:\s|$)/, 1)
    return new KickingDisabled({ subject, text })
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
const readReforger = (text: string): ServerEvent | undefined => {
  const login = LOGGED_IN.exec(text)
  if (login) return new LoggedIn({ admin: Number(login[1]) as AdminId, text })
  const echo = COMMAND_ECHO.exec(text)
  if (echo) return new CommandEcho({ command: echo[1] ?? "", text })
  return COMMAND_RESULT.test(text) ? new CommandResult({ text }) : undefined
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
