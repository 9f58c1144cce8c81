/**
 * Makes entries of the ban book from the input of people and files.
 */
import { BanTarget, targetFromString } from "@bercon/client/Ban"
import { BanRows, shortened } from "@bercon/client/unstable"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Formatter from "effect/Formatter"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { ListedBan, NewBan } from "../../BanBook.ts"
import { InvalidBan } from "../../BanBookError.ts"
import { BanEntry, type BanEntryId, BanScope, endOf } from "../../BanEntry.ts"

/** For each field, whether a value is allowed, and a description of the allowed values. */
const FIELDS = {
  target: {
    is: Schema.is(BanTarget),
    allowed: "a GUID of 32 hexadecimal digits, an IPv4 address, or the UUID of an account"
  },
  reason: { is: Schema.is(BanEntry.fields.reason), allowed: "one line of at most 200 characters" },
  by: { is: Schema.is(BanEntry.fields.by), allowed: "one line of at most 100 characters" },
  source: { is: Schema.is(BanEntry.fields.source), allowed: "one line of at most 100 characters" },
  servers: { is: Schema.is(BanScope), allowed: "\"all\", or at least one id of a server" }
}

type Fields = Pick<BanEntry, keyof typeof FIELDS>

/** A new ban that has been checked. */
export interface Checked extends Fields {
  /** The duration of the ban from its addition. */
  readonly duration: Duration.Duration | "permanent"
}

/** Checks the fields of a new ban. Types are not enough, because the values can come from JavaScript or from files. */
export const check = (ban: NewBan): Result.Result<Checked, InvalidBan> => {
  const fields = {
    target: typeof ban.target === "string"
      ? Option.getOrElse(targetFromString(ban.target), () => ban.target)
      : ban.target,
    reason: ban.reason,
    by: ban.by,
    source: ban.source ?? "book",
    servers: ban.servers ?? "all"
  }
  for (const [name, { allowed, is }] of Object.entries(FIELDS)) {
    const value = fields[name as keyof Fields]
    if (!is(value)) return invalid(name, allowed, value)
  }
  const { duration: given = "permanent" } = ban
  if (given === "permanent") return Result.succeed({ ...fields, duration: "permanent" })
  const duration = Option.getOrUndefined(Duration.fromInput(given))
  if (duration === undefined || Duration.toMillis(duration) <= 0) {
    return invalid("duration", "a positive duration, or \"permanent\"", given)
  }
  return Result.succeed({ ...fields, duration: Duration.isFinite(duration) ? duration : "permanent" })
}

const invalid = (name: string, allowed: string, value: unknown) => {
  const got = shortened(Formatter.format(value))
  return Result.fail(new InvalidBan({ problem: `\`${name}\` must be ${allowed} (got ${got})` }))
}

/** The end of a ban that lasts for a time from `start` on. `"permanent"` if the end is later than a `DateTime` can be. */
export const endAfter = (start: DateTime.Utc, duration: Duration.Duration): BanEntry["until"] =>
  Option.match(DateTime.make(DateTime.toEpochMillis(start) + Duration.toMillis(duration)), {
    onNone: () => "permanent",
    onSome: DateTime.toUtc
  })

/** Makes the entry of a ban. If `until` is given, it is the end of the ban, and `duration` is ignored. */
export const make = (
  id: BanEntryId,
  added: DateTime.Utc,
  { duration, until, ...fields }: Checked & Partial<Pick<ListedBan, "until">>
): BanEntry => {
  const end = until ?? (duration === "permanent" ? duration : endAfter(added, duration))
  return new BanEntry({ ...fields, id, added, until: end })
}

/** Makes the reason of another list fit for the book: one line of at most 200 characters, and no half of a surrogate pair. */
export const fit = (reason: string): string =>
  reason.replace(/[\r\n\0]+/g, " ").trim().slice(0, 200).replace(/[\ud800-\udbff]$/, "")

/**
 * Maximum difference between two ends of bans that count as the same, in milliseconds. Servers list whole minutes, and it
 * takes a moment until a list has arrived.
 */
const SAME_END = 120_000

/**
 * Returns a predicate: whether a ban is the same as one of `entries`, or as one that the predicate was called with before. Two
 * bans are the same if they have the same target, the same reason, and ends that differ by `SAME_END` at most.
 */
export const matcher = (entries: ReadonlyArray<BanEntry>): (entry: BanEntry) => boolean => {
  const ends = new Map<string, Array<number>>()
  const isKnown = (entry: BanEntry): boolean => {
    const key = BanRows.nameOf(entry)
    const end = endOf(entry)
    const known = ends.get(key)
    if (known === undefined) ends.set(key, [end])
    else if (known.some((other) => other === end || Math.abs(other - end) <= SAME_END)) return true
    else known.push(end)
    return false
  }
  for (const entry of entries) isKnown(entry)
  return isKnown
}
