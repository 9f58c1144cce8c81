import * as NodeFleet from "@bercon/fleet/NodeFleet"
import { FolderStore } from "@bercon/operations"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Layer } from "effect"
import { Community } from "./community.ts"

Community.pipe(
  Layer.provide(NodeFleet.layerFile("servers.toml")),
  Layer.provide(FolderStore.layer("community")),
  Layer.provide(NodeServices.layer),
  Layer.launch,
  NodeRuntime.runMain
)
