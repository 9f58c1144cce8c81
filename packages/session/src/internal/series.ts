/**
 * Counters, gauges and histograms of one server, as series of Effect's metrics.
 */
import * as Context from "effect/Context"
import { constVoid } from "effect/Function"
import * as Metric from "effect/Metric"

/** The attributes that identify a server, named as in OpenTelemetry. `peer` is `host:port`, or any other name. */
export const attributesOf = (peer: string): Record<string, string> => {
  const match = /^(?:\[(.*)\]|(.*)):(\d{1,5})$/.exec(peer)
  return match === null
    ? { "server.address": peer }
    : { "server.address": match[1] ?? match[2] ?? "", "server.port": match[3] ?? "" }
}

/** Upper ends of the buckets for round-trip times, in seconds: 0.5 ms, 1 ms, and so on to 8 s, and infinity. */
export const ROUND_TRIP_BOUNDARIES = Metric.exponentialBoundaries({ start: 0.0005, factor: 2, count: 16 })

/** The count of a series. */
export interface Cell {
  count: number
}

/**
 * The states of each registry, by series. They outlive the session: the counts of several sessions with one server add
 * up. The registry itself keeps the same series, for the same time.
 */
const registries = new WeakMap<object, Map<string, unknown>>()

/**
 * The key of a series, equal for two series if and only if Effect's registry takes them for one. If one series had two
 * keys here, its second state would replace the first, and the counts of the first would be lost.
 */
const keyOf = (id: string, attributes: Record<string, string>): string =>
  JSON.stringify([id, Object.entries(attributes).sort(([a], [b]) => a < b ? -1 : 1)])

/** The state of a series. A new series is registered. */
const stateOf = <A, State>(
  context: Context.Context<never>,
  metric: Metric.Metric<number, State>,
  attributes: Record<string, string>,
  { get, make }: { readonly make: () => A; readonly get: (state: A) => State }
): A => {
  const registry = Context.get(context, Metric.MetricRegistry)
  let states = registries.get(registry)
  if (states === undefined) registries.set(registry, states = new Map())
  const key = keyOf(metric.id, { ...Context.get(context, Metric.CurrentMetricAttributes), ...attributes })
  const known = states.get(key) as A | undefined
  if (known !== undefined) return known
  const state = make()
  states.set(key, state)
  register(context, metric, attributes, () => get(state))
  return state
}

/** Registers a series, whose value is read when the metrics are read. */
const register = <State>(
  context: Context.Context<never>,
  metric: Metric.Metric<number, State>,
  attributes: Record<string, string>,
  get: () => State
): { readonly remove: () => void } =>
  Metric.registerUnsafe(Metric.withAttributes(metric, attributes), context, {
    get,
    update: constVoid,
    modify: constVoid
  })

const counter = {
  make: (): Cell => ({ count: 0 }),
  get: ({ count }: Cell): Metric.CounterState<number> => ({ count, incremental: true })
}

/** The cell of a counter's series. */
export const cellOf = (
  context: Context.Context<never>,
  metric: Metric.Counter<number>,
  attributes: Record<string, string>
): Cell => stateOf(context, metric, attributes, counter)

/**
 * The state of a histogram's series. Effect's own update remembers only the key of the last series that it updated.
 * With many servers, it would construct a key for nearly every update.
 */
export class Distribution {
  readonly #boundaries: ReadonlyArray<number>
  readonly #counts: Array<number>
  #count = 0
  #sum = 0
  #min = Number.MAX_VALUE
  #max = -Number.MAX_VALUE

  /** `boundaries`: the upper ends of the buckets, ascending, the last one infinite. */
  constructor(boundaries: ReadonlyArray<number>) {
    this.#boundaries = boundaries
    this.#counts = boundaries.map(() => 0)
  }

  record(value: number): void {
    this.#counts[this.#boundaries.findIndex((boundary) => value <= boundary)]!++
    this.#count++
    this.#sum += value
    if (value < this.#min) this.#min = value
    if (value > this.#max) this.#max = value
  }

  get state(): Metric.HistogramState {
    let total = 0
    return {
      buckets: this.#boundaries.map((boundary, i) => [boundary, total += this.#counts[i]!]),
      count: this.#count,
      sum: this.#sum,
      min: this.#min,
      max: this.#max
    }
  }
}

/** The state of a histogram's series. `boundaries`: those of the metric. */
export const distributionOf = (
  context: Context.Context<never>,
  metric: Metric.Histogram<number>,
  attributes: Record<string, string>,
  boundaries: ReadonlyArray<number>
): Distribution =>
  stateOf(context, metric, attributes, {
    make: () => new Distribution(boundaries),
    get: ({ state }) => state
  })

/** Registers a gauge until it is removed. */
export const gauge = (
  context: Context.Context<never>,
  metric: Metric.Gauge<number>,
  attributes: Record<string, string>,
  get: () => number
): { readonly remove: () => void } => register(context, metric, attributes, () => ({ value: get() }))
