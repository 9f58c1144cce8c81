/**
 * Lets a runner keep its game servers while the database is away, for less than `shardLockExpiration`.
 *
 * **Details**
 *
 * A runner may own the session of a game server only while it holds the lock of the server's shard. The engine, which is Effect
 * Cluster, confirms its locks every few seconds, and ends the sessions at once if that fails. {@link layer} is between the
 * engine and its storage:
 *
 * - While the database does not answer, a lock counts as held for 80 % of `shardLockExpiration` after its last confirmation.
 *   Then the engine ends the sessions.
 * - A lock that was lost with its connection, by a restart of Postgres for example, is taken again unless another runner has
 *   taken it.
 * - A lock is *surely held* for `shardLockExpiration` after its last confirmation, with two exceptions: the database has
 *   reported the lock as lost, or this process has stood still for more than two seconds since then. In both cases the sessions
 *   send nothing until the next confirmation, because another runner may have taken the servers over.
 *
 * A restart of the database frees all locks, and this process learns that only when the database next answers a confirmation:
 * within `shardLockRefreshInterval`, which is 5 seconds in {@link shardingConfig}. Until then, the locks count as
 * surely held. If another runner takes one in that time, because a runner has joined or ended at the same moment, the server has
 * two sessions until then.
 *
 * The layer uses little memory for each shard, and lives as long as the cluster's other layers.
 *
 * **Example** (Locks in Postgres)
 *
 * ```ts
 * import { ShardLocks } from "@bercon/cluster"
 * import * as NodeClusterSocket from "@effect/platform-node/NodeClusterSocket"
 * import { Layer } from "effect"
 *
 * // It still needs a `SqlClient`: `PgClient.layer` of `@effect/sql-pg`, for example.
 * const Cluster = NodeClusterSocket.layer({ storage: "byo", shardingConfig: ShardLocks.shardingConfig }).pipe(
 *   Layer.provide(ShardLocks.layerSql())
 * )
 * ```
 *
 * @stability unstable
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
 * Reports whether this runner surely holds the lock of a shard. Default: always, as in a cluster of one process.
 *
 * @category services
 * @since 0.1.0
 */
export const ShardLocks = Context.Reference<{
  /** Whether this runner surely holds the lock of a shard now. */
  readonly isHeld: (shard: ShardId) => boolean
}>("@bercon/cluster/ShardLocks", { defaultValue: () => ({ isHeld: () => true }) })

/**
 * Settings of Effect Cluster for sessions of game servers, for example for `NodeClusterSocket.layer({ shardingConfig })`. With
 * the engine's own settings, a server is without a session for half a minute after `kill -9`. The README of this package shows
 * the effect of these settings.
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

/** Fraction of `shardLockExpiration` after which a failure of the database is reported to the engine. */
const TOLERATED = 0.8

const keyOf = ({ group, id }: ShardId): string => `${group}:${id}`

/** Time limit for the confirmation of locks, in milliseconds. */
const ANSWER_TIMEOUT = 2000

/** Interval of the check whether this process has stood still, in milliseconds. */
const LOOK = 1000

/**
 * The longest standstill, in milliseconds, after which a process still trusts its locks. This limit must be short: if the
 * database restarts meanwhile, the locks are free at once, and other runners may take them.
 */
const STOOD_STILL = 2000

/**
 * Provides a `RunnerStorage` that keeps locks as described above, on top of the given `RunnerStorage`.
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
  /** When each lock was last confirmed: the time of the request, not of the answer. */
  const confirmed = new Map<string, { readonly shard: ShardId; readonly at: number }>()
  /** Locks that the database has reported as lost and that have not been taken again. */
  const doubted = new Set<string>()
  /** Locks that the engine has released. The engine may still refresh a lock while it releases that lock. */
  const returned = new Map<string, ShardId>()
  /** This runner, after its first request for a lock. */
  let self: RunnerAddress | undefined
  // One request at a time: a refresh must not take a lock again that is being released.
  const oneByOne = Semaphore.makeUnsafe(1)

  let ranAt = now()
  /** Locks that were confirmed before this time are not surely held. */
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
  const giveBack = (shards: Iterable<ShardId>): void => {
    for (const shard of shards) {
      confirmed.delete(keyOf(shard))
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
    // The engine has released these locks, but a refresh whose answer came too late has taken them again.
    yield* Effect.forEach(held.filter(isReturned), (shard) => storage.release(address, shard), { discard: true })
    const mine = held.filter((shard) => !isReturned(shard))
    // Confirmed before the request for the lost locks, because that request may fail.
    confirm(mine, at)
    const isHeld = (shard: ShardId) => held.some((other) => keyOf(other) === keyOf(shard))
    const lost = shards.filter((shard) => !isHeld(shard) && !isReturned(shard))
    // From now on another runner may take these locks.
    for (const shard of lost) doubted.add(keyOf(shard))
    const again = lost.length === 0 ? [] : yield* storage.acquire(address, lost)
    for (const shard of lost) confirmed.delete(keyOf(shard))
    confirm(again, at)
    return [...mine, ...again]
  })

  const refresh: typeof storage.refresh = (address, shardIds) =>
    Effect.suspend(() => {
      const shards = Array.from(shardIds)
      // A refresh without shards only checks whether the database answers.
      const asked = shards.length === 0
        ? storage.refresh(address, shards)
        : oneByOne.withPermit(Effect.suspend(() => confirmHeld(address, shards)))
      return asked.pipe(
        // If the engine's storage cannot connect to the database, requests also end with a defect or an interruption.
        Effect.sandbox,
        // The first use of an idle connection that has broken fails, although the database is there.
        Effect.retry({ times: 2, schedule: Schedule.spaced("250 millis") }),
        Effect.timeout(ANSWER_TIMEOUT),
        Effect.catch((cause) =>
          shards.length > 0 && shards.every((shard) => isReturned(shard) || age(shard) < TOLERATED * expiration)
            ? Effect.as(Effect.logWarning("the database does not answer. The sessions stay for now", cause), shards)
            : Effect.fail(new PersistenceError({ cause }))
        )
      )
    })

  const isSure = (shard: ShardId): boolean =>
    !doubted.has(keyOf(shard)) && (confirmed.get(keyOf(shard))?.at ?? -Infinity) >= sureSince
  // Confirms unsure locks sooner than the engine would, because the sessions of their shards do nothing until then.
  const confirmAnew = Effect.suspend(() => {
    const unsure = Array.from(confirmed.values(), ({ shard }) => shard).filter((shard) => !isSure(shard))
    return self === undefined || unsure.length === 0 ? Effect.void : Effect.ignore(refresh(self, unsure))
  })
  // Not by the same fiber: a slow answer of the database must not look like a standstill of this process.
  yield* Effect.forkScoped(Effect.forever(Effect.delay(Effect.sync(look), LOOK)))
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
 * Provides a storage of runners and locks in a SQL database, with {@link layer} on top. Calls to entities are not stored.
 * Needs a `SqlClient`, of `@effect/sql-pg` for example.
 *
 * **Details**
 *
 * `settings` must be the settings of the cluster. Default {@link shardingConfig}.
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
