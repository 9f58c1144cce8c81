import { BanBook, FolderStore, Plans } from "@bercon/operations"
import * as NodeFileSystem from "@effect/platform-node-shared/NodeFileSystem"
import * as NodePath from "@effect/platform-node-shared/NodePath"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Deferred, Effect, Exit, Fiber, FileSystem, Layer } from "effect"
import * as KeyValueStore from "effect/persistence/KeyValueStore"
import { guid } from "./support.ts"

const Node = Layer.mergeAll(NodeFileSystem.layer, NodePath.layer)

const inFolder = <A, E>(run: (folder: string) => Effect.Effect<A, E, FileSystem.FileSystem>) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    return yield* run(yield* fs.makeTempDirectoryScoped())
  }).pipe(Effect.provide(Node))

describe("a store in a folder", () => {
  it.live("keeps values for the process that opens the folder next", () =>
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
          for (const use of [store.get, store.getUint8Array, store.has, store.remove, store.set]) {
            const error = yield* Effect.flip(
              Effect.suspend(() => Effect.asVoid<unknown, KeyValueStore.KeyValueStoreError, never>(use("a\ud800", "x")))
            )
            assert.strictEqual(error.message, "a key must be a text without lone surrogates (got \"a\\ud800\")")
          }
        })
        yield* Effect.provide(read, FolderStore.layer(folder))
      }).pipe(Effect.provide(Node))
    ))

  it.live("removes drafts that are older than an hour when it is opened, and no others", () =>
    inFolder((folder) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const unfinished = `${folder}/unfinished`
        yield* fs.makeDirectory(unfinished)
        for (const [name, minutes] of [["old", 61], ["young", 59]] as const) {
          const time = new Date((yield* Clock.currentTimeMillis) - minutes * 60_000)
          // Each draft is a file in its own folder.
          yield* fs.makeDirectory(`${unfinished}/${name}`)
          yield* fs.writeFileString(`${unfinished}/${name}/draft`, "half")
          yield* fs.utimes(`${unfinished}/${name}`, time, time)
        }
        yield* Effect.provide(
          Effect.flatMap(KeyValueStore.KeyValueStore, (store) => store.set("key", "value")),
          FolderStore.layer(folder)
        )
        assert.deepStrictEqual(yield* fs.readDirectory(unfinished), ["young"])
      }).pipe(Effect.provide(Node))
    ))

  it.live("reports the cause of a failure in the errors of plans and of the ban book", () =>
    inFolder((folder) =>
      Effect.gen(function*() {
        const long = "ё".repeat(60)
        const plans = yield* Plans.make()
        const plan = yield* Effect.flip(plans.add({ id: long, at: { once: "2999-01-01" } }))
        assert.match(plan.message, /^the record ".*ё" of the plans cannot be used \(set\): .*ENAMETOOLONG/)
        const book = yield* BanBook.make()
        yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.remove(folder, { recursive: true }))
        const ban = yield* Effect.flip(book.add({ target: guid(1), reason: "", by: "Miller" }))
        assert.match(ban.message, /^the store of the ban book failed: .*ENOENT/)
      }).pipe(Effect.scoped, Effect.provide(Layer.provideMerge(FolderStore.layer(folder), Node)))
    ))

  it.live("keeps the old value if writing the new one is interrupted", () =>
    inFolder((folder) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        /** The write is interrupted after the draft is written, before it is renamed. */
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
