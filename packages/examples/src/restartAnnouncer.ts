import { RconClient } from "@bercon/client"
import { Cron, Duration, Effect, Result, Schedule } from "effect"

const WARNINGS = [30, 10, 5, 1]
const HALF_PAST_THREE = Result.getOrThrow(Cron.parse("30 3 * * *", "UTC"))

const announceAndRestart = Effect.gen(function*() {
  const rcon = yield* RconClient.RconClient
  for (const [index, minutes] of WARNINGS.entries()) {
    yield* rcon.say(`Restart in ${minutes} min`)
    yield* Effect.sleep(Duration.minutes(minutes - (WARNINGS[index + 1] ?? 0)))
  }
  yield* rcon.restartServer
})

/** Restarts the server every day at 04:00 UTC, after four announcements. */
export const restartAnnouncer = announceAndRestart.pipe(
  Effect.catch((error) => Effect.logError(`today's restart failed: ${error.message}`)),
  Effect.schedule(Schedule.cron(HALF_PAST_THREE))
)
