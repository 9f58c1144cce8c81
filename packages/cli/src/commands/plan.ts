import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { define } from "../command/define.ts"
import { folder } from "../community/flags.ts"
import { usage } from "../Failure.ts"
import * as Flags from "../flags.ts"
import { quoted } from "../output/quoted.ts"

const plans = Effect.promise(() => import("../community/plans.ts"))

const plan = Flags.argument("plan", "the id of a plan").pipe(Argument.withDescription("The id of the plan"))

const servers = Flag.String("servers").pipe(
  Flag.withDescription("Only these servers of the plan: altis,stratis. Default: all"),
  Flag.withMetavar("names"),
  Flag.optional
)

const list = define(
  "list",
  {
    description: "Lists the plans: those of your program, and those that were added while it was running",
    examples: [["bercon plan list", "The plans in the folder community"]]
  },
  { folder },
  ({ folder }) => Effect.flatMap(plans, ({ list }) => list(folder))
)

const next = define(
  "next",
  {
    description: "Lists the next restart of each plan on each server, and the warnings that are still to come",
    examples: [
      ["bercon plan next", "Of all plans, the earliest first"],
      ["bercon plan next nightly --servers altis --format json", "Of one plan on one server, for programs"]
    ]
  },
  { folder, plan: plan.pipe(Argument.optional), servers },
  ({ folder, plan, servers }) => Effect.flatMap(plans, ({ next }) => next(folder, plan, servers))
)

const abort = define(
  "abort",
  {
    description:
      "Cancels the next restart of a plan, not those after it. Your program applies the change within 30 seconds",
    examples: [
      ["bercon plan abort nightly", "On all servers of the plan"],
      ["bercon plan abort nightly --servers altis,stratis", "On two of them"]
    ]
  },
  { folder, plan, servers },
  ({ folder, plan, servers }) => Effect.flatMap(plans, ({ abort }) => abort(folder, plan, servers))
)

/** The longest delay of a restart: a longer one is probably a mistake. */
const LONGEST = Duration.days(365)

/** The new time that `--by` or `--to` gives. Fails unless exactly one of them is given. */
const newTime = (input: { readonly by: Option.Option<Duration.Duration>; readonly to: Option.Option<string> }) => {
  if (Option.isSome(input.by) === Option.isSome(input.to)) return usage("give either --by or --to")
  if (Option.isSome(input.by)) {
    const by = input.by.value
    return Duration.isPositive(by) && Duration.isLessThanOrEqualTo(by, LONGEST)
      ? Effect.succeed({ by })
      : usage(`--by must be more than 0 and at most 365d (got ${Duration.format(by)})`)
  }
  const text = Option.getOrElse(input.to, () => "")
  // A time without an offset would be in the time zone of this machine, and the plan may have another.
  const to = /(?:Z|[+-]\d\d:\d\d)$/.test(text) ? DateTime.make(text) : Option.none()
  return Option.isNone(to)
    ? usage(
      `--to must be a time with an offset such as 2026-03-28T04:30:00Z or ...+01:00 (got ${quoted(text)})`
    )
    : Effect.succeed({ to: DateTime.toUtc(to.value) })
}

const postpone = define(
  "postpone",
  {
    description: "Moves the next restart of a plan to another time. Players are warned again before it",
    examples: [
      ["bercon plan postpone nightly --by 30m", "Half an hour later, on all servers of the plan"],
      ["bercon plan postpone nightly --to 2026-12-24T05:00:00+01:00 --servers altis", "To a time, on one server"]
    ]
  },
  {
    folder,
    plan,
    servers,
    by: Flags.duration("by").pipe(Flag.withDescription("How much later"), Flag.optional),
    to: Flag.String("to").pipe(
      Flag.withDescription("The new time, with its offset from UTC"),
      Flag.withMetavar("time"),
      Flag.optional
    )
  },
  ({ folder, plan, servers, ...time }) =>
    Effect.gen(function*() {
      const to = yield* newTime(time)
      const { postpone } = yield* plans
      yield* postpone(folder, plan, to, servers)
    })
)

/** The restarts of a community's program. */
export const planCommand = Command.make("plan").pipe(
  Command.withDescription("Shows, cancels and moves the restarts that your program has planned. Needs no server"),
  Command.withExamples([
    { command: "bercon plan next", description: "The next restarts" },
    { command: "bercon plan abort nightly", description: "Cancels the next restart of this plan" }
  ]),
  Command.withSubcommands([list, next, abort, postpone])
)
