import { RconClient, ServerEvent } from "@bercon/client"
import { Effect, Stream } from "effect"

export const greeter = Effect.gen(function*() {
  const rcon = yield* RconClient.RconClient
  const players = yield* rcon.players
  yield* rcon.say(`${players.length} players are here`)
  yield* rcon.events.pipe(
    Stream.filter(ServerEvent.is("PlayerChat")),
    Stream.runForEach((chat) => rcon.whisper(chat.player.id, "hello"))
  )
})
