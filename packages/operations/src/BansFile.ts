/**
 * Lists of bans as the games have them: the file `bans.txt` of a BattlEye server, and the list that it prints.
 *
 * ```text
 * 4fc867abf98b934e9e7eeaf15170258c -1 Cheating
 * 0123456789abcdef0123456789abcdef 1415673088 TeamKill, 1 day
 * 203.0.113.7 -1 Spam
 * ```
 *
 * @since 0.1.0
 */
import { type Ban, targetFromString } from "@bercon/client/Ban"
import { isIdentityId } from "@bercon/client/Identity"
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import type { ImportOptions, ListedBan } from "./BanBook.ts"
import { BanEntry, BanEntryId } from "./BanEntry.ts"
import { DEFAULT_MARK, idIn, withoutMark } from "./internal/bans/mark.ts"
import { fit } from "./internal/bans/newEntry.ts"

/**
 * A line that is not a ban, and the reason. `line`: its number in the file, from 1.
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
 * The content of a file of bans.
 *
 * @category models
 * @since 0.1.0
 */
export interface BansFile {
  readonly bans: ReadonlyArray<ListedBan>
  readonly unread: ReadonlyArray<UnreadLine>
}

/**
 * The earliest time that a server can have written, in seconds: 2001-09-09. Some guides on the web take the column for minutes.
 */
const EARLIEST = 1_000_000_000

/** The last time that a `DateTime` can have, in seconds. */
const LATEST = 8_640_000_000_000

/**
 * Reads the text of a `bans.txt`. Never fails: lines that are not bans are in `unread`. Blank lines and comments (`//`) are
 * skipped, blanks around a reason removed.
 *
 * **Details**
 *
 * A line is a GUID or an IP address, a time and a reason, separated by blanks. The time is the end of the ban in seconds since
 * 1970, or -1 if it is permanent. A ban that is over is read as well; `importBans` of the book skips it.
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

/** The ban of a line, or the reason why the line is not a ban. */
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
    : `its time must be -1 or seconds since 1970, from ${EARLIEST} on (got ${time.slice(0, 30)})`
}

/**
 * The text of a `bans.txt` with these bans, one a line. Bans of accounts of Arma Reforger, which has no such file, are left
 * out. Ends are rounded up to seconds.
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
 * Bans of a list as entries of a book, for `importEntries`. The number of each follows from its target, end and reason, so that
 * the same list has the same numbers every time: a job can sync servers with a file, and find its own rows again. Bans that
 * begin with `mark` are a book's own, and left out.
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
 * The entries of a book whose store was lost, from the rows that it made in a server's list: with the numbers that are in their
 * marks, so that the rows are the book's again. Servers cut long reasons, and do not tell who banned and where else the ban
 * holds. Other bans are left out.
 *
 * Import them into an empty book only: a ban that was lifted while a server was away is still in that server's list, and would
 * be in force again.
 *
 * **Example** (A lost book, from the list of one of its servers)
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

/** The number of a text, or the next one that is free. */
const freeNumber = (text: string, isFree: (id: BanEntryId) => boolean): BanEntryId => {
  for (let number = hash(text);; number++) {
    const id = BanEntryId.make((number % 36 ** 6).toString(36).padStart(6, "0"))
    if (isFree(id)) return id
  }
}

/** FNV-1a. It must never change: rows in the lists of servers have numbers of it. */
const hash = (text: string): number => {
  let hash = 0x811c9dc5
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}

/**
 * The bans in the list of a server, as `bans` of a client returns it at `now`. Bans that are over are left out, and so are bans
 * whose end is not in the list.
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
    const until = remaining === "permanent" ? remaining : DateTime.addDuration(now, remaining)
    return [{ target, until, reason: reason.trim() }]
  })
