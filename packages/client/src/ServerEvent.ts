/**
 * The events of a server, as it sends them to its RCON clients.
 *
 * **Details**
 *
 * A server sends events as lines of text. {@link parse} reads one line, and the event keeps it as `text`. A line of
 * unknown form is {@link Unrecognized}, never an error. The `events` of an `RconClient` are the parsed lines in the
 * server's order, and the client's own events, which have no `text`: {@link PlayerIdentified}, {@link BanAdded},
 * {@link BanRemoved}, {@link BanExpired} and {@link Gap}. Events are immutable data.
 *
 * NULs and line ends at the end of a line are kept only in `text`. Blanks there are kept in `text`, and in a message,
 * a name, a command or an entry of the configuration. GUIDs are read in upper or lower case, and are in lower case in
 * events.
 *
 * Players choose their names, and some choose names that look like other text. Each line is therefore matched as a
 * whole, from its fixed words at both ends. Four kinds of lines stay ambiguous, because a name may contain the words
 * that end it: chat (`(Side) NAME: words`), whispers of admins (`(To NAME) words`), logs of filters
 * ({@link FilterLog}) and kicks ({@link PlayerKicked}). In these the longest name of a known player on the server
 * decides. If no known player matches, the name is assumed to be as short as possible. Messages, code and the reasons
 * of admins never change the fields before them.
 *
 * **Example** (Players who join)
 *
 * ```ts
 * import { RconClient, ServerEvent } from "@bercon/client"
 * import { Console, Effect, Stream } from "effect"
 *
 * const log = Effect.gen(function*() {
 *   const rcon = yield* RconClient.RconClient
 *   yield* rcon.events.pipe(
 *     Stream.filter(ServerEvent.is("PlayerConnected")),
 *     Stream.runForEach(({ address, player }) => Console.log(`${player.name} joins from ${address}`))
 *   )
 * })
 * ```
 *
 * @stability stable
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Address } from "./Address.ts"
import { AdminId } from "./Admin.ts"
import { Ban } from "./Ban.ts"
import { Guid } from "./Guid.ts"
import * as ReadEvent from "./internal/readEvent.ts"
import * as KickReason from "./KickReason.ts"
import { Player, PlayerReference } from "./Player.ts"

/** When an event was received or constructed, by the clock of this process. An event from {@link parse} has no time. */
const TIMED = { receivedAt: Schema.optionalKey(Schema.DateTimeUtc) }

/** The fields of every event that the server sends: its text and the time. */
const FROM_SERVER = { text: Schema.String, ...TIMED }

/**
 * An RCON client has logged in. No event reports its logout.
 *
 * @category models
 * @since 0.1.0
 */
export class AdminLoggedIn extends Schema.TaggedClass<AdminLoggedIn>("@bercon/client/ServerEvent/AdminLoggedIn")(
  "AdminLoggedIn",
  { admin: AdminId, address: Address, ...FROM_SERVER }
) {}

/**
 * An RCON client, possibly this one, has sent a chat message: to all players, or to the player with the name
 * `recipient`.
 *
 * @category models
 * @since 0.1.0
 */
export class AdminChat extends Schema.TaggedClass<AdminChat>("@bercon/client/ServerEvent/AdminChat")("AdminChat", {
  admin: AdminId,
  recipient: Schema.optionalKey(Schema.String),
  message: Schema.String,
  ...FROM_SERVER
}) {}

/**
 * A player has begun to join.
 *
 * @category models
 * @since 0.1.0
 */
export class PlayerConnected extends Schema.TaggedClass<PlayerConnected>("@bercon/client/ServerEvent/PlayerConnected")(
  "PlayerConnected",
  { player: PlayerReference, address: Address, ...FROM_SERVER }
) {}

/**
 * The kind of GUID in a {@link PlayerGuid}, in the server's words.
 *
 * **Details**
 *
 * Bans use `"GUID"` (Arma) and `"BE GUID"` (newer games). `"Owner BE GUID"` belongs to the account that owns a shared
 * game. `"Legacy GUID"` is not unique on newer Arma 2: many players have the same.
 *
 * @category models
 * @since 0.1.0
 */
export const GuidKind = Schema.Literals(["GUID", "BE GUID", "Owner BE GUID", "Legacy GUID"])

/**
 * The kind of GUID in a {@link PlayerGuid}.
 *
 * @category models
 * @since 0.1.0
 */
