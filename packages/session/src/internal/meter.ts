/**
 * Carries what a machine has counted over into the metrics.
 */
import * as Effect from "effect/Effect"
import { constVoid } from "effect/Function"
import * as Metric from "effect/Metric"
import type * as Scope from "effect/Scope"
import * as Metrics from "../Metrics.ts"
import type { Counters } from "../SessionMachine.ts"

export interface Meter {
  /** Brings the metrics up to what the machine has counted by now. Cheap where nothing has changed. */
  readonly update: () => void
  readonly settled: (outcome: string) => void
  readonly lost: (cause: string) => void
  readonly measured: (milliseconds: number) => void
}

const series: ReadonlyArray<{
  readonly name: keyof Counters
  readonly metric: Metric.Counter<number>
  readonly attributes?: Record<string, string>
}> = [
  { name: "retransmissions", metric: Metrics.retransmissions },
  { name: "keepalives", metric: Metrics.keepalives },
  { name: "logins", metric: Metrics.logins },
  { name: "messages", metric: Metrics.messages, attributes: { fate: "Delivered" } },
  { name: "repeatedMessages", metric: Metrics.messages, attributes: { fate: "Repeated" } },
  { name: "missedMessages", metric: Metrics.messages, attributes: { fate: "Missed" } },
  { name: "lateMessages", metric: Metrics.messages, attributes: { fate: "Late" } },
  { name: "malformed", metric: Metrics.datagramsDropped, attributes: { reason: "Malformed" } },
  { name: "oversized", metric: Metrics.datagramsDropped, attributes: { reason: "Oversized" } },
  { name: "excessParts", metric: Metrics.datagramsDropped, attributes: { reason: "Excess" } },
  { name: "strayReplies", metric: Metrics.datagramsDropped, attributes: { reason: "Stray" } },
  { name: "unexpected", metric: Metrics.datagramsDropped, attributes: { reason: "Unexpected" } }
]

/** What a machine shows of itself. */
interface Source {
  readonly counters: Counters
  readonly load: { readonly waiting: number; readonly inFlight: number }
}

export const make: (
  server: string,
  source: Source
) => Effect.Effect<Meter, never, Scope.Scope> = Effect.fnUntraced(function*(server, source) {
  const context = yield* Effect.context()
  // A series is made when it is first needed: most sessions need few, and there may be thousands of sessions.
  const lazily = <I, S>(metric: Metric.Metric<I, S>, attributes?: Record<string, string>) => {
    let bound: Metric.Metric<I, S> | undefined
    return (input: I) => {
      bound ??= Metric.withAttributes(metric, { server, ...attributes })
      bound.updateUnsafe(input, context)
    }
  }
  const by = (metric: Metric.Counter<number>, key: string) => {
    const bound = new Map<string, (input: number) => void>()
    return (value: string) => {
      let add = bound.get(value)
      if (add === undefined) bound.set(value, add = lazily(metric, { [key]: value }))
      add(1)
    }
  }
  const before = series.map(() => 0)
  const adders = new Array<((increment: number) => void) | undefined>(series.length)

  // Read when somebody reads them: they change with every command.
  const show = (metric: Metric.Gauge<number>, get: () => number) =>
    Effect.acquireRelease(
      Effect.sync(() =>
        Metric.registerUnsafe(Metric.withAttributes(metric, { server }), context, {
          get: () => ({ value: get() }),
          update: constVoid,
          modify: constVoid
        })
      ),
      (registration) => Effect.sync(() => registration.remove())
    )
  yield* show(Metrics.commandsWaiting, () => source.load.waiting)
  yield* show(Metrics.commandsInFlight, () => source.load.inFlight)
  return {
    update: () => {
      for (let i = 0; i < series.length; i++) {
        const { attributes, metric, name } = series[i]!
        const increment = source.counters[name] - before[i]!
        if (increment === 0) continue
        before[i] = source.counters[name]
        const add = adders[i] ??= lazily(metric, attributes)
        add(increment)
      }
    },
    settled: by(Metrics.commands, "outcome"),
    lost: by(Metrics.reconnects, "cause"),
    measured: lazily(Metrics.roundTrip)
  }
})
