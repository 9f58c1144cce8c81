/**
 * Errors of the ban book.
 *
 * **Example** (Lifting a ban that may have been lifted already)
 *
 * ```ts
 * import { BanBook, type BanEntry } from "@bercon/operations"
 * import { Effect } from "effect"
 *
 * const pardon = Effect.fn(function*(id: BanEntry.BanEntryId) {
 *   const book = yield* BanBook.BanBook
 *   return yield* book.lift(id).pipe(Effect.catchReason("BanBookError", "NotInBook", () => Effect.succeed([])))
 * })
 * ```
 *
 * @stability stable
 * @since 0.1.0
 */
import { BanTarget } from "@bercon/client/Ban"
import * as Schema from "effect/Schema"
import { BanEntryId } from "./BanEntry.ts"

/**
 * A field of a ban has a value that is not allowed. `problem` names the field, the value and the allowed values. Nothing was
 * changed.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidBan extends Schema.Error<InvalidBan>("@bercon/operations/InvalidBan")({
  _tag: Schema.tag("InvalidBan"),
  problem: Schema.String
}) {
  override get message(): string {
    return `${this.problem}. Nothing was changed`
  }

  /** Whether trying again may help. */
  get isRetryable(): boolean {
    return false
  }
}

/**
 * The book has room for `capacity` bans in force, and the `wanted` bans that were to be added do not fit. Nothing was changed.
 *
 * @category errors
 * @since 0.1.0
 */
export class BookFull extends Schema.Error<BookFull>("@bercon/operations/BookFull")({
  _tag: Schema.tag("BookFull"),
  capacity: Schema.Int,
  wanted: Schema.Int
}) {
  override get message(): string {
    return `the book has room for ${this.capacity} bans, and ${this.wanted} more ${
      this.wanted === 1 ? "does" : "do"
    } not fit. Lift some, or raise its \`capacity\`. Nothing was changed`
  }

  /** Whether trying again may help. */
  get isRetryable(): boolean {
    return false
  }
}

/**
 * The book has no ban with this number, or no ban of this target. Nothing was changed.
 *
 * @category errors
 * @since 0.1.0
 */
export class NotInBook extends Schema.Error<NotInBook>("@bercon/operations/NotInBook")({
  _tag: Schema.tag("NotInBook"),
  which: Schema.Union([BanEntryId, BanTarget])
}) {
  override get message(): string {
    return `the book has no ban ${this.which}. Nothing was changed`
  }

  /** Whether trying again may help. */
  get isRetryable(): boolean {
    return false
  }
}

/**
 * The store of the book cannot be read or written, because of `cause`, or an operation of it has taken longer than 10 seconds.
 * The change may have been made, or made in part.
 *
 * @category errors
 * @since 0.1.0
 */
export class StoreFailed extends Schema.Error<StoreFailed>("@bercon/operations/StoreFailed")({
  _tag: Schema.tag("StoreFailed"),
  problem: Schema.String,
  cause: Schema.Defect()
}) {
  override get message(): string {
    return `the store of the ban book failed: ${this.problem}`
  }

  /** Whether trying again may help. */
  get isRetryable(): boolean {
    return true
  }
}

/**
 * An operation of the ban book failed, because of `reason`.
 *
 * @category errors
 * @since 0.1.0
 */
export class BanBookError extends Schema.TaggedError<BanBookError>("@bercon/operations/BanBookError")("BanBookError", {
  reason: Schema.Union([InvalidBan, BookFull, NotInBook, StoreFailed])
}) {
  override get message(): string {
    return this.reason.message
  }

  /** Whether trying again may help. */
  get isRetryable(): boolean {
    return this.reason.isRetryable
  }
}
