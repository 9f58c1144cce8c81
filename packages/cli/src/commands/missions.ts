import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { query } from "../command/query.ts"
import * as View from "../output/View.ts"

const view = View.make(Schema.Struct({ mission: Schema.String }), {
  columns: [{ key: "mission", title: "Mission", cell: ({ mission }) => mission }]
})

/** The missions of the server. */
export const missions = query("missions", {
  description: "Lists the missions that the server has (Arma only)",
  examples: [
    ["bercon missions", "The names of the missions' files"],
    ["bercon mission Liberation.Altis", "Changes to one of them"]
  ],
  ask: (rcon) => Effect.map(rcon.missions, (names) => names.map((mission) => ({ mission }))),
  raw: () => "missions",
  view
})
