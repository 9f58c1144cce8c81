/**
 * Parses the reply to `admins`.
 *
 * ```text
 * Connected RCon admins:
 * [#] [IP Address]:[Port]
 * -----------------------------
 * 0 203.0.113.100:58606
 * ```
 */
import type * as Result from "effect/Result"
import { Admin, type AdminId } from "../../Admin.ts"
import type { ReplyError } from "../../ReplyError.ts"
import type { Table } from "../../Table.ts"
import { ADDRESS, address, NUMBER } from "../patterns.ts"
import { trusted } from "../trusted.ts"
import * as ReplyLines from "./replyLines.ts"

export const parse = (text: string, cut = false): Result.Result<Table<Admin>, ReplyError> =>
  ReplyLines.readTable(LAYOUT, text, cut)

const ROW = new RegExp(`^${NUMBER} +${ADDRESS}\\s*$`)

const row = (line: string): Admin | undefined => {
  const match = ROW.exec(line)
  if (!match) return undefined
  const [, id, ip = "", port = ""] = match
  const from = address(ip, port)
  return from && trusted(Admin, { id: Number(id) as AdminId, address: from })
}

const LAYOUT: ReplyLines.TableLayout<Admin> = {
  command: "admins",
  heading: [/^Connected RCon admins:\s*$/, /^\[#\] /, /^-+\s*$/],
  row
}
