/**
 * One runner of the cluster, as a separate process, like the program that users run on each of their machines.
 *
 * It reads its configuration from the environment: `DATABASE_URL`, `RUNNER_PORT`, `RUNNER_ADDRESS` (the local address from
 * which it sends to game servers) and `GAME_PASSWORD`. The list of game servers is in the database.
 */
import { ClusterFleet } from "@bercon/cluster"
import * as NodeTransport from "@bercon/cluster/NodeTransport"
import { NodeRuntime } from "@effect/platform-node"
import { Config, Console, Effect, Layer } from "effect"
import { Cluster } from "./Cluster.ts"
import * as Lateness from "./Lateness.ts"
import { LATE, READY } from "./Runners.ts"

const runner = Layer.unwrap(Effect.gen(function*() {
  const address = yield* Config.String("RUNNER_ADDRESS")
  return ClusterFleet.layerRunner({
    transport: (server) => NodeTransport.make({ ...server, bind: { address } }),
    password: () => Config.Redacted("GAME_PASSWORD")
  }).pipe(
    Layer.provide(Cluster.runner(yield* Config.Redacted("DATABASE_URL"), yield* Config.Port("RUNNER_PORT")))
  )
}))

const report = Lateness.watch((late) => late < 50 ? Effect.void : Console.log(`${LATE}${late}`))

const program = Layer.provide(Layer.effectDiscard(Effect.andThen(Console.log(READY), report)), runner)

NodeRuntime.runMain(Layer.launch(program))
