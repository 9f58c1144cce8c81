/** The layers of a cluster on Postgres: one for its runners, one for programs that only use it. */
import { RunnerWatch, ServerEntity } from "@bercon/cluster"
import { NodeClusterSocket } from "@effect/platform-node"
import { PgClient } from "@effect/sql-pg"
import { Layer, Option, type Redacted } from "effect"
import { MessageStorage, RunnerAddress, ShardingConfig, SqlRunnerStorage } from "effect/cluster"

type Settings = Partial<ShardingConfig.ShardingConfig["Service"]>

/** Where members find each other and lock shards. No calls are stored. */
const storage = (url: Redacted.Redacted, settings: Settings) =>
  Layer.merge(MessageStorage.layerNoop, SqlRunnerStorage.layer).pipe(
    Layer.provide(PgClient.layer({ url, maxConnections: 4 })),
    Layer.provide(ShardingConfig.layer(settings))
  )

/** A runner that the others reach at this port of this machine. */
const runner = (url: Redacted.Redacted, port: number) => {
  const shardingConfig = {
    ...ServerEntity.shardingConfig,
    runnerAddress: Option.some(RunnerAddress.make("127.0.0.1", port))
  }
  return RunnerWatch.layer().pipe(
    Layer.provideMerge(NodeClusterSocket.layer({ storage: "byo", shardingConfig })),
    Layer.provide(storage(url, shardingConfig))
  )
}

/** A program that uses the cluster and has no sessions itself. */
const consumer = (url: Redacted.Redacted) =>
  NodeClusterSocket.layer({ clientOnly: true, storage: "byo", shardingConfig: ServerEntity.shardingConfig }).pipe(
    Layer.provide(storage(url, ServerEntity.shardingConfig))
  )

export const Cluster = { runner, consumer }
