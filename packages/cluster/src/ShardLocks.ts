/**
 * Keeps a runner's game servers through an absence of the database, and never longer than the database keeps its locks.
 *
 * **Details**
 *
 * A runner may have the session of a game server only while it has the lock of the server's shard. The engine confirms its
 * locks every few seconds, and ends the sessions at once if it cannot. {@link layer} stands between the engine and its
 * storage:
 *
 * - While the database does not answer, the locks count as held for 80 % of `shardLockExpiration` after their last
 *   confirmation. Then the engine ends the sessions.
 * - Locks that were lost with their connection (Postgres was restarted, say) are taken again, if nobody else has taken them.
 * - A lock is *surely held* for `shardLockExpiration` after its last confirmation, but not if this process has stood still
 *   since, for more than two seconds. Sessions send nothing then, until the lock is confirmed anew, so a machine that was
 *   frozen does not speak for a server that another runner has taken over meanwhile.
 *
 * @since 0.1.0
 */
import { Monotonic } from "@bercon/session/unstable"
import { PersistenceError } from "effect/cluster/ClusterError"
import * as MessageStorage from "effect/cluster/MessageStorage"
import type { RunnerAddress } from "effect/cluster/RunnerAddress"
import * as RunnerStorage from "effect/cluster/RunnerStorage"
import type { ShardId } from "effect/cluster/ShardId"
import * as ShardingConfig from "effect/cluster/ShardingConfig"
import * as SqlRunnerStorage from "effect/cluster/SqlRunnerStorage"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Semaphore from "effect/Semaphore"
import type * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"

/**
 * Whether this runner surely has the lock of a shard. Always by default, as in a cluster of one process.
 *
 * @category services
 * @since 0.1.0
 */
export const ShardLocks = Context.Reference<{
  /** Whether this runner surely holds the lock of a shard now. */
  readonly isHeld: (shard: ShardId) => boolean
}>("@bercon/cluster/ShardLocks", { defaultValue: () => ({ isHeld: () => true }) })

/**
 * Settings of Effect Cluster for the sessions of game servers, for `NodeClusterSocket.layer({ shardingConfig })`, say. The
 * engine's own leave a server without a session for half a minute after `kill -9`. The README of this package says what they
 * cost.
 *
 * @category constants
 * @since 0.1.0
 */
export const shardingConfig = {
  runnerHealthCheckInterval: "2 seconds",
  refreshAssignmentsInterval: "1 second",
  shardLockRefreshInterval: "5 seconds",
  shardLockExpiration: "1 minute"
} as const

/** How much of the expiration of a lock may pass without the database before the engine is told. */
const TOLERATED = 0.8

const keyOf = ({ group, id }: ShardId): string => `${group}:${id}`

/** How long the database may take to confirm locks, in milliseconds. */
const ANSWER_TIMEOUT = 2000

/** How often a runner looks whether it has stood still, in milliseconds. */
const LOOK = 1000

/**
 * How long it may have stood still without a doubt about its locks, in milliseconds. It takes longer for the others to take it
 * for dead. They wait for its locks, but these are gone at once if the database is restarted, for example.
 */
const STOOD_STILL = 2000

