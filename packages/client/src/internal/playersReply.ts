/**
 * The reply to `players`.
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
import * as Result from "effect/Result"
import type { Guid } from "../Guid.ts"
import { Player, type PlayerId } from "../Player.ts"
import { ReplyError } from "../ReplyError.ts"
import type { Table, UnparsedRow } from "../Table.ts"
import { ADDRESS, address, GUID, NUMBER } from "./patterns.ts"

// Columns are as wide as what is in them, so only blanks tell them apart. Those before the name must be counted, because
// a name can begin with some: a verdict is padded to `(OK) `, and a missing GUID stands alone on real servers and is
// padded to the width of the column by others.
const ROW = new RegExp(
  `^${NUMBER} +${ADDRESS} +(-?\\d{1,9}) +(?:${GUID}(?:\\((OK)\\) ?|\\(\\?\\) {0,2})|-(?: {31,36}| ?))(.*)$`
)
const HEADING = [/^Players on server:\s*$/, /^\[#\] /, /^-+\s*$/]
const TOTAL = /^\((\d{1,9}) players in total\)$/
const LOBBY = " (Lobby)"

export const parse = (text: string): Result.Result<Table<Player>, ReplyError> => {
  const lines = text.split("\n")
  while (lines.at(-1)?.trim() === "") lines.pop()
  const heading = HEADING.findIndex((pattern, index) => !pattern.test(lines[index] ?? ""))
  if (heading !== -1) {
    return Result.fail(new ReplyError({ command: "players", text, ...(text !== "" && { line: heading + 1 }) }))
  }
  const total = TOTAL.exec(lines.at(-1) ?? "")
  const rows: Array<Player> = []
  const unparsed: Array<UnparsedRow> = []
  const end = total ? lines.length - 1 : lines.length
  for (let index = HEADING.length; index < end; index++) {
    const line = lines[index] ?? ""
    const player = row(line)
    if (player) rows.push(player)
    else unparsed.push({ line: index + 1, text: line })
  }
  return Result.succeed({ rows, unparsed, total: total ? Number(total[1]) : undefined })
}

const row = (line: string): Player | undefined => {
  const match = ROW.exec(line)
  if (!match) return undefined
  const [, id, ip = "", port = "", ping, guid, verdict, name = ""] = match
  const from = address(ip, port)
  const inLobby = name.endsWith(LOBBY)
  return from && new Player({
    id: Number(id) as PlayerId,
    name: inLobby ? name.slice(0, -LOBBY.length) : name,
    address: from,
    ...(Number(ping) >= 0 && { ping: Number(ping) }),
    ...(guid !== undefined && { guid: guid as Guid }),
    verified: verdict === "OK",
    inLobby
  })
}
