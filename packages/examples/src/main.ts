import * as NodeRcon from "@bercon/client/NodeRcon"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect, Redacted } from "effect"
import { greeter } from "./greeter.ts"

greeter.pipe(
  Effect.provide(NodeRcon.layer({ host: "127.0.0.1", port: 2306, password: Redacted.make("secret") })),
  NodeRuntime.runMain
)
