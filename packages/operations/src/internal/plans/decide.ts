/**
 * Decides the next step of a plan on one server, from the plan, the record of its progress in the store, the clock and the
 * known state of the server. Pure.
 *
 * A step that must not be repeated (a warning, the command, a report) is recorded before it is done. A step that may be
 * repeated (the lock, the kick) is recorded after it is done. So the process can end at any point, and the next process
 * repeats only steps that may be repeated.
 */
import * as Duration from "effect/Duration"
import type { RestartPlan } from "../../RestartPlan.ts"
import * as Calendar from "./calendar.ts"
import type { Appointment, Order, Progress, Restart } from "./progress.ts"

/** A plan in the form that `decide` uses, with all durations in milliseconds. */
export interface Compiled {
  readonly plan: RestartPlan
  readonly calendar: Calendar.Calendar
  /** The times between each warning and the restart, the longest first, without duplicates. */
  readonly leads: ReadonlyArray<number>
  readonly lock: number | undefined
  readonly kick: number | undefined
  readonly latest: number
  readonly goneWithin: number
  readonly backWithin: number
}

/** Brings a plan into the form that `decide` uses. */
export const compile = (plan: RestartPlan): Compiled => ({
  plan,
  calendar: Calendar.make(plan.at),
  leads: [...new Set(plan.warnings.map((lead) => Duration.toMillis(lead)))].sort((a, b) => b - a),
  lock: plan.lock && Duration.toMillis(plan.lock),
  kick: plan.kick && Duration.toMillis(plan.kick.before),
  latest: Duration.toMillis(plan.latest),
  goneWithin: Duration.toMillis(plan.goneWithin),
  backWithin: Duration.toMillis(plan.backWithin)
})

/**
 * Returns the time up to which occurrences count as over when a plan is new. For a plan with `once` this is earlier than `now`,
 * so that the restart still takes place if its time has just passed.
 */
export const beginningOf = ({ latest, plan }: Compiled, now: number): number =>
  "once" in plan.at ? now - latest - 1 : now

/** The current state of the server, as far as it is known. */
export interface Known {
  /** The name of this driver. Each driver has its own name, and a process that starts again has new drivers. */
  readonly run: string
  /** Whether the client is logged in. */
  readonly online: boolean
  /** The number of logins of the client so far. */
  readonly epoch: number
  /** The time from which the server counts as offline; `undefined` if it is online, or its session has ended for good. */
  readonly awayFrom: number | undefined
  /** The number of players; `undefined` if it is not known. */
  readonly players: number | undefined
}

/** The records of a plan on a server: its progress, and the order of an operator to abort or postpone its next occurrence. */
export interface Recorded {
  readonly progress: Progress | "unreadable" | undefined
  readonly order: Order | undefined
}

export type SkipReason = "Late" | "Overtaken" | "Empty"

/** How an occurrence ended. `"Unknown"`: the command may have been executed, and nothing shows whether it was. */
export type Outcome = "Restarted" | "Aborted" | "Missed" | "Empty" | "Refused" | "Stayed" | "Unknown"

export type Step =
  /** Wait until this time, or until something changes. `watch`: the command was sent, and the server is still online. */
  | { readonly _tag: "Wait"; readonly until: number; readonly watch: boolean }
  /** Begin a new record: the store has none for the current times of the plan. `afterLoss`: it has one that cannot be read. */
  | { readonly _tag: "Begin"; readonly afterLoss: boolean }
  /** Record the next occurrence, because it is not the recorded one, or has another time. */
  | { readonly _tag: "Appoint"; readonly appointment: Appointment }
  | { readonly _tag: "Warn"; readonly lead: number; readonly appointment: Appointment }
  | {
    readonly _tag: "SkipWarning"
    readonly lead: number
    readonly reason: SkipReason
    readonly appointment: Appointment
  }
  | { readonly _tag: "Lock"; readonly appointment: Appointment }
  | { readonly _tag: "Unlock" }
  | { readonly _tag: "Kick"; readonly appointment: Appointment; readonly until: number }
  /** Restart without kicks, because the list of players could not be read in time. */
  | { readonly _tag: "GiveUpKick"; readonly appointment: Appointment }
  /** Send the command, for the first time or again. */
  | { readonly _tag: "Command"; readonly appointment: Appointment; readonly attempt: number }
  /** Find out whether the server has restarted: another driver has sent the command, or was about to send it. */
  | { readonly _tag: "Examine"; readonly restart: Restart }
  /** Record that the server has gone offline after the command. */
  | { readonly _tag: "Gone"; readonly restart: Restart }
  /** Report that the server is not back. */
  | { readonly _tag: "Report"; readonly restart: Restart; readonly count: number; readonly since: number }
  /** Record that occurrences up to the time `finished` are over. */
  | { readonly _tag: "Finish"; readonly outcome: Outcome; readonly appointment: Appointment; readonly finished: number }

