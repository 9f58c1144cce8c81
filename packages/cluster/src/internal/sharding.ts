/**
 * What every part needs of the cluster that it is in.
 */
import * as Cluster from "effect/cluster/Sharding"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"

/** Effect Cluster's own service. */
export type Sharding = Cluster.Sharding

/** A name that nobody else in the cluster has. */
export const uniqueName: Effect.Effect<string, never, Sharding> = Effect.gen(function*() {
  const { getSnowflake } = yield* Cluster.Sharding
  // Members that only use the cluster may count their snowflakes alike.
  return `${yield* getSnowflake}-${yield* Random.nextInt}`
})
