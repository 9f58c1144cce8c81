/**
 * Lists of bans outside of the book: the file `bans.txt` of a BattlEye server, and the list that a server sends.
 *
 * ```text
 * 4fc867abf98b934e9e7eeaf15170258c -1 Cheating
 * 0123456789abcdef0123456789abcdef 1415673088 TeamKill, 1 day
 * 203.0.113.7 -1 Spam
 * ```
 *
 * The functions are pure. A line that is not a ban is returned as an {@link UnreadLine}.
 *
 * **Example** (The bans of a file)
 *
 * ```ts
 * import { BansFile } from "@bercon/operations"
 *
 * BansFile.parse("203.0.113.7 -1 Spam").bans.length // 1
 * ```
 *
 * @stability stable
 * @since 0.1.0
 */
import { type Ban, targetFromString } from "@bercon/client/Ban"
import { isIdentityId } from "@bercon/client/Identity"
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import type { ImportOptions, ListedBan } from "./BanBook.ts"
import { BanEntry, BanEntryId } from "./BanEntry.ts"
import { DEFAULT_MARK, idIn, withoutMark } from "./internal/bans/mark.ts"
import { endAfter, fit } from "./internal/bans/newEntry.ts"

/**
 * A line that is not a ban. `line`: its number in the file, from 1. `problem`: the reason why it is not a ban.
 *
 * @category models
 * @since 0.1.0
 */
export interface UnreadLine {
  readonly line: number
  readonly text: string
  readonly problem: string
}

/**
 * The content of a `bans.txt`: the bans, and the lines that are not bans.
 *
 * @category models
 * @since 0.1.0
 */
export interface BansFile {
  readonly bans: ReadonlyArray<ListedBan>
  readonly unread: ReadonlyArray<UnreadLine>
}

/**
 * The earliest accepted end of a ban, in seconds since 1970: 2001-09-09. A smaller number is probably a duration in minutes,
 * because some guides on the web describe this column as minutes.
 */
const EARLIEST = 1_000_000_000

/** The latest time that a `DateTime` supports, in seconds since 1970. */
const LATEST = 8_640_000_000_000

/**
 * Reads the text of a `bans.txt`. It never fails: lines that are not bans are in `unread`. Blank lines and comments (`//`) are
 * skipped, and blanks around a reason are removed.
 *
 * **Details**
 *
 * A line has a GUID or an IP address, a time and a reason, separated by blanks. The time is the end of the ban in seconds since
 * 1970, from 1000000000 to 8640000000000, or -1 if the ban is permanent. A ban that is over is returned as well; `importBans` of
 * the book skips it.
 *
 * **Example**
 *
 * ```ts
 * import { BansFile } from "@bercon/operations"
 *
 * BansFile.parse("4fc867abf98b934e9e7eeaf15170258c -1 Cheating")
 * // { bans: [{ target: "4fc867abf98b934e9e7eeaf15170258c", until: "permanent", reason: "Cheating" }], unread: [] }
 * ```
 *
 * @category parsing
 * @since 0.1.0
 */
export const parse = (text: string): BansFile => {
  const bans: Array<ListedBan> = []
  const unread: Array<UnreadLine> = []
  text.replace(/^\ufeff/, "").split(/\r\n|\n|\r/).forEach((line, index) => {
    if (line.trim() === "" || line.trimStart().startsWith("//")) return
    const ban = readLine(line)
    if (typeof ban === "string") unread.push({ line: index + 1, text: line, problem: ban })
    else bans.push(ban)
  })
  return { bans, unread }
}

/** Returns the ban of a line, or the reason why the line is not a ban. */
const readLine = (line: string): ListedBan | string => {
  const [, word = "", time, reason = ""] = /^\s*(\S+)(?:\s+(\S+))?(?:\s+(.*))?$/s.exec(line) ?? []
  const target = Option.getOrUndefined(targetFromString(word))
  if (target === undefined || isIdentityId(target)) {
    return "it does not begin with a GUID of 32 hexadecimal digits or an IPv4 address"
  }
  if (time === undefined) return "it has no time"
  if (time === "-1") return { target, until: "permanent", reason: reason.trim() }
  const seconds = /^\d+$/.test(time) ? Number(time) : NaN
  return seconds >= EARLIEST && seconds <= LATEST
    ? { target, until: DateTime.makeUnsafe(seconds * 1000), reason: reason.trim() }
    : `its time must be -1 or seconds since 1970, from ${EARLIEST} to ${LATEST} (got ${time.slice(0, 30)})`
}

/**
 * The text of a `bans.txt` with these bans, one per line. Bans of accounts are left out, because Arma Reforger has no such
 * file. Ends are rounded up to whole seconds.
 *
 * @category formatting
 * @since 0.1.0
 */
export const format = (bans: Iterable<ListedBan>): string =>
  Array.from(bans).filter(({ target }) => !isIdentityId(target)).map(({ reason, target, until }) => {
    const time = until === "permanent" ? -1 : Math.ceil(DateTime.toEpochMillis(until) / 1000)
    return `${target} ${time} ${reason.replace(/[\r\n\0]+/g, " ")}`.trimEnd() + "\n"
  }).join("")

