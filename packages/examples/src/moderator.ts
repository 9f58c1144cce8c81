import { RconClient } from "@bercon/client"
import { Effect } from "effect"

/** Announces players who join, and bans players who sell cheats, until the scope closes. */
export const moderator = Effect.gen(function*() {
  const rcon = yield* RconClient.RconClient

  yield* rcon.on("PlayerConnected", ({ player }) => rcon.say(`${player.name} is joining`))

  yield* rcon.on("PlayerChat", ({ message, player }) =>
    message.includes("aimbot for sale")
      ? rcon.ban(player.id, { duration: "7 days", reason: "advertising", confirmWithin: "10 seconds" })
      : Effect.void)
})