const wait = (until: number, watch = false): Step => ({ _tag: "Wait", until, watch })

export const decide = (plan: Compiled, { order, progress }: Recorded, now: number, known: Known): Step => {
  if (progress === undefined || progress === "unreadable") return { _tag: "Begin", afterLoss: progress !== undefined }
  if (progress.restart !== undefined) return restarting(plan, progress.restart, now, known)
  if (progress.calendar !== plan.calendar.key) return { _tag: "Begin", afterLoss: false }
  const next = nextOf(plan, progress, order)
  if (next === undefined) return progress.locked === true && known.online ? { _tag: "Unlock" } : wait(Infinity)
  const { appointment, isAborted } = next
  if (isAborted) {
    const finished = endOfAborted(progress, appointment, now)
    return { _tag: "Finish", outcome: "Aborted", appointment, finished }
  }
  if (now > appointment.time + plan.latest) {
    // After a long outage, this ends all other missed occurrences, too.
    const finished = Math.max(appointment.occurrence, now - plan.latest - 1)
    return { _tag: "Finish", outcome: "Missed", appointment, finished }
  }
  const recorded = progress.appointment
  if (recorded?.occurrence !== appointment.occurrence || recorded.time !== appointment.time) {
    return { _tag: "Appoint", appointment: appointedAt(plan, progress, appointment, now) }
  }
  return approaching(plan, progress, recorded, { now, known })
}

/** The next occurrence, from the order or from the calendar. The result does not show which warnings were announced. */
export const nextOf = (
  plan: Compiled,
  progress: Progress,
  order: Order | undefined
): { readonly appointment: Appointment; readonly isAborted: boolean } | undefined => {
  if (order !== undefined && order.calendar === plan.calendar.key && order.occurrence > progress.finished) {
    const { occurrence, time } = order
    return { appointment: { occurrence, time: time ?? occurrence }, isAborted: time === undefined }
  }
  const occurrence = plan.calendar.after(progress.finished)
  return occurrence === undefined ? undefined : { appointment: { occurrence, time: occurrence }, isAborted: false }
}

/**
 * Returns the time up to which occurrences are over after an abort. They include those that became due while the aborted one
 * was postponed.
 */
export const endOfAborted = (
  { appointment: recorded }: Progress,
  { occurrence }: Appointment,
  now: number
): number => recorded?.occurrence === occurrence ? Math.max(occurrence, Math.min(now, recorded.time)) : occurrence

/**
 * The record of an occurrence whose time is settled now. Warnings that are too late count as done, and so do those that may
 * have been sent before a record was lost.
 */
export const appointedAt = (
  { leads }: Compiled,
  { forgotten = -Infinity }: Progress,
  { occurrence, time }: Appointment,
  now: number
): Appointment => {
  const warned = leads.findLast((lead) => now > time - lead / 2 || forgotten >= time - lead)
  return { occurrence, time, ...(warned !== undefined && { warned }) }
}

/** The warnings that were neither sent nor skipped, each as the time between it and the restart. */
export const pendingOf = ({ leads }: Compiled, { warned = Infinity }: Appointment): ReadonlyArray<number> =>
  leads.filter((lead) => lead < warned)

/**
 * How long a restart waits for its kicks, in milliseconds: from the time of the restart, or from the first try if that is
 * later.
 */
const KICK_PATIENCE = 30_000

/** The part of a restart's maximum delay that is reserved for the command, in milliseconds. */
const COMMAND_TIME = 15_000

