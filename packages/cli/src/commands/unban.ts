import * as Argument from "effect/cli/Argument"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import { perform, written } from "../command/action.ts"
import { define } from "../command/define.ts"
import * as Target from "../command/Target.ts"
import { argument } from "../flags.ts"

/** Removes bans. */
export const unban = define(
  "unban",
  {
    description: "Removes bans, and checks that only these are gone",
    examples: [
      ["bercon unban 4fc867abf98b934e9e7eeaf15170258c", "Every ban of a GUID"],
      ["bercon unban 203.0.113.7 --write", "Every ban of an address. Then the server writes its bans to its file"],
      ["bercon unban \"#12\"", "The ban that has this number in `bercon bans` now"]
    ]
  },
  {
    targets: argument("target", "a GUID, an IP address or the number of a ban").pipe(
      Argument.withDescription(
        "GUID, IP address, or the number of a ban; on Arma Reforger the UUID or name of an account"
      ),
      Argument.variadic({ min: 1 })
    ),
    write: Flag.Boolean("write").pipe(
      Flag.withDescription(
        "Makes the server write its bans to its file afterwards. Otherwise the removed bans are back after its restart"
      ),
      Flag.withDefault(false)
    )
  },
  ({ targets, write }) =>
    perform("unban", (rcon, { emit, patience }) => {
      const change = Effect.gen(function*() {
        const found = yield* Target.toUnban(rcon, targets)
        const [first] = found
        const reply = found.length === 1 && first !== undefined
          ? yield* rcon.unban(first)
          : yield* rcon.unbanAll(found, { timeout: patience(found.length) })
        for (const target of found) yield* emit({ target: Target.label(target), confirmed: true, reply })
      })
      return write ? written(rcon, change) : change
    })
)
