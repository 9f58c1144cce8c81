/**
 * Parses the output of `#ban list`.
 *
 * ```text
 * Total bans: 26 | Page: 2/2
 * - Identity Id | Banned name
 * - 67ab5fd5-7e35-579a-68d9-b934ff7124f0 | Bob
 * ```
 *
 * Older servers print bans in another form, with the length of each in seconds (0 for permanent):
 *
 * ```text
 * Bans: [BanID] ; [Player UID] ; [Duration]
 * 1 ; 67ab5fd5-7e35-579a-68d9-b934ff7124f0 ; 3600
 * ```
 */
import * as Duration from "effect/Duration"
import * as Result from "effect/Result"
import type { Ban, BanTarget } from "../../Ban.ts"
import type { ReplyError } from "../../ReplyError.ts"
import { NUMBER, trimBlanks } from "../patterns.ts"
import { identity, isNumber, LISTED, NUMBERED_ROW, readRows, replyError, type Rows } from "./rows.ts"

/** A row of the list of bans. */
export interface BanRow {
  readonly target: BanTarget
  readonly remaining: Ban["remaining"]
  /** Absent in the older form. */
  readonly name?: string
}

/** A page of the list of bans. */
export interface BanPage extends Rows<BanRow> {
  /** The number of bans in the whole list; `undefined` if the page does not contain it. */
  readonly total: number | undefined
  /** The number of pages, if the page contains it. Otherwise `Infinity` if the page is full, and 0 if no page follows. */
  readonly pages: number
  /** The number of lines on the page. */
  readonly lines: number
}

/** The number of rows of a full page. */
export const ROWS_A_PAGE = 25

const LISTING_BANS = "Processing ban list"
const NO_BANS = /^(?:Server has no bans to list\.|(Page not found!))$/i

/** The first words of a page: the number of bans, the page, the number of pages. */
export const TITLE = new RegExp(String.raw`^\s*Total bans: ${NUMBER} \| Page: ${NUMBER}/${NUMBER}`)
const HEADING = new RegExp(String.raw`${TITLE.source}\s*(?:- Identity Id \| Banned name *)?`)
const BAN_ROW = new RegExp(`${LISTED}(?: |$)`, "g")

/** The first words of a page in the older form. */
export const OLDER_TITLE = /^\s*Bans:\s*(?:\[BanID\]|$)/
const OLDER_HEADING = /^\s*Bans:\s*\[BanID\] ; \[Player UID\] ; \[Duration\](?! *;)/
const SECONDS = /^\d{1,15}$/

/** Removes the notice that the list is being read. */
export const withoutNotice = (text: string): string => {
  const trimmed = text.trimStart()
  return trimmed.startsWith(LISTING_BANS) ? trimmed.slice(LISTING_BANS.length).trimStart() : text
}

/** Parses a page. `offset` is the number of lines on the previous pages. */
export const parse = (reply: string, offset: number): Result.Result<BanPage, ReplyError> => {
  const text = withoutNotice(reply)
  const none = NO_BANS.exec(trimBlanks(text))
  if (none) {
    return Result.succeed({ rows: [], unparsed: [], total: none[1] === undefined ? 0 : undefined, pages: 0, lines: 0 })
  }
  const lines = text.split("\n").length
  const heading = HEADING.exec(text)
  if (heading) {
    const [start, total, , pages] = heading
    return Result.succeed({
      ...readRows(text, {
        start: start.length,
        offset,
        pattern: BAN_ROW,
        read: ([, uuid = ""], name): BanRow => ({ target: identity(uuid), remaining: "unknown", name })
      }),
      total: Number(total),
      pages: Number(pages),
      lines
    })
  }
  const older = OLDER_HEADING.exec(text)
  if (!older) return Result.fail(replyError("#ban", reply))
  const table = readRows(text, { start: older[0].length, offset, pattern: NUMBERED_ROW, read: readOlderBan })
  // The page does not contain the number of pages. A page that is not full is the last one.
  const isFull = table.rows.length + table.unparsed.length >= ROWS_A_PAGE
  return Result.succeed({ ...table, total: undefined, pages: isFull ? Infinity : 0, lines })
}

const readOlderBan = ([, sign, , uuid = ""]: RegExpExecArray, rest: string): BanRow | undefined => {
  const seconds = trimBlanks(rest)
  if (!isNumber(sign) || !SECONDS.test(seconds)) return undefined
  const remaining = Number(seconds) === 0 ? "permanent" : Duration.seconds(Number(seconds))
  return { target: identity(uuid), remaining }
}
