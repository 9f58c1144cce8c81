/**
 * Tests the next step of a plan on a server, or the time until which the plan waits.
 */
import { assert, describe, it } from "@effect/vitest"
import { type Compiled, decide, EMPTY_PAUSE, type Known, type Step } from "../src/internal/plans/decide.ts"
import type { Appointment, Order, Progress, Restart } from "../src/internal/plans/progress.ts"
import { compiled, MINUTE, START } from "./planSimulation.ts"

const SECOND = 1000
const HOUR = 60 * MINUTE

const plan = compiled({
  warnings: ["4 minutes", "10 minutes", "4 minutes"],
  lock: "3 minutes",
  kick: { before: "10 seconds" },
  latest: "5 minutes",
  goneWithin: "1 minute",
  backWithin: "10 minutes",
  tries: 2
})
const plain = compiled({ warnings: [], latest: "5 minutes" })
const patient = compiled({ warnings: ["4 minutes"], lock: "3 minutes", skipWhenEmpty: true, latest: "5 minutes" })
const once = compiled({ at: { once: "2026-03-28T04:00:00Z" }, warnings: [] })

/** The time of an occurrence that all these plans have. */
const time = START + 4 * HOUR
const calendar = plan.calendar.key

const online: Known = { run: "this", online: true, epoch: 3, awayFrom: undefined, players: 2 }
const offline: Known = { ...online, online: false, awayFrom: time - HOUR }
const empty: Known = { ...online, players: 0 }

const appointment: Appointment = { occurrence: time, time }
const planned: Progress = { calendar, finished: START, appointment }
const appointed = (changes: Partial<Appointment>, more: Partial<Progress> = {}): Progress => ({
  ...planned,
  ...more,
  appointment: { ...appointment, ...changes }
})
/** Both warnings were announced. */
const warned = appointed({ warned: 4 * MINUTE })
const lockedNow = appointed({ warned: 4 * MINUTE }, { locked: true })

interface Case {
  readonly of?: Compiled
  readonly progress?: Progress | "unreadable" | undefined
  readonly order?: Order
  /** The time, in milliseconds after the time of the occurrence. */
  readonly at: number
  readonly known?: Known
}

/** The step at a time. */
const stepAt = ({ at, known = online, of = plan, order, progress = warned }: Case): Step =>
  decide(of, { progress, order }, time + at, known)

/** The step at a time. Checks that it is not due before. */
const dueAt = (given: Case): Step => {
  const step = stepAt(given)
  assert.notDeepEqual(stepAt({ ...given, at: given.at - 1 }), step, "it is not due before")
  return step
}

const wait = (until: number, watch = false): Step => ({ _tag: "Wait", until, watch })

