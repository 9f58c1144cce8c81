/**
 * The entity that keeps the list of servers. The cluster has one, on any runner. It stores each change before it publishes
 * it.
 */
import { FleetUnavailable } from "@bercon/fleet/FleetError"
import { Broadcast } from "@bercon/session/unstable"
import * as ClusterSchema from "effect/cluster/ClusterSchema"
import * as Entity from "effect/cluster/Entity"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as KeyValueStore from "effect/persistence/KeyValueStore"
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import { ShardLocks } from "../ShardLocks.ts"
import * as Wire from "../Wire.ts"

/** The id of the only entity of this kind. */
const ID = "servers"

/** The key under which the list is stored. */
const KEY = "@bercon/cluster/servers"

/** Maximum number of undelivered elements for each reader of the feed. The next heartbeat reveals a missed change. */
const CAPACITY = 16

/** Interval of the heartbeats of the feed, in milliseconds. */
export const HEARTBEAT = 10_000

/** Time limit for an answer of the store, in milliseconds. A change waits for at most two answers. */
const STORE_TIMEOUT = 3000

const ListKeeper = Entity.make("@bercon/ServerList", [
  /** Replaces the list, unless it has changed since the caller read it. Returns the current list. */
  Rpc.make("Put", {
    payload: {
      origin: Schema.String,
      revision: Schema.Int,
      change: Schema.String,
      servers: Wire.Listing.fields.servers
    },
    success: Wire.Listing,
    error: FleetUnavailable
  }),
  Rpc.make("Get", { success: Wire.Listing, error: FleetUnavailable }),
  Rpc.make("Feed", { success: Wire.ListItem, error: FleetUnavailable, stream: true })
]).annotateRpcs(ClusterSchema.InterruptOnTermination, true)

/** The list before its first change. */
const UNWRITTEN = Wire.Listing.make({ origin: "", revision: 0, changes: [], servers: [] })

/** How many names of changes a list keeps. A member that missed the outcome of its change looks for the name there. */
const REMEMBERED = 100

const unavailable = (execution: FleetUnavailable["execution"], problem: string) =>
  new FleetUnavailable({ problem, execution })

const handlers = Effect.gen(function*() {
  const { shardId } = yield* Entity.CurrentAddress
  const { isHeld } = yield* ShardLocks
  const store = KeyValueStore.toSchemaStore(yield* KeyValueStore.KeyValueStore, Wire.Listing)
  const lock = Semaphore.makeUnsafe(1)
  /** The stored list, as the store last reported it. */
  let stored: Wire.Listing | undefined
  /** Whether `stored` is certainly what the store contains. */
  let isKnown = false
  const feed = new Broadcast<Wire.ListItem>({ capacity: CAPACITY, greeting: () => stored! })
  /** The problems that were logged since the store last answered. Members ask several times a second. */
  const logged = new Set<string>()
  const logOnce = (problem: string) => (error: unknown) =>
    Effect.suspend(() => {
      if (logged.has(problem)) return Effect.void
      logged.add(problem)
      return Effect.logError(problem, error)
    })

  const learn = (listing: Wire.Listing): Wire.Listing => {
    isKnown = true
    logged.clear()
    feed.publish(listing)
    return stored = listing
  }
  /** Reads the stored list, unless it is known. Needs the lock. */
  const load = Effect.suspend(() =>
    isKnown ? Effect.succeed(stored!) : Effect.timeout(store.get(KEY), STORE_TIMEOUT).pipe(
      Effect.tapError(logOnce("the list of servers cannot be read from the store")),
      Effect.mapError(() => unavailable("NotExecuted", "it cannot be read from the store")),
      Effect.map((found) => learn(Option.getOrElse(found, () => UNWRITTEN)))
    )
  )
  /** The current list. Fails if another runner may keep it by now. Needs the lock. */
  const current = Effect.tap(
    load,
    () => isHeld(shardId) ? Effect.void : unavailable("NotExecuted", "its runner cannot reach the database")
  )
  const beat = Effect.sync(() => {
    if (isKnown) feed.publish(Wire.Beat.make({ revision: stored!.revision }))
  })
  yield* Effect.forkScoped(Effect.forever(Effect.delay(beat, HEARTBEAT)))

  return ListKeeper.of({
    Put: ({ payload: { change, origin, revision, servers } }) =>
      lock.withPermit(Effect.gen(function*() {
        const before = yield* current
        if (before.origin !== origin || before.revision !== revision) return before
        const next = Wire.Listing.make({
          origin: origin || change,
          revision: revision + 1,
          changes: [...before.changes, change].slice(-REMEMBERED),
          servers
        })
        // The stored list is unknown until the store has answered.
        isKnown = false
        yield* Effect.timeout(store.set(KEY, next), STORE_TIMEOUT).pipe(
          Effect.tapError(logOnce("the list of servers cannot be stored")),
          Effect.mapError(() => unavailable("MaybeExecuted", "the store did not confirm the change"))
        )
        return learn(next)
      })),
    Get: () => lock.withPermit(current),
    Feed: () => Stream.unwrap(Effect.as(lock.withPermit(load), feed.values))
  })
})

/** Lets this runner keep the list, if the entity is on this runner. */
export const layer = ListKeeper.toLayer(handlers, { concurrency: "unbounded", disableFatalDefects: true })

/** The calls of the entity, on any runner. */
export const client = Effect.map(ListKeeper.client, (of) => of(ID))
