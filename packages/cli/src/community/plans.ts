/**
 * Shows and changes the planned restarts of a community's program, through the store that the program uses.
 */
import type { PlanStoreError, UnknownPlan } from "@bercon/operations/PlanError"
import * as Plans from "@bercon/operations/Plans"
import * as RestartPlan from "@bercon/operations/RestartPlan"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { ExitCode } from "../ExitCode.ts"
import { type Failure, type OutputError, Reported, TargetError, usage, type UsageError } from "../Failure.ts"
import { bercon, namesOf } from "../flags.ts"
import { layer as outputLayer, note, Output } from "../output/Output.ts"
import { quoted, quotedList } from "../output/quoted.ts"
import * as View from "../output/View.ts"
import * as Folder from "./folder.ts"

const times = ({ at }: RestartPlan.RestartPlan): string =>
  "once" in at ? DateTime.formatIso(at.once) : `${at.cron} ${at.timeZone}`

const durations = (values: ReadonlyArray<Duration.Duration>): string => values.map(Duration.format).join(", ")

const planView = View.make(RestartPlan.RestartPlan, {
  columns: [
    { key: "id", title: "Plan", cell: ({ id }) => id },
    { key: "servers", title: "Servers", cell: ({ servers }) => servers === "all" ? servers : servers.join(", ") },
    { key: "at", title: "Times", cell: times },
    { key: "warnings", title: "Warnings before", cell: ({ warnings }) => durations(warnings) },
    { key: "command", title: "Command", cell: ({ command }) => command }
  ]
})

const Upcoming = Schema.Struct({
  plan: Schema.String,
  server: Schema.String,
  time: Schema.DateTimeUtc,
  occurrence: Schema.DateTimeUtc,
  state: Schema.Literals(["Planned", "Restarting", "NotDriven", "Aborted", "Postponed"]),
  /** The warnings that are still to come. `lead` is the time from the warning to the restart. */
  warnings: Schema.Array(Schema.Struct({ lead: Schema.Duration, at: Schema.DateTimeUtc }))
})

const upcomingColumns: View.View<typeof Upcoming.Type>["columns"] = [
  { key: "time", title: "Time", cell: ({ time }) => DateTime.formatIso(time) },
  { key: "server", title: "Server", cell: ({ server }) => server },
  { key: "plan", title: "Plan", cell: ({ plan }) => plan },
  { key: "state", title: "State", cell: ({ state }) => state },
  {
    key: "warnings",
    title: "Warnings to come",
    cell: ({ warnings }) => warnings.length === 0 ? undefined : durations(warnings.map(({ lead }) => lead))
  }
]

const upcomingView = View.make(Upcoming, { columns: upcomingColumns })

const print = <Row>(view: View.View<Row>, rows: ReadonlyArray<Row>): Effect.Effect<void, OutputError, Output> =>
  Output.use((output) => output.print(view, [{ server: "", rows }]))

/** Calls `run` with the plans in the store of a folder. Provides the output that the flags ask for. */
const withPlans = (
  folder: string,
  run: (plans: Plans.Service) => Effect.Effect<void, Failure | PlanStoreError, Output>
) =>
  Effect.gen(function*() {
    const { format } = yield* bercon
    const plans = yield* Effect.orDie(Plans.make())
    yield* Effect.provide(run(plans), outputLayer({ format, labelled: false }))
  }).pipe(
    Effect.scoped,
    Effect.provide(Folder.layer(folder)),
    Effect.catchTag("PlanStoreError", ({ message }) => usage(message))
  )

/** The servers of a plan, or of all plans. A plan for `"all"` servers contributes those on which it has a restart to come. */
const knownServers = (plans: Plans.Service, plan: string | undefined) =>
  Effect.gen(function*() {
    const upcoming = yield* plans.next({ plan })
    const chosen = (yield* plans.list).filter(({ id }) => plan === undefined || id === plan)
    const named = chosen.flatMap(({ servers }) => servers === "all" ? [] : servers)
    return new Set([...named, ...upcoming.map(({ server }) => server)])
  })

/** The servers that `--servers` names. Fails if a name is unknown: it is probably mistyped, and would have no effect. */
const serversOf = Effect.fnUntraced(function*(
  plans: Plans.Service,
  plan: string | undefined,
  names: Option.Option<string>
): Effect.fn.Return<Plans.OnServers, PlanStoreError | UnknownPlan | UsageError> {
  if (Option.isNone(names)) return {}
  const servers = yield* namesOf("--servers", names.value)
  const known = yield* knownServers(plans, plan)
  const unknown = servers.filter((name) => !known.has(name))
  if (unknown.length > 0) {
    const whose = plan === undefined ? "the plans have" : `the plan ${quoted(plan)} has`
    return yield* usage(
      `--servers: unknown server ${quotedList(unknown)}: ${whose} ${quotedList(known) || "none yet"}`
    )
  }
  return { servers }
})

const unknown = ({ message }: { readonly message: string }) => Effect.fail(new TargetError({ message }))

/** Prints the plans. */
export const list = (folder: string) =>
  withPlans(folder, ({ list }) => Effect.flatMap(list, (all) => print(planView, all)))

/** Prints the next restarts of one plan, or of all plans, the earliest first. */
export const next = (folder: string, plan: Option.Option<string>, servers: Option.Option<string>) =>
  withPlans(
    folder,
    (plans) =>
      serversOf(plans, Option.getOrUndefined(plan), servers).pipe(
        Effect.flatMap((on) => plans.next({ ...on, plan: Option.getOrUndefined(plan) })),
        Effect.catchTag("UnknownPlan", unknown),
        Effect.flatMap((all) => print(upcomingView, all))
      )
  )

/** Prints the restarts that were changed. Fails if there are none, or if the change came too late for a server. */
const ordered = (plan: string, state: "Aborted" | "Postponed") =>
  Effect.fnUntraced(function*({ changed, restarting }: Plans.Ordered) {
    if (changed.length === 0 && restarting.length === 0) {
      return yield* new TargetError({
        message: `the plan ${quoted(plan)} has no restart to come. Nothing was changed`
      })
    }
    if (changed.length > 0) {
      yield* print(
        upcomingView,
        changed.map((one) => ({ ...one, state, ...(state === "Aborted" && { warnings: [] }) }))
      )
    }
    if (restarting.length === 0) return
    const late = `too late: ${restarting.join(", ")} ${restarting.length === 1 ? "is" : "are"} restarting already`
    if (changed.length === 0) return yield* new TargetError({ message: late })
    yield* note(`bercon: ${late}`)
    return yield* new Reported({ code: ExitCode.someFailed })
  })

/** Cancels the next restart of a plan, and prints it. */
export const abort = (folder: string, plan: string, servers: Option.Option<string>) =>
  withPlans(folder, (plans) =>
    serversOf(plans, plan, servers).pipe(
      Effect.flatMap((on) => plans.abort(plan, on)),
      Effect.catchTag("UnknownPlan", unknown),
      Effect.flatMap(ordered(plan, "Aborted"))
    ))

/** Moves the next restart of a plan, and prints it. */
export const postpone = (folder: string, plan: string, time: Plans.NewTime, servers: Option.Option<string>) =>
  withPlans(folder, (plans) =>
    serversOf(plans, plan, servers).pipe(
      Effect.flatMap((on) => plans.postpone(plan, time, on)),
      Effect.catchTag("UnknownPlan", unknown),
      Effect.catchTag("InvalidPlan", ({ message }) => usage(message)),
      Effect.flatMap(ordered(plan, "Postponed"))
    ))
