/**
 * A plan under faults, without fibers and clocks: a driver that is killed between any two steps, a server that goes and comes
 * back, a line that fails, operators. All from a seed.
 */
import { RestartPlan } from "@bercon/operations"
import { assert } from "@effect/vitest"
import { Result } from "effect"
import { compile, type Compiled, decide, type Known, type Recorded, type Step } from "../src/internal/plans/decide.ts"
import type * as Progress from "../src/internal/plans/progress.ts"
import * as Transitions from "../src/internal/plans/transitions.ts"

export const START = Date.UTC(2026, 2, 28)
export const MINUTE = 60_000

export const compiled = (input: Partial<RestartPlan.Input> = {}): Compiled =>
  compile(Result.getOrThrow(RestartPlan.fromInput({
    id: "plan",
    at: { cron: "0 */4 * * *", timeZone: "UTC" },
    ...input
  })))

/** Random numbers that are the same each time. */
const randomOf = (seed: number) => {
  let state = seed >>> 0 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state / 2 ** 32
  }
}

export interface Faults {
  /** How probable it is that the driver's process ends at a point between two steps. */
  readonly crash: number
  /** How probable it is that a command does not arrive, and that its reply does not. */
  readonly loss: number
  /** How many milliseconds the driver looks too late, at most. */
  readonly lateness: number
  /** How long the driver is away after a crash, at most. */
  readonly downtime: number
  /** How probable it is that the server's line is down at a time. */
  readonly outage: number
  /** How probable it is that the list of players cannot be read when they are to be kicked. */
  readonly unread: number
  /** How probable it is that an operator orders something at a time. */
  readonly orders: number
}

export const QUIET: Faults = { crash: 0, loss: 0, lateness: 0, downtime: 0, outage: 0, unread: 0, orders: 0 }

export interface Action {
  readonly at: number
  readonly step: Step
}

type Outcome = Extract<Step, { _tag: "Finish" }>["outcome"]

/** The occurrence that a step ends, and its outcome. */
const outcomeOf = (
  step: Step,
  findings: Transitions.Findings
): { occurrence: number; outcome: Outcome } | undefined => {
  if (step._tag === "Finish") return { occurrence: step.appointment.occurrence, outcome: step.outcome }
  const outcome = step._tag === "Examine" ? Transitions.outcomeOf(findings.server) : undefined
  return step._tag === "Examine" && outcome !== undefined ? { occurrence: step.restart.occurrence, outcome } : undefined
}

/** How often the driver looks, if nothing is due. */
const REFRESH = 5 * MINUTE

/**
 * A driver that can be killed between any two steps, a server that can be away, and operators. The driver does with `decide` and
 * the transitions what the real one does, in the same order.
 */
