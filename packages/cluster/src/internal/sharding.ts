/**
 * The `Sharding` service of Effect Cluster, and names that are unique in the cluster.
 */
import * as Cluster from "effect/cluster/Sharding"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"

/** The `Sharding` service of Effect Cluster. */
export type Sharding = Cluster.Sharding

/** A name that no other member of the cluster generates. */
export const uniqueName: Effect.Effect<string, never, Sharding> = Effect.gen(function*() {
  const { getSnowflake } = yield* Cluster.Sharding
  // A snowflake alone is not enough: members that are not runners may generate the same ones.
  return `${yield* getSnowflake}-${yield* Random.nextInt}`
})
