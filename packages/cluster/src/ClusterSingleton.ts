/**
 * A program that runs once in the cluster: on one of the runners, and on another one if that runner ends.
 *
 * **Details**
 *
 * The program is a layer, which runs as a `Singleton` of Effect Cluster. If a plain `Singleton` fails, nothing reports it, and
 * it is not started again until shards move. Here, if the program cannot be built, the failure is logged, and the program is
 * built again after 10 seconds. After it has been built, it must handle the failures of its own background fibers.
 *
 * As long as the locks of shards hold (see `ShardLocks`), two runners never run it at the same time. After `kill -9` another
 * runner starts it within seconds, if the runners have `RunnerWatch` and `ShardLocks.shardingConfig`. Keep its data in a store
 * that all runners share.
 *
 * **Example** (The restarts of all servers, announced by one of the runners)
 *
 * ```ts
 * import { ClusterFleet, ClusterSingleton } from "@bercon/cluster"
 * import { Plans } from "@bercon/operations"
 * import { Layer } from "effect"
 *
 * const Restarts = Plans.layerFleet({
 *   restarts: [{ id: "nightly", at: { cron: "0 4 * * *", timeZone: "Europe/Berlin" } }]
 * })
 *
 * // For every runner. `Operations` still needs the cluster, and a store: `ServerList.layerStoreSql()`, say.
 * const Operations = ClusterSingleton.layer("restarts", Restarts.pipe(Layer.provide(ClusterFleet.layer())))
 * ```
 *
 * @stability unstable
 * @since 0.1.0
 */
import * as Singleton from "effect/cluster/Singleton"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import type { Sharding } from "./internal/sharding.ts"

/** The time between a failure and the next build. */
const PAUSE = "10 seconds"

/**
 * Runs a layer once in the cluster, for as long as one of the runners that provide it lives. `name` must be unique in the
 * cluster. Each runner must provide the same layer with the same name.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = <A, E, R>(
  name: string,
  program: Layer.Layer<A, E, R>
): Layer.Layer<never, never, Sharding | Exclude<R, Scope.Scope>> => {
  // If the runner stops the program, nothing is logged and nothing is built again, because an interrupted fiber handles no
  // failure.
  const again = Layer.launch(program).pipe(
    Effect.tapCause((cause) =>
      Effect.logError(
        `${JSON.stringify(name)}, which runs once in the cluster, failed. It starts again in ${PAUSE}`,
        cause
      )
    ),
    Effect.sandbox,
    Effect.retry(Schedule.spaced(PAUSE)),
    Effect.catch(Effect.failCause)
  )
  return Singleton.make(name, again)
}
