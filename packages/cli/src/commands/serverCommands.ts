import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { query } from "../command/query.ts"
import * as View from "../output/View.ts"

const view = View.make(Schema.Struct({ command: Schema.String }), {
  columns: [{ key: "command", title: "Command", cell: ({ command }) => command }]
})

/** Which commands the server knows. */
export const serverCommands = query("commands", {
  description: "Lists the RCON commands that the server knows, in its own words",
  examples: [["bercon commands", "What `bercon exec` can send"]],
  ask: (rcon) => Effect.map(rcon.commands, (commands) => commands.map((command) => ({ command }))),
  raw: () => "commands",
  view
})
