/**
 * The error of a list of bans that could not be made to agree with the book.
 *
 * **Example** (Trying once more after a minute)
 *
 * ```ts
 * import { BanSync } from "@bercon/operations"
 * import { Effect } from "effect"
 *
 * const sync = BanSync.sync("altis").pipe(
 *   Effect.catchTag("ListDisagrees", ({ problem }) =>
 *     Effect.logWarning(problem).pipe(Effect.andThen(Effect.delay(BanSync.sync("altis"), "1 minute"))))
 * )
 * ```
 *
 * @stability stable
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * The list does not agree with the book in the end, although no command failed. `problem` names the cause: the list is not
 * complete, it does not show the bans that were added, or it changes all the time. The changes that were made so far remain.
 *
 * @category errors
 * @since 0.1.0
 */
export class ListDisagrees
  extends Schema.TaggedError<ListDisagrees>("@bercon/operations/ListDisagrees")("ListDisagrees", {
    problem: Schema.String
  })
{
  override get message(): string {
    return this.problem
  }

  /** Trying again later can help. */
  get isRetryable(): boolean {
    return true
  }
}
