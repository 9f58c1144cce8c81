/** The layers of a cluster on Postgres: one for its runners, one for programs that only use it. */
import { RunnerWatch, ServerList, ShardLocks } from "@bercon/cluster"
import { NodeClusterSocket } from "@effect/platform-node"
import { PgClient } from "@effect/sql-pg"
import { Layer, Option, type Redacted } from "effect"
import { RunnerAddress } from "effect/cluster"

const database = (url: Redacted.Redacted) => PgClient.layer({ url, maxConnections: 4 })

/** Provides the store of the cluster, and a runner that other members reach at this port of this machine. */
const runner = (url: Redacted.Redacted, port: number) =>
  RunnerWatch.layer().pipe(
    Layer.provideMerge(NodeClusterSocket.layer({
      storage: "byo",
      shardingConfig: {
        ...ShardLocks.shardingConfig,
        runnerAddress: Option.some(RunnerAddress.make("127.0.0.1", port))
      }
    })),
    Layer.provideMerge(Layer.merge(ShardLocks.layerSql(), ServerList.layerStoreSql())),
    Layer.provide(database(url))
  )

/** A program that uses the cluster and has no sessions itself. */
const consumer = (url: Redacted.Redacted) =>
  NodeClusterSocket.layer({ clientOnly: true, storage: "byo", shardingConfig: ShardLocks.shardingConfig }).pipe(
    Layer.provide(ShardLocks.layerSql()),
    Layer.provide(database(url))
  )

export const Cluster = { runner, consumer }
