import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { query } from "../command/query.ts"
import * as View from "../output/View.ts"

const view = View.make(Schema.Struct({ command: Schema.String }), {
  columns: [{ key: "command", title: "Command", cell: ({ command }) => command }]
})

/** The commands that the server supports. */
export const serverCommands = query("commands", {
  description: "Lists the RCON commands that the server supports, as it describes them",
  examples: [["bercon commands", "The commands that `bercon exec` can send"]],
  ask: (rcon) => Effect.map(rcon.commands, (commands) => commands.map((command) => ({ command }))),
  raw: () => "commands",
  view
})
