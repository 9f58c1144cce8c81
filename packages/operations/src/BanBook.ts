/**
 * The ban book of a community: its bans, each on one, some or all of its servers. `BanEnforcement` makes them hold.
 *
 * **Details**
 *
 * Bans are kept in Effect's `KeyValueStore`, each under a key of its own, so that several programs can share one store
 * ({@link Options.refreshInterval}), and a crash while one is written harms no other. A ban never changes: to change it, lift it
 * and add another. A ban that is over leaves the book by itself.
 *
 * An entry of the store that cannot be read is logged as an error, and left alone: its target is unknown, so the rows of
 * its number in the lists of servers are left alone, too. So are rows of numbers that the book never had: a store that is empty,
 * or a copy of yesterday, does not prove that they are not wanted (see `orphans` of `BanPolicy`).
 *
 * **Example** (A ban for a week, on all servers)
 *
 * ```ts
 * import { BanBook, Guid } from "@bercon/operations"
 * import { Effect } from "effect"
 *
 * const ban = Effect.gen(function*() {
 *   const book = yield* BanBook.BanBook
 *   return yield* book.add({
 *     target: Guid.Guid.make("4fc867abf98b934e9e7eeaf15170258c"),
 *     reason: "teamkilling",
 *     duration: "7 days",
 *     by: "Miller"
 *   })
 * })
 * ```
 *
 * @since 0.1.0
 */
import type { BanTarget } from "@bercon/client/Ban"
import * as Context from "effect/Context"
import type * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type { FileSystem } from "effect/FileSystem"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import type { Path } from "effect/Path"
import * as KeyValueStore from "effect/persistence/KeyValueStore"
import type { PlatformError } from "effect/PlatformError"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { BanBookError } from "./BanBookError.ts"
import { BanEntry, type BanEntryId, type BanScope } from "./BanEntry.ts"
import * as FolderStore from "./FolderStore.ts"
import { makeBook } from "./internal/bans/makeBook.ts"

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * A ban to be added.
 *
 * @category models
 * @since 0.1.0
 */
export interface NewBan {
  /** The banned player or account. `Ban.targetFromString` reads one that somebody typed. */
  readonly target: BanTarget
  /** The reason that the player sees: one line of at most 200 characters. */
  readonly reason: string
  /** How long it lasts from now on. Default `"permanent"`. */
  readonly duration?: Duration.Input | "permanent" | undefined
  /** The admin or program that bans: at most 100 characters. */
  readonly by: string
  /** The list that the ban comes from: at most 100 characters. Default `"book"`. */
  readonly source?: string | undefined
  /** The servers on which it holds. Default `"all"`. */
  readonly servers?: BanScope | undefined
}

/**
 * A ban as other lists have it: a line of `bans.txt`, a row of a server's list.
 *
 * @category models
 * @since 0.1.0
 */
export interface ListedBan {
  readonly target: BanTarget
  readonly until: DateTime.Utc | "permanent"
  readonly reason: string
}

/**
 * The fields that all bans of an import have in common.
 *
 * @category models
 * @since 0.1.0
 */
export interface ImportOptions extends Pick<NewBan, "by" | "source" | "servers"> {
  /** The `mark` of the book's policies: bans that begin with it are the book's own, and are not added. Default `"book"`. */
  readonly mark?: string | undefined
}

/**
 * The result of an import. `skipped`: the number of bans that were in the book already, or are over.
 *
 * @category models
 * @since 0.1.0
 */
export interface Imported {
  readonly added: ReadonlyArray<BanEntry>
  readonly skipped: number
}

/**
 * A change of the book.
 *
 * @category models
 * @since 0.1.0
 */
export interface BanChange {
  readonly _tag: "Added" | "Lifted"
  readonly entry: BanEntry
}

/**
 * A search in the book. A ban must match all fields that are given.
 *
 * @category models
 * @since 0.1.0
 */
export interface Query {
  /** Words, in either case. Each must be in the number, target, reason, `by` or `source` of a ban. Default: any ban. */
  readonly words?: string | undefined
  /** The id of a server on which the ban must hold. Default: any. */
  readonly server?: string | undefined
  /** The targets of which the ban must have one. Default: any. */
  readonly targets?: Iterable<BanTarget> | undefined
}

/**
 * The operations of a ban book. Changes run one after the other, and are in the store when they succeed.
 *
 * @category models
 * @since 0.1.0
 */
