/**
 * Parses the reply to `bans`.
 *
 * ```text
 * GUID Bans:
 * [#] [GUID] [Minutes left] [Reason]
 * ----------------------------------------
 * 0  4fc867abf98b934e9e7eeaf15170258c perm Cheating
 * 1  0123456789abcdef0123456789abcdef 54321 Teamkill
 *
 * IP Bans:
 * [#] [IP Address] [Minutes left] [Reason]
 * ----------------------------------------------
 * 2  203.0.113.7     -    Spam
 * ```
 */
import * as Duration from "effect/Duration"
import type * as Result from "effect/Result"
import { isIpAddress } from "../../Address.ts"
import { Ban, type BanId } from "../../Ban.ts"
import type { ReplyError } from "../../ReplyError.ts"
import type { Table } from "../../Table.ts"
import { GUID, guid, IP, NUMBER } from "../patterns.ts"
import { trusted } from "../trusted.ts"
import * as ReplyLines from "./replyLines.ts"

export const parse = (text: string, cut = false): Result.Result<Table<Ban>, ReplyError> =>
  ReplyLines.readTable(LAYOUT, text, cut)

const ROW = new RegExp(`^${NUMBER} +(?:${GUID}|${IP}) +(perm|-|\\d{1,10})(?: (.*))?$`, "s")

// A reason can begin with blanks, so the blanks that fill this column must be counted. Longer numbers do not widen it.
const MINUTES_WIDTH = 4

const row = (line: string): Ban | undefined => {
  const match = ROW.exec(line)
  if (!match) return undefined
  const [, id, digits, ip, minutes = "", rest = ""] = match
  const target = digits !== undefined ? guid(digits) : isIpAddress(ip) ? ip : undefined
  if (target === undefined) return undefined
  let start = 0
  while (start < MINUTES_WIDTH - minutes.length && rest[start] === " ") start++
  return trusted(Ban, {
    id: Number(id) as BanId,
    target,
    remaining: minutes === "perm" ? "permanent" : minutes === "-" ? "expired" : Duration.minutes(Number(minutes)),
    reason: rest.slice(start)
  })
}

const LAYOUT: ReplyLines.TableLayout<Ban> = {
  command: "bans",
  heading: [/^GUID Bans:\s*$/, /^\[#\] /, /^-+\s*$/],
  row,
  // The second section continues the first: its rows have the same form and go on counting.
  decoration: /^(?:IP Bans:\s*|\[#\] .*|-+\s*|\s*)$/s
}
