/**
 * How a server's list of bans compares with the book.
 *
 * **Example** (Servers whose list could not be made to agree)
 *
 * ```ts
 * import { BanEnforcement } from "@bercon/operations"
 * import { Effect } from "effect"
 *
 * const failing = Effect.gen(function*() {
 *   const { status } = yield* BanEnforcement.BanEnforcement
 *   return Array.from(yield* status).flatMap(([server, one]) => one._tag === "Failing" ? [`${server}: ${one.reason}`] : [])
 * })
 * ```
 *
 * @stability stable
 * @since 0.1.0
 */

/**
 * How a server's list of bans compares with the book.
 *
 * **Details**
 *
 * - `Waiting`: the client is not logged in. The list is compared after the next login.
 * - `Converging`: the list is being changed. `missing`: the number of bans to be added. `excess`: the number of rows to be
 *   removed.
 * - `Converged`: the list agreed with the book when it was last read, at the time `at` (milliseconds since 1970). `rows`: the
 *   number of rows of the book. `foreign`: the number of rows of other admins. `orphans`: the number of rows that have the mark
 *   of the book and a number that it has no record of. Orphans stay, see `orphans` of `BanPolicy`.
 * - `Failing`: the list could not be read or changed, because of `reason`. `tries`: how often that was tried since the time
 *   `since` (milliseconds since 1970). The delay before the next try grows from one second to one minute.
 * - `Absent`: the fleet has no server with this id, but a policy or a ban names it. `bans`: the number of bans in force that
 *   name it. The id may be mistyped. If the server is added later, bans are enforced on it.
 * - `Ended`: the session has ended for good, because of `reason`. In a fleet, `replace` starts another session.
 *
 * Players are checked in the states `Converging`, `Converged` and `Failing`, except in the minute after the enforcement itself
 * died. In that minute, the state is `Failing`, and `reason` shows that the enforcement died.
 *
 * @category models
 * @since 0.1.0
 */
export type BanStatus =
  | { readonly _tag: "Waiting" }
  | { readonly _tag: "Converging"; readonly missing: number; readonly excess: number }
  | {
    readonly _tag: "Converged"
    readonly at: number
    readonly rows: number
    readonly foreign: number
    readonly orphans: number
  }
  | { readonly _tag: "Failing"; readonly reason: string; readonly since: number; readonly tries: number }
  | { readonly _tag: "Absent"; readonly bans: number }
  | { readonly _tag: "Ended"; readonly reason: string }
