import * as Argument from "effect/cli/Argument"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { perform } from "../command/action.ts"
import { define } from "../command/define.ts"
import { usage } from "../Failure.ts"
import { quoted } from "../output/quoted.ts"

/** Limits pings. */
export const maxPing = define(
  "max-ping",
  {
    description: "Makes BattlEye kick players whose ping is above a limit",
    examples: [
      ["bercon max-ping 300", "In milliseconds"],
      ["bercon max-ping unlimited", "No limit"]
    ]
  },
  { limit: Argument.String("limit").pipe(Argument.withDescription("Milliseconds, or unlimited")) },
  ({ limit }) =>
    limit === "unlimited" || /^\d+$/.test(limit)
      ? perform("max-ping", (rcon, { emit }) =>
        Effect.flatMap(
          rcon.maxPing(limit === "unlimited" ? limit : Duration.millis(Number(limit))),
          (reply) => emit({ target: limit, confirmed: false, reply })
        ))
      : usage(`limit must be a number of milliseconds, or unlimited (got ${quoted(limit)})`)
)
