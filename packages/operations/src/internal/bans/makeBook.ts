/**
 * The ban book: its entries are in memory, and each is also in the store.
 */
import { type BanTarget, targetFromString } from "@bercon/client/Ban"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Formatter from "effect/Formatter"
import * as Option from "effect/Option"
import * as KeyValueStore from "effect/persistence/KeyValueStore"
import * as PubSub from "effect/PubSub"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import type { BanChange, Imported, ImportOptions, ListedBan, NewBan, Options, Query, Service } from "../../BanBook.ts"
import { BanBookError, BookFull, NotInBook, StoreFailed } from "../../BanBookError.ts"
import { BanEntry, BanEntryId, isInForce, isOn } from "../../BanEntry.ts"
import { limitedStore } from "../limitedStore.ts"
import { storeProblem } from "../storeProblem.ts"
import * as Entries from "./entries.ts"
import * as Lifted from "./lifted.ts"
import { DEFAULT_MARK, idIn } from "./mark.ts"
import * as NewEntry from "./newEntry.ts"

/** The key of a ban in the store is this prefix and the number of the ban. */
const PREFIX = "bercon/bans/"

/** How many changes a subscriber may be behind before it loses the oldest. */
const CHANGES = 1024

/** How many entries are read or written at the same time. */
const AT_ONCE = 16

/** How many different numbers of bans there are: six letters or digits. */
const NUMBERS = 36 ** 6

const EntryJson = Schema.fromJsonString(Schema.toCodecJson(BanEntry))
const decode = Schema.decodeEffect(EntryJson)
const encode = Schema.encodeEffect(EntryJson)

