/**
 * The values and services that the drivers of all servers share.
 */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as PubSub from "effect/PubSub"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import type { PlanStoreError } from "../../PlanError.ts"
import * as PlanEvent from "../../PlanEvent.ts"
import * as Metrics from "../../PlanMetrics.ts"
import type { Warning } from "../../RestartPlan.ts"
import type { Rota } from "../../Rota.ts"
import type { Compiled } from "./decide.ts"
import type { Memory } from "./memory.ts"

export interface Context {
  readonly memory: Memory
  /** The plans of the options of this program. */
  readonly declared: ReadonlyArray<Compiled>
  /** The plans in force: those of the program, and those that were added. */
  readonly plans: Effect.Effect<ReadonlyArray<Compiled>, PlanStoreError>
  readonly rotas: ReadonlyArray<Rota>
  readonly textOf: (warning: Warning) => string
  /** The function `notBack` of the options. Its failures are logged. */
  readonly notBack: (event: PlanEvent.NotBack) => Effect.Effect<void>
  /** The scope of the fibers that run `notBack`. */
  readonly scope: Scope.Scope
  /** How long a change by another process can go unnoticed, in milliseconds. */
  readonly refresh: number
  /** The events of all servers. */
  readonly events: PubSub.PubSub<PlanEvent.PlanEvent>
  /** Gets an element when this process has changed a plan, aborted a restart or postponed one. */
  readonly changes: PubSub.PubSub<void>
  /** Runs one effect at a time for each plan on each server, so that an order never arrives in the middle of a decision. */
  readonly exclusively: <A, E, R>(
    plan: string,
    server: string,
    effect: Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E, R>
}

/** Makes `exclusively`. It keeps a lock only as long as an effect has it or waits for it. */
export const makeExclusively = (): Context["exclusively"] => {
  const locks = new Map<string, { readonly lock: Semaphore.Semaphore; users: number }>()
  return (plan, server, effect) => {
    const key = JSON.stringify([plan, server])
    return Effect.suspend(() => {
      const entry = locks.get(key) ?? { lock: Semaphore.makeUnsafe(1), users: 0 }
      locks.set(key, entry)
      entry.users++
      return Effect.ensuring(
        entry.lock.withPermit(effect),
        Effect.sync(() => --entry.users === 0 && locks.delete(key))
      )
    })
  }
}

/** Whether an event is logged as a warning. */
const isBad = (event: PlanEvent.PlanEvent): boolean =>
  event._tag === "NotBack" || event._tag === "StepFailed" ||
  (event._tag === "NotRestarted" && event.reason !== "Aborted" && event.reason !== "Empty")

/** Publishes, counts and logs an event. */
export const publish = Effect.fnUntraced(function*({ events }: Context, event: PlanEvent.PlanEvent) {
  const { plan, server } = event
  yield* PubSub.publish(events, event)
  yield* Metric.update(Metric.withAttributes(Metrics.events, { plan, server, event: event._tag }), 1)
  if (event._tag === "Restarted") {
    yield* Metric.update(
      Metric.withAttributes(Metrics.restartSeconds, { plan, server }),
      Duration.toSeconds(event.took)
    )
  }
  const line = `plan "${plan}" on "${server}": ${PlanEvent.format(event)}`
  yield* Effect.annotateLogs(isBad(event) ? Effect.logWarning(line) : Effect.logInfo(line), { plan, server })
})

/** A time in milliseconds since 1970 as a `DateTime`. */
export const utc = (millis: number): DateTime.Utc => DateTime.makeUnsafe(millis)
