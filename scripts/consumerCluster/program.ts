/**
 * A user's program that depends only on `@bercon/cluster` and `effect`. Its types are inferred and emitted as
 * declarations.
 */
import { ClusterFleet, ClusterRcon, Embedded, Fleet, RconClient, ServerList, Servers } from "@bercon/cluster"
import * as NodeTransport from "@bercon/cluster/NodeTransport"
import { Config, Effect, Layer, Stream } from "effect"

export const runner = ClusterFleet.layerRunner({
  transport: NodeTransport.make,
  password: (id) => Config.Redacted(`${id}_PASSWORD`)
})

export const cluster = Layer.provideMerge(runner, Embedded.layer)

export const servers = Servers.layerList({ transport: NodeTransport.make, password: () => Config.Redacted("PASSWORD") })

export const client = ClusterRcon.make("altis")
export const layer = ClusterFleet.layer()

export const greetings = Effect.gen(function*() {
  const rcon = yield* RconClient.RconClient
  return {
    status: yield* rcon.status,
    greeting: yield* rcon.on("PlayerConnected", ({ player }) => rcon.say(player.name))
  }
})

/** Reads the players of all servers of the list. */
export const program = Effect.gen(function*() {
  const fleet = yield* Fleet.Fleet
  const list = yield* ServerList.ServerList
  const results = yield* fleet.players({ timeout: "10 seconds" })
  const changes = list.changes.pipe(Stream.map((listed) => [...listed.keys()]))
  return { results: Fleet.partition(results), events: fleet.events, changes, servers: yield* list.servers }
})

export const main = (servers: Readonly<Record<string, Fleet.ServerSettings>>) =>
  Effect.provide(program, ClusterFleet.layer({ servers }).pipe(Layer.provide(cluster)))
