/**
 * What happens on a server, as it tells its RCON clients.
 *
 * **Details**
 *
 * A server tells it in lines of text. {@link parse} reads one; the `events` of an `RconClient` are what it reads, in the
 * server's order. Every event keeps the server's words as `text`. A text that is not known is {@link Unrecognized}, never
 * an error.
 *
 * NULs and line ends behind the text are not part of any field. Blanks there are part of a message or a name only. GUIDs
 * are read in upper or lower case and are in lower case in events.
 *
 * Players choose their names, and some choose names that look like something else. A text is therefore read as a whole,
 * from its fixed words at both ends. Four kinds of text are ambiguous all the same, because a name may hold the words that
 * end it: chat (`(Side) NAME: words`), whispers of admins (`(To NAME) words`), logs of filters ({@link FilterLog}) and
 * kicks ({@link PlayerKicked}). The longest name of a player who is known to be on the server then decides. Without one,
 * the name is taken to be as short as possible. Messages, reasons and code never change the fields before them.
 *
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

/** When an event was received or made, by the clock of this machine. An event that was read by {@link parse} has no time. */
const TIMED = { receivedAt: Schema.optionalKey(Schema.DateTimeUtc) }

/** What every event has that the server tells: its words, and the time. */
const TOLD = { text: Schema.String, ...TIMED }

/**
 * An RCON client has logged in. There is no event for its leaving.
 *
 * @category models
 * @since 0.1.0
 */
export class AdminLoggedIn extends Schema.TaggedClass<AdminLoggedIn>("@bercon/client/ServerEvent/AdminLoggedIn")(
  "AdminLoggedIn",
  { admin: AdminId, address: Address, ...TOLD }
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
  ...TOLD
}) {}

/**
 * A player has begun to join.
 *
 * @category models
 * @since 0.1.0
 */
export class PlayerConnected extends Schema.TaggedClass<PlayerConnected>("@bercon/client/ServerEvent/PlayerConnected")(
  "PlayerConnected",
  { player: PlayerReference, address: Address, ...TOLD }
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
  ...TOLD
}) {}

/**
 * BattlEye has checked a player's GUID.
 *
 * @category models
 * @since 0.1.0
 */
export class PlayerVerified extends Schema.TaggedClass<PlayerVerified>("@bercon/client/ServerEvent/PlayerVerified")(
  "PlayerVerified",
  { player: PlayerReference, guid: Guid, ...TOLD }
) {}

/**
 * A player has left.
 *
 * `known` is what was known of the player until then (GUID, address, whether it was verified), and `knownAt` when the server
 * last told of it. Both are absent if nothing was known, or if the slot was another player's.
 *
 * @category models
 * @since 0.1.0
 */
export class PlayerDisconnected
  extends Schema.TaggedClass<PlayerDisconnected>("@bercon/client/ServerEvent/PlayerDisconnected")(
    "PlayerDisconnected",
    {
      player: PlayerReference,
      ...TOLD,
      known: Schema.optionalKey(Player),
      knownAt: Schema.optionalKey(Schema.DateTimeUtc)
    }
  )
{}

/**
 * A player has been kicked, by BattlEye or an admin. `guid` is absent if the server did not print it: it may not know it
 * yet. `known` and `knownAt` are as in {@link PlayerDisconnected}. Some games send that event as well; then only the first
 * of the two has them.
 *
 * **Details**
 *
 * If the player is not known, the name ends at the first words of a kick that stand behind a GUID or before a known reason.
 * So no reason changes who was kicked. Without either, a name of 32 characters can hold these words and is cut there.
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
    ...TOLD,
    known: Schema.optionalKey(Player),
    knownAt: Schema.optionalKey(Schema.DateTimeUtc)
  }
) {}

/**
 * Who hears what a player says: one word, as the server prints it.
 *
 * **Details**
 *
 * Known are `"Global"`, `"Side"`, `"Command"`, `"Group"`, `"Vehicle"`, `"Direct"`, `"Lobby"`, `"Admin"` and `"Unknown"`,
 * which is the server's own word. Games may have others, e.g. `"Commander"`.
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
  // Any other word. Without the intersection, the type would be `string` and editors would propose none of the above.
  | (string & {})

/**
 * Who hears what a player says: one word, as the server prints it.
 *
 * @category models
 * @since 0.1.0
 */
export const ChatChannel: Schema.Codec<ChatChannel, string> = Schema.String

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
  ...TOLD
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
 * Servers print the name of the speaker, but not the number that commands need. This is chat for which no player of that
 * name is known, or several are. If none is known, the end of the name is a guess as well: the first `": "`, or the first
 * colon if there is none with a blank.
 *
 * @category models
 * @since 0.1.0
 */
export class UnattributedChat
  extends Schema.TaggedClass<UnattributedChat>("@bercon/client/ServerEvent/UnattributedChat")("UnattributedChat", {
    channel: ChatChannel,
    name: Schema.String,
    message: Schema.String,
    ...TOLD
  })
{}

