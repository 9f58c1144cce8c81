import { RconClient } from "@bercon/client"
import { Effect } from "effect"

/** Shuts the server down. Returns a text about its presumed state. */
export const shutdown = Effect.gen(function*() {
  const rcon = yield* RconClient.RconClient
  yield* rcon.shutdown
  return "it is shutting down"
}).pipe(
  Effect.catchReason("CommandError", "CommandDisallowed", () => Effect.succeed("it does not allow this over RCON")),
  Effect.catchTag("CommandError", (error) =>
    error.execution === "NotExecuted"
      ? Effect.succeed(`it still runs: ${error.message}`)
      : Effect.succeed(`check whether it still runs: ${error.message}`))
)