describe("the next step of a plan", () => {
  it("is to begin a record if there is none of its calendar", () => {
    const begin = (progress: Case["progress"]) => decide(plan, { progress, order: undefined }, time, online)
    assert.deepStrictEqual(begin(undefined), { _tag: "Begin", afterLoss: false })
    assert.deepStrictEqual(begin("unreadable"), { _tag: "Begin", afterLoss: true })
    assert.deepStrictEqual(begin({ ...planned, calendar: "another" }), { _tag: "Begin", afterLoss: false })
  })

  it("is to appoint the next occurrence if none or another one is recorded, or the same at another time", () => {
    const appoint: Step = { _tag: "Appoint", appointment }
    const at = -HOUR
    assert.deepStrictEqual(stepAt({ at, progress: { calendar, finished: START } }), appoint)
    assert.deepStrictEqual(stepAt({ at, progress: appointed({ occurrence: time - 1 }) }), appoint)
    assert.deepStrictEqual(stepAt({ at, progress: appointed({ time: time + 1 }) }), appoint)
    assert.deepStrictEqual(stepAt({ at, progress: planned }), wait(time - 10 * MINUTE))
  })

  it("is to appoint an occurrence with the warnings that are not too late", () => {
    const progress: Progress = { calendar, finished: START }
    const warnedAt = (at: number, forgotten?: number) => {
      const step = stepAt({ at, progress: forgotten === undefined ? progress : { ...progress, forgotten } })
      return step._tag === "Appoint" ? step.appointment : assert.fail(step._tag)
    }
    assert.deepStrictEqual(warnedAt(-5 * MINUTE), appointment)
    assert.deepStrictEqual(warnedAt(-5 * MINUTE + 1), { ...appointment, warned: 10 * MINUTE })
    assert.deepStrictEqual(warnedAt(-2 * MINUTE), { ...appointment, warned: 10 * MINUTE })
    assert.deepStrictEqual(warnedAt(-2 * MINUTE + 1), { ...appointment, warned: 4 * MINUTE })
    // Warnings that were due before a record was lost may have been announced.
    assert.deepStrictEqual(warnedAt(-9 * MINUTE, time - 10 * MINUTE), { ...appointment, warned: 10 * MINUTE })
    assert.deepStrictEqual(warnedAt(-9 * MINUTE, time - 10 * MINUTE - 1), appointment)
  })

  it("after the only occurrence is to unlock a locked server as soon as it is online", () => {
    const progress: Progress = { calendar: once.calendar.key, finished: time }
    const locked = { ...progress, locked: true }
    const at = HOUR
    assert.deepStrictEqual(stepAt({ of: once, at, progress }), wait(Infinity))
    assert.deepStrictEqual(stepAt({ of: once, at, progress: locked }), { _tag: "Unlock" })
    assert.deepStrictEqual(stepAt({ of: once, at, progress: locked, known: offline }), wait(Infinity))
  })

  it("is to announce a warning at its time, and to leave it out if half of the time to the restart has passed", () => {
    assert.deepStrictEqual(stepAt({ at: -10 * MINUTE - 1, progress: planned }), wait(time - 10 * MINUTE))
    const first: Step = { _tag: "Warn", lead: 10 * MINUTE, appointment }
    assert.deepStrictEqual(dueAt({ at: -10 * MINUTE, progress: planned }), first)
    assert.deepStrictEqual(stepAt({ at: -5 * MINUTE, progress: planned }), first)
    assert.deepStrictEqual(dueAt({ at: -5 * MINUTE + 1, progress: planned }), {
      _tag: "SkipWarning",
      lead: 10 * MINUTE,
      reason: "Late",
      appointment
    })
    const second = appointed({ warned: 10 * MINUTE })
    assert.deepStrictEqual(stepAt({ at: -10 * MINUTE, progress: second }), wait(time - 4 * MINUTE))
    assert.deepStrictEqual(dueAt({ at: -4 * MINUTE, progress: second }), {
      _tag: "Warn",
      lead: 4 * MINUTE,
      appointment: second.appointment!
    })
    assert.deepStrictEqual(stepAt({ at: -4 * MINUTE, progress: warned }), wait(time - 3 * MINUTE))
  })

  it("is to leave out a warning that another one has overtaken", () => {
    const close = compiled({ warnings: ["10 minutes", "9 minutes"] })
    const overtaken: Step = { _tag: "SkipWarning", lead: 10 * MINUTE, reason: "Overtaken", appointment }
    assert.deepStrictEqual(dueAt({ of: close, at: -9 * MINUTE, progress: planned }), overtaken)
  })

  it("is to leave out a warning on an empty server, if the plan leaves empty servers alone", () => {
    const at = -4 * MINUTE
    const warn: Step = { _tag: "Warn", lead: 4 * MINUTE, appointment }
    const skip: Step = { _tag: "SkipWarning", lead: 4 * MINUTE, reason: "Empty", appointment }
    assert.deepStrictEqual(dueAt({ of: patient, at, progress: planned, known: empty }), skip)
    assert.deepStrictEqual(dueAt({ of: patient, at, progress: planned }), warn)
    const unknown = { ...online, players: undefined }
    assert.deepStrictEqual(dueAt({ of: patient, at, progress: planned, known: unknown }), warn)
    const indifferent = compiled({ warnings: ["4 minutes"] })
    assert.deepStrictEqual(dueAt({ of: indifferent, at, progress: planned, known: empty }), warn)
  })

  it("is not done on a server that is offline: the plan waits for the next time", () => {
    const progress = planned
    assert.deepStrictEqual(stepAt({ at: -10 * MINUTE, progress, known: offline }), wait(time - 4 * MINUTE))
    assert.deepStrictEqual(stepAt({ at: -3 * MINUTE, known: offline }), wait(time - 10 * SECOND))
    assert.deepStrictEqual(stepAt({ at: -10 * SECOND, known: offline }), wait(time))
    assert.deepStrictEqual(stepAt({ at: 0, known: offline }), wait(time + 5 * MINUTE + 1))
  })

  it("is to lock the server from the time of the lock to that of the restart", () => {
    const lock = (progress = warned): Step => ({ _tag: "Lock", appointment: progress.appointment! })
    assert.deepStrictEqual(dueAt({ at: -3 * MINUTE }), lock())
    assert.deepStrictEqual(stepAt({ at: -3 * MINUTE, progress: lockedNow }), wait(time - 10 * SECOND))
    const kicked = appointed({ warned: 4 * MINUTE, kicked: true })
    assert.deepStrictEqual(stepAt({ at: -1, progress: kicked }), lock(kicked))
    assert.strictEqual(stepAt({ at: 0, progress: kicked })._tag, "Command")
  })

  it("is to unlock a server that should not be locked now", () => {
    const early = { at: -3 * MINUTE - 1, progress: lockedNow }
    assert.deepStrictEqual(stepAt(early), { _tag: "Unlock" })
    assert.deepStrictEqual(stepAt({ ...early, known: offline }), wait(time - 3 * MINUTE))
    assert.deepStrictEqual(stepAt({ ...early, of: plain, at: -1 }), { _tag: "Unlock" })
    assert.deepStrictEqual(stepAt({ ...early, of: patient, at: -MINUTE, known: empty }), { _tag: "Unlock" })
    assert.deepStrictEqual(stepAt({ ...early, of: patient, at: -MINUTE }), wait(time))
  })

  it("is to look again soon at an empty server that would be locked if players came", () => {
    const known = empty
    const at = -3 * MINUTE
    assert.deepStrictEqual(stepAt({ of: patient, at: at - 1, known }), wait(time + at))
    assert.deepStrictEqual(stepAt({ of: patient, at: at - 2 * MINUTE, known }), wait(time + at))
    assert.deepStrictEqual(stepAt({ of: patient, at, known }), wait(time + at + EMPTY_PAUSE))
    assert.deepStrictEqual(stepAt({ of: patient, at: -1, known }), wait(time))
    const open = compiled({ warnings: [], skipWhenEmpty: true })
    assert.deepStrictEqual(stepAt({ of: open, at, known }), wait(time))
  })

  it("is to kick the players from the time of the kicks on, until half a minute after the time of the restart", () => {
    const kick = (until: number, progress: Progress): Step => ({
      _tag: "Kick",
      appointment: progress.appointment!,
      until: time + until
    })
    assert.deepStrictEqual(dueAt({ at: -10 * SECOND, progress: lockedNow }), kick(30 * SECOND, lockedNow))
    const tried = appointed({ warned: 4 * MINUTE, kickedFrom: time - 10 * SECOND }, { locked: true })
    assert.deepStrictEqual(stepAt({ at: 30 * SECOND - 1, progress: tried }), kick(30 * SECOND, tried))
    const giveUp: Step = { _tag: "GiveUpKick", appointment: tried.appointment! }
    assert.deepStrictEqual(dueAt({ at: 30 * SECOND, progress: tried }), giveUp)
    const kicked = appointed({ warned: 4 * MINUTE, kicked: true }, { locked: true })
    assert.deepStrictEqual(stepAt({ at: -10 * SECOND, progress: kicked }), wait(time))
    // A driver that comes late has half a minute, too, but leaves time for the command.
    const late = appointed({ warned: 4 * MINUTE, kickedFrom: time + MINUTE })
    assert.deepStrictEqual(stepAt({ at: MINUTE }), kick(90 * SECOND, warned))
    assert.deepStrictEqual(stepAt({ at: 2 * MINUTE - 1, progress: late }), {
      _tag: "GiveUpKick",
      appointment: late.appointment!
    })
    assert.deepStrictEqual(stepAt({ at: 4.5 * MINUTE }), kick(4.75 * MINUTE, warned))
    assert.strictEqual(dueAt({ at: 4.75 * MINUTE })._tag, "GiveUpKick")
  })

  it("is to send the command from the time of the restart on, unless the server is empty and left alone", () => {
    assert.deepStrictEqual(dueAt({ of: plain, at: 0, progress: planned }), {
      _tag: "Command",
      appointment,
      attempt: 1
    })
    assert.strictEqual(stepAt({ of: plain, at: 5 * MINUTE, progress: planned })._tag, "Command")
    const finish: Step = { _tag: "Finish", outcome: "Empty", appointment: warned.appointment!, finished: time }
    assert.deepStrictEqual(dueAt({ of: patient, at: 0, known: empty }), finish)
    assert.strictEqual(stepAt({ of: patient, at: 0 })._tag, "Command")
  })

  it("is to finish an occurrence that is too late, together with all others that are too late", () => {
    const missed = (finished: number): Step => ({ _tag: "Finish", outcome: "Missed", appointment, finished })
    assert.deepStrictEqual(dueAt({ at: 5 * MINUTE + 1 }), missed(time))
    assert.deepStrictEqual(stepAt({ at: 24 * HOUR }), missed(time + 24 * HOUR - 5 * MINUTE - 1))
  })
})

