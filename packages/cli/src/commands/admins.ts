import * as Admin from "@bercon/client/Admin"
import { query } from "../command/query.ts"
import * as View from "../output/View.ts"

/** How admins are shown. */
export const view = View.make(Admin.Admin, {
  columns: [
    { key: "id", title: "#", right: true, cell: ({ id }) => String(id) },
    { key: "address", title: "Address", cell: ({ address }) => address.toString() }
  ]
})

/** The RCON clients of the server. */
export const admins = query("admins", {
  description: "Lists the clients that are logged in over RCON, this command among them",
  examples: [
    ["bercon admins", "The admins, in a table"],
    ["bercon admins --format json", "The same for programs"]
  ],
  ask: (rcon) => rcon.admins,
  raw: () => "admins",
  view
})
