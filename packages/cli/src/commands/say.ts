import * as Argument from "effect/cli/Argument"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import { action, messageOf } from "../command/action.ts"

/** Sends a message to all players. */
export const say = action(
  "say",
  {
    description: "Sends a message to all players, and waits for the server's echo",
    examples: [
      ["bercon say \"Restart in five minutes\"", "One line; 128 bytes of UTF-8 are safe"],
      ["bercon say --split \"$(cat rules.txt)\"", "A long text as several announcements"],
      ["bercon say -- \"-- Restart at ten --\"", "A text that begins with - comes after --"],
      ["bercon say --all \"Restart tonight at ten\"", "On every server"]
    ]
  },
  {
    words: Argument.String("text").pipe(
      Argument.withDescription("The message"),
      Argument.variadic({ min: 1 })
    ),
    split: Flag.Boolean("split").pipe(
      Flag.withDescription("Sends a text of several lines, or a long one, as several announcements"),
      Flag.withDefault(false)
    )
  },
  ({ split, words }, { confirmed, options }) => (rcon, { emit }) =>
    Effect.gen(function*() {
      const text = yield* messageOf("say", words)
      const reply = yield* rcon.say(text, { ...options, split })
      yield* emit({ target: "everybody", confirmed, reply })
    })
)
