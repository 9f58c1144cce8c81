/**
 * A user's program whose types are inferred and emitted as declarations. It depends on `effect` and `@bercon/client`
 * only, so every type that it uses must be nameable through these.
 */
import { ActionError, CommandError, Guid, LoginFailure, Player, RconClient, ServerEvent, Status } from "@bercon/client"
import * as NodeRcon from "@bercon/client/NodeRcon"
import { Effect, Layer, Redacted, Schedule, Stream } from "effect"

export const server = { host: "127.0.0.1", port: Number(process.env["BERCON_PORT"]), password: Redacted.make("secret") }

export const layer = NodeRcon.layer(server)
export const layerStart = NodeRcon.layerStart(server)
export const layerFromEnv = NodeRcon.layerFromEnv({ loginTimeout: "5 seconds" })
export const client = NodeRcon.make(server)

export const handlers = Effect.gen(function*() {
  const rcon = yield* RconClient.RconClient
  const greeting = yield* rcon.on("PlayerIdentified", ({ player }) => rcon.whisper(player, `hello ${player.name}`))
  const left = rcon.events.pipe(Stream.filter(ServerEvent.is("PlayerDisconnected")), Stream.map(({ known }) => known))
  return { greeting, left, status: rcon.status, statuses: rcon.statusChanges }
})

export const kick = (who: Player.PlayerId | Guid.Guid) =>
  Effect.gen(function*() {
    const rcon = yield* RconClient.RconClient
    return yield* rcon.kick(who, "be nice", { confirmWithin: "5 seconds" })
  }).pipe(
    Effect.retry({
      times: 2,
      while: (error) => error.execution === "NotExecuted",
      schedule: Schedule.spaced("1 second")
    }),
    Effect.catchReason("ActionError", "PlayerNotFound", () => Effect.succeed("gone"))
  )

export const program = Effect.gen(function*() {
  const rcon = yield* RconClient.RconClient
  const players = yield* rcon.players
  yield* rcon.say(`${players.length} players are here`)
  return { names: players.map(({ name }) => name), version: (yield* rcon.version).text, status: yield* rcon.status }
})

export const isOnline = (status: Status.Status): boolean => status._tag === "Online"
export const explain = (error: ActionError.ActionError | CommandError.CommandError | LoginFailure.LoginFailure) =>
  error.message
export const main = Effect.provide(program, Layer.mergeAll(layer))
