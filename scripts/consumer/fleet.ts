/**
 * A user's program for several servers. It depends on `effect` and `@bercon/fleet` only, so every type that it uses must
 * be nameable through these.
 */
import { Fleet, FleetError } from "@bercon/fleet"
import * as NodeFleet from "@bercon/fleet/NodeFleet"
import { Config, Effect, Stream } from "effect"

export const layerConfig = NodeFleet.layerConfig({
  altis: {
    host: Config.String("ALTIS_HOST"),
    port: Config.Port("ALTIS_PORT"),
    password: Config.Redacted("ALTIS_PASSWORD")
  }
})
export const layerFile = (path: string) => NodeFleet.layerFile(path, { watch: true })
export const explain = (error: FleetError.ServersFileError | FleetError.UnknownServer) => error.message

export const handlers = Effect.gen(function*() {
  const fleet = yield* Fleet.Fleet
  const welcome = yield* fleet.on("PlayerConnected", ({ player }, rcon, id) => rcon.say(`${player.name} joins ${id}`))
  return { welcome, events: Stream.map(fleet.events, ({ server }) => server), statuses: fleet.statusChanges }
})

/** The players of each server, and the servers that did not answer. */
export const population = Effect.gen(function*() {
  const fleet = yield* Fleet.Fleet
  const { failures, successes } = Fleet.partition(yield* fleet.players({ timeout: "5 seconds" }))
  return {
    players: Object.fromEntries(Array.from(successes, ([id, players]) => [id, players.map(({ name }) => name)])),
    silent: [...failures.keys()]
  }
})
