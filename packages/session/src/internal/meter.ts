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
  const bind = <I, S>(metric: Metric.Metric<I, S>, attributes?: Record<string, string>) => {
    const bound = Metric.withAttributes(metric, { server, ...attributes })
    return (input: I) => bound.updateUnsafe(input, context)
  }
  const by = (metric: Metric.Counter<number>, key: string) => {
    const bound = new Map<string, (input: number) => void>()
    return (value: string) => {
      let add = bound.get(value)
      if (add === undefined) bound.set(value, add = bind(metric, { [key]: value }))
      add(1)
    }
  }
  const counted: ReadonlyArray<readonly [keyof Counters, (increment: number) => void]> = [
    ["retransmissions", bind(Metrics.retransmissions)],
    ["keepalives", bind(Metrics.keepalives)],
    ["logins", bind(Metrics.logins)],
    ["messages", bind(Metrics.messages, { fate: "Delivered" })],
    ["repeatedMessages", bind(Metrics.messages, { fate: "Repeated" })],
    ["missedMessages", bind(Metrics.messages, { fate: "Missed" })],
    ["lateMessages", bind(Metrics.messages, { fate: "Late" })],
    ["malformed", bind(Metrics.datagramsDropped, { reason: "Malformed" })],
    ["strayReplies", bind(Metrics.datagramsDropped, { reason: "Stray" })],
    ["unexpected", bind(Metrics.datagramsDropped, { reason: "Unexpected" })]
  ]
  const before = counted.map(() => 0)

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
      for (let i = 0; i < counted.length; i++) {
        const [name, add] = counted[i]!
        const increment = source.counters[name] - before[i]!
        if (increment === 0) continue
        before[i] = source.counters[name]
        add(increment)
      }
    },
    settled: by(Metrics.commands, "outcome"),
    lost: by(Metrics.reconnects, "cause"),
    measured: bind(Metrics.roundTrip)
  }
})
