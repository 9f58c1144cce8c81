/**
 * Makes a server's list of bans agree with the book once, or only returns the necessary changes. For commands and jobs: a
 * program that runs all the time uses `BanEnforcement`.
 *
 * **Details**
 *
 * The rules are those of `BanEnforcement`: rows of the book are recognised by their mark, all other rows stay, and the list is
 * read again until it agrees with the book. No player is kicked. Do not use it while a `BanEnforcement` of the same book is
 * running.
 *
 * **Example** (Show the changes, then make them)
 *
 * ```ts
 * import { BanSync } from "@bercon/operations"
 * import { Console, Effect } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   const { excess, missing } = yield* BanSync.compare("altis")
 *   yield* Console.log(`${missing.length} bans to add, ${excess.length} rows to remove`)
 *   yield* BanSync.sync("altis")
 * })
 * ```
 *
 * @stability unstable
 * @since 0.1.0
 */
import type { ActionError } from "@bercon/client/ActionError"
import type { Ban } from "@bercon/client/Ban"
import type { CommandError } from "@bercon/client/CommandError"
import type * as RconClient from "@bercon/client/RconClient"
import type { ReplyError } from "@bercon/client/ReplyError"
import type * as Effect from "effect/Effect"
import type * as KeyValueStore from "effect/persistence/KeyValueStore"
import type { BanBook } from "./BanBook.ts"
import type { BanBookError } from "./BanBookError.ts"
import type { BanEntry } from "./BanEntry.ts"
import type { BanPolicy, InvalidPolicy } from "./BanPolicy.ts"
import type { ListDisagrees } from "./BanSyncError.ts"
import * as SyncServer from "./internal/bans/syncServer.ts"

/**
 * How a server's list of bans differs from the book.
 *
 * @category models
 * @since 0.1.0
 */
export interface Difference {
  /** Bans to be added, the newest first. */
  readonly missing: ReadonlyArray<BanEntry>
  /** Rows of the book to be removed. */
  readonly excess: ReadonlyArray<Ban>
  /** Bans that may or may not be in the list, because the reply of the server is not complete. */
  readonly unknown: ReadonlyArray<BanEntry>
  /** The number of bans that the list has already. */
  readonly kept: number
  /** The number of rows of other admins. */
  readonly foreign: number
  /** Rows that have the mark of the book, and a number that it has no record of: see `orphans` of `BanPolicy`. */
  readonly orphans: ReadonlyArray<Ban>
}

/**
 * The changes that were made to a list, and its content now that it agrees with the book.
 *
 * @category models
 * @since 0.1.0
 */
export interface Synced {
  /** The number of commands that added a ban. */
  readonly added: number
  /** The number of commands that removed a row. */
  readonly removed: number
  /**
   * The number of rows of other owners that a removal may have hit by mistake, because another admin changed the list at the
   * same moment. Those of them that were missing afterwards were added again. The log names all of them.
   */
  readonly restored: number
  /** The number of rows of the book in the list. */
  readonly rows: number
  /** The number of rows of other admins. */
  readonly foreign: number
  /** The number of orphans: see `orphans` of `BanPolicy`. */
  readonly orphans: number
}

/**
 * Reads the list of a server, and compares it with the book in context. Changes nothing. `server` is the id of the server in
 * the book.
 *
 * @category reading
 * @since 0.1.0
 */
export const compare: (
  server: string,
  policy?: BanPolicy
) => Effect.Effect<
  Difference,
  InvalidPolicy | BanBookError | CommandError | ReplyError,
  RconClient.RconClient | BanBook | KeyValueStore.KeyValueStore
> = SyncServer.compare

/**
 * Changes the list of a server until it agrees with the book in context. `server` is the id of the server in the book. Fails
 * with `ListDisagrees` if no command fails, but the list never agrees.
 *
 * @category writing
 * @since 0.1.0
 */
export const sync: (
  server: string,
  policy?: BanPolicy
) => Effect.Effect<
  Synced,
  InvalidPolicy | BanBookError | CommandError | ReplyError | ActionError | ListDisagrees,
  RconClient.RconClient | BanBook | KeyValueStore.KeyValueStore
> = SyncServer.sync
