/** The layers of a cluster on Postgres: one for its runners, one for programs that only use it. */
import { RunnerWatch, ShardLocks } from "@bercon/cluster"
import { NodeClusterSocket } from "@effect/platform-node"
import { PgClient } from "@effect/sql-pg"
import { Layer, Option, type Redacted } from "effect"
import { RunnerAddress } from "effect/cluster"

const storage = (url: Redacted.Redacted) =>
  Layer.provide(ShardLocks.layerSql(), PgClient.layer({ url, maxConnections: 4 }))

/** A runner that the others reach at this port of this machine. */
const runner = (url: Redacted.Redacted, port: number) =>
  RunnerWatch.layer().pipe(
    Layer.provideMerge(NodeClusterSocket.layer({
      storage: "byo",
      shardingConfig: {
        ...ShardLocks.shardingConfig,
        runnerAddress: Option.some(RunnerAddress.make("127.0.0.1", port))
      }
    })),
    Layer.provideMerge(storage(url))
  )

/** A program that uses the cluster and has no sessions itself. */
const consumer = (url: Redacted.Redacted) =>
  NodeClusterSocket.layer({ clientOnly: true, storage: "byo", shardingConfig: ShardLocks.shardingConfig }).pipe(
    Layer.provide(storage(url))
  )

export const Cluster = { runner, consumer }
