/**
 * Remembers in the store which bans were lifted. A server that was away meanwhile still has their rows, and only rows of
 * numbers that the book knows are removed: an empty or an older store must not cost the bans of the present one.
 *
 * A ban that would be over by now is forgotten, and so are the oldest if there are too many. Rows of forgotten bans stay in the
 * lists, and are reported as orphans.
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
  /** To be run before the ban leaves the book: if the process ends in between, the ban is still in force. */
  readonly put: (entry: BanEntry, now: number) => Effect.Effect<void, KeyValueStore.KeyValueStoreError>
  /** Reads what other programs have lifted. */
  readonly refresh: Effect.Effect<void, KeyValueStore.KeyValueStoreError>
}

/** How many lifted bans are remembered. */
const CAPACITY = 10_000

const AT_ONCE = 16

const LiftedBan = Schema.Struct({ target: BanTarget, until: BanEntry.fields.until, lifted: Schema.DateTimeUtc })
const Json = Schema.fromJsonString(Schema.toCodecJson(LiftedBan))
const decode = Schema.decodeEffect(Json)
const encode = Schema.encodeEffect(Json)

export const make = (shared: KeyValueStore.KeyValueStore, capacity = CAPACITY): Lifted => {
  const store = KeyValueStore.prefix(shared, "bercon/lifted/")
  const known = new Map<string, typeof LiftedBan.Type>()
  /** The numbers of records that cannot be read, which is logged once. */
  const unreadable = new Set<string>()

  const forget = Effect.fnUntraced(function*(now: number) {
    const over = [...known].filter(([, ban]) => endOf(ban) <= now)
    const left = [...known].filter(([, ban]) => endOf(ban) > now)
    const newestFirst = () =>
      left.toSorted(([, a], [, b]) => DateTime.toEpochMillis(b.lifted) - DateTime.toEpochMillis(a.lifted))
    // Each lifting comes here, and the capacity is rarely reached.
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
