import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { define } from "../command/define.ts"
import { variable } from "../connection/Profiles.ts"
import { resolve } from "../connection/Servers.ts"
import { bercon } from "../flags.ts"

/** The demo. */
export const demo = define(
  "demo",
  {
    description:
      "Shows a client at work with a simulated server. If you name a server, looks at that one, and changes nothing there",
    examples: [
      ["bercon demo", "A tour of a simulated server"],
      ["BERCON_HOST=203.0.113.7 BERCON_PORT=2306 bercon demo", "A look at this server"]
    ]
  },
  {},
  () =>
    Effect.gen(function*() {
      const flags = yield* bercon
      const { tour, visit } = yield* Effect.promise(() => import("../demo/story.ts"))
      const named = [flags.host, flags.port, flags.profile, flags.serverCfg, yield* variable("BERCON_HOST")]
      const isNamed = flags.all || named.some((source) => Option.isSome<unknown>(source))
      if (!isNamed) return yield* tour
      const { servers, unusable: [unusable] } = yield* resolve(flags)
      if (unusable !== undefined) return yield* Effect.fail(unusable.failure)
      for (const server of servers) yield* visit(server)
    })
)
