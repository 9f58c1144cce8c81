import * as NodeRcon from "@bercon/client/NodeRcon"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Layer } from "effect"
import { BotLive } from "./bot.ts"

BotLive.pipe(
  Layer.provide(NodeRcon.layerFromEnv({ loginTimeout: "Infinity" })),
  Layer.launch,
  NodeRuntime.runMain
)
