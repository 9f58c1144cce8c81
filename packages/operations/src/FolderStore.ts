/**
 * A `KeyValueStore` in a folder, whose values stay intact if the process is killed or the machine loses power at any moment.
 *
 * **Details**
 *
 * It is `KeyValueStore.layerFileSystem` with another way to write: a value is written to a draft file, which is flushed to the
 * disk and then renamed over the old file. So a crash during a write leaves either the old value or the new one,
 * never a part of it. When `set` has succeeded, the value is on the disk.
 *
 * Values are files in the folder `values`, and drafts are in the folder `unfinished`. Opening the store removes drafts that are
 * older than an hour, because their processes have been killed. The name of a file is the key, encoded as in a URL; most file
 * systems allow 255 bytes. A key with a lone surrogate cannot be encoded: operations with it fail.
 *
 * **Example** (On Node)
 *
 * ```ts
 * import { FolderStore } from "@bercon/operations"
 * import * as NodeServices from "@effect/platform-node/NodeServices"
 * import { Layer } from "effect"
 *
 * const Store = FolderStore.layer("/var/lib/community").pipe(Layer.provide(NodeServices.layer))
 * ```
 *
 * @stability unstable
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import * as KeyValueStore from "effect/persistence/KeyValueStore"
import type { PlatformError } from "effect/PlatformError"
import * as Struct from "effect/Struct"

/** The age from which a draft is removed, in milliseconds: no process takes that long to write one. */
const ABANDONED = 3_600_000

/**
 * Provides a `KeyValueStore` in a folder, which is created if it does not exist. Several processes can use it at the same time.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  directory: string
): Layer.Layer<KeyValueStore.KeyValueStore, PlatformError, FileSystem.FileSystem | Path.Path> =>
  Layer.unwrap(Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const values = path.join(directory, "values")
    const unfinished = path.join(directory, "unfinished")
    yield* fs.makeDirectory(unfinished, { recursive: true })

    const removeAbandoned = Effect.fnUntraced(function*(draft: string) {
      const { mtime } = yield* fs.stat(draft)
      const age = (yield* Clock.currentTimeMillis) - (Option.getOrUndefined(mtime)?.getTime() ?? Infinity)
      if (age > ABANDONED) yield* fs.remove(draft, { recursive: true })
    }, (effect) => Effect.ignore(effect))
    for (const draft of yield* fs.readDirectory(unfinished)) yield* removeAbandoned(path.join(unfinished, draft))

    /**
     * Flushes the folder to the disk: until then, a power cut can undo the renaming. Errors are ignored, because not all systems
     * support this, or need it.
     */
    const syncFolder = fs.open(values, { flag: "r" }).pipe(
      Effect.flatMap((folder) => folder.sync),
      Effect.scoped,
      Effect.ignore
    )

    const replace = Effect.fnUntraced(
      function*(key: string, value: string | Uint8Array) {
        const draft = yield* fs.makeTempFileScoped({ directory: unfinished })
        yield* typeof value === "string" ? fs.writeFileString(draft, value) : fs.writeFile(draft, value)
        const file = yield* fs.open(draft, { flag: "r+" })
        yield* file.sync
        yield* fs.rename(draft, path.join(values, encodeURIComponent(key)))
        yield* syncFolder
      },
      Effect.scoped
    )

    /** Fails if the key cannot be encoded. Otherwise `encodeURIComponent` would throw an error. */
    const encodable = <A>(
      method: string,
      key: string,
      use: (key: string) => Effect.Effect<A, KeyValueStore.KeyValueStoreError>
    ): Effect.Effect<A, KeyValueStore.KeyValueStoreError> => {
      if (key.isWellFormed()) return use(key)
      const message = `a key must be a text without lone surrogates (got ${JSON.stringify(key)})`
      return Effect.fail(new KeyValueStore.KeyValueStoreError({ method, key, message }))
    }

    const set = (value: string | Uint8Array) => (key: string) =>
      Effect.mapError(
        replace(key, value),
        (cause) =>
          new KeyValueStore.KeyValueStoreError({
            method: "set",
            key,
            message: `Unable to set item with key ${key}`,
            cause
          })
      )

    return Layer.effect(
      KeyValueStore.KeyValueStore,
      Effect.map(KeyValueStore.KeyValueStore, (store) =>
        KeyValueStore.make({
          // These two would write to the file of the value directly. Without them, `make` builds them from `get` and `set`.
          ...Struct.omit(store, ["modify", "modifyUint8Array"]),
          get: (key) => encodable("get", key, store.get),
          getUint8Array: (key) => encodable("getUint8Array", key, store.getUint8Array),
          has: (key) => encodable("has", key, store.has),
          remove: (key) => encodable("remove", key, store.remove),
          set: (key, value) =>
            key === "" || key === "." || key === ".."
              // No file can have such a name. `set` of the store fails with its error for invalid keys.
              ? store.set(key, value)
              : encodable("set", key, set(value))
        }))
    ).pipe(Layer.provide(KeyValueStore.layerFileSystem(values)))
  }))