export const simulate = (plan: Compiled, seed: number, faults: Faults, until: number) => {
  const random = randomOf(seed)
  const happens = (probability: number) => random() < probability
  let now = START
  /** The store, which survives a crash. */
  let progress: Recorded["progress"]
  let order: Progress.Order | undefined
  const server = {
    process: 1,
    upAt: 0,
    goesAt: Infinity,
    restarts: new Array<{ at: number; occurrence: number }>(),
    /** The drivers that are logged in, by run, and when each ended. */
    clients: new Map<number, number>()
  }
  const driver = { run: 1, epoch: 1, process: 1 }
  let line = { downUntil: 0 }
  const said = new Array<Action>()
  const sent = new Array<Action>()
  const finished = new Array<{ readonly occurrence: number; readonly outcome: Outcome }>()
  const locks = new Array<"Lock" | "Unlock">()
  const orders = new Array<{ readonly at: number; readonly order: Progress.Order }>()
  let executing = 0

  class Crash extends Error {}
  const mayCrash = () => {
    if (happens(faults.crash)) throw new Crash()
  }

  const settleServer = () => {
    if (now >= server.goesAt) {
      server.process++
      server.clients.clear()
      server.upAt = server.goesAt + 30_000
      server.goesAt = Infinity
      server.restarts.push({ at: now, occurrence: executing })
    }
  }
  const isUp = () => now >= server.upAt && now >= line.downUntil
  /** The driver's session is with the process of its login. */
  const look = (): Known => {
    settleServer()
    const online = isUp()
    if (online && driver.process !== server.process) {
      driver.process = server.process
      driver.epoch++
    }
    if (online) server.clients.set(driver.run, Infinity)
    return {
      run: String(driver.run),
      online,
      epoch: driver.epoch,
      awayFrom: online ? undefined : now,
      players: happens(0.2) ? undefined : Math.floor(random() * 3)
    }
  }

  const execute = (step: Step, known: Known): "Executed" | "MaybeExecuted" | "Later" => {
    if (step._tag === "Warn") said.push({ at: now, step })
    if (step._tag === "Command") sent.push({ at: now, step })
    if (step._tag === "Lock" || step._tag === "Unlock") locks.push(step._tag)
    if (!known.online || (step._tag === "Kick" && happens(faults.unread))) return "Later"
    const arrives = !happens(faults.loss)
    if (step._tag === "Command" && arrives && server.goesAt === Infinity) {
      server.goesAt = now + 2000
      executing = step.appointment.occurrence
    }
    return arrives && !happens(faults.loss) ? "Executed" : "MaybeExecuted"
  }

  const findingsOf = (step: Step): Transitions.Findings => {
    // One number and one address for each driver, also if it logs in again.
    const witness = { id: driver.run, address: "" }
    if (step._tag === "Command") return { witness }
    if (step._tag !== "Examine") return {}
    const { from, witness: other } = step.restart
    if (other === undefined) return { server: "Unknown" }
    // It is dropped some seconds after it has ended.
    if (now < (server.clients.get(other.id) ?? -Infinity) + 10_000) {
      return now - from < 5000 ? { server: "Same", witness } : { server: "Unknown" }
    }
    return { server: now - from < 8000 ? "Other" : "Unknown" }
  }

  /** Does one step. Returns when to look again. */
  const turn = (): number => {
    const known = look()
    const step = decide(plan, { progress, order }, now, known)
    if (step._tag === "Wait") return step.watch ? Math.min(step.until, now + 1000) : step.until
    const findings = findingsOf(step)
    mayCrash()
    const recorded = progress
    const begun = Transitions.before(plan, recorded, step, { now, known, ...findings })
    progress = begun
    const outcome = outcomeOf(step, findings)
    if (outcome !== undefined) finished.push(outcome)
    mayCrash()
    const done = execute(step, known)
    mayCrash()
    progress = Transitions.after(recorded, begun, step, done)
    mayCrash()
    return done === "Later" ? now + 5000 : now
  }

  let turns = 0
  while (now < until) {
    assert.isBelow(turns++, 100_000, "the driver turns without an end")
    if (happens(faults.outage)) line = { downUntil: now + random() * 40 * MINUTE }
    if (happens(faults.orders) && typeof progress === "object" && progress.restart === undefined) {
      const occurrence = plan.calendar.after(progress.finished)
      if (occurrence !== undefined) {
        order = {
          calendar: plan.calendar.key,
          occurrence,
          ...(happens(0.6) && { time: now + 1 + Math.floor(random() * 90 * MINUTE) })
        }
        orders.push({ at: now, order })
      }
    }
    let next: number
    try {
      next = turn()
    } catch (error) {
      if (!(error instanceof Crash)) throw error
      if (server.clients.has(driver.run)) server.clients.set(driver.run, now)
      driver.run++
      driver.epoch = 1
      now += Math.floor(random() * faults.downtime)
      settleServer()
      driver.process = server.process
      continue
    }
    // It is woken when the server goes, and when it is back.
    const wakes = [server.goesAt, server.upAt, line.downUntil].filter((at) => at > now)
    const late = next > now ? Math.floor(random() * faults.lateness) : 0
    now = Math.max(now, Math.min(next, now + REFRESH, ...wakes)) + late
  }
  return { said, sent, server, finished, locks, orders, progress }
}
