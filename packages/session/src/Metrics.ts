/**
 * What a session counts and measures, as Effect `Metric`s.
 *
 * **Details**
 *
 * Every metric has the attribute `server` (`host:port`). The counters of several sessions with one server add up. The gauges
 * are those of the newest session, and are removed when it closes. Compute rates in your monitoring system, such as the share
 * of commands that had to be sent again.
 *
 * | name                             | kind      | attributes            | counts                                                  |
 * | -------------------------------- | --------- | --------------------- | ------------------------------------------------------- |
 * | `bercon_commands`                | counter   | `server`, `outcome`   | commands settled: `Success`, `Interrupted`, or the tag of the `CommandError`'s reason |
 * | `bercon_retransmissions`         | counter   | `server`              | command datagrams sent again                            |
 * | `bercon_round_trip_milliseconds` | histogram | `server`              | time to the answer of commands that were sent once      |
 * | `bercon_keepalives`              | counter   | `server`              | keepalives and probes, repetitions not counted          |
 * | `bercon_logins`                  | counter   | `server`              | login packets sent                                      |
 * | `bercon_reconnects`              | counter   | `server`, `cause`     | sessions lost, by the cause in `Status`                 |
 * | `bercon_messages`                | counter   | `server`, `fate`      | messages: `Delivered` in order; `Repeated`, came again; `Missed`, given up; `Late`, delivered after that |
 * | `bercon_datagrams_dropped`       | counter   | `server`, `reason`    | datagrams without use: `Malformed`; `Oversized`, of more than 2 KiB; `Stray`, a reply nobody waits for; `Excess`, a part for which there is no room; `Unexpected`, out of place |
 * | `bercon_commands_waiting`        | gauge     | `server`              | commands in the queue now                               |
 * | `bercon_commands_in_flight`      | gauge     | `server`              | commands sent and not answered now                      |
 *
 * @since 0.1.0
 */
import * as Metric from "effect/Metric"

/**
 * Commands settled, by outcome.
 *
 * @category metrics
 * @since 0.1.0
 */
export const commands: Metric.Counter<number> = Metric.counter("bercon_commands", {
  description: "Commands settled, by outcome",
  incremental: true
})

/**
 * Command datagrams sent again.
 *
 * @category metrics
 * @since 0.1.0
 */
export const retransmissions: Metric.Counter<number> = Metric.counter("bercon_retransmissions", {
  description: "Command datagrams sent again",
  incremental: true
})

/**
 * Milliseconds from a command to its answer, of commands that were sent once.
 *
 * @category metrics
 * @since 0.1.0
 */
export const roundTrip: Metric.Histogram<number> = Metric.histogram("bercon_round_trip_milliseconds", {
  description: "Milliseconds from a command to its answer, of commands that were sent once",
  boundaries: Metric.exponentialBoundaries({ start: 0.5, factor: 2, count: 16 })
})

/**
 * Keepalives sent.
 *
 * @category metrics
 * @since 0.1.0
 */
export const keepalives: Metric.Counter<number> = Metric.counter("bercon_keepalives", {
  description: "Keepalives sent, repetitions not counted",
  incremental: true
})

/**
 * Login packets sent.
 *
 * @category metrics
 * @since 0.1.0
 */
export const logins: Metric.Counter<number> = Metric.counter("bercon_logins", {
  description: "Login packets sent",
  incremental: true
})

/**
 * Sessions lost, by cause.
 *
 * @category metrics
 * @since 0.1.0
 */
export const reconnects: Metric.Counter<number> = Metric.counter("bercon_reconnects", {
  description: "Sessions lost, by cause",
  incremental: true
})

/**
 * Messages, by what became of them.
 *
 * @category metrics
 * @since 0.1.0
 */
export const messages: Metric.Counter<number> = Metric.counter("bercon_messages", {
  description: "Messages, by what became of them",
  incremental: true
})

/**
 * Datagrams without use, by reason.
 *
 * @category metrics
 * @since 0.1.0
 */
export const datagramsDropped: Metric.Counter<number> = Metric.counter("bercon_datagrams_dropped", {
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
