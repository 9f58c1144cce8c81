import { RconClient } from "@bercon/client"
import { Effect } from "effect"

/** Welcomes who joins, and bans who sells cheats, for as long as the scope is open. */
export const moderator = Effect.gen(function*() {
  const rcon = yield* RconClient.RconClient

  yield* rcon.on("PlayerConnected", ({ player }) => rcon.say(`${player.name} is joining`))

  yield* rcon.on("PlayerChat", ({ message, player }) =>
    message.includes("aimbot for sale")
      ? rcon.ban(player.id, { duration: "7 days", reason: "advertising", confirmWithin: "10 seconds" })
      : Effect.void)
})
