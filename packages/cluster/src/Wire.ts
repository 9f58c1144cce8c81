/**
 * Schemas of the values that cross the network between runners and the users of their sessions.
 *
 * **Details**
 *
 * Errors such as `CommandError` and `LoginFailure` are schemas themselves. None of these values contains a password: a
 * runner finds a server's options by its id, with `Servers`.
 *
 * **Example** (Read a stored list of servers)
 *
 * ```ts
 * import { Wire } from "@bercon/cluster"
 * import { Effect, Option } from "effect"
 * import { KeyValueStore } from "effect/persistence"
 *
 * const ids = Effect.gen(function*() {
 *   const store = KeyValueStore.toSchemaStore(yield* KeyValueStore.KeyValueStore, Wire.Listing)
 *   const listing = yield* store.get("@bercon/cluster/servers")
 *   return Option.match(listing, { onNone: () => [], onSome: ({ servers }) => servers.map(({ id }) => id) })
 * })
 * ```
 *
 * @stability unstable
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
 * The schema of a `Message` without its `text`, which the receiver decodes from `payload`.
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
 * The schema of the state of a session. Sent after each change, and as a heartbeat.
 *
 * @category schemas
 * @since 0.1.0
 */
export const State = Schema.TaggedStruct("State", {
  /** Number of logins in this activation. */
  epoch: Schema.Int,
  status: Status
})

/**
 * The schema of the first element of a feed.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Hello = Schema.TaggedStruct("Hello", {
  /** The unique name of the activation, which is one session of the entity. */
  activation: Schema.String,
  /** The `generation` of the server's definition, if it has one. */
  generation: Schema.optionalKey(Schema.String),
  /** Interval of the heartbeats, in milliseconds. */
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
 * The entity did not run the command, because it was made for an earlier activation or was delivered before. It is unknown
 * whether the earlier activation or delivery has run it.
 *
 * @category errors
 * @since 0.1.0
 */
export class CallLost extends Schema.TaggedError<CallLost>("@bercon/cluster/CallLost")("CallLost", {}) {
  override get message(): string {
    return "the command was for an earlier session of this server, or was delivered twice. This delivery did not run it"
  }
}

/**
 * The schema of a command.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Command = Schema.Struct({
  /** The only activation that may run the command. Effect Cluster delivers a call again if its runner dies. */
  activation: Schema.String,
  /** A unique name of this call. */
  call: Schema.String,
  text: Schema.String,
  repeatable: Schema.Boolean,
  /** The only epoch of the activation in which the command is valid. Default: any. */
  epoch: Schema.optionalKey(Schema.Int),
  /** Whether the command may be withdrawn later. A withdrawn command is no longer sent. */
  withdrawable: Schema.Boolean,
  /** The time limit for the reply, in milliseconds. */
  timeout: Schema.Number
})

/**
 * The schema of a server in the list of servers. The settings do not contain a password.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ListedServer = Schema.Struct({
  id: Schema.String,
  /** A name of this definition that is unique among all definitions of all servers. */
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
 * The schema of the list of servers. It has at most 4,096 servers. Each change sends and stores the whole list.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Listing = Schema.TaggedStruct("Listing", {
  /** The name of its first change, which distinguishes the list from any other list. Empty before that change. */
  origin: Schema.String,
  /** Number of changes since the list was created. */
  revision: Schema.Int,
  /** The names of its last 100 changes, in order. */
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
 * The schema of a heartbeat in the feed of the server list.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Beat = Schema.TaggedStruct("Beat", {
  /** Number of changes since the list was created. */
  revision: Schema.Int
})

/**
 * The schema of the elements in the feed of the server list: first the current list, then the list after each change, and
 * heartbeats.
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
