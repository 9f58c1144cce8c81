import { ClusterFleet, Fleet, ServerEvent, ServerList } from "@bercon/cluster"
import * as NodeTransport from "@bercon/cluster/NodeTransport"
import { Config, Effect, Layer, Stream } from "effect"

// Written for a fleet. In one process: greetAll.pipe(Effect.provide(NodeFleet.layer(servers)))
const greetAll = Effect.gen(function*() {
  const fleet = yield* Fleet.Fleet
  yield* fleet.events.pipe(Stream.runForEach(({ event, server }) =>
    ServerEvent.is("PlayerConnected")(event)
      ? fleet.say(`welcome, ${event.player.name}`, { servers: [server] })
      : Effect.void
  ))
})

// A member of the cluster. These servers are used only if the list in the cluster has never been changed.
export const program = (servers: Readonly<Record<string, Fleet.ServerSettings>>) =>
  greetAll.pipe(Effect.provide(ClusterFleet.layer({ servers })))

// Another member changes the list at run time: the first member then greets on this server, too.
export const add = Effect.fn(function*(id: string, server: Fleet.ServerSettings) {
  const list = yield* ServerList.ServerList
  yield* list.add(id, server)
}, Effect.provide(ServerList.layer))

// Each runner of the cluster runs this. The runner's own configuration contains the passwords.
export const sessions = ClusterFleet.layerRunner({
  transport: NodeTransport.make,
  password: (id) => Config.Redacted(`${id}_PASSWORD`)
})

// The list is in the database that all runners share. This layer still needs `Cluster` of the example with one server.
export const runner = sessions.pipe(Layer.provide(ServerList.layerStoreSql()))
