import { type Guid, RconClient } from "@bercon/client"
import { Effect } from "effect"

/** Welcomes players as soon as BattlEye has verified them, until the scope closes. */
export const welcomeBot = Effect.gen(function*() {
  const rcon = yield* RconClient.RconClient
  const known = new Set<Guid.Guid>()

  yield* rcon.on("PlayerVerified", ({ guid, player }) => {
    const words = known.has(guid) ? "welcome back" : "welcome, the rules are on our page"
    known.add(guid)
    return rcon.whisper(player.id, words)
  })
})
