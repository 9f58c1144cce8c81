/**
 * How a session is doing.
 *
 * @since 0.1.0
 */
import type * as Exit from "effect/Exit"
import type { LoginFailure } from "./LoginFailure.ts"

/**
 * How the session is doing.
 *
 * **Details**
 *
 * `Connecting` until the first login, then `Online`; `Reconnecting` from the moment the server is found gone until the
 * next login; `Closed` at the end, with a successful exit where the owner closed it.
 *
 * @category models
 * @since 0.1.0
 */
export type Status =
  | { readonly _tag: "Connecting" }
  | { readonly _tag: "Online" }
  | { readonly _tag: "Reconnecting"; readonly cause: "Silence" | "PortClosed" | "TransportFailed" }
  | { readonly _tag: "Closed"; readonly exit: Exit.Exit<void, LoginFailure> }
