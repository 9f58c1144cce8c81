import * as Ban from "@bercon/client/Ban"
import { CommandTable } from "@bercon/client/unstable"
import * as Duration from "effect/Duration"
import { query } from "../command/query.ts"
import * as View from "../output/View.ts"

/** How bans are shown. */
export const view = View.make(Ban.Ban, {
  columns: [
    { key: "id", title: "#", right: true, cell: ({ id }) => String(id) },
    { key: "target", title: "Target", cell: ({ target }) => target },
    {
      key: "secondsLeft",
      title: "Left",
      cell: ({ remaining }) => typeof remaining === "string" ? remaining : Duration.format(remaining),
      value: ({ remaining }) => typeof remaining === "string" ? remaining : String(Duration.toSeconds(remaining))
    },
    { key: "name", title: "Name", cell: ({ name }) => name },
    { key: "reason", title: "Reason", cell: ({ reason }) => reason }
  ]
})

/** The bans of the server. */
export const bans = query("bans", {
  description: "Lists the bans: of GUIDs and IP addresses, or of accounts on Arma Reforger",
  examples: [
    ["bercon bans", "The bans, in a table"],
    ["bercon bans --format csv", "For a spreadsheet; the time left is in seconds, or permanent, expired or unknown"],
    ["bercon bans --all --format ndjson", "The bans of every server, one a line"]
  ],
  ask: (rcon) => rcon.bans,
  raw: (flavour) => CommandTable.lists[flavour].bans,
  view
})
