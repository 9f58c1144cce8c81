import * as Argument from "effect/cli/Argument"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import { action, each } from "../command/action.ts"
import * as Target from "../command/Target.ts"
import { argument } from "../flags.ts"

/** Kicks players. */
export const kick = action(
  "kick",
  {
    description: "Kicks players, and waits for evidence that they are gone",
    examples: [
      ["bercon kick Miller --reason \"Team killing\"", "By name, exactly, in upper or lower case"],
      ["bercon kick 3 \"#7\"", "Several, by slot"],
      ["bercon kick name:7", "A player whose name is 7"]
    ]
  },
  {
    players: argument("player", "a slot, a name or a GUID").pipe(
      Argument.withDescription("Slot, name or GUID"),
      Argument.variadic({ min: 1 })
    ),
    reason: Flag.String("reason").pipe(
      Flag.withAlias("r"),
      Flag.withDescription("The reason that players see, one line"),
      Flag.withDefault("")
    )
  },
  ({ players, reason }, { confirmed, options }) => (rcon, report) =>
    Effect.flatMap(Target.players(rcon, players), (found) =>
      each(
        "kick",
        found.map((player) => ({
          targets: [Target.label(player)],
          confirmed,
          doing: rcon.kick(player, reason, options)
        })),
        report
      ))
)