/**
 * Makes entries of a book from the bans of a list, for `importEntries`. The number of an entry is computed from the target, end
 * and reason of the ban. So a job that syncs servers with a file computes the same numbers in each run, and recognises the rows
 * of earlier runs. Bans whose reason has the mark came from a book, and are left out. Default of `source`: `"bans.txt"`.
 *
 * @category conversions
 * @since 0.1.0
 */
export const toEntries = (
  bans: Iterable<ListedBan>,
  { added, by, mark = DEFAULT_MARK, servers = "all", source = "bans.txt" }: ImportOptions & {
    readonly added: DateTime.Utc
  }
): ReadonlyArray<BanEntry> => {
  const entries = new Map<BanEntryId, BanEntry>()
  const texts = new Map<BanEntryId, string>()
  for (const { reason, target, until } of bans) {
    if (idIn(reason, mark) !== undefined) continue
    const fields = { target, until, reason: fit(reason), by, servers, source, added }
    const text = `${target} ${until === "permanent" ? -1 : until.epochMilliseconds} ${fields.reason}`
    const id = freeNumber(text, (id) => (texts.get(id) ?? text) === text)
    texts.set(id, text)
    entries.set(id, new BanEntry({ ...fields, id }))
  }
  return [...entries.values()]
}

/**
 * Makes entries from the rows that a book has added to a server's list, to restore a book whose store was lost. The entries
 * have the numbers of the marks, so the rows belong to the book again. The list does not contain everything: long reasons are
 * cut, and `by`, `servers` and `source` (default `"bans.txt"`) are those of the options. Rows without the mark are left out.
 *
 * The list of a server that was offline when a ban was lifted still has this ban. `importEntries` skips it if the book has a
 * record that it was lifted. If the records were lost with the book, the ban is in force again: check the list of bans, and lift
 * it once more.
 *
 * **Example** (Restoring a lost book from the list of one server)
 *
 * ```ts
 * import { BanBook, BansFile } from "@bercon/operations"
 * import { RconClient } from "@bercon/client"
 * import { DateTime, Effect } from "effect"
 *
 * const restore = Effect.gen(function*() {
 *   const rcon = yield* RconClient.RconClient
 *   const book = yield* BanBook.BanBook
 *   const now = yield* DateTime.now
 *   const rows = BansFile.fromRows(yield* rcon.bans, now)
 *   return yield* book.importEntries(BansFile.restore(rows, { by: "restored", source: "altis", added: now }))
 * })
 * ```
 *
 * @category conversions
 * @since 0.1.0
 */
export const restore = (
  bans: Iterable<ListedBan>,
  { added, by, mark = DEFAULT_MARK, servers = "all", source = "bans.txt" }: ImportOptions & {
    readonly added: DateTime.Utc
  }
): ReadonlyArray<BanEntry> =>
  Array.from(bans).flatMap(({ reason, target, until }) => {
    const id = idIn(reason, mark)
    return id === undefined
      ? []
      : [new BanEntry({ id, target, until, reason: fit(withoutMark(reason)), by, servers, source, added })]
  })

/** The number computed from a text, or the next number that is free. */
const freeNumber = (text: string, isFree: (id: BanEntryId) => boolean): BanEntryId => {
  for (let number = hash(text);; number++) {
    const id = BanEntryId.make((number % 36 ** 6).toString(36).padStart(6, "0"))
    if (isFree(id)) return id
  }
}

/** The FNV-1a hash of a text. It must never change, because servers list bans with numbers that were computed with it. */
const hash = (text: string): number => {
  let hash = 0x811c9dc5
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}

/**
 * The bans in a list that `bans` of a client returned at the time `now`. Bans that are over are left out, and
 * so are bans whose end the list does not show. A ban is permanent if its end is later than a `DateTime` can be.
 *
 * **Example** (Importing the bans of a server)
 *
 * ```ts
 * import { BanBook, BansFile } from "@bercon/operations"
 * import { RconClient } from "@bercon/client"
 * import { DateTime, Effect } from "effect"
 *
 * const adopt = Effect.gen(function*() {
 *   const rcon = yield* RconClient.RconClient
 *   const book = yield* BanBook.BanBook
 *   const bans = BansFile.fromRows(yield* rcon.bans, yield* DateTime.now)
 *   return yield* book.importBans(bans, { by: "Miller", source: "altis" })
 * })
 * ```
 *
 * @category conversions
 * @since 0.1.0
 */
export const fromRows = (rows: Iterable<Ban>, now: DateTime.Utc): ReadonlyArray<ListedBan> =>
  Array.from(rows).flatMap(({ reason, remaining, target }): ReadonlyArray<ListedBan> => {
    if (remaining === "expired" || remaining === "unknown") return []
    const until = remaining === "permanent" ? remaining : endAfter(now, remaining)
    return [{ target, until, reason: reason.trim() }]
  })
