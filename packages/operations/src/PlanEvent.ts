/**
 * What happens to plans and rotas, for logs, for a chat, for a person on call.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"

/** `occurrence`: as the calendar has it. `time`: when it takes place, which is another time if it was postponed. */
const OF_PLAN = {
  plan: Schema.String,
  server: Schema.String,
  occurrence: Schema.DateTimeUtc,
  time: Schema.DateTimeUtc
}

/** Whether what was sent was executed, as far as that is known. */
const Sent = Schema.Literals(["Executed", "MaybeExecuted"])

/**
 * It is settled when a server restarts next: for the first time, or it was postponed.
 *
 * @category models
 * @since 0.1.0
 */
export class Appointed extends Schema.TaggedClass<Appointed>("@bercon/operations/PlanEvent/Appointed")("Appointed", {
  ...OF_PLAN
}) {}

/**
 * Players were warned, `lead` before the restart or a little later. If it may not have been executed, it is not said again.
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
 * A warning was left out: it was too late for it (`Late`), another one was due as well (`Overtaken`), or nobody was there
 * (`Empty`).
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
 * The server was unlocked, since it does not restart, or later.
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
 * The server was told to restart, for the first time or once more.
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
 * The server does not answer any more: it is restarting.
 *
 * @category models
 * @since 0.1.0
 */
export class Gone extends Schema.TaggedClass<Gone>("@bercon/operations/PlanEvent/Gone")("Gone", OF_PLAN) {}

/**
 * The server is still away, `since` when it went. Reported again and again, `count` times so far.
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
 * The server has restarted. `took`: from the command to when it was found to be back, which can be later than it was if nobody
 * was looking.
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
 * - `"Empty"`: nobody was there.
 * - `"Refused"`: the server refused the command, or has no such command.
 * - `"Stayed"`: the command was sent as often as the plan says, and the server did not go.
 * - `"Unknown"`: the process that sent the command ended while it did, the server is there, and nothing shows whether it is
 *   still the same. The command is not repeated.
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
 * Something could not be done, and is left out. `step`: what.
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
 * A message of a rota was said.
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
 * What happens to plans and rotas. `plan` is the id of the plan or the rota.
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
 * What happens to plans and rotas.
 *
 * @category models
 * @since 0.1.0
 */
export type PlanEvent = typeof PlanEvent.Type

const maybe = (execution: typeof Sent.Type): string => execution === "Executed" ? "" : " (perhaps: no answer came)"

const WHY_NOT = {
  Aborted: "it was aborted",
  Missed: "its time was missed",
  Empty: "nobody is there",
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
