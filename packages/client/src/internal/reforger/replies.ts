/**
 * Parses the output of commands of Arma Reforger's own RCON.
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
 *
 * Older servers print bans in another form, with the length of each in seconds (0 for permanent):
 *
 * ```text
 * Bans: [BanID] ; [Player UID] ; [Duration]
 * 1 ; b6955d91-4749-4cdb-9a51-e69f630ec435 ; 3600
 * ```
 *
 * In each form the column titles may be on a separate line, dashes may follow them, lines may end with CR LF, and `#`
 * may precede a number.
 */
import * as Duration from "effect/Duration"
import * as Result from "effect/Result"
import type { Ban, BanTarget } from "../../Ban.ts"
import type { IdentityId } from "../../Identity.ts"
import { Player, type PlayerId } from "../../Player.ts"
import { ReplyError } from "../../ReplyError.ts"
import type { Table, UnparsedRow } from "../../Table.ts"
import { NUMBER } from "../patterns.ts"
import { trusted } from "../trusted.ts"
import { takes } from "../utf8.ts"
import { type Expectation, isPlain, SILENT, trim } from "./exchange.ts"

const UUID = "([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"

const identity = (uuid: string): IdentityId => uuid.toLowerCase() as IdentityId

/** Removes these characters at the end of the text. */
const trimEnd = (text: string, characters: string): string => {
  let end = text.length
  while (end > 0 && characters.includes(text.charAt(end - 1))) end--
  return text.slice(0, end)
}

// -----------------------------------------------------------------------------
// rows
// -----------------------------------------------------------------------------

/** The start of a row with a number: the sign before the number, the number, the id of the account. */
const NUMBERED = String.raw`(?:([#-]{1,2}) ?)?(?<!\d)${NUMBER} ; ${UUID} ;`

/** The start of a row without a number: the id of the account. */
const LISTED = String.raw`- ${UUID} \|`

/** A text that begins with a row. */
const ROW = new RegExp(String.raw`^\s*(?:${NUMBERED}|${LISTED})`)

// -----------------------------------------------------------------------------
// replies of several messages
// -----------------------------------------------------------------------------

/** A message of at least this many bytes may have been cut. Servers cut at about a kilobyte. */
const LONG = 900

const isLong = (text: string): boolean => takes(text, LONG)

/**
 * A row that was cut inside its number, or after the sign. The next message then seems to begin with a separate row.
 */
