/**
 * How a server's list of bans compares with the book.
 *
 * **Example** (Servers on which bans may not hold)
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
 * @since 0.1.0
 */

/**
 * How a server's list of bans compares with the book.
 *
 * **Details**
 *
 * - `Waiting`: the client is not logged in. The list is compared after the next login.
 * - `Converging`: the list is being changed; `missing` bans are to be added, `excess` rows removed.
 * - `Converged`: the list agreed when it was last read, at `at` in milliseconds since 1970: `rows` of the book, `foreign` rows of
 *   others, and `orphans`: rows with the book's mark whose number the book never had. They stay, see `orphans` of `BanPolicy`.
 * - `Failing`: the list could not be read or changed, `tries` times since `since`, because of `reason`. The next try follows soon
 *   at first, later after a minute.
 * - `Absent`: the fleet has no server of this id, although a policy or `bans` bans in force name it. Those bans do not hold there.
 *   The id may be mistyped; if the server is added later, it is enforced.
 * - `Ended`: the session was closed for good, because of `reason`. In a fleet, `replace` begins again.
 *
 * Players are checked in each of these states but `Waiting`, `Absent` and `Ended`.
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
