/**
 * Publishes the counters of a session as metrics.
 *
 * The count of each series is a plain number, which costs almost nothing to increment, and is read when the metrics are
 * read. A series is registered with its first count: most sessions need few, and there may be thousands of sessions.
 */
import type * as Context from "effect/Context"
import type * as Metric from "effect/Metric"
import * as Metrics from "../Metrics.ts"
import type { Status } from "../Status.ts"
import type { Counters } from "./counters.ts"
import {
  attributesOf,
  type Cell,
  cellOf,
  type Distribution,
  distributionOf,
  gauge,
  ROUND_TRIP_BOUNDARIES
} from "./series.ts"

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

/** The parts of a machine that are published. */
interface Source {
  readonly counters: Counters
  readonly status: Status
  readonly load: { readonly waiting: number; readonly inFlight: number }
}

export class Meter {
  readonly #attributes: Record<string, string>
  readonly #source: Source
  readonly #context: Context.Context<never>
  /** The machine's counters at the last update, and the cells that they were added to. */
  readonly #before: Array<number> = series.map(() => 0)
  readonly #cells: Array<Cell | undefined> = series.map(() => undefined)
  /** The cells of settled commands, by outcome, so that counting does not construct the key of the series. */
  readonly #outcomes = new Map<string, Cell>()
  #roundTrips: Distribution | undefined
  readonly #gauges: ReadonlyArray<{ readonly remove: () => void }>

  constructor(peer: string, source: Source, context: Context.Context<never>) {
    this.#attributes = attributesOf(peer)
    this.#source = source
    this.#context = context
    this.#gauges = [
      gauge(context, Metrics.online, this.#attributes, () => source.status._tag === "Online" ? 1 : 0),
      gauge(context, Metrics.commandsWaiting, this.#attributes, () => source.load.waiting),
      gauge(context, Metrics.commandsInFlight, this.#attributes, () => source.load.inFlight)
    ]
  }

  /** Adds the machine's counts since the last update. */
  update(): void {
    const { counters } = this.#source
    for (let i = 0; i < series.length; i++) {
      const { name } = series[i]!
      const increment = counters[name] - this.#before[i]!
      if (increment === 0) continue
      const { attributes, metric } = series[i]!
      this.#before[i]! += increment
      const cell = this.#cells[i] ??= this.#cellOf(metric, attributes)
      cell.count += increment
    }
  }

  /** Records the outcome of a command. */
  settled(outcome: string): void {
    let cell = this.#outcomes.get(outcome)
    if (cell === undefined) this.#outcomes.set(outcome, cell = this.#cellOf(Metrics.commands, { outcome }))
    cell.count++
  }

  /** Records the loss of the session. */
  lost(cause: string): void {
    this.#cellOf(Metrics.reconnects, { cause }).count++
  }

  /** Records the time from a command to its reply. */
  measured(milliseconds: number): void {
    this.#roundTrips ??= distributionOf(this.#context, Metrics.roundTrip, this.#attributes, ROUND_TRIP_BOUNDARIES)
    this.#roundTrips.record(milliseconds / 1000)
  }

  #cellOf(metric: Metric.Counter<number>, attributes: Record<string, string> | undefined): Cell {
    return cellOf(this.#context, metric, { ...this.#attributes, ...attributes })
  }

  /** Removes the gauges of a session that has ended. */
  close(): void {
    for (const gauge of this.#gauges) gauge.remove()
  }
}
