/**
 * Events of plans and rotas: for logs, for a chat, for a person on call.
 *
 * **Example** (Restarts that did not take place)
 *
 * ```ts
 * import { PlanEvent, Plans } from "@bercon/operations"
 * import { Effect, Stream } from "effect"
 *
 * const alarms = Effect.gen(function*() {
 *   const { events } = yield* Plans.Plans
 *   yield* Stream.runForEach(
 *     Stream.filter(events, ({ _tag }) => _tag === "NotRestarted" || _tag === "NotBack"),
 *     (event) => Effect.logError(`${event.server}: ${PlanEvent.format(event)}`)
 *   )
 * })
 * ```
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"

/** `occurrence`: the time in the calendar. `time`: the time of the restart, which differs if it was postponed. */
const OF_PLAN = {
  plan: Schema.String,
  server: Schema.String,
  occurrence: Schema.DateTimeUtc,
  time: Schema.DateTimeUtc
}

/** Whether the command was executed, as far as that is known. */
const Sent = Schema.Literals(["Executed", "MaybeExecuted"])

/**
 * The time of a server's next restart is settled: it is the first one, or it was postponed.
 *
 * @category models
 * @since 0.1.0
 */
export class Appointed extends Schema.TaggedClass<Appointed>("@bercon/operations/PlanEvent/Appointed")("Appointed", {
  ...OF_PLAN
}) {}

/**
 * Players were warned, `lead` before the restart or a little later. A warning that may not have arrived is not repeated.
 *
 * @category models
 * @since 0.1.0
 */
export class Warned extends Schema.TaggedClass<Warned>("@bercon/operations/PlanEvent/Warned")("Warned", {
  ...OF_PLAN,
  lead: Schema.Duration,
  text: Schema.String,
  execution: Sent
}) {}

/**
 * A warning was left out: it was too late (`Late`), a later one was due as well (`Overtaken`), or the server was empty (`Empty`).
 *
 * @category models
 * @since 0.1.0
 */
export class WarningSkipped
  extends Schema.TaggedClass<WarningSkipped>("@bercon/operations/PlanEvent/WarningSkipped")("WarningSkipped", {
    ...OF_PLAN,
    lead: Schema.Duration,
    reason: Schema.Literals(["Late", "Overtaken", "Empty"])
  })
{}

/**
 * The server was locked.
 *
 * @category models
 * @since 0.1.0
 */
export class Locked extends Schema.TaggedClass<Locked>("@bercon/operations/PlanEvent/Locked")("Locked", OF_PLAN) {}

/**
 * The server was unlocked, because its restart was cancelled or postponed.
 *
 * @category models
 * @since 0.1.0
 */
export class Unlocked extends Schema.TaggedClass<Unlocked>("@bercon/operations/PlanEvent/Unlocked")("Unlocked", {
  plan: Schema.String,
  server: Schema.String
}) {}

/**
 * Everybody was kicked. `failed` players may still be there.
 *
 * @category models
 * @since 0.1.0
 */
export class PlayersKicked
  extends Schema.TaggedClass<PlayersKicked>("@bercon/operations/PlanEvent/PlayersKicked")("PlayersKicked", {
    ...OF_PLAN,
    kicked: Schema.Int,
    failed: Schema.Int
  })
{}

/**
 * The command to restart was sent, for the first time or once more.
 *
 * @category models
 * @since 0.1.0
 */
export class Commanded extends Schema.TaggedClass<Commanded>("@bercon/operations/PlanEvent/Commanded")("Commanded", {
  ...OF_PLAN,
  attempt: Schema.Int,
  execution: Sent
}) {}

/**
 * The server no longer answers: it is restarting.
 *
 * @category models
 * @since 0.1.0
 */
export class Gone extends Schema.TaggedClass<Gone>("@bercon/operations/PlanEvent/Gone")("Gone", OF_PLAN) {}

/**
 * The server has been away since `since`. Reported every `backWithin` of the plan, `count` times so far.
 *
 * @category models
 * @since 0.1.0
 */
export class NotBack extends Schema.TaggedClass<NotBack>("@bercon/operations/PlanEvent/NotBack")("NotBack", {
  ...OF_PLAN,
  since: Schema.DateTimeUtc,
  count: Schema.Int
}) {}

/**
 * The server has restarted. `took`: the time from the command until the server was found to be back. If no driver was running, that
 * can be later than it was.
 *
 * @category models
 * @since 0.1.0
 */
