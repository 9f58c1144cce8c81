import * as Player from "@bercon/client/Player"
import { CommandTable } from "@bercon/client/unstable"
import { query } from "../command/query.ts"
import * as View from "../output/View.ts"

/** How players are shown. */
export const view = View.make(Player.Player, {
  columns: [
    { key: "id", title: "#", right: true, cell: ({ id }) => String(id) },
    { key: "ping", title: "Ping", right: true, cell: ({ ping }) => ping?.toString() },
    { key: "address", title: "Address", cell: ({ address }) => address?.toString() },
    { key: "guid", title: "GUID", cell: ({ guid, identity }) => guid ?? identity },
    {
      key: "state",
      title: "State",
      cell: ({ guid, inLobby, verified }) =>
        [guid === undefined ? undefined : verified ? "verified" : "unverified", inLobby === true ? "lobby" : undefined]
          .filter((word) => word !== undefined).join(" ") || undefined
    },
    { key: "name", title: "Name", cell: ({ name }) => name }
  ]
})

/** The players on the server. */
export const players = query("players", {
  description: "Lists the players on the server",
  examples: [
    ["bercon players", "The players, in a table"],
    ["bercon players --format json", "The same for programs; ping is in milliseconds"],
    ["bercon players --all", "The players of every server of the file of servers"],
    ["bercon players --interval 30s --format csv", "Again every 30 seconds, until Ctrl-C"]
  ],
  ask: (rcon) => rcon.players,
  raw: (flavour) => CommandTable.lists[flavour].players,
  view
})
