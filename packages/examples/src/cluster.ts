import { RconClient } from "@bercon/client"
import * as NodeTransport from "@bercon/client/NodeTransport"
import { ClusterRcon, RunnerWatch, ServerEntity, Servers, ShardLocks } from "@bercon/cluster"
import * as NodeClusterSocket from "@effect/platform-node/NodeClusterSocket"
import { Effect, Layer, Option, Redacted } from "effect"
import { RunnerAddress } from "effect/cluster"

const bot = Effect.gen(function*() {
  const rcon = yield* RconClient.RconClient
  yield* rcon.on("PlayerConnected", ({ player }) => rcon.say(`welcome, ${player.name}`))
  yield* rcon.closed
})

// In one process: bot.pipe(Effect.scoped, Effect.provide(NodeRcon.layer({ host, port, password })))
export const program = bot.pipe(Effect.scoped, Effect.provide(ClusterRcon.layer("altis-1")))

// Each runner of the cluster runs this. The runner's own configuration contains the servers' addresses and passwords.
export const runner = (altis: { readonly host: string; readonly port: number }) =>
  ServerEntity.layer().pipe(
    Layer.provide(Servers.layerRecord({
      "altis-1": { transport: NodeTransport.make(altis), options: { password: Redacted.make("secret") } }
    }))
  )

// The layer that `program` and `runner` need. It needs `PgClient.layer` of `@effect/sql-pg`.
export const Cluster = (host: string) =>
  RunnerWatch.layer().pipe(
    Layer.provideMerge(NodeClusterSocket.layer({
      storage: "byo",
      shardingConfig: { ...ShardLocks.shardingConfig, runnerAddress: Option.some(RunnerAddress.make(host, 34431)) }
    })),
    Layer.provideMerge(ShardLocks.layerSql())
  )
