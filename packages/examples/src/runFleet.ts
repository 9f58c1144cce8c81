import * as NodeFleet from "@bercon/fleet/NodeFleet"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Layer } from "effect"
import { createServer } from "node:http"
import { FleetBot } from "./fleetBot.ts"
import { MetricsServer } from "./metricsServer.ts"

Layer.mergeAll(
  FleetBot.pipe(Layer.provide(NodeFleet.layerFile("servers.toml"))),
  MetricsServer.pipe(Layer.provide(NodeHttpServer.layer(createServer, { port: 9464 })))
).pipe(Layer.launch, NodeRuntime.runMain)
