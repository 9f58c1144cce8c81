import * as Argument from "effect/cli/Argument"
import * as Flag from "effect/cli/Flag"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { action } from "../command/action.ts"
import * as Target from "../command/Target.ts"
import * as Flags from "../flags.ts"

/** Bans players, GUIDs and addresses. */
export const ban = action(
  "ban",
  {
    description: "Bans players, GUIDs or IP addresses, and waits for evidence. Players on the server are kicked",
    examples: [
      ["bercon ban Miller --reason Cheating", "For ever, by name"],
      ["bercon ban 3 --for 7d --reason \"Team killing\"", "For a week, by slot"],
      [
        "bercon ban 4fc867abf98b934e9e7eeaf15170258c 203.0.113.7",
        "A GUID and an address that need not be on the server"
      ],
      ["xargs bercon ban --reason Cheating --write < guids.txt", "Many, and has the server write them to its file"]
    ]
  },
  {
    targets: Argument.String("target").pipe(
      Argument.withDescription("Slot, name, GUID or IP address; on Arma Reforger the UUID of an account"),
      Argument.variadic({ min: 1 })
    ),
    for: Flags.duration("for").pipe(
      Flag.withDescription("How long it lasts, from 1m on. Default: for ever"),
      Flag.optional
    ),
    reason: Flag.String("reason").pipe(
      Flag.withAlias("r"),
      Flag.withDescription("What the players see, one line. Default: the server's own word"),
      Flag.optional
    ),
    write: Flag.Boolean("write").pipe(
      Flag.withDescription(
        "Has the server write its bans to its file afterwards; otherwise they last until it restarts"
      ),
      Flag.withDefault(false)
    )
  },
  (input, { confirmed, options }) => (rcon, emit) =>
    Effect.gen(function*() {
      const sentence = {
        duration: Option.getOrElse(input.for, () => Duration.infinity),
        reason: Option.getOrUndefined(input.reason)
      }
      const { absent, present } = yield* Target.toBan(rcon, input.targets)
      for (const player of present) {
        const reply = yield* rcon.ban(player, { ...sentence, ...options })
        yield* emit({ target: Target.label(player), confirmed, reply })
      }
      const [first] = absent
      if (first !== undefined) {
        // The list of bans is read twice for many, not once for each.
        const reply = yield* absent.length === 1
          ? rcon.ban(first, { ...sentence, ...options })
          : rcon.banAll(absent, sentence)
        for (const target of absent) yield* emit({ target, confirmed: confirmed || absent.length > 1, reply })
      }
      if (input.write) yield* rcon.writeBans
    })
)
