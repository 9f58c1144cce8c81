/**
 * The connection status of a session.
 *
 * A status is plain immutable data. `Session.status` returns the current one; `Session.statusChanges` emits it and
 * every later one.
 *
 * **Example** (Waiting for the end of an outage)
 *
 * ```ts
 * import type { Session } from "@bercon/session"
 * import { Stream } from "effect"
 *
 * const untilOnline = (session: Session.Session["Service"]) =>
 *   session.statusChanges.pipe(Stream.takeUntil(({ _tag }) => _tag === "Online"), Stream.runDrain)
 * ```
 *
 * @stability stable
 * @since 0.1.0
 */
import type * as Exit from "effect/Exit"
import type { LoginFailure, OutageCause } from "./LoginFailure.ts"

/**
 * A period without a session: before the first login, or from the loss of a session to its return or the next login.
 *
 * @category models
 * @since 0.1.0
 */
export interface Outage {
  /** The last known cause. `Silence` if no other cause is known. */
  readonly cause: OutageCause
  /** Number of login packets sent in this outage so far. */
  readonly tries: number
  /** Start of the outage in milliseconds since 1970, by the clock of this machine. */
  readonly since: number
}

/**
 * The connection status of a session.
 *
 * **Details**
 *
 * - `Connecting`: before the first login.
 * - `Online`: logged in.
 * - `Reconnecting`: from the moment at which the loss of a session is detected, to the next login, or until the server
 *   continues the session after all.
 * - `Closed`: the end. `exit` is successful if the owner closed the session.
 *
 * During an outage, changes of `cause` and `tries` are not published: read the status again to see them. The exception
 * is a refusal under `retryRefused`, which is published.
 *
 * @category models
 * @since 0.1.0
 */
export type Status =
  | { readonly _tag: "Connecting" } & Outage
  | { readonly _tag: "Online" }
  | { readonly _tag: "Reconnecting" } & Outage
  | { readonly _tag: "Closed"; readonly exit: Exit.Exit<void, LoginFailure> }
