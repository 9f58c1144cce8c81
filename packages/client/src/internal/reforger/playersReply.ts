/**
 * Parses the output of `#players`.
 *
 * ```text
 * Players on server: [Player#] ; [Player UID] ; [Player Name]
 * 1 ; 67ab5fd5-7e35-579a-68d9-b934ff7124f0 ; Bob
 * ```
 */
import * as Result from "effect/Result"
import { Player, type PlayerId } from "../../Player.ts"
import type { ReplyError } from "../../ReplyError.ts"
import type { Table } from "../../Table.ts"
import { trusted } from "../trusted.ts"
import { identity, isNumber, NUMBERED_ROW, readRows, replyError } from "./rows.ts"

/** The first words of the list. */
export const TITLE = /^\s*Players on server:/
const HEADING = /^\s*Players on server:\s*\[Player#\] ; \[Player UID\] ; \[Player Name\](?! *;)/

export const parse = (text: string): Result.Result<Table<Player>, ReplyError> => {
  const heading = HEADING.exec(text)
  if (!heading) return Result.fail(replyError("#players", text))
  return Result.succeed({
    ...readRows(text, { start: heading[0].length, pattern: NUMBERED_ROW, read: readPlayer }),
    total: undefined,
    cut: false
  })
}

const readPlayer = ([, sign, id, uuid = ""]: RegExpExecArray, name: string): Player | undefined =>
  isNumber(sign)
    ? trusted(Player, { id: Number(id) as PlayerId, name, identity: identity(uuid), verified: false })
    : undefined
