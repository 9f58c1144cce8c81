/**
 * Does a step of a plan on a server, and returns its events. A step that must not be repeated has been recorded before.
 */
import type * as RconClient from "@bercon/client/RconClient"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as PlanEvent from "../../PlanEvent.ts"
import * as RestartPlan from "../../RestartPlan.ts"
import * as Actions from "./actions.ts"
import { type Context, utc } from "./context.ts"
import type { Compiled, Known, Step } from "./decide.ts"
import type { Restart } from "./progress.ts"
import { rounded } from "./text.ts"
import * as Transitions from "./transitions.ts"

/** A plan on a server. */
export interface Task {
  readonly context: Context
  readonly plan: Compiled
  readonly server: string
  readonly rcon: RconClient.Service
  /** The name of the driver. */
  readonly run: string
}

/** A step to be done, and the facts from which it was decided. */
export interface Begun {
  readonly step: Step
  readonly now: number
  readonly known: Known
  readonly findings: Transitions.Findings
  /** The restart that was under way before the step. */
  readonly restart: Restart | undefined
}

/** The outcome of a step, and the events to be published. */
export interface Performed {
  readonly done: Actions.Done["_tag"]
  readonly events: ReadonlyArray<PlanEvent.PlanEvent>
}

const happened = (...events: ReadonlyArray<PlanEvent.PlanEvent>): Performed => ({ done: "Executed", events })

export const perform = (task: Task, begun: Begun): Effect.Effect<Performed> => {
  const { plan: { plan }, rcon, server } = task
  const { now, step } = begun
  const at = (appointment: { readonly occurrence: number; readonly time: number }) => ({
    plan: plan.id,
    server,
    occurrence: utc(appointment.occurrence),
    time: utc(appointment.time)
  })
  switch (step._tag) {
    case "Wait":
    case "Begin":
      return Effect.succeed(happened())
    case "Appoint":
      return Effect.succeed(happened(new PlanEvent.Appointed(at(step.appointment))))
    case "Warn": {
      const { appointment: { time }, lead } = step
      return Effect.flatMap(
        textOf(task, time, now),
        (text) =>
          sent(
            task,
            step._tag,
            Actions.say(rcon, text, time - lead / 2),
            (execution) =>
              new PlanEvent.Warned({ ...at(step.appointment), lead: Duration.millis(lead), text, execution })
          )
      )
    }
    case "SkipWarning": {
      const { appointment, lead, reason } = step
      return Effect.succeed(
        happened(new PlanEvent.WarningSkipped({ ...at(appointment), lead: Duration.millis(lead), reason }))
      )
    }
    case "Lock":
      return sent(task, step._tag, Actions.lock(rcon), () => new PlanEvent.Locked(at(step.appointment)))
    case "Unlock":
      return sent(task, step._tag, Actions.unlock(rcon), () => new PlanEvent.Unlocked({ plan: plan.id, server }))
    case "Kick":
      return Effect.map(
        Actions.kickAll(rcon, plan.kick?.reason ?? "", step.until),
        (counts): Performed =>
          counts === undefined
            ? { done: "Later", events: [] }
            : happened(new PlanEvent.PlayersKicked({ ...at(step.appointment), ...counts }))
      )
    case "GiveUpKick":
      return Effect.succeed(happened(
        new PlanEvent.StepFailed({
          plan: plan.id,
          server,
          step: "Kick",
          problem: "the list of players could not be read in time. The server restarts without kicks"
        })
      ))
    case "Command":
      return Effect.map(
        sent(
          task,
          step._tag,
          Actions.restart(rcon, plan.command, begun.known.epoch),
          (execution) => new PlanEvent.Commanded({ ...at(step.appointment), attempt: step.attempt, execution })
        ),
        ({ done, events }) => ({
          done,
          events: done === "Refused" ? [...events, ended(at(step.appointment), done, 0)] : events
        })
      )
    case "Gone":
      return Effect.succeed(happened(new PlanEvent.Gone(at(step.restart))))
    case "Report":
      return report(task, new PlanEvent.NotBack({ ...at(step.restart), since: utc(step.since), count: step.count }))
    case "Examine": {
      const outcome = Transitions.outcomeOf(begun.findings.server)
      return Effect.succeed(
        happened(...(outcome === undefined ? [] : [ended(at(step.restart), outcome, now - step.restart.at)]))
      )
    }
    case "Finish":
      return Effect.succeed(
        happened(ended(at(step.appointment), step.outcome, now - (begun.restart?.at ?? now)))
      )
  }
}

const ended = (
  at: Omit<typeof PlanEvent.Appointed.Type, "_tag">,
  outcome: Extract<Step, { _tag: "Finish" }>["outcome"],
  took: number
): PlanEvent.PlanEvent =>
  outcome === "Restarted"
    ? new PlanEvent.Restarted({ ...at, took: Duration.millis(took) })
    : new PlanEvent.NotRestarted({ ...at, reason: outcome })

/** Runs an action, and makes the event of its outcome. */
const sent = (
  { plan, server }: Task,
  step: PlanEvent.StepFailed["step"],
  run: Effect.Effect<Actions.Done>,
  event: (execution: "Executed" | "MaybeExecuted") => PlanEvent.PlanEvent
): Effect.Effect<Performed> =>
  Effect.map(run, (done): Performed => {
    switch (done._tag) {
      case "Later":
        return { done: done._tag, events: [] }
      case "Refused":
        return {
          done: done._tag,
          events: [new PlanEvent.StepFailed({ plan: plan.plan.id, server, step, problem: done.problem })]
        }
      default:
        return { done: done._tag, events: [event(done._tag)] }
    }
  })

/** The text of a warning. If the function `text` of the options throws, players get the text of the plan's template. */
const textOf = ({ context, plan: { plan }, server }: Task, time: number, now: number): Effect.Effect<string> => {
  const warning: RestartPlan.Warning = { plan, server, time: utc(time), remaining: rounded(time - now) }
  return Effect.try(() => context.textOf(warning)).pipe(
    Effect.catch((error) =>
      Effect.as(Effect.logError("the function `text` of the plans failed", error.cause), RestartPlan.textOf(warning))
    )
  )
}

/** Starts the function `notBack` of the options, and does not wait for it. */
const report = ({ context }: Task, event: PlanEvent.NotBack): Effect.Effect<Performed> =>
  Effect.as(Effect.forkIn(context.notBack(event), context.scope), happened(event))
