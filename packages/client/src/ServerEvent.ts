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
 * its fixed words at both ends. Two kinds of text are ambiguous all the same, because a name may hold what ends it there:
 * chat (`(Side) NAME: words`) and whispers of admins (`(To NAME) words`). There the longest name of a player who is known
 * to be on the server decides, otherwise the name is taken to be as short as possible.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Address } from "./Address.ts"
import { AdminId } from "./Admin.ts"
import { Guid } from "./Guid.ts"
import { ADDRESS, address, GUID, NUMBER } from "./internal/patterns.ts"
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
 * `players` are those known to be on the server. They resolve the names in chat: without them chat is
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
export const parse = (text: string, players: Iterable<PlayerReference> = []): ServerEvent =>
  read(text, players) ?? new Unrecognized({ text })

// The first word decides. No text begins with a name, so none can pass for a text of another kind.
const read = (text: string, players: Iterable<PlayerReference>): ServerEvent | undefined => {
  if (text.startsWith("(")) return readChat(text, players)
  if (text.startsWith("Player #")) return readPlayer(text)
  if (text.startsWith("Verified GUID (")) return readVerified(text)
  if (text.startsWith("RCon admin #")) return readAdmin(text, players)
  return undefined
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

const reference = (id: string, name: string): PlayerReference => ({ id: Number(id) as PlayerId, name })

/**
 * The name that stands at `start`, up to `separator`, which is somewhere in it perhaps. `player` is who has it, where that
 * is known and sure; `end` is behind the separator.
 */
const nameAt = (text: string, start: number, separator: string, players: Iterable<PlayerReference>) => {
  let owners: Array<PlayerReference> = []
  for (const player of players) {
    const { length } = player.name
    const longest = owners[0]?.name.length ?? -1
    if (length < longest) continue
    if (!text.startsWith(player.name, start) || !text.startsWith(separator, start + length)) continue
    // Two names of one length that both stand here are the same name.
    owners = length > longest ? [player] : [...owners, player]
  }
  const [owner] = owners
  if (owner !== undefined) {
    const { id, name } = owner
    const player = owners.every((other) => other.id === id) ? { id, name } : undefined
    return { name, player, end: start + name.length + separator.length }
  }
  const end = text.indexOf(separator, start)
  return end === -1 ? undefined : { name: text.slice(start, end), player: undefined, end: end + separator.length }
}
