/**
 * A `KeyValueStore` in a folder that survives the end of its process at any moment.
 *
 * **Details**
 *
 * It is `KeyValueStore.layerFileSystem`, but for one thing: a value is written to another file, forced to the disk, and put in
 * the place of the old one at once. A process that is killed while it writes, or a machine that loses power, leaves the old value
 * or the new one, never half of it.
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
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Path from "effect/Path"
import * as KeyValueStore from "effect/persistence/KeyValueStore"
import type { PlatformError } from "effect/PlatformError"
import * as Struct from "effect/Struct"

/**
 * A `KeyValueStore` in a folder, which is made if it is not there: the values are files in its folder `values`. Several processes
 * can use it at once.
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

    const replace = Effect.fnUntraced(
      function*(key: string, value: string | Uint8Array) {
        const draft = yield* fs.makeTempFileScoped({ directory: unfinished })
        yield* typeof value === "string" ? fs.writeFileString(draft, value) : fs.writeFile(draft, value)
        const file = yield* fs.open(draft, { flag: "r+" })
        yield* file.sync
        yield* fs.rename(draft, path.join(values, encodeURIComponent(key)))
      },
      Effect.scoped
    )

    return Layer.effect(
      KeyValueStore.KeyValueStore,
      Effect.map(KeyValueStore.KeyValueStore, (store) =>
        KeyValueStore.make({
          // Those two would write as the store below does.
          ...Struct.omit(store, ["modify", "modifyUint8Array"]),
          set: (key, value) =>
            key === "" || key === "." || key === ".."
              ? store.set(key, value)
              : Effect.mapError(replace(key, value), (cause) =>
                new KeyValueStore.KeyValueStoreError({
                  method: "set",
                  key,
                  message: `Unable to set item with key ${key}`,
                  cause
                }))
        }))
    ).pipe(Layer.provide(KeyValueStore.layerFileSystem(values)))
  }))
