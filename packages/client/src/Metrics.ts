/**
 * The metrics of a client and its session, as Effect `Metric`s.
 *
 * **Details**
 *
 * The metrics of the session are in the table of `@bercon/session/Metrics`. The client adds these:
 *
 * | name                         | kind    | attributes            | meaning                                        |
 * | ---------------------------- | ------- | --------------------- | ---------------------------------------------- |
 * | `bercon_events_total`        | counter | the server's, `event` | events, by their tag                           |
 * | `bercon_players`             | gauge   | the server's          | players on the server, according to the roster |
 * | `bercon_events_missed_total` | counter | `event`               | events that slow handlers have lost            |
 *
 * The server's attributes are those of the session's metrics: `server.address` and `server.port`. The `event` of
 * `bercon_events_missed_total` is the tag that the handler is for. The lost events may have other tags.
 *
 * **Example** (Reading a metric)
 *
 * ```ts
 * import { Metrics } from "@bercon/client"
 * import { Metric } from "effect"
 *
 * const players = Metric.value(
 *   Metric.withAttributes(Metrics.players, { "server.address": "203.0.113.7", "server.port": "2306" })
 * )
 * ```
 *
 * @stability stable
 * @since 0.1.0
 */
import * as Metric from "effect/Metric"

export * from "@bercon/session/Metrics"

/**
 * Events, by their tag.
 *
 * @category metrics
 * @since 0.1.0
 */
export const events: Metric.Counter<number> = Metric.counter("bercon_events_total", {
  description: "Events, by their tag",
  incremental: true
})

/**
 * Events of any kind that slow handlers have lost, by the tag that the handler is for.
 *
 * @category metrics
 * @since 0.1.0
 */
export const eventsMissed: Metric.Counter<number> = Metric.counter("bercon_events_missed_total", {
  description: "Events that slow handlers have lost",
  incremental: true
})

/**
 * Players on the server, according to the roster.
 *
 * @category metrics
 * @since 0.1.0
 */
export const players: Metric.Gauge<number> = Metric.gauge("bercon_players", {
  description: "Players on the server, according to the roster"
})
