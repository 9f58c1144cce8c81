/**
 * The ban book of a community: its bans, each of which applies to one, some or all of its servers. `BanEnforcement` enforces
 * them.
 *
 * **Details**
 *
 * Bans are kept in Effect's `KeyValueStore`, each under a key of its own. So several programs can share one store
 * ({@link Options.refreshInterval}), and a crash during a write damages only the ban that is written. A ban never changes: to
 * change it, lift it and add another. A ban that is over is removed from the book automatically.
 *
 * Keep copies of the store, and keep the clock of the machine right. If the clock jumps ahead by a year, the bans that end in
 * that year are over for the book and are deleted. They do not come back when the clock is corrected.
 *
 * An operation of the store that takes longer than 10 seconds fails with `StoreFailed`. A write that has failed may have taken
 * effect nevertheless. So the book reads the store again before its next change, and then has the bans that the store has. If
 * the write takes effect even later, the next `refresh` finds it.
 *
 * A book belongs to the scope in which it was made. In memory are its bans, at most `capacity` (50,000 by default), and the
 * numbers and targets of the last 10,000 lifted bans. A subscriber of `changes` that is more than 1,024 changes behind loses the
 * oldest.
 *
 * Each ban has a number, which also marks its row in the list of bans of a server. Two kinds of marked rows are not removed from
 * these lists:
 *
 * - Rows whose number belongs to an entry of the store that cannot be read: the target of that entry is unknown. The entry is
 *   logged as an error, and stays in the store.
 * - Rows whose number the book has no record of: the store may be empty by mistake, or a copy of yesterday. The policy can
 *   allow their removal (see `orphans` of `BanPolicy`).
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
 * @stability unstable
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
  /** The banned player or account. `Ban.targetFromString` parses text that a person typed. */
  readonly target: BanTarget
  /** The reason that the player sees: one line of at most 200 characters. */
  readonly reason: string
  /** The duration of the ban, from now on. A ban that would end after the year 275760 is permanent. Default `"permanent"`. */
  readonly duration?: Duration.Input | "permanent" | undefined
  /** The admin or program that bans: at most 100 characters. */
  readonly by: string
  /** The list that the ban comes from: at most 100 characters. Default `"book"`. */
  readonly source?: string | undefined
  /** The servers to which the ban applies. Default `"all"`. */
  readonly servers?: BanScope | undefined
}

/**
 * A ban of another list: a line of `bans.txt`, or a row of a server's list.
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
  /**
   * The `mark` of the book's policies. Bans whose reason has this mark came from the book, and are not added. Default `"book"`.
   */
  readonly mark?: string | undefined
}

/**
 * The result of an import. `skipped`: the number of bans that were not added, because they are over, have the mark of the book,
 * were in the book or in the import already, or were lifted.
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
  /**
   * Words, separated by blanks, in upper or lower case. Each must be part of the number, target, reason, `by` or `source` of
   * the ban. Default: any ban.
   */
  readonly words?: string | undefined
  /** The id of a server to which the ban must apply. Default: any server. */
  readonly server?: string | undefined
  /** The ban must have one of these targets. Default: any target. */
  readonly targets?: Iterable<BanTarget> | undefined
}

/**
 * The operations of a ban book. Changes run one after the other. A change that has succeeded is in the store.
 *
 * @category models
 * @since 0.1.0
 */
export interface Service {
  /** Adds a ban. Fails with reason `InvalidBan`, `BookFull` or `StoreFailed`. */
  readonly add: (ban: NewBan) => Effect.Effect<BanEntry, BanBookError>
  /**
   * Lifts the ban with this number, or all bans of this target, and returns the lifted bans. Fails with reason `NotInBook` if
   * there is no such ban, or with `StoreFailed`.
   */
  readonly lift: (which: BanEntryId | BanTarget) => Effect.Effect<ReadonlyArray<BanEntry>, BanBookError>
  /** The ban with this number, if it is in force. */
  readonly get: (id: BanEntryId) => Effect.Effect<Option.Option<BanEntry>>
  /** The bans that are in force, the newest first. */
  readonly list: Effect.Effect<ReadonlyArray<BanEntry>>
  /**
   * The bans in force that match a query, the newest first. A search by `targets` is as fast in a large book as in a small one.
   */
  readonly search: (query: Query) => Effect.Effect<ReadonlyArray<BanEntry>>
  /**
   * The changes from now on. A subscriber that is 1,024 changes behind loses the oldest. Ends when the book is closed.
   *
   * If a ban ends because its time is over, that is not a change: compare `until` with the clock.
   */
  readonly changes: Stream.Stream<BanChange>

  /**
   * Adds bans of another list: all, or none if there is no room for all. A ban is skipped if the book has one with the same
   * target, the same reason and an end that differs by two minutes at most. So importing a list twice is safe. Reasons are cut
   * to 200 characters, and line breaks in them become blanks. `BansFile` reads such lists.
   */
  readonly importBans: (
    bans: Iterable<ListedBan>,
    options: ImportOptions
  ) => Effect.Effect<Imported, BanBookError>
  /**
   * Adds bans of another book, with their numbers. A ban is skipped if it is over, or if the book has its number already: for a
   * ban in force, or for one that was lifted (see `lifted`). So an old copy does not bring lifted bans back: `add` and
   * `importBans` do, with new numbers. See {@link Json}.
   */
  readonly importEntries: (entries: Iterable<BanEntry>) => Effect.Effect<Imported, BanBookError>

  /** Reads the changes that other programs have made in the store. Entries that this program knows are not read again. */
  readonly refresh: Effect.Effect<void, BanBookError>
  /** The numbers of entries in the store that cannot be read: their targets are unknown. */
  readonly unreadable: Effect.Effect<ReadonlySet<string>>
  /**
   * The targets of lifted bans, by the number of the ban: the last 10,000 that would still be in force. If a server was
   * offline when a ban was lifted, the ban's row is found by this number after the next login, and is removed.
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
 * Options of a ban book. If a value is not allowed, `make` dies with a `RangeError`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The maximum number of bans in force: an integer from 1. Default 50,000. */
  readonly capacity?: number | undefined
  /**
   * The interval of `refresh`: at least 1 second. Default `"never"`, for a program that is the only one to use the store.
   */
  readonly refreshInterval?: Duration.Input | "never" | undefined
}

/**
 * Bans as JSON text, with all their fields: for a copy, or for another book.
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
 * Makes a ban book on the `KeyValueStore` in context, and reads the bans that the store has.
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
 * Provides a ban book on the `KeyValueStore` in context, such as `KeyValueStore.layerSql`.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options?: Options): Layer.Layer<BanBook, BanBookError, KeyValueStore.KeyValueStore> =>
  Layer.effect(BanBook, make(options))

/**
 * Provides a ban book whose store is a folder, and provides this store, too. See `FolderStore`.
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
 * Provides a ban book whose store is in memory, and provides this store, too. For tests.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerMemory = (options?: Options): Layer.Layer<BanBook | KeyValueStore.KeyValueStore, BanBookError> =>
  Layer.provideMerge(layer(options), KeyValueStore.layerMemory)
