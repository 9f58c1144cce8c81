import { Guid, Player, RconClient } from "@bercon/client"
import { Effect, Layer, Option, Schema } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"

/** Converts a failure to a response: 404 if the player was not found, 503 if trying again may help, 502 otherwise. */
const failed = (
  error: {
    readonly _tag: string
    readonly message: string
    readonly execution?: string
    readonly isRetryable?: boolean
  }
) =>
  HttpServerResponse.json({ error: error.message, execution: error.execution }, {
    status: error.execution === "NotExecuted" ? error.isRetryable === true ? 503 : 404 : 502
  })

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

/** A small HTTP API for the server of the client in the context. */
export const routes = Layer.mergeAll(players, kick, say)
