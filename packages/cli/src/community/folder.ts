/**
 * The folder in which the program of a community keeps its bans and plans: `FolderStore` of `@bercon/operations`.
 */
import * as FolderStore from "@bercon/operations/FolderStore"
import * as NodeFileSystem from "@effect/platform-node-shared/NodeFileSystem"
import * as NodePath from "@effect/platform-node-shared/NodePath"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as KeyValueStore from "effect/persistence/KeyValueStore"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { UsageError } from "../Failure.ts"
import { quoted } from "../output/quoted.ts"

const failed = (message: string) => Layer.effect(KeyValueStore.KeyValueStore, Effect.fail(new UsageError({ message })))

/** Opens the store in a folder. Fails if the folder has no store, because a new one would hide a wrong path. */
export const layer = (folder: string): Layer.Layer<KeyValueStore.KeyValueStore, UsageError> =>
  Layer.suspend(() =>
    Fs.existsSync(Path.join(folder, "values"))
      ? FolderStore.layer(folder).pipe(
        Layer.provide([NodeFileSystem.layer, NodePath.layer]),
        Layer.catch(({ message }) => failed(message))
      )
      : failed(`${quoted(folder)} is not the folder of a community's program: name that folder with --folder`)
  )
