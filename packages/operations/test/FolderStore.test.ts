import { FolderStore } from "@bercon/operations"
import * as NodeFileSystem from "@effect/platform-node-shared/NodeFileSystem"
import * as NodePath from "@effect/platform-node-shared/NodePath"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, FileSystem, Layer } from "effect"
import * as KeyValueStore from "effect/persistence/KeyValueStore"

const Node = Layer.mergeAll(NodeFileSystem.layer, NodePath.layer)

const inFolder = <A, E>(run: (folder: string) => Effect.Effect<A, E, FileSystem.FileSystem>) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    return yield* run(yield* fs.makeTempDirectoryScoped())
  }).pipe(Effect.provide(Node))

describe("a store in a folder", () => {
  it.live("keeps values for whoever opens the folder next", () =>
    inFolder((folder) =>
      Effect.gen(function*() {
        const write = Effect.gen(function*() {
          const store = yield* KeyValueStore.KeyValueStore
          yield* store.set("a/b", "1")
          yield* store.set("c", new Uint8Array([0, 255]))
          yield* store.modify("a/b", (value) => `${value}2`)
        })
        yield* Effect.provide(write, FolderStore.layer(folder))
        const read = Effect.gen(function*() {
          const store = yield* KeyValueStore.KeyValueStore
          assert.strictEqual(yield* store.get("a/b"), "12")
          assert.deepStrictEqual(yield* store.getUint8Array("c"), new Uint8Array([0, 255]))
          assert.deepStrictEqual((yield* store.keys).toSorted(), ["a/b", "c"])
          yield* store.remove("c")
          assert.isFalse(yield* store.has("c"))
          assert.isTrue(Exit.isFailure(yield* Effect.exit(store.set("..", "x"))))
        })
        yield* Effect.provide(read, FolderStore.layer(folder))
      }).pipe(Effect.provide(Node))
    ))

  it.live("keeps the old value if writing the new one does not end", () =>
    inFolder((folder) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        /** The process ends when the file is written, before it takes the place of the other one. */
        const written = yield* Deferred.make<void>()
        const stuck = Layer.succeed(FileSystem.FileSystem, {
          ...fs,
          rename: () => Effect.andThen(Deferred.succeed(written, undefined), Effect.never)
        })
        yield* Effect.provide(
          Effect.flatMap(KeyValueStore.KeyValueStore, (store) => store.set("key", "old")),
          FolderStore.layer(folder)
        )
        const writing = yield* Effect.flatMap(KeyValueStore.KeyValueStore, (store) => store.set("key", "new")).pipe(
          Effect.provide(FolderStore.layer(folder).pipe(Layer.provide(stuck))),
          Effect.forkChild
        )
        yield* Deferred.await(written)
        yield* Fiber.interrupt(writing)
        const value = yield* Effect.provide(
          Effect.flatMap(KeyValueStore.KeyValueStore, (store) => store.get("key")),
          FolderStore.layer(folder)
        )
        assert.strictEqual(value, "old")
        assert.deepStrictEqual(yield* fs.readDirectory(`${folder}/unfinished`), [])
      }).pipe(Effect.provide(Node))
    ))
})