export type GuidKind = typeof GuidKind.Type

/**
 * The game of a joining player has sent a GUID. Check its `kind`: bans do not use every kind.
 *
 * @category models
 * @since 0.1.0
 */
export class PlayerGuid extends Schema.TaggedClass<PlayerGuid>("@bercon/client/ServerEvent/PlayerGuid")("PlayerGuid", {
  player: PlayerReference,
  kind: GuidKind,
  guid: Guid,
  ...FROM_SERVER
}) {}

/**
 * BattlEye has verified a player's GUID.
 *
 * @category models
 * @since 0.1.0
 */
export class PlayerVerified extends Schema.TaggedClass<PlayerVerified>("@bercon/client/ServerEvent/PlayerVerified")(
  "PlayerVerified",
  { player: PlayerReference, guid: Guid, ...FROM_SERVER }
) {}

/**
 * A player has left.
 *
 * `known` is the player as known until then (GUID, address, whether verified), and `knownAt` the time of the server's
 * last information about the player. Both are absent if nothing was known, or if the slot belonged to another player.
 *
 * @category models
 * @since 0.1.0
 */
export class PlayerDisconnected
  extends Schema.TaggedClass<PlayerDisconnected>("@bercon/client/ServerEvent/PlayerDisconnected")(
    "PlayerDisconnected",
    {
      player: PlayerReference,
      ...FROM_SERVER,
      known: Schema.optionalKey(Player),
      knownAt: Schema.optionalKey(Schema.DateTimeUtc)
    }
  )
{}

/**
 * A player has been kicked by BattlEye or an admin. `guid` is absent if the server did not print it, perhaps because
 * it was not known yet. `known` and `knownAt` are as in {@link PlayerDisconnected}. Some games also send
 * `PlayerDisconnected` afterwards; then only the kick has these two fields.
 *
 * **Details**
 *
 * If the player is unknown, the name ends before the first ` has been kicked by BattlEye:` that follows a GUID or
 * precedes a known reason. So no admin's reason can change the kicked player. If there is neither a GUID nor a known
 * reason, the name ends before the first occurrence of these words, even if they are part of the name. But if
 * such a text ends like another event, for example with ` disconnected`, it is parsed as that event.
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
    ...FROM_SERVER,
    known: Schema.optionalKey(Player),
    knownAt: Schema.optionalKey(Schema.DateTimeUtc)
  }
) {}

/**
 * The audience of a chat message: one word, as the server prints it.
 *
 * **Details**
 *
 * Known channels are `"Global"`, `"Side"`, `"Command"`, `"Group"`, `"Vehicle"`, `"Direct"`, `"Lobby"`, `"Admin"` and
 * `"Unknown"`. (Servers do print the word `Unknown`.) Games may have others, e.g. `"Commander"`.
 *
 * @category models
 * @since 0.1.0
 */
export type ChatChannel =
  | "Global"
  | "Side"
  | "Command"
  | "Group"
  | "Vehicle"
  | "Direct"
  | "Lobby"
  | "Admin"
  | "Unknown"
  // Any other word. Without the intersection, the type would be `string`, and editors would suggest none of the above.
  | (string & {})

/**
 * The audience of a chat message: one word, as the server prints it.
 *
 * @category models
 * @since 0.1.0
 */
export const ChatChannel: Schema.Codec<ChatChannel, string> = Schema.String

/**
 * A player has sent a chat message, and the player is known: exactly one of the known players on the server has the
 * name.
 *
 * @see {@link UnattributedChat} for chat of unknown players
 * @category models
 * @since 0.1.0
 */
export class PlayerChat extends Schema.TaggedClass<PlayerChat>("@bercon/client/ServerEvent/PlayerChat")("PlayerChat", {
  channel: ChatChannel,
  player: PlayerReference,
  message: Schema.String,
  ...FROM_SERVER
}) {
  /** The name of the player. */
  get name(): string {
    return this.player.name
  }
}

/**
 * A player has sent a chat message, and the player could not be determined.
 *
 * **Details**
 *
 * Servers print the name of the speaker, but not the slot that commands need. This event means that no known player
 * has that name, or that several have. If none has, even the end of the name is a guess: the first `": "`, or else the
 * first colon.
 *
 * @category models
 * @since 0.1.0
 */
export class UnattributedChat
  extends Schema.TaggedClass<UnattributedChat>("@bercon/client/ServerEvent/UnattributedChat")("UnattributedChat", {
    channel: ChatChannel,
    name: Schema.String,
    message: Schema.String,
    ...FROM_SERVER
  })
{}

