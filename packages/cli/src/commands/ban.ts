import * as Arr from "effect/Array"
import * as Argument from "effect/cli/Argument"
import * as Flag from "effect/cli/Flag"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { action, each, type Step, written } from "../command/action.ts"
import * as Target from "../command/Target.ts"
import * as Flags from "../flags.ts"

/** Maximum number of bans that are added and confirmed together. */
const CHUNK = 50

/** Bans players, GUIDs and addresses. */
export const ban = action(
  "ban",
  {
    description: "Bans players, GUIDs or IP addresses, and waits for evidence. Banned players on the server are kicked",
    examples: [
      ["bercon ban Miller --reason Cheating", "A player, by name, for ever"],
      ["bercon ban 3 --for 7d --reason \"Team killing\"", "A player, by slot, for a week"],
      [
        "bercon ban 4fc867abf98b934e9e7eeaf15170258c 203.0.113.7",
        "A GUID and an address that need not be on the server"
      ],
      [
        "xargs bercon ban --reason Cheating --write < guids.txt",
        "Many GUIDs. Then the server writes its bans to its file"
      ]
    ]
  },
  {
    targets: Flags.argument("target", "a slot, a name, a GUID or an IP address").pipe(
      Argument.withDescription("Slot, name, GUID or IP address; on Arma Reforger the UUID of an account"),
      Argument.variadic({ min: 1 })
    ),
    for: Flags.duration("for", {
      isAllowed: Duration.isGreaterThanOrEqualTo(Duration.minutes(1)),
      expected: "a duration of at least 1m, such as 90m or 7d, or forever"
    }).pipe(
      Flag.withDescription("How long the bans last, at least 1m. Default: for ever"),
      Flag.optional
    ),
    reason: Flag.String("reason").pipe(
      Flag.withAlias("r"),
      Flag.withDescription("The reason that players see, one line. Default: the server's own text"),
      Flag.optional
    ),
    write: Flag.Boolean("write").pipe(
      Flag.withDescription(
        "Makes the server write its bans to its file afterwards. Otherwise they last until it restarts"
      ),
      Flag.withDefault(false)
    )
  },
  (input, { confirmed, options }) => (rcon, report) =>
    Effect.gen(function*() {
      const sentence = {
        duration: Option.getOrElse(input.for, () => Duration.infinity),
        reason: Option.getOrUndefined(input.reason)
      }
      const { absent, present } = yield* Target.toBan(rcon, input.targets)
      // `banAll` reads the list of bans only twice per chunk.
      const bulk = absent.length > 1
      const steps = [
        ...present.map((player): Step => ({
          targets: [Target.label(player)],
          confirmed,
          doing: rcon.ban(player, { ...sentence, ...options })
        })),
        ...Arr.chunksOf(absent, bulk ? CHUNK : 1).map((targets): Step => ({
          targets,
          confirmed: confirmed || bulk,
          doing: bulk
            ? rcon.banAll(targets, { ...sentence, timeout: report.patience(targets.length) })
            : rcon.ban(targets[0], { ...sentence, ...options })
        }))
      ]
      const done = each("ban", steps, report)
      yield* input.write ? written(rcon, done) : done
    })
)