export const makeBook = Effect.fnUntraced(function*(options: Options = {}) {
  const { capacity, refreshInterval } = settingsOf(options)
  const shared = yield* limitedStore
  const store = KeyValueStore.prefix(shared, PREFIX)
  const lock = Semaphore.makeUnsafe(1)
  const changes = yield* PubSub.sliding<BanChange>(CHANGES)
  yield* Effect.addFinalizer(() => PubSub.shutdown(changes))
  const entries = Entries.make()
  const lifted = Lifted.make(shared)
  let unreadable: ReadonlySet<string> = new Set()
  /** Whether a write has failed since the store was last read. It may have taken effect nevertheless. */
  let isUncertain = false

  const publish = (_tag: BanChange["_tag"], entry: BanEntry) => PubSub.publish(changes, { _tag, entry })

  /** Runs one change at a time. A change that has begun cannot be interrupted, so that memory and store agree. */
  const exclusively = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    lock.withPermit(Effect.uninterruptible(effect))

  /** Runs one change of the book. If an earlier write may have taken effect, reads the store first. */
  const change = <A>(effect: Effect.Effect<A, BanBookError>): Effect.Effect<A, BanBookError> =>
    exclusively(Effect.andThen(Effect.suspend(() => isUncertain ? refresh : Effect.void), effect))

  const written = (effect: Effect.Effect<void, KeyValueStore.KeyValueStoreError>) =>
    Effect.tapError(stored(effect), () =>
      Effect.sync(() => {
        isUncertain = true
      }))

  const put = (entry: BanEntry) =>
    Effect.orDie(encode(entry)).pipe(
      Effect.flatMap((json) => written(store.set(entry.id, json))),
      Effect.andThen(Effect.suspend(() => {
        entries.put(entry)
        return publish("Added", entry)
      }))
    )

  const drop = (entry: BanEntry, change: Effect.Effect<unknown>) =>
    written(store.remove(entry.id)).pipe(
      Effect.andThen(Effect.suspend(() => {
        entries.remove(entry)
        return change
      }))
    )

  /** Removes bans that are over. */
  const prune = Effect.flatMap(Clock.currentTimeMillis, (now) =>
    Effect.forEach(
      entries.all().filter((entry) => !isInForce(entry, now)),
      (entry) => drop(entry, Effect.void),
      { concurrency: AT_ONCE, discard: true }
    ))

  /** Adds all these bans, or none if there is no room for all. */
  const putAll = Effect.fnUntraced(function*(added: ReadonlyArray<BanEntry>) {
    yield* prune
    if (entries.size() + added.length > capacity) {
      return yield* failure(new BookFull({ capacity, wanted: added.length }))
    }
    yield* Effect.forEach(added, put, { concurrency: AT_ONCE, discard: true })
    return added
  })

  /** A random number that is not used by a ban of the store, a lifted ban, or a ban that is about to be added. */
  const freshId = (added?: ReadonlyMap<string, BanEntry>): Effect.Effect<BanEntryId> =>
    Effect.flatMap(Random.nextIntBetween(0, NUMBERS, { halfOpen: true }), (number) => {
      const id = BanEntryId.make(number.toString(36).padStart(6, "0"))
      const isTaken = entries.get(id) !== undefined || unreadable.has(id) || lifted.has(id) || added?.has(id) === true
      return isTaken ? freshId(added) : Effect.succeed(id)
    })

  const add = Effect.fnUntraced(function*(ban: NewBan) {
    const checked = yield* Effect.fromResult(NewEntry.check(ban)).pipe(Effect.mapError((reason) => failure(reason)))
    const entry = NewEntry.make(yield* freshId(), yield* DateTime.now, checked)
    yield* putAll([entry])
    return entry
  })

  const lift = Effect.fnUntraced(function*(which: BanEntryId | BanTarget) {
    const target = Option.getOrUndefined(targetFromString(which))
    const one = entries.get(which)
    const found = target === undefined ? (one === undefined ? [] : [one]) : entries.of(target)
    const now = yield* Clock.currentTimeMillis
    const inForce = found.filter((entry) => isInForce(entry, now))
    if (inForce.length === 0) return yield* failure(new NotInBook({ which }))
    for (const entry of inForce) {
      yield* written(lifted.put(entry, now))
      yield* drop(entry, publish("Lifted", entry))
    }
    return inForce
  })

  const importBans = Effect.fnUntraced(function*(
    bans: Iterable<ListedBan>,
    { mark = DEFAULT_MARK, ...given }: ImportOptions
  ): Effect.fn.Return<Imported, BanBookError> {
    const now = yield* DateTime.now
    const added = new Map<BanEntryId, BanEntry>()
    const isKnown = NewEntry.matcher(entries.all())
    let skipped = 0
    for (const { reason, target, until } of bans) {
      if (until !== "permanent" && DateTime.isLessThanOrEqualTo(until, now) || idIn(reason, mark) !== undefined) {
        skipped++
        continue
      }
      const checked = yield* Effect.fromResult(
        NewEntry.check({ ...given, target, reason: NewEntry.fit(reason), duration: "permanent" })
      ).pipe(Effect.mapError((reason) => failure(reason)))
      const entry = NewEntry.make(yield* freshId(added), now, { ...checked, until })
      if (isKnown(entry)) skipped++
      else added.set(entry.id, entry)
    }
    return { added: yield* putAll([...added.values()]), skipped }
  })

  const importEntries = Effect.fnUntraced(function*(
    given: Iterable<BanEntry>
  ): Effect.fn.Return<Imported, BanBookError> {
    const now = yield* Clock.currentTimeMillis
    const all = Array.from(given)
    const added = new Map<BanEntryId, BanEntry>()
    for (const entry of all) {
      const isKnown = entries.get(entry.id) !== undefined || unreadable.has(entry.id) || lifted.has(entry.id)
      if (!isKnown && isInForce(entry, now)) added.set(entry.id, entry)
    }
    return { added: yield* putAll([...added.values()]), skipped: all.length - added.size }
  })

  const read = Effect.fnUntraced(function*(id: string) {
    const json = yield* stored(store.get(id))
    // Another program has removed the ban since the keys were listed.
    if (json === undefined) return "Gone" as const
    const entry = yield* Effect.option(decode(json))
    return Option.isSome(entry) && entry.value.id === id ? entry.value : "Unreadable" as const
  })

  const refresh: Effect.Effect<void, BanBookError> = Effect.gen(function*() {
    const keys = new Set(yield* stored(store.keys))
    const now = yield* Clock.currentTimeMillis
    const left = new Set<string>()
    yield* Effect.forEach(
      [...keys].filter((id) => entries.get(id) === undefined),
      (id) =>
        Effect.flatMap(read(id), (entry) => {
          if (entry === "Gone") return Effect.void
          if (entry === "Unreadable") {
            left.add(id)
            return unreadable.has(id) ? Effect.void : Effect.logError(`the ban book cannot read its entry ${id}`)
          }
          entries.put(entry)
          return isInForce(entry, now) ? publish("Added", entry) : Effect.void
        }),
      { concurrency: AT_ONCE, discard: true }
    )
    unreadable = left
    // Lifted bans are read after the keys. So they include each ban that was lifted before the keys were read.
    yield* stored(lifted.refresh)
    for (const entry of entries.all()) {
      if (keys.has(entry.id)) continue
      entries.remove(entry)
      if (isInForce(entry, now)) yield* publish("Lifted", entry)
    }
    isUncertain = false
    yield* prune
  })

  const search = ({ server, targets, words = "" }: Query) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      const wanted = words.toLowerCase().split(/\s+/).filter((word) => word !== "")
      return (targets === undefined ? entries.all() : entries.ofAny(targets)).filter((entry) =>
        isInForce(entry, now) && (server === undefined || isOn(entry, server)) &&
        (wanted.length === 0 || matches(entry, wanted))
      )
    })

  yield* exclusively(refresh)
  if (refreshInterval !== Infinity) {
    let isWell = true
    /** Runs `log` if the last refresh had the opposite outcome, so that an outage of the store is logged once. */
    const logChange = (isNowWell: boolean, log: Effect.Effect<void>) =>
      Effect.suspend(() => {
        const isNew = isWell !== isNowWell
        isWell = isNowWell
        return isNew ? log : Effect.void
      })
    yield* exclusively(refresh).pipe(
      Effect.andThen(logChange(true, Effect.logInfo("the ban book can be refreshed again"))),
      Effect.catch((error) => logChange(false, Effect.logWarning(error.message))),
      Effect.catchCause((cause) => logChange(false, Effect.logError("refreshing the ban book failed", cause))),
      Effect.delay(refreshInterval),
      Effect.forever,
      Effect.forkScoped
    )
  }

  const book: Service = {
    add: (ban) => change(add(ban)),
    lift: (which) => change(lift(which)),
    get: (id) =>
      Effect.map(
        Clock.currentTimeMillis,
        (now) => Option.filter(Option.fromNullishOr(entries.get(id)), (entry) => isInForce(entry, now))
      ),
    list: search({}),
    search,
    changes: Stream.fromPubSub(changes),
    importBans: (bans, given) => change(importBans(bans, given)),
    importEntries: (given) => change(importEntries(given)),
    refresh: exclusively(refresh),
    unreadable: Effect.sync(() => unreadable),
    lifted: Effect.sync(lifted.targets)
  }
  return book
})

