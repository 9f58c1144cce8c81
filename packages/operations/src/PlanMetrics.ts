/**
 * Metrics of restart plans and of rotas (messages that are announced in turn), as Effect `Metric`s.
 *
 * **Details**
 *
 * | name                       | kind    | attributes                | meaning                                                 |
 * | -------------------------- | ------- | ------------------------- | ------------------------------------------------------- |
 * | `bercon_plan_events_total` | counter | `plan`, `server`, `event` | number of events; `event`: the tag of a `PlanEvent`     |
 * | `bercon_restart_seconds`   | gauge   | `plan`, `server`          | duration of the last restart, from the command on       |
 *
 * Events are logged as well, with the annotations `plan` and `server`: `NotBack`, `NotRestarted` (unless the restart was
 * aborted, or the server was empty) and `StepFailed` as warnings, the others at level info.
 *
 * **Example** (The duration of the last restart)
 *
 * ```ts
 * import { PlanMetrics } from "@bercon/operations"
 * import { Metric } from "effect"
 *
 * const seconds = Metric.value(Metric.withAttributes(PlanMetrics.restartSeconds, { plan: "nightly", server: "altis" }))
 * ```
 *
 * @stability stable
 * @since 0.1.0
 */
import * as Metric from "effect/Metric"

/**
 * The number of events of plans and rotas, by plan, server and tag of the event.
 *
 * @category metrics
 * @since 0.1.0
 */
export const events: Metric.Counter<number> = Metric.counter("bercon_plan_events_total", {
  description: "Events of plans and rotas, by their tag",
  incremental: true
})

/**
 * The duration of the last restart, in seconds, from the command on.
 *
 * @category metrics
 * @since 0.1.0
 */
export const restartSeconds: Metric.Gauge<number> = Metric.gauge("bercon_restart_seconds", {
  description: "How long the last restart took, in seconds, from the command on"
})
