/**
 * A cluster of one process, without a database: for tests, first steps, and setups with one machine.
 *
 * **Details**
 *
 * It belongs to the scope of its layer. It replaces `NodeClusterSocket.layer` and the database. Programs and runners do not
 * change. Its store is in memory, so a `ServerList` in it is empty when the process starts. It owns no sessions: for these the
 * process also needs the layer of a runner, `ServerEntity.layer` or `ClusterFleet.layerRunner`.
 *
 * **Example** (A bot in the process that also runs the session)
 *
 * ```ts
 * import { RconClient } from "@bercon/client"
 * import * as NodeTransport from "@bercon/client/NodeTransport"
 * import { ClusterRcon, Embedded, ServerEntity, Servers } from "@bercon/cluster"
 * import { Effect, Layer, Redacted } from "effect"
 *
 * const runner = ServerEntity.layer().pipe(
 *   Layer.provide(Servers.layerRecord({
 *     altis: {
 *       transport: NodeTransport.make({ host: "203.0.113.7", port: 2306 }),
 *       options: { password: Redacted.make("secret") }
 *     }
 *   }))
 * )
 *
 * const main = Effect.flatMap(RconClient.RconClient, (rcon) => rcon.say("hello")).pipe(
 *   Effect.provide(ClusterRcon.layer("altis").pipe(
 *     Layer.provide(runner.pipe(Layer.provideMerge(Embedded.layer)))
 *   ))
 * )
 * ```
 *
 * @stability unstable
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

/** No other process takes locks or sends messages, so no check needs to be frequent. */
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
