/**
 * Compares the list of one server with the book once, and can make it agree.
 */
import * as RconClient from "@bercon/client/RconClient"
import * as Effect from "effect/Effect"
import type * as KeyValueStore from "effect/persistence/KeyValueStore"
import { BanBook } from "../../BanBook.ts"
import { BanBookError, StoreFailed } from "../../BanBookError.ts"
import type { BanPolicy } from "../../BanPolicy.ts"
import type { Difference, Synced } from "../../BanSync.ts"
import { limitedStore } from "../limitedStore.ts"
import { storeProblem } from "../storeProblem.ts"
import * as Ledger from "./ledger.ts"
import * as ListKeeper from "./listKeeper.ts"
import * as BanSettings from "./settings.ts"

/** Makes a keeper of the list, and counters for its changes. */
const makeKeeper = Effect.fnUntraced(function*(server: string, policy: BanPolicy) {
  const settings = yield* Effect.fromResult(BanSettings.make(policy))
  const changes = { Add: 0, Remove: 0, Restore: 0 }
  const keeper = ListKeeper.make({
    rcon: yield* RconClient.RconClient,
    server,
    book: yield* BanBook,
    ledger: Ledger.make(yield* limitedStore, server),
    settings,
    joined: new Set(),
    progress: () => Effect.void,
    count: (change, by) => Effect.sync(() => void (changes[change] += by))
  })
  return { changes, keeper }
})

/** If the ledger cannot be read or written, callers get the error of the book. */
const bookError = (error: KeyValueStore.KeyValueStoreError) =>
  Effect.fail(new BanBookError({ reason: new StoreFailed({ problem: storeProblem(error), cause: error }) }))

export const compare = Effect.fnUntraced(function*(server: string, policy: BanPolicy = {}) {
  const { keeper } = yield* makeKeeper(server, policy)
  const { decision: { add, foreign, kept, orphans, remove, unknown } } = yield* Effect.catchTag(
    keeper.compare,
    "KeyValueStoreError",
    bookError
  )
  const difference: Difference = { missing: add, excess: remove, unknown, kept: kept.size, foreign, orphans }
  return difference
})

export const sync = Effect.fnUntraced(function*(server: string, policy: BanPolicy = {}) {
  const { changes, keeper } = yield* makeKeeper(server, policy)
  const { foreign, orphans, rows } = yield* Effect.catchTag(keeper.converge, "KeyValueStoreError", bookError)
  const synced: Synced = {
    added: changes.Add,
    removed: changes.Remove,
    restored: changes.Restore,
    rows,
    foreign,
    orphans
  }
  return synced
})