/**
 * A filter of the server has matched an action of a player's game.
 *
 * **Details**
 *
 * - `guid`: absent if the server does not print it.
 * - `filter`, `rule`: the filter and the number of its rule, as in the `FilterRestriction` of a `KickReason`. Servers
 *   call the filter of `scripts.txt` `Script` in kicks, and in logs `Script` (Arma 2) or `Scripts` (Arma 3). Here it is
 *   always `"Script"`.
 * - `code`: the code of the action, possibly in many lines, without the quotation mark before it and the one at its
 *   very end. Servers cut long code. Some filters print more after the second mark: then the mark and that text are
 *   kept, too.
 *
 * Servers send only matches of rules that log to their console.
 *
 * The player has chosen the name and perhaps the code; the slot in `player` comes from the server. If the line has the
 * name of the known player in that slot, this name is used. Otherwise the name ends before the first of these texts:
 * ` (GUID) - #rule `, ` (-) - #rule ` and ` - #rule "`. Code comes after them, so it cannot change the player. But an
 * unknown player can choose a name that contains ` (-) - #0 `: the name then ends there, and `guid` is absent. A name
 * cannot contain another player's GUID in this form: it would be longer than 40 characters, and Steam allows 32.
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
  ...FROM_SERVER
}) {}

/**
 * The state of the server's connection to BattlEye's master server, which verifies GUIDs and checks bans.
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
    ...FROM_SERVER
  }
) {}

/**
 * BattlEye has started on the server. `version` is its version, e.g. `"1.220"`. `game` is the game's name and version,
 * e.g. `"DayZ 1.29.163451"`; absent if the server does not print it.
 *
 * @category models
 * @since 0.1.0
 */
export class ServerInitialized
  extends Schema.TaggedClass<ServerInitialized>("@bercon/client/ServerEvent/ServerInitialized")("ServerInitialized", {
    version: Schema.String,
    game: Schema.optionalKey(Schema.String),
    ...FROM_SERVER
  })
{}

/**
 * BattlEye has updated itself on the server. `version` has no dot: `"217"` is 1.217.
 *
 * @category models
 * @since 0.1.0
 */
export class ServerUpdated extends Schema.TaggedClass<ServerUpdated>("@bercon/client/ServerEvent/ServerUpdated")(
  "ServerUpdated",
  { version: Schema.String, ...FROM_SERVER }
) {}

/**
 * The server has read a line of its configuration: `entry`.
 *
 * @category models
 * @since 0.1.0
 */
export class ConfigEntry extends Schema.TaggedClass<ConfigEntry>("@bercon/client/ServerEvent/ConfigEntry")(
  "ConfigEntry",
  { entry: Schema.String, ...FROM_SERVER }
) {}

/**
 * The server cannot use one of its files. `file` is the server's name for it, e.g. `"event log file"`; absent if the
 * server does not print it.
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
  ...FROM_SERVER
}) {}

/**
 * The server will not kick for `subject`, e.g. `"script scans"`, although its filters require it.
 *
 * @category models
 * @since 0.1.0
 */
export class KickingDisabled extends Schema.TaggedClass<KickingDisabled>("@bercon/client/ServerEvent/KickingDisabled")(
  "KickingDisabled",
  { subject: Schema.String, ...FROM_SERVER }
) {}

/**
 * This client has logged in to Arma Reforger's own RCON, which gave it the number `admin`.
 *
 * @category models
 * @since 0.1.0
 */
export class LoggedIn extends Schema.TaggedClass<LoggedIn>("@bercon/client/ServerEvent/LoggedIn")("LoggedIn", {
  admin: AdminId,
  ...FROM_SERVER
}) {}

/**
 * Arma Reforger's own RCON has begun to execute `command`. Its output follows as other messages.
 *
 * @category models
 * @since 0.1.0
 */
export class CommandEcho extends Schema.TaggedClass<CommandEcho>("@bercon/client/ServerEvent/CommandEcho")(
  "CommandEcho",
  { command: Schema.String, ...FROM_SERVER }
) {}

/**
 * The output of a command on Arma Reforger that belongs to no reply: it was late, or the command was another admin's.
 *
 * **Details**
 *
 * Nothing in the message identifies the command. It is recognised by its text: `Player 'Bob' kicked!`, `Ban removed!`,
 * `Not Valid page number`, `Players on server: ...` and so on.
 *
 * @category models
 * @since 0.1.0
 */
