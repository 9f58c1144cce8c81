import * as Argument from "effect/cli/Argument"
import * as Effect from "effect/Effect"
import { action, messageOf } from "../command/action.ts"
import * as Target from "../command/Target.ts"
import { argument } from "../flags.ts"

/** Sends a message to one player. */
export const whisper = action(
  "whisper",
  {
    description: "Sends a message to one player. Other players do not see it, admins do",
    examples: [
      ["bercon whisper Miller \"Please use the side channel\"", "By name"],
      ["bercon whisper 3 Welcome", "By slot"],
      ["bercon whisper 3 -- --help shows the rules", "Words after -- are sent as they are"]
    ]
  },
  {
    player: argument("player", "a slot, a name or a GUID").pipe(Argument.withDescription("Slot, name or GUID")),
    words: Argument.String("text").pipe(
      Argument.withDescription("The message, one line"),
      Argument.variadic({ min: 1 })
    )
  },
  ({ player, words }, { confirmed, options }) => (rcon, { emit }) =>
    Effect.gen(function*() {
      const text = yield* messageOf("whisper", words)
      for (const found of yield* Target.players(rcon, [player])) {
        const reply = yield* rcon.whisper(found, text, options)
        yield* emit({ target: Target.label(found), confirmed, reply })
      }
    })
)
