import * as Version from "@bercon/client/Version"
import * as Effect from "effect/Effect"
import { query } from "../command/query.ts"
import * as View from "../output/View.ts"

const view = View.make(Version.Version, {
  columns: [{ key: "version", title: "Version", cell: (version) => version.toString() }],
  text: (version) => version.toString(),
  single: true
})

/** The version of BattlEye on the server. */
export const version = query("version", {
  description: "Prints the version of BattlEye on the server, not that of the game. --version prints that of bercon",
  examples: [
    ["bercon version", "For example 1.220"],
    ["bercon version --wait 5m", "Waits for a server that is starting"]
  ],
  ask: (rcon) => Effect.map(rcon.version, (version) => [version]),
  raw: () => "version",
  view
})
