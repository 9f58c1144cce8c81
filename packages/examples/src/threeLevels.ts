import { RconClient } from "@bercon/client"
import * as NodeRcon from "@bercon/client/NodeRcon"
import { ClusterFleet, Embedded, Fleet } from "@bercon/cluster"
import * as NodeTransport from "@bercon/cluster/NodeTransport"
import * as NodeFleet from "@bercon/fleet/NodeFleet"
import { Config, Effect, Layer } from "effect"

// One server.
export const announce = Effect.gen(function*() {
  const rcon = yield* RconClient.RconClient
  return yield* rcon.say("Restart in five minutes")
})

export const onOne = announce.pipe(Effect.provide(NodeRcon.layerFromEnv()))

// A fleet: many servers in one process. It runs the program for one server on each of them.
export const announceAll = Effect.gen(function*() {
  const fleet = yield* Fleet.Fleet
  return yield* fleet.forEach(announce, { timeout: "5 seconds" })
})

export const onFleet = (servers: Fleet.Servers) => announceAll.pipe(Effect.provide(NodeFleet.layer(servers)))

// A cluster: the same program on any number of machines. Here this process is the only runner. The cluster stores the list of
// servers; the runners have the passwords.
export const runner = ClusterFleet.layerRunner({
  transport: NodeTransport.make,
  password: (id) => Config.Redacted(`${id}_PASSWORD`)
}).pipe(Layer.provideMerge(Embedded.layer))

export const onCluster = (servers: Readonly<Record<string, Fleet.ServerSettings>>) =>
  announceAll.pipe(Effect.provide(ClusterFleet.layer({ servers }).pipe(Layer.provide(runner))))
