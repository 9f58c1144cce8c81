/**
 * The metrics of a session, as Effect `Metric`s.
 *
 * **Details**
 *
 * Every metric has the attributes `server.address` and `server.port`. Counters of several sessions with one server add
 * up. Gauges belong to the newest session, and are removed when it closes. Compute rates, such as the share of commands
 * that were sent again, in your monitoring system.
 *
 * | name                             | kind      | attributes            | meaning                                                 |
 * | -------------------------------- | --------- | --------------------- | ------------------------------------------------------- |
 * | `bercon_online`                  | gauge     |                       | 1 while the session is online, otherwise 0              |
 * | `bercon_commands_total`          | counter   | `outcome`             | settled commands: `Success`, `Interrupted`, or the tag of the `CommandError`'s reason |
 * | `bercon_retransmissions_total`   | counter   |                       | command datagrams that were sent again                  |
 * | `bercon_round_trip_seconds`      | histogram |                       | seconds from a command to its reply, for commands that were sent once |
 * | `bercon_keepalives_total`        | counter   |                       | keepalives and probes, without retransmissions          |
 * | `bercon_logins_total`            | counter   |                       | login packets                                           |
 * | `bercon_reconnects_total`        | counter   | `cause`               | lost sessions, by the cause in `Status`                 |
 * | `bercon_messages_total`          | counter   | `fate`                | messages: `Delivered` in order; `Repeated`, a duplicate; `Missed`, given up; `Late`, delivered after it was given up |
 * | `bercon_datagrams_dropped_total` | counter   | `reason`              | unusable datagrams: `Malformed`; `Oversized`, more than 2 KiB; `Stray`, a reply without a pending command; `Excess`, a part beyond the memory limit; `Unexpected`, a packet that does not belong to the state of the session |
 * | `bercon_commands_waiting`        | gauge     |                       | commands in the queue                                   |
 * | `bercon_commands_in_flight`      | gauge     |                       | commands that were sent and are not answered yet        |
 *
 * **Example** (Reading a counter)
 *
 * ```ts
 * import { Metrics } from "@bercon/session"
 * import { Metric } from "effect"
 *
 * const retransmissions = Metric.value(
 *   Metric.withAttributes(Metrics.retransmissions, { "server.address": "203.0.113.7", "server.port": "2306" })
 * )
 * ```
 *
 * @stability stable
 * @since 0.1.0
 */
import * as Metric from "effect/Metric"
import { ROUND_TRIP_BOUNDARIES } from "./internal/series.ts"

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
 * Settled commands, by outcome.
 *
 * @category metrics
 * @since 0.1.0
 */
export const commands: Metric.Counter<number> = Metric.counter("bercon_commands_total", {
  description: "Settled commands, by outcome",
  incremental: true
})

/**
 * Command datagrams that were sent again.
 *
 * @category metrics
 * @since 0.1.0
 */
export const retransmissions: Metric.Counter<number> = Metric.counter("bercon_retransmissions_total", {
  description: "Command datagrams that were sent again",
  incremental: true
})

/**
 * Seconds from a command to its reply, for commands that were sent once.
 *
 * @category metrics
 * @since 0.1.0
 */
export const roundTrip: Metric.Histogram<number> = Metric.histogram("bercon_round_trip_seconds", {
  description: "Seconds from a command to its reply, for commands that were sent once",
  boundaries: ROUND_TRIP_BOUNDARIES
})

/**
 * Keepalives and probes, without retransmissions.
 *
 * @category metrics
 * @since 0.1.0
 */
export const keepalives: Metric.Counter<number> = Metric.counter("bercon_keepalives_total", {
  description: "Keepalives and probes, without retransmissions",
  incremental: true
})

/**
 * Login packets.
 *
 * @category metrics
 * @since 0.1.0
 */
export const logins: Metric.Counter<number> = Metric.counter("bercon_logins_total", {
  description: "Login packets",
  incremental: true
})

/**
 * Lost sessions, by cause.
 *
 * @category metrics
 * @since 0.1.0
 */
export const reconnects: Metric.Counter<number> = Metric.counter("bercon_reconnects_total", {
  description: "Lost sessions, by cause",
  incremental: true
})

/**
 * Messages, by fate.
 *
 * @category metrics
 * @since 0.1.0
 */
export const messages: Metric.Counter<number> = Metric.counter("bercon_messages_total", {
  description: "Messages, by fate",
  incremental: true
})

/**
 * Unusable datagrams, by reason.
 *
 * @category metrics
 * @since 0.1.0
 */
export const datagramsDropped: Metric.Counter<number> = Metric.counter("bercon_datagrams_dropped_total", {
  description: "Unusable datagrams, by reason",
  incremental: true
})

/**
 * Commands in the queue.
 *
 * @category metrics
 * @since 0.1.0
 */
export const commandsWaiting: Metric.Gauge<number> = Metric.gauge("bercon_commands_waiting", {
  description: "Commands in the queue"
})

/**
 * Commands that were sent and are not answered yet.
 *
 * @category metrics
 * @since 0.1.0
 */
export const commandsInFlight: Metric.Gauge<number> = Metric.gauge("bercon_commands_in_flight", {
  description: "Commands that were sent and are not answered yet"
})
