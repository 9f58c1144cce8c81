/**
 * The `KeyValueStore` in context, with a time limit: a store that hangs must not block the ban book or the plans for ever.
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as KeyValueStore from "effect/persistence/KeyValueStore"

/** The time limit of each operation. */
const LIMIT = "10 seconds"

const isWrite = (method: string): boolean => method === "set" || method === "remove" || method === "clear"

/**
 * Fails if an operation of the store takes longer than the limit. Also works in a region that cannot be interrupted, and with an
 * operation that cannot be interrupted: it is then left behind.
 */
const limited = <A>(
  method: string,
  effect: Effect.Effect<A, KeyValueStore.KeyValueStoreError>,
  key?: string
): Effect.Effect<A, KeyValueStore.KeyValueStoreError> => {
  const late = () =>
    new KeyValueStore.KeyValueStoreError({
      method,
      message: `\`${method}\` did not end within ${LIMIT}${isWrite(method) ? ", and may have taken effect" : ""}`,
      ...(key !== undefined && { key })
    })
  return Effect.acquireUseRelease(
    Effect.forkDetach(effect, { startImmediately: true }),
    (fiber) =>
      fiber.pollUnsafe() ??
        Effect.timeoutOrElse(Fiber.join(fiber), { duration: LIMIT, orElse: () => Effect.fail(late()) }),
    (fiber) => Effect.sync(() => fiber.interruptUnsafe())
  )
}

/** The store in context, each of whose operations fails if it takes longer than the limit. */
export const limitedStore: Effect.Effect<KeyValueStore.KeyValueStore, never, KeyValueStore.KeyValueStore> = Effect.map(
  KeyValueStore.KeyValueStore,
  (store) =>
    KeyValueStore.make({
      get: (key) => limited("get", store.get(key), key),
      getUint8Array: (key) => limited("getUint8Array", store.getUint8Array(key), key),
      set: (key, value) => limited("set", store.set(key, value), key),
      remove: (key) => limited("remove", store.remove(key), key),
      clear: limited("clear", store.clear),
      size: limited("size", store.size),
      keys: limited("keys", store.keys)
    })
)
