/**
 * Records in the store which bans the book has added to the list of a server of Arma Reforger's own RCON, because these lists
 * have no reasons, and so no marks. The record is called a ledger. A ban is recorded before it is added.
 *
 * If the ledger is lost or cannot be read, all rows count as foreign, and are never removed.
 */
import { isIdentityId } from "@bercon/client/Identity"
import * as Effect from "effect/Effect"
import type * as KeyValueStore from "effect/persistence/KeyValueStore"
import * as Schema from "effect/Schema"
import type { BanEntry } from "../../BanEntry.ts"

export interface Ledger {
  /** By target, the number of the ban that the book has added. */
  readonly get: Effect.Effect<ReadonlyMap<string, string>, KeyValueStore.KeyValueStoreError>
  /** Records bans that are about to be added. Ignores targets that are not accounts. */
  readonly put: (entries: ReadonlyArray<BanEntry>) => Effect.Effect<void, KeyValueStore.KeyValueStoreError>
  /** Deletes the records of all targets except these, which the list still has. */
  readonly retain: (listed: ReadonlySet<string>) => Effect.Effect<void, KeyValueStore.KeyValueStoreError>
}

const Json = Schema.fromJsonString(Schema.Record(Schema.String, Schema.String))

export const make = (store: KeyValueStore.KeyValueStore, server: string): Ledger => {
  const key = `bercon/listed/${server}`
  let known: ReadonlyMap<string, string> | undefined

  const get = Effect.suspend(() => known === undefined ? read : Effect.succeed(known))

  const read = store.get(key).pipe(
    Effect.flatMap((json) =>
      json === undefined ? Effect.succeed({}) : Schema.decodeEffect(Json)(json).pipe(
        Effect.catch(() =>
          Effect.as(
            Effect.logError(
              "the ban book cannot read its record of the bans that it has added to the server's list: it removes none of them",
              { key }
            ),
            {}
          )
        )
      )
    ),
    Effect.map((record) => known = new Map(Object.entries(record)))
  )

  const write = (next: ReadonlyMap<string, string>) =>
    Effect.andThen(
      store.set(key, JSON.stringify(Object.fromEntries(next))),
      Effect.sync(() => {
        known = next
      })
    ).pipe(
      // A write that failed may have taken effect nevertheless, so the record is read again.
      Effect.tapError(() =>
        Effect.sync(() => {
          known = undefined
        })
      )
    )

  return {
    get,
    put: (entries) => {
      const accounts = entries.filter(({ target }) => isIdentityId(target))
      return accounts.length === 0
        ? Effect.void
        : Effect.flatMap(
          get,
          (before) => write(new Map([...before, ...accounts.map(({ id, target }) => [target, id] as const)]))
        )
    },
    retain: (listed) =>
      Effect.flatMap(get, (before) => {
        const next = new Map([...before].filter(([target]) => listed.has(target)))
        return next.size === before.size ? Effect.void : write(next)
      })
  }
}
