/**
 * A store that all runners of a cluster share, and that can be away or hang.
 */
import { Effect, Layer } from "effect"
import { KeyValueStore } from "effect/persistence"

export const make = () => {
  const values = new Map<string, string>()
  const state = { mode: "there" as "there" | "away" | "hanging", values, writes: Array<string>() }
  const asked = <A>(answer: () => A): Effect.Effect<A, KeyValueStore.KeyValueStoreError> =>
    Effect.suspend(() =>
      state.mode === "there"
        ? Effect.sync(answer)
        : state.mode === "away"
        ? Effect.fail(new KeyValueStore.KeyValueStoreError({ method: "any", message: "connection refused" }))
        : Effect.never
    )
  const service = KeyValueStore.makeStringOnly({
    get: (key) => asked(() => values.get(key)),
    set: (key, value) =>
      asked(() => {
        state.writes.push(value)
        values.set(key, value)
      }),
    remove: (key) => asked(() => void values.delete(key)),
    clear: asked(() => values.clear()),
    size: asked(() => values.size),
    keys: asked(() => [...values.keys()])
  })
  return { state, layer: Layer.succeed(KeyValueStore.KeyValueStore, service) }
}
