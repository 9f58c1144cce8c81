import * as Effect from "effect/Effect"
import process from "node:process"
import { define, withServers } from "../command/define.ts"
import { login } from "../connection/login.ts"
import { usage } from "../Failure.ts"
import * as Progress from "../output/Progress.ts"

/** A live screen. */
export const top = define(
  "top",
  {
    description:
      "Shows a server live on the whole screen: players, joins, chat, round trip, and a chart of the population",
    examples: [["bercon top --profile eu1", "q leaves, s sorts, the arrows scroll"]]
  },
  {},
  () =>
    withServers(({ servers: [server, ...others], unusable }) =>
      Effect.gen(function*() {
        if (server === undefined || others.length + unusable.length > 0) {
          return yield* usage("top is for one server: name one")
        }
        if (!process.stdin.isTTY || !process.stdout.isTTY) {
          return yield* usage("top needs a terminal. Elsewhere use `bercon players --interval 10s` and `bercon events`")
        }
        const Top = yield* Effect.promise(() => import("../top/run.ts"))
        const rcon = yield* Progress.during(
          [server.name],
          () => login({ ...server, options: { ...server.options, rosterInterval: "5 seconds" } })
        )
        yield* Top.top(rcon, server.name)
      })
    )
)
