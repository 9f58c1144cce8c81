/**
 * The record of a plan on one server: only facts that cannot be computed from the plan and the clock. All times are in
 * milliseconds since 1970, all durations in milliseconds.
 */
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"

/** The row of a client in the server's list of RCON clients. After a restart, the server no longer lists this client. */
const Witness = Schema.Struct({ id: Schema.Int, address: Schema.String })

export type Witness = typeof Witness.Type

const Appointment = Schema.Struct({
  /** The planned time of the restart. */
  occurrence: Schema.Finite,
  /** The time at which it takes place. It differs from `occurrence` if it was postponed. */
  time: Schema.Finite,
  /** The last warning that was announced or left out: the time between it and the restart. */
  warned: Schema.optionalKey(Schema.Finite),
  /** The time at which a driver first tried to kick the players. */
  kickedFrom: Schema.optionalKey(Schema.Finite),
  /** Whether the kicks are over: players were kicked, or the list of players could not be read in time. */
  kicked: Schema.optionalKey(Schema.Boolean)
})

/** The next occurrence, and the steps of it that are over. */
export type Appointment = typeof Appointment.Type

const Restart = Schema.Struct({
  occurrence: Schema.Finite,
  time: Schema.Finite,
  /** The time at which a driver last began to send the command. */
  at: Schema.Finite,
  /** How many times a driver has begun to send the command. */
  tries: Schema.Int,
  /** The name of the driver that watches the server. */
  run: Schema.String,
  /** The number of logins of that driver's client. */
  epoch: Schema.Int,
  /** The time from which that driver watches the server. */
  from: Schema.Finite,
  /** The row of that driver's client in the server's list of RCON clients. */
  witness: Schema.optionalKey(Witness),
  /** The time at which the server was found to be offline. */
  gone: Schema.optionalKey(Schema.Finite),
  /** How often `NotBack` was due so far. */
  reports: Schema.Int
})

/** A restart whose command was sent, or is being sent, and whose outcome is not known yet. */
export type Restart = typeof Restart.Type

export const Progress = Schema.Struct({
  /** The key of the calendar to which the occurrences belong. */
  calendar: Schema.String,
  /** Occurrences up to this time are over: they have taken place, or never will. */
  finished: Schema.Finite,
  /**
   * The time at which the driver replaced a record that it could not read. Warnings that were due by then may have been sent.
   */
  forgotten: Schema.optionalKey(Schema.Finite),
  appointment: Schema.optionalKey(Appointment),
  restart: Schema.optionalKey(Restart),
  /** Whether the server was locked for the plan. */
  locked: Schema.optionalKey(Schema.Boolean)
})

export type Progress = typeof Progress.Type

/** An order of an operator: the occurrence takes place at `time`, or not at all. */
export const Order = Schema.Struct({
  calendar: Schema.String,
  occurrence: Schema.Finite,
  time: Schema.optionalKey(Schema.Finite)
})

export type Order = typeof Order.Type

/**
 * The record of a new plan, or of a plan whose times were changed. Occurrences up to `finished` do not take place. `before`:
 * the plan's record before the change.
 */
export const begin = (calendar: string, finished: number, before?: Progress): Progress => ({
  calendar,
  finished,
  ...(before?.locked === true && { locked: true })
})

/** The record that replaces one that cannot be read. */
export const beginAfterLoss = (calendar: string, now: number): Progress => ({ ...begin(calendar, now), forgotten: now })

export const appoint = (self: Progress, appointment: Appointment): Progress => ({
  ...Struct.omit(self, ["forgotten"]),
  appointment
})

const change = (self: Progress, changes: Partial<Appointment>): Progress =>
  self.appointment === undefined ? self : { ...self, appointment: { ...self.appointment, ...changes } }

export const warn = (self: Progress, lead: number): Progress => change(self, { warned: lead })

export const tryKick = (self: Progress, now: number): Progress =>
  self.appointment?.kickedFrom === undefined ? change(self, { kickedFrom: now }) : self

export const kick = (self: Progress): Progress => change(self, { kicked: true })

export const lock = (self: Progress): Progress => ({ ...self, locked: true })

export const unlock = (self: Progress): Progress => Struct.omit(self, ["locked"])

/** A driver that sends the command, or watches its outcome. */
export interface Sender {
  readonly run: string
  readonly epoch: number
  readonly now: number
  readonly witness: Witness | undefined
}

const watched = ({ epoch, now, run, witness }: Sender) => ({
  run,
  epoch,
  from: now,
  ...(witness !== undefined && { witness })
})

/** The record when the command is about to be sent. */
export const command = (self: Progress, { occurrence, time }: Appointment, sender: Sender): Progress => ({
  ...self,
  restart: {
    occurrence,
    time,
    at: sender.now,
    tries: (self.restart?.tries ?? 0) + 1,
    reports: 0,
    ...watched(sender)
  }
})

const changeRestart = (self: Progress, changes: Partial<Restart>): Progress =>
  self.restart === undefined ? self : { ...self, restart: { ...self.restart, ...changes } }

/** The record when another driver continues to watch a server that has not restarted yet. */
export const takeOver = (self: Progress, sender: Sender): Progress => {
  if (self.restart === undefined) return self
  const { at, occurrence, reports, time, tries } = self.restart
  return { ...self, restart: { occurrence, time, at, tries, reports, ...watched(sender) } }
}

export const gone = (self: Progress, at: number): Progress => changeRestart(self, { gone: at })

export const report = (self: Progress, reports: number): Progress => changeRestart(self, { reports })

/** The record when an occurrence is over. `restarted`: the server has restarted, and so is no longer locked. */
export const finish = (self: Progress, finished: number, restarted: boolean): Progress => ({
  calendar: self.calendar,
  finished: Math.max(self.finished, finished),
  ...(self.locked === true && !restarted && { locked: true })
})
