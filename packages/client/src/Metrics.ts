/**
 * What is counted of clients and their sessions, as Effect `Metric`s.
 *
 * **Details**
 *
 * Those of the session (see the table of `@bercon/session/Metrics`), and of the client, with the same attributes:
 *
 * | name                  | kind    | attributes | counts                                                          |
 * | --------------------- | ------- | ---------- | --------------------------------------------------------------- |
 * | `bercon_events_total` | counter | `event`    | events, by their tag                                            |
 * | `bercon_players`      | gauge   |            | players on the server, as far as the roster knows               |
 * | `bercon_events_missed_total` | counter | `event` | events that a slow handler has lost, by the tag of its kind. Without the attributes of the server |
 *
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
 * Events that slow handlers have lost.
 *
 * @category metrics
 * @since 0.1.0
 */
export const eventsMissed: Metric.Counter<number> = Metric.counter("bercon_events_missed_total", {
  description: "Events that slow handlers have lost",
  incremental: true
})

/**
 * Players on the server, as far as the roster knows.
 *
 * @category metrics
 * @since 0.1.0
 */
export const players: Metric.Gauge<number> = Metric.gauge("bercon_players", {
  description: "Players on the server, as far as the roster knows"
})
