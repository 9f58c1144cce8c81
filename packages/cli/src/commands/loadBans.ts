import * as Argument from "effect/cli/Argument"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { perform } from "../command/action.ts"
import { define } from "../command/define.ts"
import { argument } from "../flags.ts"

/** Makes the server read its bans from a file. */
export const loadBans = define(
  "load-bans",
  {
    description: "Makes the server read its bans from bans.txt, or from another of its files",
    examples: [
      ["bercon load-bans", "After a change of bans.txt"],
      ["bercon load-bans shared-bans.txt", "Another file in the same folder"]
    ]
  },
  {
    file: argument("file", "the name of a file").pipe(
      Argument.withDescription("The name of the file"),
      Argument.optional
    )
  },
  ({ file }) =>
    perform(
      "load-bans",
      (rcon, { emit }) =>
        Effect.flatMap(rcon.loadBans(Option.getOrUndefined(file)), (reply) => emit({ confirmed: false, reply }))
    )
)
