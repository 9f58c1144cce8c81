import { type ActionError, type CommandError, Guid, Player, RconClient, type ReplyError } from "@bercon/client"
import { Effect, Layer, Option, Schema } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"

/**
 * Converts a failure to a response: 404 if the player is not on the server, 400 if the text cannot be sent, 503 if
 * trying again is safe and may help, 502 otherwise.
 */
const failed = (error: ActionError.ActionError | CommandError.CommandError | ReplyError.ReplyError) => {
  const reason = error._tag === "ReplyError" ? undefined : error.reason._tag
  const status = reason === "PlayerNotFound" ? 404 : reason === "InvalidCommand" ? 400 : error.isRetryable ? 503 : 502
  return HttpServerResponse.json({ error: error.message, execution: error.execution }, { status })
}

const players = HttpRouter.add(
  "GET",
  "/players",
  Effect.gen(function*() {
    const rcon = yield* RconClient.RconClient
    const players = yield* rcon.players
    return yield* HttpServerResponse.json(yield* Schema.encodeEffect(Players)(players))
  }).pipe(Effect.catchTags({ CommandError: failed, ReplyError: failed }))
)

const Players = Schema.toCodecJson(Schema.Array(Player.Player))

const kick = HttpRouter.add(
  "POST",
  "/players/:guid/kick",
  Effect.gen(function*() {
    const rcon = yield* RconClient.RconClient
    const { guid = "" } = yield* HttpRouter.params
    const player = Guid.fromString(guid)
    if (Option.isNone(player)) return HttpServerResponse.jsonUnsafe({ error: "not a GUID" }, { status: 400 })
    yield* rcon.kick(player.value, "kicked by an admin", { confirmWithin: "5 seconds", timeout: "10 seconds" })
    return HttpServerResponse.empty()
  }).pipe(Effect.catchTags({ CommandError: failed, ActionError: failed }))
)

const say = HttpRouter.add(
  "POST",
  "/say",
  Effect.gen(function*() {
    const rcon = yield* RconClient.RconClient
    const request = yield* HttpServerRequest.HttpServerRequest
    yield* rcon.say(yield* request.text, { split: true, timeout: "10 seconds" })
    return HttpServerResponse.empty()
  }).pipe(Effect.catchTags({ CommandError: failed, ActionError: failed }))
)

/** A small HTTP API for one game server: that of the `RconClient` in the context. */
export const routes = Layer.mergeAll(players, kick, say)
