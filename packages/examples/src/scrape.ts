import type { Effect } from "effect"
import { PrometheusMetrics } from "effect/observability"

/** All metrics in the text format of Prometheus. Serve it at `/metrics`. */
export const scrape: Effect.Effect<string> = PrometheusMetrics.format()
