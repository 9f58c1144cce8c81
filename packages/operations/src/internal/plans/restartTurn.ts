/**
 * Does the next step of a plan on a server, if one is due: decides the step, records that it begins, does it, and records the
 * outcome.
 */
import type * as RconClient from "@bercon/client/RconClient"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { PlanStoreError } from "../../PlanError.ts"
import * as Actions from "./actions.ts"
import { publish } from "./context.ts"
import { decide, type Known, type Recorded, type Step } from "./decide.ts"
import { perform, type Task } from "./perform.ts"
import type { Progress } from "./progress.ts"
import * as Transitions from "./transitions.ts"

/** The time between two checks whether a server still answers after the command, in milliseconds. */
const WATCH = 1000

/** A step, and the facts from which it was decided. */
interface Decision {
  readonly step: Step
  readonly progress: Recorded["progress"]
  readonly known: Known
  readonly now: number
}

const decideNow = Effect.fnUntraced(function*(
  { context: { memory }, plan, rcon, run, server }: Task
): Effect.fn.Return<Decision, PlanStoreError> {
  const progress = yield* memory.progress.get(plan.plan.id, server)
  const order = yield* memory.orders.get(plan.plan.id, server)
  const known = yield* Actions.look(rcon, run)
  const now = yield* Clock.currentTimeMillis
  const recorded = { progress, order: order === "unreadable" ? undefined : order }
  return { step: decide(plan, recorded, now, known), progress, known, now }
})

/** Does one step. Returns the time by which it must be called again, in milliseconds since 1970; 0 means at once. */
export const take = Effect.fnUntraced(function*(task: Task): Effect.fn.Return<number, PlanStoreError> {
  const { context, plan, rcon, server } = task
  const { id } = plan.plan
  const save = (progress: Progress) => context.memory.progress.set(id, server, progress)

  const first = yield* decideNow(task)
  if (first.step._tag === "Wait") {
    if (!first.step.watch) return first.step.until
    yield* Actions.answers(rcon, first.known.epoch)
    return Math.min(first.step.until, (yield* Clock.currentTimeMillis) + WATCH)
  }
  const findings = yield* find(first, rcon)
  if (findings === "Later") return first.now + Actions.PAUSE

  const decided = yield* context.exclusively(
    id,
    server,
    Effect.gen(function*() {
      const decision = yield* decideNow(task)
      // Meanwhile there was an order, or the state of the server has changed.
      if (decision.step._tag !== first.step._tag) return undefined
      // A plan that was removed meanwhile gets no record, because a later plan with the same id would continue from it.
      if (decision.progress === undefined && !(yield* isInForce(task))) return undefined
      const begun = Transitions.before(plan, decision.progress, decision.step, { ...decision, ...findings })
      if (begun !== decision.progress) yield* save(begun)
      return { ...decision, begun }
    })
  )
  if (decided === undefined) return 0

  const { begun, progress, step } = decided
  const restart = typeof progress === "object" ? progress.restart : undefined
  const { done, events } = yield* perform(task, { ...decided, findings, restart })
  const ended = Transitions.after(progress, begun, step, done)
  if (ended !== begun) {
    const isThere = Effect.map(context.memory.progress.get(id, server), (progress) => progress !== undefined)
    yield* context.exclusively(id, server, Effect.andThen(isThere, (isThere) => isThere ? save(ended) : Effect.void))
  }
  for (const event of events) yield* publish(context, event)
  return done === "Later" ? (yield* Clock.currentTimeMillis) + Actions.PAUSE : 0
})

const isInForce = ({ context: { plans }, plan: { plan: { id } } }: Task) =>
  Effect.map(plans, (all) => all.some(({ plan }) => plan.id === id))

/** Gets the facts that a step needs before it is recorded. */
const find = Effect.fnUntraced(function*(
  { known, step }: Decision,
  rcon: RconClient.Service
): Effect.fn.Return<Transitions.Findings | "Later"> {
  if (step._tag === "Command") {
    // The command is sent again only to a server that certainly has not restarted.
    if (step.attempt > 1 && !(yield* Actions.answers(rcon, known.epoch))) return "Later"
    return { witness: yield* Actions.witness(rcon) }
  }
  if (step._tag === "Examine") {
    const server = yield* Actions.examine(rcon, step.restart)
    if (server === "Later") return server
    return { server, ...(server === "Same" && { witness: yield* Actions.witness(rcon) }) }
  }
  return {}
})