export class Restarted extends Schema.TaggedClass<Restarted>("@bercon/operations/PlanEvent/Restarted")("Restarted", {
  ...OF_PLAN,
  took: Schema.Duration
}) {}

/**
 * An occurrence is over, and the server has not restarted, or it is not known whether it has.
 *
 * **Details**
 *
 * - `"Aborted"`: an operator ordered it.
 * - `"Missed"`: this program or the server was away for longer than the plan's `latest`. Later occurrences that were missed as
 *   well are over with it.
 * - `"Empty"`: the server was empty.
 * - `"Refused"`: the server refused the command, or has no such command.
 * - `"Stayed"`: the command was sent as often as the plan says, and the server did not go.
 * - `"Unknown"`: the process that sent the command ended at that moment. The server answers, but nothing shows whether it has
 *   restarted. The command is not repeated.
 *
 * @category models
 * @since 0.1.0
 */
export class NotRestarted
  extends Schema.TaggedClass<NotRestarted>("@bercon/operations/PlanEvent/NotRestarted")("NotRestarted", {
    ...OF_PLAN,
    reason: Schema.Literals(["Aborted", "Missed", "Empty", "Refused", "Stayed", "Unknown"])
  })
{}

/**
 * A step could not be done, and is left out.
 *
 * @category models
 * @since 0.1.0
 */
export class StepFailed
  extends Schema.TaggedClass<StepFailed>("@bercon/operations/PlanEvent/StepFailed")("StepFailed", {
    plan: Schema.String,
    server: Schema.String,
    step: Schema.Literals(["Warn", "Lock", "Unlock", "Kick", "Command", "Say"]),
    problem: Schema.String
  })
{}

/**
 * A message of a rota was announced.
 *
 * @category models
 * @since 0.1.0
 */
export class Said extends Schema.TaggedClass<Said>("@bercon/operations/PlanEvent/Said")("Said", {
  plan: Schema.String,
  server: Schema.String,
  text: Schema.String,
  execution: Sent
}) {}

/**
 * An event of a plan or a rota. `plan`: its id.
 *
 * @category models
 * @since 0.1.0
 */
export const PlanEvent = Schema.Union([
  Appointed,
  Warned,
  WarningSkipped,
  Locked,
  Unlocked,
  PlayersKicked,
  Commanded,
  Gone,
  NotBack,
  Restarted,
  NotRestarted,
  StepFailed,
  Said
])

/**
 * An event of a plan or a rota.
 *
 * @category models
 * @since 0.1.0
 */
export type PlanEvent = typeof PlanEvent.Type

const maybe = (execution: typeof Sent.Type): string => execution === "Executed" ? "" : " (perhaps: no answer came)"

const WHY_NOT = {
  Aborted: "it was aborted",
  Missed: "its time was missed",
  Empty: "the server is empty",
  Refused: "the server refuses the command",
  Stayed: "the server ignores the command",
  Unknown: "the command may have been executed, but nothing shows whether it was"
} as const

/**
 * An event in one line, without the plan and the server.
 *
 * @category texts
 * @since 0.1.0
 */
export const format = (event: PlanEvent): string => {
  switch (event._tag) {
    case "Appointed":
      return `next at ${DateTime.formatIso(event.time)}`
    case "Warned":
      return `warned ${Duration.format(event.lead)} before${maybe(event.execution)}: ${event.text}`
    case "WarningSkipped":
      return `the warning ${Duration.format(event.lead)} before is left out (${event.reason})`
    case "Locked":
      return "locked"
    case "Unlocked":
      return "unlocked"
    case "PlayersKicked":
      return `kicked ${event.kicked} players${event.failed === 0 ? "" : `, ${event.failed} may still be there`}`
    case "Commanded":
      return `told to restart${event.attempt === 1 ? "" : ` (attempt ${event.attempt})`}${maybe(event.execution)}`
    case "Gone":
      return "gone"
    case "NotBack":
      return `not back since ${DateTime.formatIso(event.since)}`
    case "Restarted":
      return `restarted in ${Duration.format(event.took)}`
    case "NotRestarted":
      return `no restart at ${DateTime.formatIso(event.time)}: ${WHY_NOT[event.reason]}`
    case "StepFailed":
      return `${event.step} failed: ${event.problem}`
    case "Said":
      return `said${maybe(event.execution)}: ${event.text}`
  }
}
