/**
 * Why the ban book could not do something.
 *
 * @since 0.1.0
 */
import { BanTarget } from "@bercon/client/Ban"
import * as Schema from "effect/Schema"
import { BanEntryId } from "./BanEntry.ts"

/**
 * A ban was given with a value that is not allowed: `problem` says which, and what is. Nothing was changed.
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
 * The book has room for `capacity` bans that are in force, and `wanted` more do not fit. Nothing was changed.
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
 * The book has no ban of this number, or none of this target. Nothing was changed.
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
 * The store of the book cannot be read or written; `cause` says why. What was to be changed may be changed in part.
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
 * The ban book could not do something. `reason` says why.
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