const failure = (reason: BanBookError["reason"]): BanBookError => new BanBookError({ reason })

const stored = <A>(effect: Effect.Effect<A, KeyValueStore.KeyValueStoreError>): Effect.Effect<A, BanBookError> =>
  Effect.mapError(
    effect,
    (error) => failure(new StoreFailed({ problem: storeProblem(error), cause: error.cause ?? error }))
  )

const matches = ({ by, id, reason, source, target }: BanEntry, words: ReadonlyArray<string>): boolean => {
  const text = [id, target, reason, by, source].join("\n").toLowerCase()
  return words.every((word) => text.includes(word))
}

const settingsOf = ({ capacity = 50_000, refreshInterval = "never" }: Options) => {
  if (!(Number.isInteger(capacity) && capacity >= 1)) {
    throw new RangeError(`\`capacity\` must be an integer from 1 (got ${capacity})`)
  }
  const interval = refreshInterval === "never"
    ? Infinity
    : Option.match(Duration.fromInput(refreshInterval), { onNone: () => NaN, onSome: Duration.toMillis })
  if (!(interval >= 1000)) {
    throw new RangeError(
      `\`refreshInterval\` must be at least 1 second, or "never" (got ${Formatter.format(refreshInterval)})`
    )
  }
  return { capacity, refreshInterval: interval }
}
