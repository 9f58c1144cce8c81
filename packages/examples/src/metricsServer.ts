import { HttpRouter } from "effect/http"
import { PrometheusMetrics } from "effect/observability"

/** Serves all metrics at `/metrics`, in the text format of Prometheus. */
export const MetricsServer = HttpRouter.serve(PrometheusMetrics.layerHttp())
