/**
 * Parts that the packages of bercon share. They may change in any release; no program should use them.
 *
 * @since 0.1.0
 */

/** Waits for the next of many deadlines with one fiber. */
export * as Alarm from "./internal/alarm.ts"
/** Hands values on to any number of subscribers, each at its own pace. */
export * as Broadcast from "./internal/broadcast.ts"
/** Reads the monotonic clock. */
export * as Monotonic from "./internal/monotonic.ts"
