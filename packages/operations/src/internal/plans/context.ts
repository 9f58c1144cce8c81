/**
 * The services that the drivers of all servers share.
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
  /** The plans of this program. */
  readonly declared: ReadonlyArray<Compiled>
  /** The plans in force: those of the program, and those that were added. */
  readonly plans: Effect.Effect<ReadonlyArray<Compiled>, PlanStoreError>
  readonly rotas: ReadonlyArray<Rota>
  readonly textOf: (warning: Warning) => string
  /** The program's hook. Its failures are logged. */
  readonly notBack: (event: PlanEvent.NotBack) => Effect.Effect<void>
  /** Of what the program's functions do. */
  readonly scope: Scope.Scope
  /** How long a change by another process can go unnoticed, in milliseconds. */
  readonly refresh: number
  /** Every event. */
  readonly events: PubSub.PubSub<PlanEvent.PlanEvent>
  /** A plan or an order has changed. */
  readonly changes: PubSub.PubSub<void>
  /** Runs one effect at a time of those about a plan on a server: an order comes before a decision, or after it. */
  readonly exclusively: <A, E, R>(
    plan: string,
    server: string,
    effect: Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E, R>
}

/** Locks that exist while somebody uses them. */
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

export const utc = (millis: number): DateTime.Utc => DateTime.makeUnsafe(millis)
