import * as Argument from "effect/cli/Argument"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { perform } from "../command/action.ts"
import { define } from "../command/define.ts"
import { argument, text } from "../flags.ts"

/** Changes the mission. */
export const mission = define(
  "mission",
  {
    description: "Changes to another mission (Arma only)",
    examples: [
      ["bercon mission Liberation.Altis", "As `bercon missions` lists it, with or without .pbo"],
      ["bercon mission Liberation.Altis --difficulty Veteran", "With another difficulty"]
    ]
  },
  {
    name: argument("mission", "the name of a mission").pipe(
      Argument.withDescription("The name of the mission's file")
    ),
    difficulty: text("difficulty", "name", "the name of a difficulty").pipe(
      Flag.withDescription("Recruit, Regular, Veteran, ... Default: the server's"),
      Flag.optional
    )
  },
  ({ difficulty, name }) =>
    perform("mission", (rcon, { emit }) =>
      Effect.flatMap(
        rcon.selectMission(name, { difficulty: Option.getOrUndefined(difficulty) }),
        (reply) => emit({ target: name, confirmed: false, reply })
      ))
)
