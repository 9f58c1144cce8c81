import * as Argument from "effect/cli/Argument"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Clients from "../command/Clients.ts"
import { define, withServers } from "../command/define.ts"
import { repeated, repetition } from "../command/query.ts"
import { argument } from "../flags.ts"
import * as View from "../output/View.ts"

const Exchange = Schema.Struct({ command: Schema.String, reply: Schema.String })

const view = View.make(Exchange, {
  columns: [
    { key: "command", title: "Command", cell: ({ command }) => command },
    { key: "reply", title: "Reply", cell: ({ reply }) => reply }
  ],
  text: ({ reply }) => reply,
  raw: ({ reply }) => reply
})

/** Commands that are sent as they are. */
export const exec = define(
  "exec",
  {
    description:
      "Sends RCON commands as they are, one after the other, and prints the replies. Stops at the first failure",
    examples: [
      ["bercon exec players", "The list of players, in the server's own words"],
      ["bercon exec \"say -1 Restart in five minutes\" \"#lock\"", "Two commands: each is one argument, in quotes"],
      ["bercon exec version --format json", "Command and reply, for programs"]
    ]
  },
  {
    commands: argument("command", "an RCON command").pipe(
      Argument.withDescription("An RCON command with its arguments, in quotes"),
      Argument.variadic({ min: 1 })
    ),
    ...repetition
  },
  ({ commands, ...input }) =>
    withServers((servers) =>
      Effect.gen(function*() {
        const clients = yield* Clients.make(servers)
        const round = Clients.act(clients, view, (rcon, { emit }) =>
          Effect.forEach(
            commands,
            (command) => Effect.flatMap(rcon.command(command), (reply) => emit({ command, reply })),
            { discard: true }
          ))
        yield* repeated(input, round)
      })
    )
)
