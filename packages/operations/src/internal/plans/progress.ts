/**
 * The record of a plan on one server: only facts that cannot be computed from the plan and the clock. All times are in
 * milliseconds since 1970, all durations in milliseconds.
 */
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"

/** This client as the server lists it. A server that has restarted does not list it any more. */
const Witness = Schema.Struct({ id: Schema.Int, address: Schema.String })

export type Witness = typeof Witness.Type

const Appointment = Schema.Struct({
  /** The time in the calendar. */
  occurrence: Schema.Finite,
  /** The time of the restart: differs if it was postponed. */
  time: Schema.Finite,
  /** The lead of the last warning that was announced or left out. */
  warned: Schema.optionalKey(Schema.Finite),
  /** When the first kick of all players was tried. */
  kickedFrom: Schema.optionalKey(Schema.Finite),
  /** Whether all players were kicked, or that was given up. */
  kicked: Schema.optionalKey(Schema.Boolean)
})

/** An occurrence whose time is settled. */
export type Appointment = typeof Appointment.Type

const Restart = Schema.Struct({
  occurrence: Schema.Finite,
  time: Schema.Finite,
  /** When the driver last began to send the command. */
  at: Schema.Finite,
  /** How many times the driver has begun to send it. */
  tries: Schema.Int,
  /** The driver that watches the server: its name, its login, its beginning, and its row in the server's list of clients. */
  run: Schema.String,
  epoch: Schema.Int,
  from: Schema.Finite,
  witness: Schema.optionalKey(Witness),
  /** When the server was found to be away. */
  gone: Schema.optionalKey(Schema.Finite),
  /** How often its absence was reported. */
  reports: Schema.Int
})

/** A restart that was commanded, and whose end is not known yet. */
export type Restart = typeof Restart.Type

export const Progress = Schema.Struct({
  /** The key of the calendar that the occurrences are from. */
  calendar: Schema.String,
  /** Occurrences up to this time are over: they took place, or will not. */
  finished: Schema.Finite,
  /** When the driver replaced a record that it could not read. Warnings that were due by then may have been announced. */
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

/** Occurrences up to `finished` were before the plan. */
export const begin = (calendar: string, finished: number, before?: Progress): Progress => ({
  calendar,
  finished,
  ...(before?.locked === true && { locked: true })
})

/** After something was found in the store that cannot be read. */
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

/** The command is about to be sent. */
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

/** Another driver goes on watching a server that has not restarted yet. */
export const takeOver = (self: Progress, sender: Sender): Progress => {
  if (self.restart === undefined) return self
  const { at, occurrence, reports, time, tries } = self.restart
  return { ...self, restart: { occurrence, time, at, tries, reports, ...watched(sender) } }
}

export const gone = (self: Progress, at: number): Progress => changeRestart(self, { gone: at })

export const report = (self: Progress, reports: number): Progress => changeRestart(self, { reports })

/** An occurrence is over. `restarted`: the server is another process now, and not locked. */
export const finish = (self: Progress, finished: number, restarted: boolean): Progress => ({
  calendar: self.calendar,
  finished: Math.max(self.finished, finished),
  ...(self.locked === true && !restarted && { locked: true })
})
