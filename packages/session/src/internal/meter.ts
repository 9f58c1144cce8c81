/**
 * Carries what a machine has counted over into the metrics.
 */
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Metrics from "../Metrics.ts"
import type { Counters } from "../SessionMachine.ts"

export interface Meter {
  /** Brings the metrics up to what the machine has counted by now. Cheap where nothing has changed. */
  readonly update: (counters: Counters, load: { readonly waiting: number; readonly inFlight: number }) => void
  readonly settled: (outcome: string) => void
  readonly lost: (cause: string) => void
  readonly measured: (milliseconds: number) => void
}

export const make = (server: string): Effect.Effect<Meter> =>
  Effect.map(Effect.context(), (context) => {
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
    // Gauges are changed by the difference, so that several sessions with one server add up.
    const change = (metric: Metric.Gauge<number>) => {
      const bound = Metric.withAttributes(metric, { server })
      let last = 0
      return (value: number) => {
        if (value !== last) bound.modifyUnsafe(value - last, context)
        last = value
      }
    }
    const waiting = change(Metrics.commandsWaiting)
    const inFlight = change(Metrics.commandsInFlight)

    return {
      update: (counters, load) => {
        for (let i = 0; i < counted.length; i++) {
          const [name, add] = counted[i]!
          const increment = counters[name] - before[i]!
          if (increment === 0) continue
          before[i] = counters[name]
          add(increment)
        }
        waiting(load.waiting)
        inFlight(load.inFlight)
      },
      settled: by(Metrics.commands, "outcome"),
      lost: by(Metrics.reconnects, "cause"),
      measured: bind(Metrics.roundTrip)
    }
  })
