import { RconClient } from "@bercon/client"
import { Effect, Layer } from "effect"

/** Welcomes players who join or are there already, and logs players who leave. Runs until the session ends for good. */
const bot = Effect.gen(function*() {
  const rcon = yield* RconClient.RconClient
  yield* rcon.on("PlayerIdentified", ({ player }) => rcon.whisper(player, `welcome, ${player.name}`), {
    concurrency: 8
  })
  yield* rcon.on(
    "PlayerDisconnected",
    ({ known, player }) => Effect.logInfo(`${player.name} has left (${known?.guid ?? "GUID unknown"})`)
  )
  yield* rcon.closed
})

export const BotLive = Layer.effectDiscard(Effect.scoped(bot))
