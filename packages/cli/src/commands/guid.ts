import * as Guid from "@bercon/client/Guid"
import * as Argument from "effect/cli/Argument"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { define } from "../command/define.ts"
import { usage } from "../Failure.ts"
import { bercon } from "../flags.ts"
import * as Output from "../output/Output.ts"
import * as View from "../output/View.ts"

const Known = Schema.Struct({ steamId64: Schema.String, guid: Guid.Guid })

const view = View.make(Known, {
  columns: [
    { key: "steamId64", title: "SteamID64", cell: ({ steamId64 }) => steamId64 },
    { key: "guid", title: "GUID", cell: ({ guid }) => guid }
  ],
  text: ({ guid }) => guid
})

/** The GUID of a Steam account. */
export const guid = define(
  "guid",
  {
    description: "Prints the BattlEye GUID of a Steam account, for bans. Needs no server",
    examples: [
      ["bercon guid 76561197960265728", "4fc867abf98b934e9e7eeaf15170258c"],
      ["bercon ban $(bercon guid 76561197960265728) --reason Cheating", "Bans an account that is not on the server"]
    ]
  },
  {
    ids: Argument.String("steamId64").pipe(
      Argument.withDescription("The number of an account: 17 digits"),
      Argument.variadic({ min: 1 })
    )
  },
  ({ ids }) =>
    Effect.gen(function*() {
      const { format } = yield* bercon
      const rows = yield* Effect.forEach(ids, (steamId64) =>
        Result.match(Guid.fromSteamId(steamId64), {
          onFailure: ({ message }) => usage(message),
          onSuccess: (guid) => Effect.succeed({ steamId64, guid })
        }))
      yield* Output.Output.use((output) => output.print(view, [{ server: "", rows }])).pipe(
        Effect.provide(Output.layer({ format, labelled: false }))
      )
    })
)
