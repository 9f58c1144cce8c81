/**
 * What Arma Reforger's own RCON says of commands, and how it is read.
 *
 * ```text
 * Players on server: [Player#] ; [Player UID] ; [Player Name]
 * 1 ; b6955d91-4749-4cdb-9a51-e69f630ec435 ; Bob
 * ```
 *
 * ```text
 * Total bans: 26 | Page: 2/2
 * - Identity Id | Banned name
 * - b6955d91-4749-4cdb-9a51-e69f630ec435 | Bob
 * ```
 */
import * as Result from "effect/Result"
import type { BanTarget } from "../../Ban.ts"
import type { IdentityId } from "../../Identity.ts"
import { Player, type PlayerId } from "../../Player.ts"
import { ReplyError } from "../../ReplyError.ts"
import * as ServerEvent from "../../ServerEvent.ts"
import type { Table, UnparsedRow } from "../../Table.ts"
import { NUMBER } from "../patterns.ts"
import { trusted } from "../trusted.ts"
import { takes } from "../utf8.ts"
import { type Expectation, SILENT } from "./exchange.ts"

const UUID = "([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"

const identity = (uuid: string): IdentityId => uuid.toLowerCase() as IdentityId

// -----------------------------------------------------------------------------
// several messages
// -----------------------------------------------------------------------------

/** A message as long as this may have been cut for its length, and go on in the next. Servers cut at about a kilobyte. */
const LONG = 900

const isLong = (text: string): boolean => takes(text, LONG)

const ROW_START = new RegExp(`^(?:${NUMBER} ; ${UUID} ;|- ${UUID} \\|)`)

/** A row can be cut after some digits of its number. Then the next message seems to begin with a row of its own. */
const ENDS_IN_DIGITS = /(?:^|\n)\d{1,9}$/

/**
 * Messages as one text. The newline between two rows is not always sent, so it is put back where the next message begins
 * with a row; a message that was cut for its length is continued; others are lines of their own.
 */
export const join = (texts: ReadonlyArray<string>): string =>
  texts.reduce((joined, text, index) => {
    if (index === 0) return text
    const last = texts[index - 1] ?? ""
    const separate = ROW_START.test(text) ? !ENDS_IN_DIGITS.test(last.slice(-10)) : !isLong(last)
    return separate && !last.endsWith("\n") ? `${joined}\n${text}` : joined + text
  }, "")

// -----------------------------------------------------------------------------
// tables
// -----------------------------------------------------------------------------

/**
 * The rows in lines behind a heading. Rows that stand glued in one line are parted where the start of one is, `pattern`. What
 * is no row is kept as it is; `offset` is the number of lines before.
 */
const readRows = <Row>(
  lines: ReadonlyArray<string>,
  offset: number,
  pattern: RegExp,
  row: (start: RegExpExecArray, name: string) => Row
): { readonly rows: ReadonlyArray<Row>; readonly unparsed: ReadonlyArray<UnparsedRow> } => {
  const rows: Array<Row> = []
  const unparsed: Array<UnparsedRow> = []
  lines.forEach((line, index) => {
    const starts = [...line.matchAll(pattern)]
    const before = line.slice(0, starts[0]?.index)
    if (before.trim() !== "") unparsed.push({ line: offset + index + 1, text: before })
    starts.forEach((start, at) => {
      rows.push(row(start, line.slice(start.index + start[0].length, starts[at + 1]?.index)))
    })
  })
  return { rows, unparsed }
}

