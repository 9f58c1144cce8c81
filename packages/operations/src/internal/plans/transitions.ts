/**
 * Computes the record of a plan's progress before a step is done, and after it is done. Pure.
 *
 * A step that must not be repeated is recorded before it is done. If it was not done after all, `after` returns the earlier
 * record.
 */
import type { Done } from "./actions.ts"
import { beginningOf, type Compiled, endOf, type Known, type Outcome, type Recorded, type Step } from "./decide.ts"
import * as Progress from "./progress.ts"

/** Facts that a step needs before it can be recorded. */
export interface Findings {
  /** The row of this driver's client in the server's list of RCON clients. */
  readonly witness?: Progress.Witness | undefined
  /** Whether the server is still the same process as when another driver sent the command. */
  readonly server?: "Same" | "Other" | "Unknown" | undefined
}

/** The facts of a step, and the time and the state of the server. */
export interface Moment extends Findings {
  readonly now: number
  readonly known: Known
}

/**
 * The outcome of an occurrence after the server was examined. `undefined` if the server has not restarted: the occurrence goes
 * on.
 */
export const outcomeOf = (
  server: Findings["server"]
): Extract<Outcome, "Restarted" | "Unknown"> | undefined =>
  server === "Same" ? undefined : server === "Other" ? "Restarted" : "Unknown"

/** Returns the record before a step is done. */
export const before = (
  plan: Compiled,
  recorded: Recorded["progress"],
  step: Step,
  moment: Moment
): Progress.Progress => {
  const { known: { epoch, run }, now, witness } = moment
  const sender = { run, epoch, now, witness }
  const { key } = plan.calendar
  if (step._tag === "Begin" || typeof recorded !== "object") {
    return recorded === "unreadable"
      ? Progress.beginAfterLoss(key, now)
      : Progress.begin(key, beginningOf(plan, now), recorded)
  }
  switch (step._tag) {
    case "Appoint":
      return Progress.appoint(recorded, step.appointment)
    case "Warn":
    case "SkipWarning":
      return Progress.warn(recorded, step.lead)
    case "Kick":
      return Progress.tryKick(recorded, now)
    case "GiveUpKick":
      return Progress.kick(recorded)
    case "Command":
      return Progress.command(recorded, step.appointment, sender)
    case "Examine": {
      const outcome = outcomeOf(moment.server)
      return outcome === undefined
        ? Progress.takeOver(recorded, sender)
        : Progress.finish(
          recorded,
          endOf(step.restart, outcome === "Restarted" ? now : undefined),
          outcome === "Restarted"
        )
    }
    case "Gone":
      return Progress.gone(recorded, now)
    case "Report":
      return Progress.report(recorded, step.count)
    case "Finish":
      return Progress.finish(recorded, step.finished, step.outcome === "Restarted")
    case "Wait":
    case "Lock":
    case "Unlock":
      return recorded
  }
}

/**
 * Returns the record after a step was done. `recorded`: the record from which the step was decided. `begun`: the result of
 * {@link before}.
 */
export const after = (
  recorded: Recorded["progress"],
  begun: Progress.Progress,
  step: Step,
  done: Done["_tag"]
): Progress.Progress => {
  const isLater = done === "Later"
  switch (step._tag) {
    case "Warn":
    case "Command":
      if (isLater && typeof recorded === "object") return recorded
      return step._tag === "Command" && done === "Refused"
        ? Progress.finish(begun, endOf(step.appointment), false)
        : begun
    case "Lock":
      return isLater ? begun : Progress.lock(begun)
    case "Unlock":
      return isLater ? begun : Progress.unlock(begun)
    case "Kick":
      return isLater ? begun : Progress.kick(begun)
    default:
      return begun
  }
}
