/**
 * Counters and gauges of one server, as series of Effect's metrics.
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

/** The count of a series. It outlives the session: the counts of several sessions with one server add up. */
export interface Cell {
  count: number
}

/** The cells of each registry, by series. The registry itself keeps as many series for as long. */
const registries = new WeakMap<object, Map<string, Cell>>()

/**
 * The key of a series, equal for two series if and only if Effect's registry takes them for one. If two keys were one
 * series there, the second cell would replace the first, and its count would be lost.
 */
const keyOf = (metric: Metric.Counter<number>, attributes: Record<string, string>): string =>
  JSON.stringify([metric.id, Object.entries(attributes).sort(([a], [b]) => a < b ? -1 : 1)])

/** The cell of a series. A new series is registered. */
export const cellOf = (
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

/** Registers a gauge until it is removed. */
export const gauge = (
  context: Context.Context<never>,
  metric: Metric.Gauge<number>,
  attributes: Record<string, string>,
  get: () => number
): { readonly remove: () => void } =>
  Metric.registerUnsafe(Metric.withAttributes(metric, attributes), context, {
    get: () => ({ value: get() }),
    update: constVoid,
    modify: constVoid
  })
