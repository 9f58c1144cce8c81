/**
 * What a session counts and measures, as Effect `Metric`s.
 *
 * **Details**
 *
 * Every metric has the attributes `server.address` and `server.port`. The counters of several sessions with one server add
 * up. The gauges are those of the newest session, and are removed when it closes. Compute rates in your monitoring system,
 * such as the share of commands that had to be sent again.
 *
 * | name                             | kind      | attributes            | counts                                                  |
 * | -------------------------------- | --------- | --------------------- | ------------------------------------------------------- |
 * | `bercon_online`                  | gauge     |                       | 1 while the session is online, otherwise 0              |
 * | `bercon_commands_total`          | counter   | `outcome`             | commands settled: `Success`, `Interrupted`, or the tag of the `CommandError`'s reason |
 * | `bercon_retransmissions_total`   | counter   |                       | command datagrams sent again                            |
 * | `bercon_round_trip_seconds`      | histogram |                       | seconds to the answer of commands that were sent once   |
 * | `bercon_keepalives_total`        | counter   |                       | keepalives and probes, repetitions not counted          |
 * | `bercon_logins_total`            | counter   |                       | login packets sent                                      |
 * | `bercon_reconnects_total`        | counter   | `cause`               | sessions lost, by the cause in `Status`                 |
 * | `bercon_messages_total`          | counter   | `fate`                | messages: `Delivered` in order; `Repeated`, came again; `Missed`, given up; `Late`, delivered after that |
 * | `bercon_datagrams_dropped_total` | counter   | `reason`              | datagrams without use: `Malformed`; `Oversized`, of more than 2 KiB; `Stray`, a reply nobody waits for; `Excess`, a part for which there is no room; `Unexpected`, out of place |
 * | `bercon_commands_waiting`        | gauge     |                       | commands in the queue now                               |
 * | `bercon_commands_in_flight`      | gauge     |                       | commands sent and not answered now                      |
 *
 * @since 0.1.0
 */
import * as Metric from "effect/Metric"

/**
 * Whether the session is online: 1 or 0.
 *
 * @category metrics
 * @since 0.1.0
 */
export const online: Metric.Gauge<number> = Metric.gauge("bercon_online", {
  description: "Whether the session is online: 1 or 0"
})

/**
 * Commands settled, by outcome.
 *
 * @category metrics
 * @since 0.1.0
 */
export const commands: Metric.Counter<number> = Metric.counter("bercon_commands_total", {
  description: "Commands settled, by outcome",
  incremental: true
})

/**
 * Command datagrams sent again.
 *
 * @category metrics
 * @since 0.1.0
 */
export const retransmissions: Metric.Counter<number> = Metric.counter("bercon_retransmissions_total", {
  description: "Command datagrams sent again",
  incremental: true
})

/**
 * Seconds from a command to its answer, of commands that were sent once.
 *
 * @category metrics
 * @since 0.1.0
 */
export const roundTrip: Metric.Histogram<number> = Metric.histogram("bercon_round_trip_seconds", {
  description: "Seconds from a command to its answer, of commands that were sent once",
  boundaries: Metric.exponentialBoundaries({ start: 0.0005, factor: 2, count: 16 })
})

/**
 * Keepalives sent.
 *
 * @category metrics
 * @since 0.1.0
 */
export const keepalives: Metric.Counter<number> = Metric.counter("bercon_keepalives_total", {
  description: "Keepalives sent, repetitions not counted",
  incremental: true
})

/**
 * Login packets sent.
 *
 * @category metrics
 * @since 0.1.0
 */
export const logins: Metric.Counter<number> = Metric.counter("bercon_logins_total", {
  description: "Login packets sent",
  incremental: true
})

/**
 * Sessions lost, by cause.
 *
 * @category metrics
 * @since 0.1.0
 */
export const reconnects: Metric.Counter<number> = Metric.counter("bercon_reconnects_total", {
  description: "Sessions lost, by cause",
  incremental: true
})

/**
 * Messages, by what became of them.
 *
 * @category metrics
 * @since 0.1.0
 */
export const messages: Metric.Counter<number> = Metric.counter("bercon_messages_total", {
  description: "Messages, by what became of them",
  incremental: true
})

/**
 * Datagrams without use, by reason.
 *
 * @category metrics
 * @since 0.1.0
 */
export const datagramsDropped: Metric.Counter<number> = Metric.counter("bercon_datagrams_dropped_total", {
  description: "Datagrams without use, by reason",
  incremental: true
})

/**
 * Commands in the queue now.
 *
 * @category metrics
 * @since 0.1.0
 */
export const commandsWaiting: Metric.Gauge<number> = Metric.gauge("bercon_commands_waiting", {
  description: "Commands in the queue now"
})

/**
 * Commands sent and not answered now.
 *
 * @category metrics
 * @since 0.1.0
 */
export const commandsInFlight: Metric.Gauge<number> = Metric.gauge("bercon_commands_in_flight", {
  description: "Commands sent and not answered now"
})
