/**
 * Internal parts that the packages of bercon share. They may change in any release; do not use them in programs.
 *
 * @stability experimental
 * @since 0.1.0
 */

export { Alarm } from "./internal/alarm.ts"
export { Broadcast } from "./internal/broadcast.ts"
/** Constructs command errors. */
export * as CommandErrors from "./internal/commandError.ts"
/** Reads the monotonic clock. */
export * as Monotonic from "./internal/monotonic.ts"
/** Validates and formats the address of a server. */
export * as Peer from "./internal/peer.ts"
/** Checks the options of a session. */
export * as SessionSettings from "./internal/settings.ts"
/** Wraps an effect in a span if a tracer is installed. */
export * as Span from "./internal/span.ts"
/** Counters and gauges of one server. */
export * as Series from "./internal/series.ts"
