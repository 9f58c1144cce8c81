/**
 * A store that all runners of a cluster share, and that can fail in several ways.
 */
import { Effect, Layer } from "effect"
import { KeyValueStore } from "effect/persistence"

/** `full`: the store can be read, but `set` fails. `broken`: its code throws. */
type Mode = "there" | "away" | "hanging" | "full" | "broken"

export const make = () => {
  const values = new Map<string, string>()
  const state = { mode: "there" as Mode, values, writes: Array<string>() }
  const fail = (message: string) => Effect.fail(new KeyValueStore.KeyValueStoreError({ method: "any", message }))
  const asked = <A>(answer: () => A): Effect.Effect<A, KeyValueStore.KeyValueStoreError> =>
    Effect.suspend(() => {
      switch (state.mode) {
        case "there":
        case "full":
          return Effect.sync(answer)
        case "away":
          return fail("connection refused")
        case "hanging":
          return Effect.never
        case "broken":
          throw new Error("a defect of the store")
      }
    })
  const service = KeyValueStore.makeStringOnly({
    get: (key) => asked(() => values.get(key)),
    set: (key, value) =>
      Effect.andThen(
        Effect.suspend(() => state.mode === "full" ? fail("no space is left") : Effect.void),
        asked(() => {
          state.writes.push(value)
          values.set(key, value)
        })
      ),
    remove: (key) => asked(() => void values.delete(key)),
    clear: asked(() => values.clear()),
    size: asked(() => values.size),
    keys: asked(() => [...values.keys()])
  })
  return { state, layer: Layer.succeed(KeyValueStore.KeyValueStore, service) }
}