/**
 * Puts the locks between the engine and the `RunnerStorage` that this layer is given.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<
  RunnerStorage.RunnerStorage,
  never,
  RunnerStorage.RunnerStorage | ShardingConfig.ShardingConfig
> = Layer.effectContext(Effect.gen(function*() {
  const storage = yield* RunnerStorage.RunnerStorage
  const { shardLockExpiration } = yield* ShardingConfig.ShardingConfig
  const expiration = Monotonic.duration(shardLockExpiration)
  const now = yield* Monotonic.make
  /** When each lock was last known to be held: the time at which the question was sent. */
  const confirmed = new Map<string, { readonly shard: ShardId; readonly at: number }>()
  /** Locks that the database has reported as lost, and that are not taken again yet. */
  const doubted = new Set<string>()
  /** Locks that the engine has given back. It may ask to refresh one that it is giving back. */
  const returned = new Map<string, ShardId>()
  /** This runner, once it has asked for a lock. */
  let self: RunnerAddress | undefined
  // One after the other: a refresh must not take again what is released meanwhile.
  const oneByOne = Semaphore.makeUnsafe(1)

  let ranAt = now()
  /** Since when locks must have been confirmed to be sure. */
  let sureSince = -Infinity
  const look = (): void => {
    const at = now()
    if (at - ranAt > STOOD_STILL) sureSince = at
    ranAt = at
  }

  const age = (shard: ShardId): number => now() - (confirmed.get(keyOf(shard))?.at ?? -Infinity)
  const isReturned = (shard: ShardId): boolean => returned.has(keyOf(shard))
  const confirm = (shards: ReadonlyArray<ShardId>, at: number): void => {
    for (const shard of shards) {
      confirmed.set(keyOf(shard), { shard, at })
      doubted.delete(keyOf(shard))
    }
  }
  const forget = (shard: ShardId): void => {
    confirmed.delete(keyOf(shard))
    doubted.delete(keyOf(shard))
  }
  const giveBack = (shards: Iterable<ShardId>): void => {
    for (const shard of shards) {
      forget(shard)
      returned.set(keyOf(shard), shard)
    }
  }

  const acquire: typeof storage.acquire = (address, shardIds) =>
    oneByOne.withPermit(Effect.suspend(() => {
      const shards = Array.from(shardIds)
      const at = now()
      self = address
      for (const shard of shards) returned.delete(keyOf(shard))
      return Effect.tap(storage.acquire(address, shards), (acquired) => Effect.sync(() => confirm(acquired, at)))
    }))

  const confirmHeld = Effect.fnUntraced(function*(address: RunnerAddress, shards: ReadonlyArray<ShardId>) {
    const at = now()
    const held = yield* storage.refresh(address, [...shards, ...returned.values()])
    // Taken by a refresh whose answer did not arrive in time, and given back since.
    yield* Effect.forEach(held.filter(isReturned), (shard) => storage.release(address, shard), { discard: true })
    const isHeld = (shard: ShardId) => held.some((other) => keyOf(other) === keyOf(shard))
    const lost = shards.filter((shard) => !isHeld(shard) && !isReturned(shard))
    // Another runner may have them, until the database says otherwise.
    for (const shard of lost) doubted.add(keyOf(shard))
    const again = lost.length === 0 ? [] : yield* storage.acquire(address, lost)
    const mine = [...held.filter((shard) => !isReturned(shard)), ...again]
    for (const shard of shards) forget(shard)
    confirm(mine, at)
    return mine
  })

  const refresh: typeof storage.refresh = (address, shardIds) =>
    Effect.suspend(() => {
      const shards = Array.from(shardIds)
      // Without any, the engine asks whether the database is there.
      const asked = shards.length === 0
        ? storage.refresh(address, shards)
        : oneByOne.withPermit(Effect.suspend(() => confirmHeld(address, shards)))
      return asked.pipe(
        // A connection that broke while nobody used it fails once, although the database is there.
        Effect.retry({ times: 2, schedule: Schedule.spaced("250 millis") }),
        Effect.timeout(ANSWER_TIMEOUT),
        Effect.catch((cause) =>
          shards.length > 0 && shards.every((shard) => isReturned(shard) || age(shard) < TOLERATED * expiration)
            ? Effect.as(Effect.logWarning("the database does not answer: the sessions stay for now", cause), shards)
            : Effect.fail(new PersistenceError({ cause }))
        )
      )
    })

  const isSure = (shard: ShardId): boolean =>
    !doubted.has(keyOf(shard)) && (confirmed.get(keyOf(shard))?.at ?? -Infinity) >= sureSince
  // The engine would confirm them soon, too, but their servers are silent until then.
  const confirmAnew = Effect.suspend(() => {
    look()
    const unsure = Array.from(confirmed.values(), ({ shard }) => shard).filter((shard) => !isSure(shard))
    return self === undefined || unsure.length === 0 ? Effect.void : Effect.ignore(refresh(self, unsure))
  })
  yield* Effect.forkScoped(Effect.forever(Effect.delay(confirmAnew, LOOK)))

  const isHeld = (shard: ShardId): boolean => {
    look()
    return isSure(shard) && age(shard) < expiration
  }

  return Context.make(RunnerStorage.RunnerStorage, {
    ...storage,
    acquire,
    refresh,
    release: (address, shard) =>
      oneByOne.withPermit(Effect.suspend(() => {
        giveBack([shard])
        return storage.release(address, shard)
      })),
    releaseAll: (address) =>
      oneByOne.withPermit(Effect.suspend(() => {
        giveBack(Array.from(confirmed.values(), ({ shard }) => shard))
        return storage.releaseAll(address)
      }))
  }).pipe(Context.add(ShardLocks, { isHeld }))
}))

/**
 * Provides what a cluster stores in a SQL database: its members and their locks, with {@link layer} before them. Calls are not
 * stored. Needs the `SqlClient` of `@effect/sql-pg`, for example.
 *
 * **Details**
 *
 * `settings` are those that the cluster is given, {@link shardingConfig} by default.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerSql = (
  settings: Partial<ShardingConfig.ShardingConfig["Service"]> = shardingConfig
): Layer.Layer<RunnerStorage.RunnerStorage | MessageStorage.MessageStorage, SqlError, SqlClient.SqlClient> =>
  Layer.merge(MessageStorage.layerNoop, Layer.provide(layer, SqlRunnerStorage.layer)).pipe(
    Layer.provide(ShardingConfig.layer(settings))
  )
