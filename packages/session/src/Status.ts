/**
 * How a session is doing.
 *
 * @since 0.1.0
 */
import type * as Exit from "effect/Exit"
import type { LoginFailure, OutageCause } from "./LoginFailure.ts"

/**
 * The time without a session: until the first login, or from the loss of a session to the next login.
 *
 * @category models
 * @since 0.1.0
 */
export interface Outage {
  /** The last known cause. `Silence` if nothing else is known. */
  readonly cause: OutageCause
  /** How many login packets were sent so far. */
  readonly tries: number
  /** When it began: milliseconds of the wall clock, as `Date.now()` counts them. */
  readonly since: number
}

/**
 * How the session is doing.
 *
 * **Details**
 *
 * `Connecting` until the first login, then `Online`; `Reconnecting` from the moment the session is found lost until the
 * next login; `Closed` at the end, with a successful exit if the owner closed it.
 *
 * During an outage `cause` and `tries` change without a change of the status: read the status again to see them. With
 * `retryRefused` a refusal counts as a change.
 *
 * @category models
 * @since 0.1.0
 */
export type Status =
  | { readonly _tag: "Connecting" } & Outage
  | { readonly _tag: "Online" }
  | { readonly _tag: "Reconnecting" } & Outage
  | { readonly _tag: "Closed"; readonly exit: Exit.Exit<void, LoginFailure> }