const CUT_IN_NUMBER = /\n[#-]{0,2} ?\d{0,9}$/

/**
 * Joins the messages of an output. Servers do not always send the newline between two messages. It is added if the
 * second message begins with a row, or if the first one is too short to have been cut.
 */
export const join = (texts: ReadonlyArray<string>): string =>
  texts.reduce((joined, text, index) => {
    if (index === 0) return text
    const last = trimEnd(texts[index - 1] ?? "", "\0")
    const isCut = isLong(last) && (!ROW.test(text) || CUT_IN_NUMBER.test(last))
    return trimEnd(joined, "\0") + (isCut || last.endsWith("\n") ? "" : "\n") + text
  }, "")

// -----------------------------------------------------------------------------
// tables
// -----------------------------------------------------------------------------

const DASHES = /^\s*-{3,}\s*$/

interface Rows<out Row> {
  readonly rows: ReadonlyArray<Row>
  readonly unparsed: ReadonlyArray<UnparsedRow>
}

/**
 * Parses the rows in the lines after the heading, which ends at `start`. `offset` is the number of lines before the
 * text.
 *
 * A line can contain several rows if the server omitted the newlines between them. Each row then ends where the next
 * match of `pattern` begins. So a name that contains the start of a row is cut there, and the rest of it would be
 * another row. Such a row is recognised by its number (or its account, if rows have no numbers): if a row at the start
 * of a line has the same one, the match is a part of the name.
 */
const readRows = <Row>(
  text: string,
  start: number,
  offset: number,
  pattern: RegExp,
  read: (match: RegExpExecArray, rest: string) => Row | undefined
): Rows<Row> => {
  const rows: Array<Row> = []
  const unparsed: Array<UnparsedRow> = []
  const first = offset + text.slice(0, start).split("\n").length
  const lines = trimEnd(text.slice(start), "\0\r\n").split("\n").map((line) => {
    const content = line.endsWith("\r") ? line.slice(0, -1) : line
    const matches = [...content.matchAll(pattern)]
    const [match] = matches
    const own = match !== undefined && content.slice(0, match.index).trim() === "" ? match : undefined
    return { content: DASHES.test(content) ? "" : content, matches, own }
  })
  const keys = new Set(lines.flatMap(({ own }) => own === undefined ? [] : [keyOf(own)]))
  lines.forEach(({ content, matches, own }, index) => {
    const keep = (text: string): void => {
      if (trim(text) !== "") unparsed.push({ line: first + index, text })
    }
    const starts = matches.filter((match) => match === own || !keys.has(keyOf(match)))
    const before = content.slice(0, starts[0]?.index)
    // If another character precedes the first number directly, as in `1.5`, the number does not belong to the row.
    const isAttached = starts.length > 0 && /\S$/.test(before)
    if (!isAttached) keep(before)
    starts.forEach((match, at) => {
      const end = starts[at + 1]?.index
      if (isAttached && at === 0) return keep(content.slice(0, end))
      const row = read(match, content.slice(match.index + match[0].length, end))
      if (row !== undefined) rows.push(row)
      else keep(content.slice(match.index, end))
    })
  })
  return { rows, unparsed }
}

/** The number of a row, or the account if rows have no numbers. */
const keyOf = ([, first = "", number]: RegExpExecArray): string | number =>
  number === undefined ? identity(first) : Number(number)

/**
 * A row with a number, anywhere in a line. If the name of a row ends with digits or a sign, and the newline after it is
 * missing, these are taken for a part of the next row's number, because nothing separates them.
 */
const NUMBERED_ROW = new RegExp(`${NUMBERED}(?: |$)`, "g")

/** Whether the number is a slot, which is never negative. */
const isNumber = (sign: string | undefined): boolean => sign === undefined || sign === "#"

const PLAYERS_TITLE = /^\s*Players on server:/
const PLAYERS_HEADING = /^\s*Players on server:\s*\[Player#\] ; \[Player UID\] ; \[Player Name\](?! *;)/

/** Parses the reply to `#players`. */
export const parsePlayers = (text: string): Result.Result<Table<Player>, ReplyError> => {
  const heading = PLAYERS_HEADING.exec(text)
  if (!heading) return Result.fail(replyError("#players", text))
  return Result.succeed({
    ...readRows(text, heading[0].length, 0, NUMBERED_ROW, ([, sign, id, uuid = ""], name) =>
      isNumber(sign)
        ? trusted(Player, { id: Number(id) as PlayerId, name, identity: identity(uuid), verified: false })
        : undefined),
    total: undefined,
    cut: false
  })
}

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
  /** The number of pages; `Infinity` if the page is full and does not contain it. */
  readonly pages: number
  /** The number of lines on the page. */
  readonly lines: number
}

const ROWS_A_PAGE = 25

const LISTING_BANS = "Processing ban list"
const NO_BANS = /^(?:Server has no bans to list\.|(Page not found!))$/i

const BANS_TITLE = new RegExp(String.raw`^\s*Total bans: ${NUMBER} \| Page: ${NUMBER}/${NUMBER}`)
const BANS_HEADING = new RegExp(String.raw`${BANS_TITLE.source}\s*(?:- Identity Id \| Banned name *)?`)
const BAN_ROW = new RegExp(`${LISTED}(?: |$)`, "g")

const OLDER_BANS_TITLE = /^\s*Bans:\s*(?:\[BanID\]|$)/
const OLDER_BANS_HEADING = /^\s*Bans:\s*\[BanID\] ; \[Player UID\] ; \[Duration\](?! *;)/
const SECONDS = /^\d{1,15}$/

/** Removes the notice that the list is being read. */
const withoutNotice = (text: string): string => {
  const trimmed = text.trimStart()
  return trimmed.startsWith(LISTING_BANS) ? trimmed.slice(LISTING_BANS.length).trimStart() : text
}

/** Parses the reply to `#ban list`. `offset` is the number of lines of the pages before. */
export const parseBans = (reply: string, offset: number): Result.Result<BanPage, ReplyError> => {
  const text = withoutNotice(reply)
  const none = NO_BANS.exec(trim(text))
  if (none) {
    return Result.succeed({ rows: [], unparsed: [], total: none[1] === undefined ? 0 : undefined, pages: 0, lines: 0 })
  }
  const lines = text.split("\n").length
  const heading = BANS_HEADING.exec(text)
  if (heading) {
    const [start, total, , pages] = heading
    return Result.succeed({
      ...readRows(
        text,
        start.length,
        offset,
        BAN_ROW,
        ([, uuid = ""], name): BanRow => ({ target: identity(uuid), remaining: "unknown", name })
      ),
      total: Number(total),
      pages: Number(pages),
      lines
    })
  }
  const older = OLDER_BANS_HEADING.exec(text)
  if (!older) return Result.fail(replyError("#ban", reply))
  const table = readRows(text, older[0].length, offset, NUMBERED_ROW, readOlderBan)
  // The page does not contain the number of pages. A page that is not full is the last one.
  const isFull = table.rows.length + table.unparsed.length >= ROWS_A_PAGE
  return Result.succeed({ ...table, total: undefined, pages: isFull ? Infinity : 0, lines })
}

const readOlderBan = ([, sign, , uuid = ""]: RegExpExecArray, rest: string): BanRow | undefined => {
  const seconds = trim(rest)
  if (!isNumber(sign) || !SECONDS.test(seconds)) return undefined
  const remaining = Number(seconds) === 0 ? "permanent" : Duration.seconds(Number(seconds))
  return { target: identity(uuid), remaining }
}

const replyError = (command: string, text: string): ReplyError =>
  new ReplyError({ command, text, ...(text !== "" && { line: 1 }) })

// -----------------------------------------------------------------------------
// outcomes
// -----------------------------------------------------------------------------

/** Texts that occur only in the output of certain commands, and texts that also occur in the output of others. */
interface Texts {
  readonly own: RegExp
  readonly shared: RegExp
}

/** Refusals of any command. */
const REFUSED = "(?:unknown|disallowed) command|Command is supported only on Dedicated Servers\\.?"

const ANY_REFUSED = new RegExp(`^(?:${REFUSED})$`, "i")

const KICK: Texts = {
  own: /^Player '.*' kicked!$/is,
  shared: new RegExp(`^(?:Player not found|Not Valid Player ID|${REFUSED})$`, "i")
}

// The service that keeps the bans replies late. Errors in the command itself are reported at once.
const BAN_CREATE: Texts = {
  own:
    /^(?:Player '.*' banned!|Ban created!|Failed to create ban\.|Multiple users found!.*|Timeout|Unknown error\.)$/is,
  shared: new RegExp(
    `^(?:Player not found|User not found!|Not Valid Player ID|Not Valid time value in seconds|Help for ban command\\..*|${REFUSED})$`,
    "is"
  )
}

const BAN_REMOVE: Texts = {
  own: /^(?:Ban removed!|User not found!|Failed to remove .*|Multiple users found!.*|Timeout|Unknown error\.)$/is,
  shared: new RegExp(`^(?:Help for ban command\\..*|${REFUSED})$`, "is")
}

const BAN_LIST: Texts = {
  own:
    /^(?:Processing ban list|Server has no bans to list\.|Page not found!|Failed to list bans\.|Timeout|Unknown error\.)$/i,
  shared: new RegExp(`^(?:Not Valid page number|Help for ban command\\..*|${REFUSED})$`, "is")
}

/** Whether the player was kicked. */
export const isKicked = (reply: string): boolean => KICK.own.test(trim(reply))

/** Whether the ban was added. */
export const isBanned = (reply: string): boolean => /^(?:Player '.*' banned!|Ban created!)$/is.test(trim(reply))

/** Whether the ban was removed. */
export const isUnbanned = (reply: string): boolean => /^Ban removed!$/i.test(trim(reply))

/** Whether the player does not exist. */
export const isNoPlayer = (reply: string): boolean => /^(?:Player not found|Not Valid Player ID)$/i.test(trim(reply))

/** Whether the ban does not exist. */
export const isNoBan = (reply: string): boolean => /^User not found!$/i.test(trim(reply))

/**
 * Whether the server refused the command, or failed to execute it. `Timeout` and `Unknown error.` are not refusals:
 * they concern the service that keeps the bans, which may have executed the command.
 */
export const isRefusal = (reply: string): boolean => {
  const text = trim(reply)
  return !/^(?:Timeout|Unknown error\.)$/i.test(text) &&
    [BAN_CREATE, BAN_REMOVE].some((texts) => claimOf(texts, text) !== "No")
}

const claimOf = ({ own, shared }: Texts, text: string): ReturnType<Expectation["claim"]> => {
  const trimmed = trim(text)
  return own.test(trimmed) ? "Surely" : shared.test(trimmed) ? "Perhaps" : "No"
}

// -----------------------------------------------------------------------------
// expectations
// -----------------------------------------------------------------------------

const IMMEDIATE = { late: false, query: false } as const

const anyOf = (text: string): ReturnType<Expectation["claim"]> => isPlain(text) ? "Perhaps" : "No"

/** The column titles of a list. */
const TITLES = /^\s*(?:\[Player#\] ;|\[BanID\] ;|- Identity Id \|)/

/** Other lines of a list: empty ones, dashes, and columns in an unknown form. */
const LIST_LINE = /^(?:$|-{3,}(?:\s|$)|[^;\n]{0,40} ;|- [^|\n]{0,40} \|)/

/**
 * A row after the first line. It proves that the text is part of a list, even if it begins with a name that looks like
 * an event.
 */
const ROW_BELOW = new RegExp(String.raw`\n(?:${NUMBERED}|${LISTED})`)

/**
 * Claims the messages of a list after its first one; `last` is the previous one. If a name is cut in the last row, and
 * the rest of it looks like an event, it is taken for an event.
 */
const continues = (text: string, last: string, row: RegExp): ReturnType<Expectation["claim"]> => {
  if (row.test(text) || TITLES.test(text)) return "Surely"
  if (isLong(last)) return ROW_BELOW.test(text) ? "Surely" : anyOf(text)
  return LIST_LINE.test(trim(text)) ? anyOf(text) : "No"
}

const PLAYER_START = new RegExp(String.raw`^\s*${NUMBERED}`)

const PLAYERS: Expectation = {
  ...IMMEDIATE,
  query: true,
  claim: (text, last) =>
    last !== undefined
      ? continues(text, last, PLAYER_START)
      : PLAYERS_TITLE.test(text)
      ? "Surely"
      : ANY_REFUSED.test(trim(text))
      ? "Perhaps"
      : "No",
  pending: (texts) => {
    const last = texts.at(-1)
    if (last === undefined) return "Surely"
    if (!PLAYERS_TITLE.test(texts[0] ?? "")) return "Nothing"
    return isLong(last) ? "Likely" : "Perhaps"
  }
}

/** The start of a ban in either form. In the older one it looks like a player whose name is a number. */
const BAN_START = new RegExp(String.raw`^\s*(?:${LISTED}|${NUMBERED} \d{1,15}[ \r]*(?:\n|$))`)

/** A row at the start of a line. Rows that a name imitates are elsewhere. */
const BAN_LINE = new RegExp(`^${LISTED}`, "gm")

/** The minimum and maximum number of rows on the page, according to its heading. */
const rowsOf = ([, total, page, pages]: RegExpExecArray): { readonly least: number; readonly most: number } => {
  const [bans, number, last] = [Number(total), Number(page), Number(pages)]
  // The size of a full page is known, unless it contradicts the heading.
  const isKnown = Math.ceil(bans / ROWS_A_PAGE) === last
  const size = isKnown
    ? { least: ROWS_A_PAGE, most: ROWS_A_PAGE }
    : { least: Math.ceil(bans / last), most: last > 1 ? Math.ceil(bans / (last - 1)) - 1 : bans }
  return number < last
    ? size
    : { least: bans - size.most * (last - 1), most: bans - size.least * (last - 1) }
}

/** Expects the page with this number, or any page. */
const bans = (page: string | undefined): Expectation => ({
  late: true,
  query: true,
  claim: (reply, last) => {
    const text = withoutNotice(reply)
    const title = BANS_TITLE.exec(text)
    if (title) return page === undefined || Number(title[2]) === Number(page) ? "Surely" : "No"
    if (OLDER_BANS_TITLE.test(text)) return "Surely"
    const claim = claimOf(BAN_LIST, reply)
    return claim === "No" && last !== undefined && trim(withoutNotice(last)) !== ""
      ? continues(text, last, BAN_START)
      : claim
  },
  pending: (texts) => {
    const content = texts.map(withoutNotice).filter((text) => trim(text) !== "")
    const [first = "", last = first] = [content[0], content.at(-1)]
    if (content.length === 0) return "Surely"
    if (OLDER_BANS_TITLE.test(first)) return isLong(last) ? "Likely" : "Perhaps"
    const title = BANS_TITLE.exec(first)
    if (!title) return "Nothing"
    const { least, most } = rowsOf(title)
    const rows = [...join(content).matchAll(BAN_LINE)].length
    if (rows < least) return isLong(last) ? "Likely" : "Perhaps"
    // The name in the last row may be cut.
    return rows >= most && !(isLong(last) && !last.endsWith("\n")) ? "Nothing" : "Perhaps"
  }
})

/** Expects one message. */
const one = (texts: Texts, late: boolean): Expectation => ({
  late,
  query: false,
  claim: (text) => claimOf(texts, text),
  pending: (texts) => texts.length === 0 ? "Surely" : "Nothing"
})

const LAST_TEXT = new RegExp(`^(?:(?:${REFUSED})$|Help for ban command\\.)`, "i")

const ANYTHING: Expectation = {
  ...IMMEDIATE,
  claim: anyOf,
  pending: (texts) => LAST_TEXT.test(trim(texts.at(-1) ?? "")) ? "Nothing" : "Perhaps"
}

/** The expected output of a command, by its text. */
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

/** The expected output of a command that a person typed: any text can be its output. */
export const looseExpectationOf = (command: string): Expectation => {
  const strict = expectationOf(command)
  if (strict === ANYTHING || strict === SILENT) return strict
  return {
    ...strict,
    claim: (text, last) => {
      const claim = strict.claim(text, last)
      return claim === "No" ? anyOf(text) : claim
    },
    pending: (texts) => {
      const known = texts.filter((text, index) => strict.claim(text, texts[index - 1]) !== "No")
      if (texts.length === 0 || known.length > 0) return strict.pending(known)
      return strict.late && !strict.query ? "Likely" : "Perhaps"
    }
  }
}