const PLAYERS_HEADING = /^Players on server: *\[Player#\] ; \[Player UID\] ; \[Player Name\]/

// Where a name that ends in digits is glued to the next row's number, nothing tells where that begins. All the digits are
// taken for the number.
const PLAYER_ROW = new RegExp(`(?<!\\d)${NUMBER} ; ${UUID} ;(?: |$)`, "g")

/** The reply to `#players`. A name that holds the start of a row is parted there, as a row that was glued to it. */
export const parsePlayers = (text: string): Result.Result<Table<Player>, ReplyError> => {
  const heading = PLAYERS_HEADING.exec(text)
  if (!heading) return Result.fail(replyError("#players", text))
  const lines = text.slice(heading[0].length).split("\n")
  return Result.succeed({
    ...readRows(
      lines,
      0,
      PLAYER_ROW,
      ([, id, uuid = ""], name) =>
        trusted(Player, { id: Number(id) as PlayerId, name, identity: identity(uuid), verified: false })
    ),
    total: undefined,
    cut: false
  })
}

/** A row of the list of bans. */
export interface BanRow {
  readonly target: BanTarget
  readonly name: string
}

/** A page of the list of bans. */
export interface BanPage {
  readonly rows: ReadonlyArray<BanRow>
  readonly unparsed: ReadonlyArray<UnparsedRow>
  /** How many bans there are; `undefined` where there is no such page. */
  readonly total: number | undefined
  /** How many pages there are. */
  readonly pages: number
  /** How many lines the page has. */
  readonly lines: number
}

const LISTING_BANS = "Processing ban list"
const NO_BANS = /^(?:Server has no bans to list\.|(Page not found!))$/i
const BANS_HEADING = new RegExp(`^Total bans: ${NUMBER} \\| Page: ${NUMBER}/${NUMBER}`)
const BANS_COLUMNS = /^ *- Identity Id \| Banned name */
const BAN_ROW = new RegExp(`- ${UUID} \\|(?: |$)`, "g")

/** The reply to `#ban list`; `offset` is the number of lines of the pages before. */
export const parseBans = (reply: string, offset: number): Result.Result<BanPage, ReplyError> => {
  const text = reply.startsWith(LISTING_BANS) ? reply.slice(LISTING_BANS.length).trimStart() : reply
  const none = NO_BANS.exec(text.trim())
  if (none) {
    return Result.succeed({ rows: [], unparsed: [], total: none[1] === undefined ? 0 : undefined, pages: 0, lines: 0 })
  }
  const heading = BANS_HEADING.exec(text)
  if (!heading) return Result.fail(replyError("#ban", reply))
  const lines = text.slice(heading[0].length).split("\n").map((line) => line.replace(BANS_COLUMNS, ""))
  return Result.succeed({
    ...readRows(lines, offset, BAN_ROW, ([, uuid = ""], name) => ({ target: identity(uuid), name })),
    total: Number(heading[1]),
    pages: Number(heading[3]),
    lines: lines.length
  })
}

const replyError = (command: string, text: string): ReplyError =>
  new ReplyError({ command, text, ...(text !== "" && { line: 1 }) })

// -----------------------------------------------------------------------------
// outcomes
// -----------------------------------------------------------------------------

/** Words that only certain commands have, and others that several have. */
interface Words {
  readonly own: RegExp
  readonly shared: RegExp
}

const KICK: Words = {
  own: /^Player '.*' kicked!$/is,
  shared: /^(?:Player not found|Not Valid Player ID|unknown command)$/i
}

// What the server's list of bans answers comes late; what is wrong with the command itself is said at once.
const BAN_CREATE: Words = {
  own:
    /^(?:Player '.*' banned!|Ban created!|Failed to create ban\.|Multiple users found!.*|Timeout|Unknown error\.)$/is,
  shared:
    /^(?:Player not found|User not found!|Not Valid Player ID|Not Valid time value in seconds|Help for ban command\..*|unknown command)$/is
}

const BAN_REMOVE: Words = {
  own: /^(?:Ban removed!|User not found!|Failed to remove .*|Multiple users found!.*|Timeout|Unknown error\.)$/is,
  shared: /^(?:Help for ban command\..*|unknown command)$/is
}

const BAN_LIST: Words = {
  own:
    /^(?:Processing ban list|Server has no bans to list\.|Page not found!|Failed to list bans\.|Timeout|Unknown error\.)$/i,
  shared: /^(?:Not Valid page number|Help for ban command\..*|unknown command)$/is
}

/** The player was kicked. */
export const isKicked = (reply: string): boolean => KICK.own.test(reply.trim())

/** The ban was made. */
export const isBanned = (reply: string): boolean => /^(?:Player '.*' banned!|Ban created!)$/is.test(reply.trim())

/** The ban was removed. */
export const isUnbanned = (reply: string): boolean => /^Ban removed!$/i.test(reply.trim())

/** There is no such player. */
export const isNoPlayer = (reply: string): boolean => /^(?:Player not found|Not Valid Player ID)$/i.test(reply.trim())

/** There is no such ban. */
export const isNoBan = (reply: string): boolean => /^User not found!$/i.test(reply.trim())

/** The server says no, or that it failed. Not where its list of bans has not answered it: that may have done all the same. */
export const isRefusal = (reply: string): boolean =>
  !/^(?:Timeout|Unknown error\.)$/i.test(reply.trim()) &&
  [BAN_CREATE, BAN_REMOVE].some((words) => isOf(words, reply) !== "No")

const isOf = ({ own, shared }: Words, text: string): ReturnType<Expectation["owns"]> => {
  const words = text.trim()
  return own.test(words) ? "Surely" : shared.test(words) ? "Perhaps" : "No"
}

// -----------------------------------------------------------------------------
// expectations
// -----------------------------------------------------------------------------

const IMMEDIATE = { deferred: false, query: false } as const

/** Nothing else can be meant by it. */
const isPlain = ServerEvent.is("Unrecognized", "CommandResult")

const anyOf = (text: string): ReturnType<Expectation["owns"]> => isPlain(ServerEvent.parse(text)) ? "Perhaps" : "No"

/** A row, or the rest of one, behind a message of a list. */
const continues = (text: string, last: string): ReturnType<Expectation["owns"]> =>
  ROW_START.test(text) ? "Surely" : isLong(last) ? anyOf(text) : "No"

const PLAYERS: Expectation = {
  ...IMMEDIATE,
  query: true,
  owns: (text, last) =>
    last !== undefined
      ? continues(text, last)
      : text.startsWith("Players on server:")
      ? "Surely"
      : "No",
  after: (texts) => texts.length === 0 ? "Surely" : isLong(texts.at(-1) ?? "") ? "Likely" : "Perhaps"
}

const ROWS_A_PAGE = 25

/** The page with this number, or any. */
const bans = (page: string | undefined): Expectation => ({
  deferred: true,
  query: true,
  owns: (text, last) => {
    const heading = BANS_HEADING.exec(text)
    if (heading) return page === undefined || Number(heading[2]) === Number(page) ? "Surely" : "No"
    const claim = isOf(BAN_LIST, text)
    return claim === "No" && last !== undefined && last !== LISTING_BANS ? continues(text, last) : claim
  },
  after: (texts) => {
    const content = texts.filter((text) => text !== LISTING_BANS)
    const last = content.at(-1)
    if (last === undefined) return "Surely"
    const heading = BANS_HEADING.exec(content[0] ?? "")
    if (!heading) return "Nothing"
    const expected = Math.min(ROWS_A_PAGE, Number(heading[1]) - ROWS_A_PAGE * (Number(heading[2]) - 1))
    const rows = [...join(content).matchAll(BAN_ROW)].length
    if (rows < expected) return isLong(last) ? "Likely" : "Perhaps"
    // The name in the last row may be cut.
    return isLong(last) && !last.endsWith("\n") ? "Perhaps" : "Nothing"
  }
})

/** One message. */
const one = (words: Words, deferred: boolean): Expectation => ({
  deferred,
  query: false,
  owns: (text) => isOf(words, text),
  after: (texts) => texts.length === 0 ? "Surely" : "Nothing"
})

const ANYTHING: Expectation = {
  ...IMMEDIATE,
  owns: anyOf,
  after: (texts) => /^(?:unknown command\s*$|Help for ban command\.)/i.test(texts.at(-1) ?? "") ? "Nothing" : "Perhaps"
}

/** What a command has to say, by its text. */
export const expectationOf = (command: string): Expectation => {
  const [name = "", verb = "", page] = command.trim().toLowerCase().split(/\s+/, 3)
  switch (name) {
    case "players":
    case "#players":
      return PLAYERS
    case "#kick":
      return one(KICK, false)
    case "#restart":
    case "#shutdown":
    case "@logout":
      return SILENT
    case "#ban":
      return verb === "create"
        ? one(BAN_CREATE, true)
        : verb === "remove"
        ? one(BAN_REMOVE, true)
        : verb === "list"
        ? bans(page)
        : ANYTHING
    default:
      return ANYTHING
  }
}

/** The same for a command that somebody typed: whatever the server says may be of it. */
export const looseExpectationOf = (command: string): Expectation => {
  const strict = expectationOf(command)
  if (strict === ANYTHING || strict === SILENT) return strict
  const owns = (text: string, last: string | undefined) => {
    const claim = strict.owns(text, last)
    return claim === "No" ? anyOf(text) : claim
  }
  const after = (texts: ReadonlyArray<string>) => {
    const known = texts.filter((text, index) => strict.owns(text, texts[index - 1]) !== "No")
    if (texts.length === 0 || known.length > 0) return strict.after(known)
    return strict.deferred ? "Likely" : "Perhaps"
  }
  return { ...strict, owns, after }
}