describe("the order of an operator", () => {
  const order: Order = { calendar, occurrence: time }
  const at = -HOUR
  const aborted = (finished: number, appointment: Appointment = { occurrence: time, time }): Step => ({
    _tag: "Finish",
    outcome: "Aborted",
    appointment,
    finished
  })

  it("moves its occurrence, or aborts it", () => {
    const later = { occurrence: time, time: time + 1 }
    assert.deepStrictEqual(stepAt({ at, order: { ...order, ...later } }), { _tag: "Appoint", appointment: later })
    assert.deepStrictEqual(stepAt({ at, order }), aborted(time))
    assert.deepStrictEqual(stepAt({ at, order, progress: { calendar, finished: START } }), aborted(time))
  })

  it("is ignored if it is of another calendar, or its occurrence is over", () => {
    const step = stepAt({ at })
    assert.deepStrictEqual(stepAt({ at, order: { ...order, calendar: "another" } }), step)
    assert.deepStrictEqual(stepAt({ at, order: { ...order, occurrence: START } }), step)
    assert.deepStrictEqual(
      stepAt({ at, order: { ...order, occurrence: START + 1 } }),
      aborted(START + 1, {
        occurrence: START + 1,
        time: START + 1
      })
    )
  })

  it("to abort a postponed occurrence also ends the occurrences that have become due since", () => {
    const progress = appointed({ time: time + 2 * HOUR })
    assert.deepStrictEqual(stepAt({ at, order, progress }), aborted(time))
    assert.deepStrictEqual(stepAt({ at: HOUR, order, progress }), aborted(time + HOUR))
    assert.deepStrictEqual(stepAt({ at: 3 * HOUR, order, progress }), aborted(time + 2 * HOUR))
    const other = appointed({ occurrence: time - 1, time: time + 2 * HOUR })
    assert.deepStrictEqual(stepAt({ at: HOUR, order, progress: other }), aborted(time))
  })
})