export class CommandResult extends Schema.TaggedClass<CommandResult>("@bercon/client/ServerEvent/CommandResult")(
  "CommandResult",
  { ...FROM_SERVER }
) {}

/**
 * The server has sent a text of unknown form.
 *
 * @category models
 * @since 0.1.0
 */
export class Unrecognized extends Schema.TaggedClass<Unrecognized>("@bercon/client/ServerEvent/Unrecognized")(
  "Unrecognized",
  { ...FROM_SERVER }
) {}

/**
 * Name, address and verified GUID of a player are all known, or are no longer awaited. The event comes once for each
 * visit, also for players who were on the server before this client. It is the right event for whitelists and ban
 * lookups.
 *
 * **Details**
 *
 * The client constructs it from events and the list of players. On Arma Reforger's own RCON it comes with the name and
 * the `identity`, because the server prints no more. If a GUID is not verified within a minute, the event comes with
 * the data of the next list: with `verified: false`, perhaps without `guid`.
 *
 * @category models
 * @since 0.1.0
 */
export class PlayerIdentified
  extends Schema.TaggedClass<PlayerIdentified>("@bercon/client/ServerEvent/PlayerIdentified")("PlayerIdentified", {
    player: Player,
    ...TIMED
  })
{}

/**
 * A ban has been added to the server's list. Requires the option `banInterval`.
 *
 * @category models
 * @since 0.1.0
 */
export class BanAdded extends Schema.TaggedClass<BanAdded>("@bercon/client/ServerEvent/BanAdded")("BanAdded", {
  ban: Ban,
  ...TIMED
}) {}

/**
 * A ban has been removed from the server's list. `ban` is its row when it was last read. Requires the option
 * `banInterval`.
 *
 * @category models
 * @since 0.1.0
 */
export class BanRemoved extends Schema.TaggedClass<BanRemoved>("@bercon/client/ServerEvent/BanRemoved")("BanRemoved", {
  ban: Ban,
  ...TIMED
}) {}

/**
 * The time of a ban has ended. Requires the option `banInterval`.
 *
 * @category models
 * @since 0.1.0
 */
export class BanExpired extends Schema.TaggedClass<BanExpired>("@bercon/client/ServerEvent/BanExpired")("BanExpired", {
  ban: Ban,
  ...TIMED
}) {}

/**
 * Events are missing at this place.
 *
 * **Details**
 *
 * - `"Lost"`: the network lost or delayed `missed` events. `missed` is absent if their number is unknown.
 * - `"Overflow"`: this subscriber was too slow and lost its `missed` oldest events.
 * - `"Reconnected"`: the session was lost for some time. The number of missed events is unknown, and `missed` is
 *   absent.
 *
 * @category models
 * @since 0.1.0
 */
export class Gap extends Schema.TaggedClass<Gap>("@bercon/client/ServerEvent/Gap")("Gap", {
  cause: Schema.Literals(["Lost", "Overflow", "Reconnected"]),
  missed: Schema.optionalKey(Schema.Int),
  ...TIMED
}) {}

/**
 * An event of the server, or a gap in place of missing events.
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
  PlayerIdentified,
  BanAdded,
  BanRemoved,
  BanExpired,
  Gap
]).pipe(Schema.toTaggedUnion("_tag"))

/**
 * An event of the server, or a gap in place of missing events.
 *
 * @category models
 * @since 0.1.0
 */
export type ServerEvent = typeof ServerEvent.Type

/**
 * The tags of all events.
 *
 * @category models
 * @since 0.1.0
 */
export type Tag = ServerEvent["_tag"]

/**
 * Tests whether an event is of one of the given kinds.
 *
 * **Example** (All chat)
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
 * Parses a line that a server sent. Never fails and never throws. The time is proportional to the length of the text.
 *
 * **Details**
 *
 * `players` are the known players on the server. They determine the end of a name, and the sender of chat:
 * without them all chat is {@link UnattributedChat}.
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
export const parse = (text: string, players: Iterable<PlayerReference> = []): ServerEvent => {
  const fields = ReadEvent.read(text, players) ?? { _tag: "Unrecognized" }
  // Built without `new`, which would validate again what the patterns have validated.
  return Object.assign(Object.create(ServerEvent.cases[fields._tag].prototype), fields, { text })
}