export interface Service {
  /** Adds a ban. Fails with reason `InvalidBan`, `BookFull` or `StoreFailed`. */
  readonly add: (ban: NewBan) => Effect.Effect<BanEntry, BanBookError>
  /**
   * Lifts one ban, or all of a target, and returns them. Fails with reason `NotInBook` if there is none, and with
   * `StoreFailed`.
   */
  readonly lift: (which: BanEntryId | BanTarget) => Effect.Effect<ReadonlyArray<BanEntry>, BanBookError>
  /** The ban of a number, if it is in force. */
  readonly get: (id: BanEntryId) => Effect.Effect<Option.Option<BanEntry>>
  /** The bans that are in force, the newest first. */
  readonly list: Effect.Effect<ReadonlyArray<BanEntry>>
  /** The bans in force that match a query, the newest first. A search by `targets` takes no longer in a large book. */
  readonly search: (query: Query) => Effect.Effect<ReadonlyArray<BanEntry>>
  /**
   * The changes from now on. A subscriber that is 1,024 changes behind loses the oldest. Ends when the book is closed.
   *
   * The end of a ban is not a change. Compute it from `until`.
   */
  readonly changes: Stream.Stream<BanChange>

  /**
   * Adds bans of another list: all, or none if there is no room for all. A ban that has the target, the reason and (to two
   * minutes) the end of one in the book is not added again, so importing a list twice is safe. Reasons are cut to 200
   * characters, line breaks in them become blanks. `BansFile` reads such lists.
   */
  readonly importBans: (
    bans: Iterable<ListedBan>,
    options: ImportOptions
  ) => Effect.Effect<Imported, BanBookError>
  /** Adds bans of another book, with their numbers. A ban of which the book has the number is not added. See {@link Json}. */
  readonly importEntries: (entries: Iterable<BanEntry>) => Effect.Effect<Imported, BanBookError>

  /** Reads the changes that other programs have made in the store. Known entries are not read again. */
  readonly refresh: Effect.Effect<void, BanBookError>
  /** The numbers of entries in the store that cannot be read: their targets are unknown. */
  readonly unreadable: Effect.Effect<ReadonlySet<string>>
  /**
   * The targets of lifted bans, by number: the last 10,000 that would still be in force. Servers that were away have their rows
   * until they are back.
   */
  readonly lifted: Effect.Effect<ReadonlyMap<string, BanTarget>>
}

/**
 * The ban book of a community.
 *
 * @category services
 * @since 0.1.0
 */
export class BanBook extends Context.Service<BanBook, Service>()("@bercon/operations/BanBook") {}

/**
 * Options of a ban book. An option that is not allowed is a defect, a `RangeError`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** How many bans in force the book takes, from 1. Default 50,000. */
  readonly capacity?: number | undefined
  /**
   * The interval of `refresh`, at least 1 second. Default `"never"`: this program is the only one that uses the store.
   */
  readonly refreshInterval?: Duration.Input | "never" | undefined
}

/**
 * Bans as JSON text, with everything that the book knows of them: for a copy, or for another book.
 *
 * **Example** (A copy of the book)
 *
 * ```ts
 * import { BanBook } from "@bercon/operations"
 * import { Effect, Schema } from "effect"
 *
 * const copy = Effect.gen(function*() {
 *   const book = yield* BanBook.BanBook
 *   return yield* Schema.encodeEffect(BanBook.Json)(yield* book.list)
 * })
 * ```
 *
 * @category schemas
 * @since 0.1.0
 */
export const Json = Schema.fromJsonString(Schema.toCodecJson(Schema.Array(BanEntry)))

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/**
 * A ban book on the store in context. It has read the store when it is made.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make: (
  options?: Options
) => Effect.Effect<Service, BanBookError, KeyValueStore.KeyValueStore | Scope.Scope> = makeBook

// -----------------------------------------------------------------------------
// layers
// -----------------------------------------------------------------------------

/**
 * Provides a ban book on the store in context: `KeyValueStore.layerSql`, for example.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options?: Options): Layer.Layer<BanBook, BanBookError, KeyValueStore.KeyValueStore> =>
  Layer.effect(BanBook, make(options))

/**
 * Provides a ban book, and the store it is on, in a folder: see `FolderStore`.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerFolder = (
  folder: string,
  options?: Options
): Layer.Layer<BanBook | KeyValueStore.KeyValueStore, BanBookError | PlatformError, FileSystem | Path> =>
  Layer.provideMerge(layer(options), FolderStore.layer(folder))

/**
 * Provides a ban book, and the store it is on, in memory: for tests.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerMemory = (options?: Options): Layer.Layer<BanBook | KeyValueStore.KeyValueStore, BanBookError> =>
  Layer.provideMerge(layer(options), KeyValueStore.layerMemory)