describe("the next step after the command", () => {
  const restart: Restart = {
    occurrence: time,
    time: time + MINUTE,
    at: time + MINUTE,
    tries: 1,
    run: "this",
    epoch: 3,
    from: time + MINUTE,
    reports: 0
  }
  const { occurrence } = restart
  const appointment = { occurrence, time: restart.time }
  const after = (changes: Partial<Restart>, at: number, known: Known = online) =>
    stepAt({ at, known, progress: { calendar: "any", finished: START, restart: { ...restart, ...changes } } })
  const finished = (outcome: "Restarted" | "Stayed", until: number, of = appointment): Step => ({
    _tag: "Finish",
    outcome,
    appointment: of,
    finished: until
  })

  it("is to watch the server for as long as it may take to go offline", () => {
    assert.deepStrictEqual(after({}, MINUTE), wait(time + 2 * MINUTE, true))
    assert.deepStrictEqual(after({}, 2 * MINUTE - 1), wait(time + 2 * MINUTE, true))
  })

  it("is to send the command again to a server that stays, as often as the plan allows", () => {
    assert.deepStrictEqual(after({}, 2 * MINUTE), { _tag: "Command", appointment, attempt: 2 })
    assert.deepStrictEqual(after({ tries: 2 }, 2 * MINUTE), finished("Stayed", restart.time))
  })

  it("is to finish if the server was away, or another login shows that it was", () => {
    assert.deepStrictEqual(after({ gone: time }, 2 * MINUTE), finished("Restarted", time + 2 * MINUTE))
    assert.deepStrictEqual(after({ epoch: 2 }, 2 * MINUTE), finished("Restarted", time + 2 * MINUTE))
    // The occurrence is over only at its own time.
    assert.deepStrictEqual(after({ gone: time - HOUR }, 0), finished("Restarted", restart.time))
    const earlier = { ...appointment, occurrence: time + HOUR }
    assert.deepStrictEqual(after({ ...earlier, gone: time }, 2 * MINUTE), finished("Restarted", time + HOUR, earlier))
  })

  it("is to examine the server if another driver sent the command", () => {
    const other = { ...restart, run: "other", epoch: 2 }
    assert.deepStrictEqual(after(other, MINUTE), { _tag: "Examine", restart: other })
    assert.strictEqual(after({ ...other, gone: time }, MINUTE)._tag, "Finish")
  })

  it("is to record that the server is away, as soon as it counts as away", () => {
    const known = { ...offline, awayFrom: time + 2 * MINUTE }
    assert.deepStrictEqual(after({}, 2 * MINUTE - 1, known), wait(time + 2 * MINUTE))
    assert.deepStrictEqual(after({}, 2 * MINUTE, known), { _tag: "Gone", restart })
    assert.deepStrictEqual(after({}, 2 * MINUTE, { ...offline, awayFrom: undefined }), wait(Infinity))
  })

  it("is to report a server that is not back, each time that another `backWithin` has passed", () => {
    const gone = time + 2 * MINUTE
    const away = (minutes: number, reports: number) => after({ gone, reports }, (2 + minutes) * MINUTE, offline)
    const report = (count: number, reports: number): Step => ({
      _tag: "Report",
      restart: { ...restart, gone, reports },
      count,
      since: gone
    })
    assert.deepStrictEqual(away(9, 0), wait(gone + 10 * MINUTE))
    assert.deepStrictEqual(away(10, 0), report(1, 0))
    assert.deepStrictEqual(away(10, 1), wait(gone + 20 * MINUTE))
    assert.deepStrictEqual(away(35, 1), report(3, 1))
    assert.deepStrictEqual(away(35, 3), wait(gone + 40 * MINUTE))
  })
})
