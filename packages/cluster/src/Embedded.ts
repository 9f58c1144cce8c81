/**
 * A cluster of one process, without a database: for tests, for the first steps, and for those who have one machine.
 *
 * **Details**
 *
 * It takes the place of `NodeClusterSocket.layer` and a database. Programs and runners are the same on both. Everything it
 * keeps is in memory: the list of servers begins anew with the process.
 *
 * @since 0.1.0
 */
import * as MessageStorage from "effect/cluster/MessageStorage"
import * as RunnerHealth from "effect/cluster/RunnerHealth"
import * as Runners from "effect/cluster/Runners"
import * as RunnerStorage from "effect/cluster/RunnerStorage"
import * as Sharding from "effect/cluster/Sharding"
import * as ShardingConfig from "effect/cluster/ShardingConfig"
import * as Layer from "effect/Layer"
import * as KeyValueStore from "effect/persistence/KeyValueStore"

/** Nobody else can take a lock or send a message, so there is nothing to look after often. */
const shardingConfig = {
  refreshAssignmentsInterval: "1 minute",
  shardLockRefreshInterval: "1 minute",
  shardLockExpiration: "10 minutes",
  entityMessagePollInterval: "10 minutes",
  runnerHealthCheckInterval: "10 minutes"
} as const

/**
 * Provides a cluster whose only runner is this process, and a store in memory.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<Sharding.Sharding | KeyValueStore.KeyValueStore> = Sharding.layer.pipe(
  Layer.provide([Runners.layerNoop, MessageStorage.layerNoop, RunnerStorage.layerMemory, RunnerHealth.layerNoop]),
  Layer.provide(MessageStorage.layerNoop),
  Layer.provide(ShardingConfig.layer(shardingConfig)),
  Layer.merge(KeyValueStore.layerMemory)
)
