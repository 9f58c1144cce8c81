/**
 * The entity that keeps the list of servers: one for the cluster, on whichever runner it is. What it keeps is stored before
 * anybody is told of it.
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

/** The one entity of this kind. */
const ID = "servers"

/** The key under which the list is stored. */
const KEY = "@bercon/cluster/servers"

/** How many elements a reader of the feed may be behind. One that has missed a change notices by the next sign of life. */
const CAPACITY = 16

/** How often the feed gives a sign of life, in milliseconds. */
export const HEARTBEAT = 10_000

/** How long the store has to answer, in milliseconds. A change asks it twice at most. */
const STORE_TIMEOUT = 3000

const ListKeeper = Entity.make("@bercon/ServerList", [
  /** Changes the list if it is the one that the change was made from. Returns the list as it is then. */
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
  Rpc.make("Feed", { success: Wire.ListItem, error: FleetUnavailable, stream: true })
]).annotateRpcs(ClusterSchema.InterruptOnTermination, true)

/** The list before its first change. */
const UNWRITTEN = Wire.Listing.make({ origin: "", revision: 0, changes: [], servers: [] })

/** How many names of changes a list keeps. A member asks by them whether a change whose outcome it missed was made. */
const REMEMBERED = 100

const unavailable = (execution: FleetUnavailable["execution"], problem: string) =>
  new FleetUnavailable({ problem, execution })

const handlers = Effect.gen(function*() {
  const { shardId } = yield* Entity.CurrentAddress
  const { isHeld } = yield* ShardLocks
  const store = KeyValueStore.toSchemaStore(yield* KeyValueStore.KeyValueStore, Wire.Listing)
  const lock = Semaphore.makeUnsafe(1)
  /** What was stored when it was last known. */
  let stored: Wire.Listing | undefined
  let isKnown = false
  const feed = new Broadcast<Wire.ListItem>({ capacity: CAPACITY, greeting: () => stored! })

  const learn = (listing: Wire.Listing): Wire.Listing => {
    isKnown = true
    if (listing.changes.at(-1) !== stored?.changes.at(-1)) feed.publish(listing)
    return stored = listing
  }
  /** What is stored. To be run with the lock. */
  const load = Effect.suspend(() =>
    isKnown ? Effect.succeed(stored!) : Effect.timeout(store.get(KEY), STORE_TIMEOUT).pipe(
      Effect.tapError((error) => Effect.logError("the list of servers cannot be read from the store", error)),
      Effect.mapError(() => unavailable("NotExecuted", "it cannot be read from the store")),
      Effect.map((found) => learn(Option.getOrElse(found, () => UNWRITTEN)))
    )
  )
  const beat = Effect.sync(() => {
    if (isKnown) feed.publish(Wire.Beat.make({ revision: stored!.revision }))
  })
  yield* Effect.forkScoped(Effect.forever(Effect.delay(beat, HEARTBEAT)))

  return ListKeeper.of({
    Put: ({ payload: { change, origin, revision, servers } }) =>
      lock.withPermit(Effect.gen(function*() {
        const before = yield* load
        if (before.origin !== origin || before.revision !== revision) return before
        if (!isHeld(shardId)) return yield* unavailable("NotExecuted", "its runner cannot reach the database")
        const next = Wire.Listing.make({
          origin: origin || change,
          revision: revision + 1,
          changes: [...before.changes, change].slice(-REMEMBERED),
          servers
        })
        // What is stored is known again when the store has answered.
        isKnown = false
        yield* Effect.timeout(store.set(KEY, next), STORE_TIMEOUT).pipe(
          Effect.tapError((error) => Effect.logError("the list of servers cannot be stored", error)),
          Effect.mapError(() => unavailable("MaybeExecuted", "the store has not taken the change"))
        )
        return learn(next)
      })),
    Feed: () => Stream.unwrap(Effect.as(lock.withPermit(load), feed.values))
  })
})

/** Makes this runner one that can keep the list. */
export const layer = ListKeeper.toLayer(handlers, { concurrency: "unbounded", disableFatalDefects: true })

/** The list, wherever it is kept. */
export const client = Effect.map(ListKeeper.client, (of) => of(ID))
