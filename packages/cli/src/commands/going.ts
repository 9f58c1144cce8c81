/**
 * Commands that end the server. The evidence of their effect is that the server stops answering.
 */
import { ActionError, Unconfirmed } from "@bercon/client/ActionError"
import type { CommandError } from "@bercon/client/CommandError"
import type * as RconClient from "@bercon/client/RconClient"
import * as Flag from "effect/cli/Flag"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { perform } from "../command/action.ts"
import { type About, define } from "../command/define.ts"
import type { ServerFailure } from "../Failure.ts"
import * as Flags from "../flags.ts"

const confirmWithin = Flags.duration("confirm-within").pipe(
  Flag.withDescription("How long to wait until the server stops answering; 0 does not wait. Default 30s"),
  Flag.withDefault(Duration.seconds(30))
)

/** Whether the server may have ended before it answered. */
const hasGone = ({ reason }: CommandError): boolean => reason._tag === "SessionLost" || reason._tag === "NoReply"

/** Waits until the session is lost. Meanwhile it sends commands: an idle session notices the loss only at its next keepalive. */
const untilGone = (rcon: RconClient.Service, action: string, within: Duration.Duration) =>
  Effect.gen(function*() {
    while ((yield* rcon.status)._tag === "Online") {
      yield* Effect.ignore(rcon.command("version", { timeout: "1 second" }))
      yield* Effect.sleep("250 millis")
    }
  }).pipe(Effect.timeoutOrElse({
    duration: within,
    orElse: () =>
      Effect.fail(new ActionError({ action, reason: new Unconfirmed({ expected: "the server to be gone" }) }))
  }))

const going = <const Name extends string>(
  name: Name,
  about: About,
  doing: (rcon: RconClient.Service) => Effect.Effect<string, ServerFailure>
) =>
  define(
    name,
    about,
    { confirmWithin },
    ({ confirmWithin }) =>
      perform(name, (rcon, { emit }) =>
        Effect.gen(function*() {
          const confirmed = Duration.isPositive(confirmWithin)
          const reply = yield* doing(rcon).pipe(
            Effect.catchIf((error) => error._tag === "CommandError" && hasGone(error), () => Effect.succeed(""))
          )
          if (confirmed) yield* untilGone(rcon, name, confirmWithin)
          yield* emit({ confirmed, reply })
        }))
  )

/** Ends the server. */
export const shutdown = going("shutdown", {
  description: "Ends the server's process, and waits until it stops answering",
  examples: [
    ["bercon shutdown", "A watchdog may start it again"],
    ["bercon shutdown && bercon version --wait 10m", "Then waits until the server is back"]
  ]
}, (rcon) => rcon.shutdown)

/** Restarts the server. */
export const restartServer = going("restart-server", {
  description: "Restarts the server's process (Arma 3), and waits until it stops answering",
  examples: [["bercon restart-server && bercon version --wait 10m", "Then waits until the server is back"]]
}, (rcon) => rcon.restartServer)