/**
 * How often to check whether players have joined an empty server, in milliseconds. The driver does not listen for joining
 * players.
 */
export const EMPTY_PAUSE = 30_000

/** The time after which players are no longer kicked, so that the command is sent in time. */
const endOfKicks = ({ latest }: Compiled, { kickedFrom, time }: Appointment, now: number): number =>
  Math.min(Math.max(time, kickedFrom ?? now) + KICK_PATIENCE, time + latest - COMMAND_TIME)

/** The next step before the command. */
const approaching = (
  plan: Compiled,
  progress: Progress,
  appointment: Appointment,
  { known, now }: { readonly now: number; readonly known: Known }
): Step => {
  const { time } = appointment
  const isEmpty = plan.plan.skipWhenEmpty && known.players === 0
  const isLockTime = plan.lock !== undefined && now >= time - plan.lock && !isEmpty
  if (progress.locked === true && !isLockTime && known.online) return { _tag: "Unlock" }

  const pending = pendingOf(plan, appointment)
  const [lead, ...others] = pending.filter((lead) => now >= time - lead)
  if (lead !== undefined) {
    const skip = (reason: SkipReason): Step => ({ _tag: "SkipWarning", lead, reason, appointment })
    if (now > time - lead / 2) return skip("Late")
    if (others.length > 0) return skip("Overtaken")
    if (isEmpty) return skip("Empty")
    if (known.online) return { _tag: "Warn", lead, appointment }
  }
  const isKickTime = plan.kick !== undefined && now >= time - plan.kick
  if (known.online) {
    if (isLockTime && progress.locked !== true && now < time) return { _tag: "Lock", appointment }
    if (isKickTime && appointment.kicked !== true) {
      const until = endOfKicks(plan, appointment, now)
      return now < until ? { _tag: "Kick", appointment, until } : { _tag: "GiveUpKick", appointment }
    }
  }
  if (now >= time) {
    if (isEmpty) return { _tag: "Finish", outcome: "Empty", appointment, finished: endOf(appointment) }
    return known.online ? { _tag: "Command", appointment, attempt: 1 } : wait(time + plan.latest + 1)
  }
  // An empty server is not locked. If players join, it is.
  const look = isEmpty && plan.lock !== undefined && now >= time - plan.lock ? now + EMPTY_PAUSE : Infinity
  const due = [time, look, ...pending.map((lead) => time - lead), time - (plan.lock ?? 0), time - (plan.kick ?? 0)]
  return wait(Math.min(...due.filter((at) => at > now)))
}

/**
 * Returns the time up to which occurrences are over when this one ends. A postponed occurrence can end after the time of the
 * next one, which would otherwise restart the server again at once. `restarted`: the time at which the server was back.
 */
export const endOf = ({ occurrence, time }: Pick<Appointment, "occurrence" | "time">, restarted = -Infinity): number =>
  Math.max(occurrence, time, restarted)

/** The next step after the command, until its outcome is known. */
const restarting = (plan: Compiled, restart: Restart, now: number, known: Known): Step => {
  const { occurrence, time } = restart
  const finish = (outcome: Outcome): Step => ({
    _tag: "Finish",
    outcome,
    appointment: { occurrence, time },
    finished: endOf(restart, outcome === "Restarted" ? now : undefined)
  })
  if (!known.online) {
    if (restart.gone === undefined) {
      return known.awayFrom !== undefined && now >= known.awayFrom
        ? { _tag: "Gone", restart }
        : wait(known.awayFrom ?? Infinity)
    }
    const count = Math.floor((now - restart.gone) / plan.backWithin)
    return count > restart.reports
      ? { _tag: "Report", restart, count, since: restart.gone }
      : wait(restart.gone + (count + 1) * plan.backWithin)
  }
  if (restart.gone !== undefined) return finish("Restarted")
  if (restart.run !== known.run) return { _tag: "Examine", restart }
  if (restart.epoch !== known.epoch) return finish("Restarted")
  const end = restart.from + plan.goneWithin
  if (now < end) return wait(end, true)
  return restart.tries < plan.plan.tries
    ? { _tag: "Command", appointment: { occurrence, time }, attempt: restart.tries + 1 }
    : finish("Stayed")
}