/**
 * A filter of the server has taken exception to something that a player's game wanted to do.
 *
 * **Details**
 *
 * - `guid`: absent if the server does not print it.
 * - `filter`, `rule`: which rule of which filter it was, as in the `FilterRestriction` of a `KickReason`. Servers call the
 *   filter of `scripts.txt` `Script` in kicks, and in logs `Script` (Arma 2) or `Scripts` (Arma 3): here it is `"Script"`.
 * - `code`: what the game wanted to do, perhaps in many lines, without the quotation mark before it and the one at its very
 *   end. Servers cut it if it is long, and some filters print more behind the second mark, which then is kept.
 *
 * A server tells only of rules that log to its console.
 *
 * The player has chosen the name and perhaps the code; the number in `player` is the server's. If the player of this
 * number is known and has the name that stands here, that is the name. Otherwise it ends before the first ` (GUID) - #rule `,
 * ` (-) - #rule ` or ` - #rule "`. So code cannot change whose it is, because it comes behind that. The name of a player who
 * is not known can: with ` (-) - #0 ` in it, it ends there and `guid` is absent. To bring in another player's GUID it must
 * be longer than 40 characters, and Steam allows 32.
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
  ...TOLD
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
    ...TOLD
  }
) {}

/**
 * BattlEye has started on the server. `version` is its own, e.g. `"1.220"`, and `game` that of the game, e.g.
 * `"DayZ 1.29.163451"`; absent if the server does not say.
 *
 * @category models
 * @since 0.1.0
 */
export class ServerInitialized
  extends Schema.TaggedClass<ServerInitialized>("@bercon/client/ServerEvent/ServerInitialized")("ServerInitialized", {
    version: Schema.String,
    game: Schema.optionalKey(Schema.String),
    ...TOLD
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
  { version: Schema.String, ...TOLD }
) {}

/**
 * The server has read a line of its configuration: `entry`.
 *
 * @category models
 * @since 0.1.0
 */
export class ConfigEntry extends Schema.TaggedClass<ConfigEntry>("@bercon/client/ServerEvent/ConfigEntry")(
  "ConfigEntry",
  { entry: Schema.String, ...TOLD }
) {}

/**
 * The server cannot use one of its files. `file` is what it calls it, e.g. `"event log file"`; absent if it does not.
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
  ...TOLD
}) {}

/**
 * The server will not kick for `subject`, e.g. `"script scans"`, although its filters say so.
 *
 * @category models
 * @since 0.1.0
 */
export class KickingDisabled extends Schema.TaggedClass<KickingDisabled>("@bercon/client/ServerEvent/KickingDisabled")(
  "KickingDisabled",
  { subject: Schema.String, ...TOLD }
) {}

/**
 * This client has logged in to Arma Reforger's own RCON, which gave it the number `admin`.
 *
 * @category models
 * @since 0.1.0
 */
export class LoggedIn extends Schema.TaggedClass<LoggedIn>("@bercon/client/ServerEvent/LoggedIn")("LoggedIn", {
  admin: AdminId,
  ...TOLD
}) {}

/**
 * Arma Reforger's own RCON has begun to execute `command`. What comes of it follows as other messages.
 *
 * @category models
 * @since 0.1.0
 */
export class CommandEcho extends Schema.TaggedClass<CommandEcho>("@bercon/client/ServerEvent/CommandEcho")(
  "CommandEcho",
  { command: Schema.String, ...TOLD }
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
  { ...TOLD }
) {}

/**
 * The server has said something else.
 *
 * @category models
 * @since 0.1.0
 */
export class Unrecognized extends Schema.TaggedClass<Unrecognized>("@bercon/client/ServerEvent/Unrecognized")(
  "Unrecognized",
  { ...TOLD }
) {}

/**
 * Name, address and verified GUID of a player are all known, or it is certain that they will not be. Comes once for each
 * visit, also for players who were there before this client. The one event for whitelists and lookups of bans.
 *
 * **Details**
 *
 * The client makes it of what events and the list of players have told. On Arma Reforger's own RCON it comes with the
 * `identity`, which is all that is told there. A player who has no verified GUID after a minute is announced as the list
 * shows the player then: with `verified: false`, perhaps without `guid`.
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
 * A ban is in the server's list that was not in it before. Comes if the client has a `banInterval`.
 *
 * @category models
 * @since 0.1.0
 */
export class BanAdded extends Schema.TaggedClass<BanAdded>("@bercon/client/ServerEvent/BanAdded")("BanAdded", {
  ban: Ban,
  ...TIMED
}) {}

/**
 * A ban is no longer in the server's list. `ban` is the row as it was last read. Comes if the client has a `banInterval`.
 *
 * @category models
 * @since 0.1.0
 */
export class BanRemoved extends Schema.TaggedClass<BanRemoved>("@bercon/client/ServerEvent/BanRemoved")("BanRemoved", {
  ban: Ban,
  ...TIMED
}) {}

/**
 * The time of a ban is over. Comes if the client has a `banInterval`.
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
 * - `"Lost"`: the network lost `missed` of them for good.
 * - `"Overflow"`: this subscriber read too slowly and lost its `missed` oldest.
 * - `"Reconnected"`: the session was down for a while. Nobody knows what happened meanwhile; `missed` is absent.
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
  PlayerIdentified,
  BanAdded,
  BanRemoved,
  BanExpired,
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
 * `players` are those known to be on the server. They decide where names end, and who speaks: without them chat is
 * {@link UnattributedChat}.
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
  // Not with `new`, which would validate what the reader's patterns have validated already.
  return Object.assign(Object.create(ServerEvent.cases[fields._tag].prototype), fields, { text })
}
