/**
 * Simulates a plan under faults, without fibers or clocks: a driver that is killed at any time, even between the record of a
 * step and its action, a server that restarts, a network that fails, and operators who abort and postpone. Everything follows
 * from a seed.
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

/** Makes a generator of random numbers, which are the same for the same seed. */
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

/** Faults: probabilities from 0 to 1, and durations in milliseconds. */
export interface Faults {
  /** The probability that the driver's process ends, at each of four points in a step. */
  readonly crash: number
  /** The probability that a command is lost, and that its reply is lost. */
  readonly loss: number
  /** The maximum delay after which the driver takes its turn. */
  readonly lateness: number
  /** The maximum duration until the driver runs again after a crash. */
  readonly downtime: number
  /** The probability that an outage of the network begins, in each turn of the driver. */
  readonly outage: number
  /** The probability that the list of players cannot be read when players are to be kicked. */
  readonly unread: number
  /** The probability that an operator aborts or postpones the restart, in each turn of the driver. */
  readonly orders: number
}

/** No faults. */
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

/** The interval of the driver's turns if no step is due, in milliseconds. */
const REFRESH = 5 * MINUTE

/**
 * Simulates a driver that can be killed at four points in each step, a server that can be offline, and operators. The driver calls
 * `decide` and the transitions in the same order as the real one.
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
    /** The clients that the server lists: the `run` of each driver, and the time at which that run ended. */
    clients: new Map<number, number>()
  }
  const driver = { run: 1, epoch: 1, process: 1 }
  let network = { downUntil: 0 }
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
  const isUp = () => now >= server.upAt && now >= network.downUntil
  /** Returns the state of the server. If the server has restarted, the driver logs in again. */
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
    // The server removes the client some seconds after the client has ended.
    if (now < (server.clients.get(other.id) ?? -Infinity) + 10_000) {
      return now - from < 5000 ? { server: "Same", witness } : { server: "Unknown" }
    }
    return { server: now - from < 8000 ? "Other" : "Unknown" }
  }

  /** Does one step. Returns the time of the next turn. */
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
    assert.isBelow(turns++, 100_000, "the driver makes no progress")
    if (happens(faults.outage)) network = { downUntil: now + random() * 40 * MINUTE }
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
    // The driver is woken when the server goes offline, and when it is back.
    const wakes = [server.goesAt, server.upAt, network.downUntil].filter((at) => at > now)
    const late = next > now ? Math.floor(random() * faults.lateness) : 0
    now = Math.max(now, Math.min(next, now + REFRESH, ...wakes)) + late
  }
  return { said, sent, server, finished, locks, orders, progress }
}
