/**
 * Records in the store which bans were lifted. A server that was offline at that time still has the rows of these bans. Only
 * rows whose number the book knows are removed, so that a program with an empty or an old store does not remove bans that are
 * in force.
 *
 * When a ban is lifted, the records of bans that would be over by now are deleted, and so are the oldest records if there are
 * too many. Rows of deleted records stay on the servers, and are reported as orphans.
 */
import { BanTarget } from "@bercon/client/Ban"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as KeyValueStore from "effect/persistence/KeyValueStore"
import * as Schema from "effect/Schema"
import { BanEntry, endOf } from "../../BanEntry.ts"

export interface Lifted {
  /** The target of each lifted ban, by its number. */
  readonly targets: () => ReadonlyMap<string, BanTarget>
  readonly has: (id: string) => boolean
  /**
   * Records a ban that is about to be lifted. Run it before the ban is removed from the book: if the process ends between the
   * two, the ban is still in force. `now`: milliseconds since 1970.
   */
  readonly put: (entry: BanEntry, now: number) => Effect.Effect<void, KeyValueStore.KeyValueStoreError>
  /** Reads the records that other programs have written, and forgets those that they have deleted. */
  readonly refresh: Effect.Effect<void, KeyValueStore.KeyValueStoreError>
}

/** The maximum number of records. */
const CAPACITY = 10_000

/** How many records are read at the same time. */
const AT_ONCE = 16

const LiftedBan = Schema.Struct({ target: BanTarget, until: BanEntry.fields.until, lifted: Schema.DateTimeUtc })
const Json = Schema.fromJsonString(Schema.toCodecJson(LiftedBan))
const decode = Schema.decodeEffect(Json)
const encode = Schema.encodeEffect(Json)

export const make = (shared: KeyValueStore.KeyValueStore, capacity = CAPACITY): Lifted => {
  const store = KeyValueStore.prefix(shared, "bercon/lifted/")
  const known = new Map<string, typeof LiftedBan.Type>()
  /** The numbers whose records cannot be read. Each is logged once. */
  const unreadable = new Set<string>()

  const forget = Effect.fnUntraced(function*(now: number) {
    const over = [...known].filter(([, ban]) => endOf(ban) <= now)
    const left = [...known].filter(([, ban]) => endOf(ban) > now)
    const newestFirst = () =>
      left.toSorted(([, a], [, b]) => DateTime.toEpochMillis(b.lifted) - DateTime.toEpochMillis(a.lifted))
    // `forget` runs each time that a ban is lifted, so it sorts only if there are too many records, which is rare.
    const oldest = left.length > capacity ? newestFirst().slice(capacity) : []
    for (const [id] of [...over, ...oldest]) {
      yield* store.remove(id)
      known.delete(id)
    }
  })

  const read = Effect.fnUntraced(function*(id: string) {
    const json = yield* store.get(id)
    if (json === undefined) return
    const ban = yield* Effect.option(decode(json))
    if (Option.isSome(ban)) {
      known.set(id, ban.value)
      unreadable.delete(id)
    } else if (!unreadable.has(id)) {
      unreadable.add(id)
      yield* Effect.logError(
        `the ban book cannot read its record of the lifted ban ${id}: rows of that ban stay on servers`
      )
    }
  })

  return {
    targets: () => new Map(Array.from(known, ([id, { target }]) => [id, target])),
    has: (id) => known.has(id),
    put: Effect.fnUntraced(function*({ id, target, until }, now) {
      const ban = { target, until, lifted: DateTime.makeUnsafe(now) }
      yield* store.set(id, yield* Effect.orDie(encode(ban)))
      known.set(id, ban)
      yield* forget(now)
    }),
    refresh: Effect.gen(function*() {
      const keys = new Set(yield* store.keys)
      for (const id of [...known.keys(), ...unreadable]) {
        if (keys.has(id)) continue
        known.delete(id)
        unreadable.delete(id)
      }
      yield* Effect.forEach([...keys].filter((id) => !known.has(id)), read, { concurrency: AT_ONCE, discard: true })
    })
  }
}
