/**
 * Counts and gauges of one server, as series of Effect's metrics.
 */
import * as Context from "effect/Context"
import { constVoid } from "effect/Function"
import * as Metric from "effect/Metric"

/** The attributes by which a server is known, as OpenTelemetry names them. `peer`: `host:port`, or any other name. */
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

/** The cells of each registry, by series. As many as the registry has series of ours, which it keeps for as long. */
const registries = new WeakMap<object, Map<string, Cell>>()

/**
 * A series as Effect's registry tells them apart. If two keys here were one there, the second cell would take the place of the
 * first, and the counts so far would vanish.
 */
const keyOf = (metric: Metric.Counter<number>, attributes: Record<string, string>): string =>
  JSON.stringify([metric.id, Object.entries(attributes).sort(([a], [b]) => a < b ? -1 : 1)])

/** The cell of a series, registered if it is new. */
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

/** Shows a value for as long as it is not removed. */
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
