/**
 * Events of restart plans and of rotas (messages that are announced in turn): for logs, a chat, or a person on call.
 *
 * **Example** (Servers that have not restarted, or are not back)
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
 * @stability stable
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"

/**
 * `occurrence`: the planned time of the restart. `time`: the time at which it takes place. The two differ if it was postponed.
 */
const OF_PLAN = {
  plan: Schema.String,
  server: Schema.String,
  occurrence: Schema.DateTimeUtc,
  time: Schema.DateTimeUtc
}

/** Whether the server has executed the command. `MaybeExecuted`: no reply has arrived. */
const Sent = Schema.Literals(["Executed", "MaybeExecuted"])

/**
 * The time of the server's next restart was set, because the plan is new, the last occurrence is over, or the next one was
 * postponed.
 *
 * @category models
 * @since 0.1.0
 */
export class Appointed extends Schema.TaggedClass<Appointed>("@bercon/operations/PlanEvent/Appointed")("Appointed", {
  ...OF_PLAN
}) {}

/**
 * Players were warned, `lead` before the restart or a little later. If `execution` is `"MaybeExecuted"`, the warning may not
 * have arrived. It is not repeated.
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
 * A warning was left out, because it was too late (`Late`), a later warning was due as well (`Overtaken`), or the server was
 * empty (`Empty`).
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
 * The server was locked, unless the command was lost on the network.
 *
 * @category models
 * @since 0.1.0
 */
export class Locked extends Schema.TaggedClass<Locked>("@bercon/operations/PlanEvent/Locked")("Locked", OF_PLAN) {}

/**
 * The server was unlocked, unless the command was lost on the network. Its restart was cancelled, postponed or left out.
 *
 * @category models
 * @since 0.1.0
 */
export class Unlocked extends Schema.TaggedClass<Unlocked>("@bercon/operations/PlanEvent/Unlocked")("Unlocked", {
  plan: Schema.String,
  server: Schema.String
}) {}

/**
 * The kick of all players is over. `kicked`: the number of kicks that succeeded. `failed`: the number of players who may still
 * be there.
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
 * The command to restart was sent. `attempt`: 1 for the first time, higher if it was sent again.
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
 * The server has gone offline after the command: it is restarting.
 *
 * @category models
 * @since 0.1.0
 */
export class Gone extends Schema.TaggedClass<Gone>("@bercon/operations/PlanEvent/Gone")("Gone", OF_PLAN) {}

/**
 * The server has been offline since `since`, and is not back. Reported each time that another `backWithin` of the plan has
 * passed. `count`: how often `backWithin` has passed.
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
 * The server has restarted. `took`: the time from the command until the driver was logged in again. If no driver was running
 * when the server came back, `took` is longer than the restart itself.
 *
 * @category models
 * @since 0.1.0
 */
export class Restarted extends Schema.TaggedClass<Restarted>("@bercon/operations/PlanEvent/Restarted")("Restarted", {
  ...OF_PLAN,
  took: Schema.Duration
}) {}

/**
 * A restart of a plan has not taken place, or there is no evidence that it has.
 *
 * **Details**
 *
 * - `"Aborted"`: `abort` was called.
 * - `"Missed"`: this program was not running, or the server was offline, for longer than the plan's `latest`. This one event
 *   counts for all occurrences that were missed.
 * - `"Empty"`: the server was empty.
 * - `"Refused"`: the server refused the command, or has no such command.
 * - `"Stayed"`: the command was sent `tries` times, and the server never went offline.
 * - `"Unknown"`: the process that sent the command ended before the outcome was known. The server answers, but nothing shows
 *   whether it has restarted. The command is not repeated.
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
 * A step of a plan or a rota failed, because of `problem`. It is left out.
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

const maybe = (execution: typeof Sent.Type): string =>
  execution === "Executed" ? "" : " (no reply: it may not have arrived)"

const WHY_NOT = {
  Aborted: "it was aborted",
  Missed: "its time was missed",
  Empty: "the server is empty",
  Refused: "the server refuses the command",
  Stayed: "the server ignores the command",
  Unknown: "the command may have been executed, but nothing shows whether it was"
} as const

/**
 * Describes an event in one line, without the plan and the server.
 *
 * @category texts
 * @since 0.1.0
 */
export const format = (event: PlanEvent): string => {
  switch (event._tag) {
    case "Appointed":
      return `next restart at ${DateTime.formatIso(event.time)}`
    case "Warned":
      return `players warned ${Duration.format(event.lead)} before the restart${maybe(event.execution)}: ${event.text}`
    case "WarningSkipped":
      return `the warning ${Duration.format(event.lead)} before the restart is left out (${event.reason})`
    case "Locked":
      return "locked"
    case "Unlocked":
      return "unlocked"
    case "PlayersKicked":
      return `players kicked: ${event.kicked}${event.failed === 0 ? "" : `; may still be there: ${event.failed}`}`
    case "Commanded":
      return `restart command sent${event.attempt === 1 ? "" : ` (attempt ${event.attempt})`}${maybe(event.execution)}`
    case "Gone":
      return "offline: the server is restarting"
    case "NotBack":
      return `not back: offline since ${DateTime.formatIso(event.since)}`
    case "Restarted":
      return `restarted in ${Duration.format(event.took)}`
    case "NotRestarted":
      return `no restart at ${DateTime.formatIso(event.time)}: ${WHY_NOT[event.reason]}`
    case "StepFailed":
      return `${event.step} failed: ${event.problem}`
    case "Said":
      return `announced${maybe(event.execution)}: ${event.text}`
  }
}
