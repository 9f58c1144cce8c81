/**
 * Parts that the packages of bercon share. They may change in any release; no program should use them.
 *
 * @since 0.1.0
 */

export { Alarm } from "./internal/alarm.ts"
export { Broadcast } from "./internal/broadcast.ts"
/** Makes the errors of commands. */
export * as CommandErrors from "./internal/commandError.ts"
/** Reads the monotonic clock. */
export * as Monotonic from "./internal/monotonic.ts"
/** Wraps an effect in a span if somebody takes spans. */
export * as Span from "./internal/span.ts"
/** Counts and gauges of one server. */
export * as Series from "./internal/series.ts"
