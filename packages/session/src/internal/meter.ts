/**
 * Shows what a session counts as metrics.
 *
 * The counts are plain numbers, which cost nothing to add to, and are read when somebody reads the metrics. A series is
 * registered when its first count comes: most sessions need few, and there may be thousands of sessions.
 */
import * as Context from "effect/Context"
import { constVoid } from "effect/Function"
import * as Metric from "effect/Metric"
import * as Metrics from "../Metrics.ts"
import type { Counters } from "../SessionMachine.ts"

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

/** The count of a series. It outlives the session: the counts of several sessions with one server add up. */
interface Cell {
  count: number
}

/** The cells of each registry, by series. As many as the registry has series of ours, which it keeps for as long. */
const registries = new WeakMap<object, Map<string, Cell>>()

/**
 * A series as Effect's registry tells them apart. If two keys here were one there, the second cell would take the place of the
 * first, and the counts so far would vanish.
 */
const keyOf = (metric: Metric.Counter<number>, attributes: Record<string, string>): string =>
  JSON.stringify([metric.id, Object.entries(attributes).sort(([a], [b]) => a < b ? -1 : 1)])

/** The cell of a series, registered if it is new. */
const cellOf = (
  context: Context.Context<never>,
  metric: Metric.Counter<number>,
  attributes: Record<string, string>
): Cell => {
  const registry = Context.get(context, Metric.MetricRegistry)
  let cells = registries.get(registry)
  if (cells === undefined) registries.set(registry, cells = new Map())
  const key = keyOf(metric, { ...Context.get(context, Metric.CurrentMetricAttributes), ...attributes })
  const known = cells.get(key)
  if (known !== undefined) return known
  const cell: Cell = { count: 0 }
  cells.set(key, cell)
  Metric.registerUnsafe(Metric.withAttributes(metric, attributes), context, {
    get: () => ({ count: cell.count, incremental: true }),
    update: constVoid,
    modify: constVoid
  })
  return cell
}

export class Meter {
  readonly #server: string
  readonly #source: Source
  readonly #context: Context.Context<never>
  /** The machine's counts at the last update, and the cells that they were added to. */
  readonly #before: Array<number> = series.map(() => 0)
  readonly #cells: Array<Cell | undefined> = series.map(() => undefined)
  // By attribute value, so that a count does not have to make the key of its series.
  readonly #outcomes = new Map<string, Cell>()
  readonly #losses = new Map<string, Cell>()
  readonly #gauges: ReadonlyArray<{ readonly remove: () => void }>
  /** The context with the attributes of this session: `Metric.withAttributes` would make one for each round trip. */
  #roundTripContext: Context.Context<never> | undefined

  constructor(server: string, source: Source, context: Context.Context<never>) {
    this.#server = server
    this.#source = source
    this.#context = context
    this.#gauges = [
      this.#gauge(Metrics.commandsWaiting, () => source.load.waiting),
      this.#gauge(Metrics.commandsInFlight, () => source.load.inFlight)
    ]
  }

  #gauge(metric: Metric.Gauge<number>, get: () => number) {
    return Metric.registerUnsafe(Metric.withAttributes(metric, { server: this.#server }), this.#context, {
      get: () => ({ value: get() }),
      update: constVoid,
      modify: constVoid
    })
  }

  /** Takes over what the machine has counted since the last time. */
  update(): void {
    const { counters } = this.#source
    for (let i = 0; i < series.length; i++) {
      const { name } = series[i]!
      const increment = counters[name] - this.#before[i]!
      if (increment === 0) continue
      const { attributes, metric } = series[i]!
      this.#before[i]! += increment
      const cell = this.#cells[i] ??= cellOf(this.#context, metric, { server: this.#server, ...attributes })
      cell.count += increment
    }
  }

  /** Records what a command has ended with. */
  settled(outcome: string): void {
    this.#count(this.#outcomes, Metrics.commands, "outcome", outcome)
  }

  /** Records that the session was lost. */
  lost(cause: string): void {
    this.#count(this.#losses, Metrics.reconnects, "cause", cause)
  }

  /** Records the time from a command to its reply. */
  measured(milliseconds: number): void {
    this.#roundTripContext ??= Context.add(this.#context, Metric.CurrentMetricAttributes, {
      ...Context.get(this.#context, Metric.CurrentMetricAttributes),
      server: this.#server
    })
    Metrics.roundTrip.updateUnsafe(milliseconds, this.#roundTripContext)
  }

  #count(cells: Map<string, Cell>, metric: Metric.Counter<number>, key: string, value: string): void {
    let cell = cells.get(value)
    if (cell === undefined) {
      cells.set(value, cell = cellOf(this.#context, metric, { server: this.#server, [key]: value }))
    }
    cell.count++
  }

  /** Takes the gauges away: there is no session that they show. */
  close(): void {
    for (const gauge of this.#gauges) gauge.remove()
  }
}
