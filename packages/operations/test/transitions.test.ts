/**
 * Tests the records of a plan: the one before a step is done, and the one after the step. If the process ends during the step,
 * another process finds the one before.
 */
import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import type { Done } from "../src/internal/plans/actions.ts"
import type { Known, Recorded, Step } from "../src/internal/plans/decide.ts"
import { type Appointment, Order, Progress, type Restart } from "../src/internal/plans/progress.ts"
import { after, before, type Findings, outcomeOf } from "../src/internal/plans/transitions.ts"
import { compiled, MINUTE, START } from "./planSimulation.ts"

const plan = compiled()
const calendar = plan.calendar.key
const finished = START
const occurrence = START + 240 * MINUTE
/** The occurrence was postponed to this time. */
const time = occurrence + 10 * MINUTE
const now = time + 1000

const known: Known = { run: "this", online: true, epoch: 3, awayFrom: undefined, players: 2 }
const witness = { id: 7, address: "203.0.113.7:2304" }

const appointment: Appointment = { occurrence, time }
const planned: Progress = { calendar, finished, appointment }
const restart: Restart = {
  occurrence,
  time,
  at: now - 9000,
  tries: 2,
  run: "other",
  epoch: 5,
  from: now - 8000,
  witness: { id: 1, address: "203.0.113.1:2304" },
  reports: 0
}
const restarting: Progress = { calendar, finished, restart }

/** A record with everything in it. */
const full: Progress = {
  calendar,
  finished,
  forgotten: START - MINUTE,
  appointment: { ...appointment, warned: 5 * MINUTE, kickedFrom: now - 5000, kicked: true },
  restart: { ...restart, gone: now - 1000 },
  locked: true
}

interface Case {
  readonly what: string
  readonly of: typeof plan
  readonly recorded: Recorded["progress"]
  readonly step: Step
  readonly findings: Findings
  readonly done: Done["_tag"]
  /** The expected record before the step is done. */
  readonly during: Progress
  /** The expected record after the step. Default: that of `during`. */
  readonly afterwards: Progress | undefined
}

const one = (
  what: string,
  { done = "Executed", during, findings = {}, of = plan, recorded = planned, step, afterwards }:
    & Pick<Case, "step" | "during">
    & Partial<Case>
): Case => ({ what, of, recorded, step, findings, done, during, afterwards })

const once = compiled({ at: { once: "2026-03-28T04:00:00Z" } })
const begin: Step = { _tag: "Begin", afterLoss: false }
const warn: Step = { _tag: "Warn", lead: 5 * MINUTE, appointment }
const kick: Step = { _tag: "Kick", appointment, until: now + 5000 }
const lock: Step = { _tag: "Lock", appointment }
const unlock: Step = { _tag: "Unlock" }
const command: Step = { _tag: "Command", appointment, attempt: 1 }
const examine: Step = { _tag: "Examine", restart }
const stayed: Step = { _tag: "Finish", outcome: "Stayed", appointment, finished: time }

const locked = (progress: Progress): Progress => ({ ...progress, locked: true })
const changed = (changes: Partial<Appointment>): Progress => ({
  ...planned,
  appointment: { ...appointment, ...changes }
})
/** This driver's first command. */
const sent: Progress = {
  ...planned,
  restart: { occurrence, time, at: now, tries: 1, run: "this", epoch: 3, from: now, reports: 0 }
}

