/**
 * What crosses the network between the runners and those who use their sessions.
 *
 * **Details**
 *
 * Errors are `CommandError` and `LoginFailure`, which are schemas of their own. No password is among these values: a runner
 * finds out a server's options from its id, with `Servers`.
 *
 * @since 0.1.0
 */
import { LoginFailure, OutageCause } from "@bercon/session/LoginFailure"
import * as Schema from "effect/Schema"
import { MAX_SERVERS, Settings } from "./internal/serverSettings.ts"

const outage = { cause: OutageCause, tries: Schema.Int, since: Schema.Number }

/**
 * The schema of a session's `Status`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Status = Schema.Union([
  Schema.TaggedStruct("Connecting", outage),
  Schema.TaggedStruct("Online", {}),
  Schema.TaggedStruct("Reconnecting", outage),
  Schema.TaggedStruct("Closed", { exit: Schema.Exit(Schema.Void, LoginFailure, Schema.Defect()) })
])

/**
 * The schema of a `Message` without its `text`, which is decoded from `payload` where it is received.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Message = Schema.TaggedStruct("Message", {
  sequence: Schema.Int,
  payload: Schema.Uint8Array,
  receivedAt: Schema.Number,
  late: Schema.Boolean
})

/**
 * The schema of a `Gap`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Gap = Schema.TaggedStruct("Gap", {
  cause: Schema.Literals(["Lost", "Overflow", "Reconnected"]),
  missed: Schema.optionalKey(Schema.Int)
})

/**
 * The schema of the state of a session. Sent at each change, and now and then as a sign of life.
 *
 * @category schemas
 * @since 0.1.0
 */
export const State = Schema.TaggedStruct("State", {
  /** How many logins there were in this activation. */
  epoch: Schema.Int,
  status: Status
})

/**
 * The schema of what a feed begins with.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Hello = Schema.TaggedStruct("Hello", {
  /** Which activation of the entity this is. Another one has another session. */
  activation: Schema.String,
  /** Which definition of the server its session is of, if there can be several. */
  generation: Schema.optionalKey(Schema.String),
  /** How often the feed gives a sign of life, in milliseconds. */
  heartbeat: Schema.Number,
  state: State,
  /** The first message since the last login. */
  greeting: Schema.optionalKey(Message),
  /** The code page of text that is not UTF-8. */
  textFallback: Schema.optionalKey(Schema.String)
})

/**
 * The schema of an element of a feed: first `Hello`, then messages and gaps in their order, and states.
 *
 * @category schemas
 * @since 0.1.0
 */
export const FeedItem = Schema.Union([Hello, State, Message, Gap])

/**
 * The type of {@link FeedItem}.
 *
 * @category models
 * @since 0.1.0
 */
export type FeedItem = typeof FeedItem.Type

/**
 * The entity did not run the command: it was made for an earlier activation, or it is one that must not run twice and was
 * delivered before. Whether the earlier activation or delivery has run it is not known.
 *
 * @category errors
 * @since 0.1.0
 */
export class CallLost extends Schema.TaggedError<CallLost>("@bercon/cluster/CallLost")("CallLost", {}) {
  override get message(): string {
    return "the command was made for an earlier session of this server, or delivered twice; it was not run by this delivery"
  }
}

/**
 * The schema of a command.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Command = Schema.Struct({
  /** The activation that is to run it, and no other: the engine delivers a call again whose runner has died. */
  activation: Schema.String,
  /** A name of this call that no other call has. */
  call: Schema.String,
  text: Schema.String,
  repeatable: Schema.Boolean,
  /** In which epoch of the activation it is valid. Default: any. */
  epoch: Schema.optionalKey(Schema.Int),
  /** Whether it may be withdrawn: it is then not sent any more. */
  withdrawable: Schema.Boolean,
  /** How long it may take, in milliseconds. */
  timeout: Schema.Number
})

/**
 * The schema of a server in the list of servers. Its password is not among the settings.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ListedServer = Schema.Struct({
  id: Schema.String,
  /** Names this definition of the server: no other definition, of this server or another one, has the name. */
  generation: Schema.String,
  settings: Settings
})

/**
 * The type of {@link ListedServer}.
 *
 * @category models
 * @since 0.1.0
 */
export type ListedServer = typeof ListedServer.Type

/**
 * The schema of the list of servers, as it is sent and stored. All of it is, with each change: it can have 4,096 servers.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Listing = Schema.TaggedStruct("Listing", {
  /** The name of its first change, by which a list is told from one that has begun anew. Empty before that. */
  origin: Schema.String,
  /** How many changes there were. */
  revision: Schema.Int,
  /** The names of the last changes, the newest last. The last one has made this list. */
  changes: Schema.Array(Schema.String),
  servers: Schema.Array(ListedServer).check(Schema.isMaxLength(MAX_SERVERS))
})

/**
 * The type of {@link Listing}.
 *
 * @category models
 * @since 0.1.0
 */
export type Listing = typeof Listing.Type

/**
 * The schema of a sign of life of the list of servers.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Beat = Schema.TaggedStruct("Beat", {
  /** How many changes there were. */
  revision: Schema.Int
})

/**
 * The schema of an element of the feed of the list: it as it is, then again after each change, and signs of life.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ListItem = Schema.Union([Listing, Beat])

/**
 * The type of {@link ListItem}.
 *
 * @category models
 * @since 0.1.0
 */
export type ListItem = typeof ListItem.Type
