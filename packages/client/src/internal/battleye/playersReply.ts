/**
 * Parses the reply to `players`.
 *
 * ```text
 * Players on server:
 * [#] [IP Address]:[Port] [Ping] [GUID] [Name]
 * --------------------------------------------------
 * 5   203.0.113.5:2304      -1   - Alice (Lobby)
 * 1   203.0.113.10:50652    16   4fc867abf98b934e9e7eeaf15170258c(?)  Bob
 * (2 players in total)
 * ```
 */
import type * as Result from "effect/Result"
import { Player, type PlayerId } from "../../Player.ts"
import type { ReplyError } from "../../ReplyError.ts"
import type { Table } from "../../Table.ts"
import { ADDRESS, address, GUID, guid, NUMBER } from "../patterns.ts"
import { trusted } from "../trusted.ts"
import * as ReplyLines from "./replyLines.ts"

export const parse = (text: string, cut = false): Result.Result<Table<Player>, ReplyError> =>
  ReplyLines.readTable(LAYOUT, text, cut)

// Columns are as wide as their content, so only blanks separate them. The blanks before the name must be counted,
// because a name can begin with blanks. The mark after a GUID is padded to the width of `(OK) `. BattlEye's server
// does not pad a missing GUID; servers written by other people pad it to the width of the column.
const ROW = new RegExp(
  `^${NUMBER} +${ADDRESS} +(-?\\d{1,9}) +(?:${GUID}(?:\\((OK)\\) ?|\\(\\?\\) {0,2})|-(?: {31,36}| ?))(.*)$`,
  "s"
)
const LOBBY = " (Lobby)"

const row = (line: string): Player | undefined => {
  const match = ROW.exec(line)
  if (!match) return undefined
  const [, id, ip = "", port = "", ping, digits, mark, name = ""] = match
  const from = address(ip, port)
  const inLobby = name.endsWith(LOBBY)
  return from && trusted(Player, {
    id: Number(id) as PlayerId,
    name: inLobby ? name.slice(0, -LOBBY.length) : name,
    address: from,
    ...(Number(ping) >= 0 && { ping: Number(ping) }),
    ...(digits !== undefined && { guid: guid(digits) }),
    verified: mark === "OK",
    inLobby
  })
}

const LAYOUT: ReplyLines.TableLayout<Player> = {
  command: "players",
  heading: [/^Players on server:\s*$/, /^\[#\] /, /^-+\s*$/],
  row,
  decoration: /^\s*$/,
  total: /^\((\d{1,9}) players in total\)\s*$/
}