describe("the record of a plan", () => {
  const cases = [
    one("begins with the current time", { recorded: undefined, step: begin, during: { calendar, finished: now } }),
    one("for a single time begins in the past: a restart whose time has just passed is still made", {
      of: once,
      recorded: undefined,
      step: begin,
      during: { calendar: once.calendar.key, finished: now - once.latest - 1 }
    }),
    one("begins anew if the calendar is another one", {
      recorded: { ...planned, calendar: "another" },
      step: begin,
      during: { calendar, finished: now }
    }),
    one("begins anew if the calendar is another one, but keeps the lock", {
      recorded: locked({ ...planned, calendar: "another" }),
      step: begin,
      during: locked({ calendar, finished: now })
    }),
    one("begins anew if it cannot be read, and has the time until which warnings may have been sent", {
      recorded: "unreadable",
      step: { _tag: "Begin", afterLoss: true },
      during: { calendar, finished: now, forgotten: now }
    }),
    one("has the next occurrence", {
      recorded: { calendar, finished, forgotten: now - 1 },
      step: { _tag: "Appoint", appointment },
      during: planned
    }),
    one("has a warning before it is sent", { step: warn, during: changed({ warned: 5 * MINUTE }) }),
    one("has a warning that may have been sent", {
      step: warn,
      done: "MaybeExecuted",
      during: changed({ warned: 5 * MINUTE })
    }),
    one("has a warning that was refused, which is not sent again", {
      step: warn,
      done: "Refused",
      during: changed({ warned: 5 * MINUTE })
    }),
    one("does not have a warning that could not be sent", {
      step: warn,
      done: "Later",
      during: changed({ warned: 5 * MINUTE }),
      afterwards: planned
    }),
    one("has a warning that is left out", {
      step: { _tag: "SkipWarning", lead: 5 * MINUTE, reason: "Late", appointment },
      during: changed({ warned: 5 * MINUTE })
    }),
    one("has the lock after the server was locked", { step: lock, during: planned, afterwards: locked(planned) }),
    one("has the lock if the server was perhaps locked: it is unlocked in the end", {
      step: lock,
      done: "MaybeExecuted",
      during: planned,
      afterwards: locked(planned)
    }),
    one("does not have a lock that could not be sent", { step: lock, done: "Later", during: planned }),
    one("has the lock until the server was unlocked", {
      recorded: locked(planned),
      step: unlock,
      during: locked(planned),
      afterwards: planned
    }),
    one("has the lock of a server that could not be unlocked", {
      recorded: locked(planned),
      step: unlock,
      done: "Later",
      during: locked(planned)
    }),
    one("has the time of the first try to kick", {
      step: kick,
      during: changed({ kickedFrom: now }),
      afterwards: changed({ kickedFrom: now, kicked: true })
    }),
    one("has the time of the first try to kick, even if nobody could be kicked yet", {
      step: kick,
      done: "Later",
      during: changed({ kickedFrom: now })
    }),
    one("keeps the time of the first try to kick when players are kicked again", {
      recorded: changed({ kickedFrom: now - 5000 }),
      step: kick,
      during: changed({ kickedFrom: now - 5000 }),
      afterwards: changed({ kickedFrom: now - 5000, kicked: true })
    }),
    one("shows that kicks were given up", {
      step: { _tag: "GiveUpKick", appointment },
      during: changed({ kicked: true })
    }),
    one("has the command before it is sent", { step: command, done: "MaybeExecuted", during: sent }),
    one("has the sender of the command as the server lists it", {
      step: command,
      findings: { witness },
      during: { ...sent, restart: { ...sent.restart!, witness } }
    }),
    one("does not have a command that could not be sent", {
      step: command,
      done: "Later",
      during: sent,
      afterwards: planned
    }),
    one("shows that the occurrence is over and the server still locked, if the command was refused", {
      recorded: locked(planned),
      step: command,
      done: "Refused",
      during: locked(sent),
      afterwards: locked({ calendar, finished: time })
    }),
    one("counts how often the command was sent", {
      recorded: restarting,
      step: { _tag: "Command", appointment, attempt: 3 },
      during: { ...restarting, restart: { ...sent.restart!, tries: 3 } }
    }),
    one("names this driver instead of the one that sent the command, if the server is still the same process", {
      recorded: restarting,
      step: examine,
      findings: { server: "Same", witness },
      during: { ...restarting, restart: { ...restart, run: "this", epoch: 3, from: now, witness } }
    }),
    one("shows that the occurrence is over and the server not locked, if the server is another process", {
      recorded: locked(restarting),
      step: examine,
      findings: { server: "Other" },
      during: { calendar, finished: now }
    }),
    one("shows that the occurrence is over and the server still locked, if the server may be another process", {
      recorded: locked(restarting),
      step: examine,
      findings: { server: "Unknown" },
      during: locked({ calendar, finished: time })
    }),
    one("has the time at which the server was found to be away", {
      recorded: restarting,
      step: { _tag: "Gone", restart },
      during: { ...restarting, restart: { ...restart, gone: now } }
    }),
    one("counts the reports that the server is not back", {
      recorded: restarting,
      step: { _tag: "Report", restart, count: 4, since: now - 1 },
      during: { ...restarting, restart: { ...restart, reports: 4 } }
    }),
    one("shows that the occurrence is over, and that a server that has restarted is not locked", {
      recorded: locked(restarting),
      step: { _tag: "Finish", outcome: "Restarted", appointment, finished: now },
      during: { calendar, finished: now }
    }),
    one("shows that the occurrence is over, and that a server that has stayed is still to be unlocked", {
      recorded: locked(restarting),
      step: stayed,
      during: locked({ calendar, finished: time })
    }),
    one("of a server that was not locked has no lock at the end", {
      recorded: restarting,
      step: stayed,
      during: { calendar, finished: time }
    }),
    one("never takes back that an occurrence is over", {
      recorded: { ...restarting, finished: time + 1 },
      step: stayed,
      during: { calendar, finished: time + 1 }
    }),
    one("does not change while nothing is done", {
      recorded: full,
      step: { _tag: "Wait", until: now + 1, watch: false },
      during: full
    })
  ]

  it.each(
    cases.map((one) => [one.what, one] as const)
  )("%s", (_, { done, during, findings, of, recorded, step, afterwards }) => {
    const begun = before(of, recorded, step, { now, known, ...findings })
    assert.deepStrictEqual(begun, during)
    assert.deepStrictEqual(after(recorded, begun, step, done), afterwards ?? during)
  })

  it("shows that the occurrence goes on only if the server is surely the process that got the command", () => {
    const outcomes = (["Same", "Other", "Unknown", undefined] as const).map((server) => outcomeOf(server))
    assert.deepStrictEqual(outcomes, [undefined, "Restarted", "Unknown", "Unknown"])
  })

  it("is the same after it was written as JSON and read", () => {
    const Json = Schema.fromJsonString(Schema.toCodecJson(Progress))
    assert.deepStrictEqual(Schema.decodeSync(Json)(Schema.encodeSync(Json)(full)), full)
  })

  it("cannot be read if any value in it is of another type", () => {
    const isReadable = (value: unknown) => Result.isSuccess(Schema.decodeUnknownResult(Progress)(value))
    const order = { calendar, occurrence, time }
    assert.isTrue(Schema.is(Order)(order))
    for (const field of Object.keys(order)) assert.isFalse(Schema.is(Order)({ ...order, [field]: null }), field)

    const { appointment, restart } = full
    for (const field of Object.keys(full)) assert.isFalse(isReadable({ ...full, [field]: null }), field)
    for (const field of Object.keys(appointment!)) {
      assert.isFalse(isReadable({ ...full, appointment: { ...appointment, [field]: null } }), field)
    }
    for (const field of Object.keys(restart!)) {
      assert.isFalse(isReadable({ ...full, restart: { ...restart, [field]: null } }), field)
    }
    for (const field of Object.keys(witness)) {
      assert.isFalse(isReadable({ ...full, restart: { ...restart, witness: { ...witness, [field]: null } } }), field)
    }
  })
})
