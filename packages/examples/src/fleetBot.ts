import { Fleet } from "@bercon/fleet"
import { Effect, Layer } from "effect"

/** Welcomes players on all servers of the fleet. */
const bot = Effect.gen(function*() {
  const fleet = yield* Fleet.Fleet
  yield* fleet.on(
    "PlayerIdentified",
    ({ player }, rcon, id) => rcon.whisper(player, `welcome to ${id}, ${player.name}`)
  )
})

export const FleetBot = Layer.effectDiscard(bot)
