/**
 * Parses rows of the lists that Arma Reforger's own RCON prints.
 *
 * A row begins with a number and the id of an account (`1 ; UUID ; `), or with the id alone (`- UUID | `). In every
 * list the column titles may be on a separate line, dashes may follow them, lines may end with CR LF, and `#` may
 * precede a number.
 */
import type { IdentityId } from "../../Identity.ts"
import { ReplyError } from "../../ReplyError.ts"
import type { UnparsedRow } from "../../Table.ts"
import { NUMBER, trimBlanks } from "../patterns.ts"

const UUID = "([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"

/** The account with this UUID. */
export const identity = (uuid: string): IdentityId => uuid.toLowerCase() as IdentityId

/** Removes these characters at the end of the text. */
export const trimEnd = (text: string, characters: string): string => {
  let end = text.length
  while (end > 0 && characters.includes(text.charAt(end - 1))) end--
  return text.slice(0, end)
}

/** The start of a row with a number: the sign before the number, the number, the id of the account. */
export const NUMBERED = String.raw`(?:([#-]{1,2}) ?)?(?<!\d)${NUMBER} ; ${UUID} ;`

/** The start of a row without a number: the id of the account. */
export const LISTED = String.raw`- ${UUID} \|`

/** A text that begins with a row. */
export const ROW = new RegExp(String.raw`^\s*(?:${NUMBERED}|${LISTED})`)

const DASHES = /^\s*-{3,}\s*$/

export interface Rows<out Row> {
  readonly rows: ReadonlyArray<Row>
  readonly unparsed: ReadonlyArray<UnparsedRow>
}

/** The form of a list. */
interface Layout<out Row> {
  /** The index at which the heading ends. */
  readonly start: number
  /** The start of a row, anywhere in a line. */
  readonly pattern: RegExp
  /** Parses a row; `undefined` if it is invalid. `rest` is the text from the match to the next row. */
  readonly read: (match: RegExpExecArray, rest: string) => Row | undefined
  /** The number of lines before the text. Default 0. */
  readonly offset?: number
}

/**
 * Parses the rows in the lines after the heading.
 *
 * Some servers omit newlines between rows, so a line can contain several rows. Each row ends at the next match of
 * `pattern`. A player's name can contain such a match, too: then the name is cut there, and its rest looks like another
 * row. The number decides (or the account, if rows have no numbers): if a row at the start of a line has the same
 * number, the match is a part of the name.
 */
export const readRows = <Row>(text: string, { offset = 0, pattern, read, start }: Layout<Row>): Rows<Row> => {
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
      if (trimBlanks(text) !== "") unparsed.push({ line: first + index, text })
    }
    const starts = matches.filter((match) => match === own || !keys.has(keyOf(match)))
    const before = content.slice(0, starts[0]?.index)
    // If another character directly precedes the first number, as in `1.5`, the row is invalid.
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
export const NUMBERED_ROW = new RegExp(`${NUMBERED}(?: |$)`, "g")

/** Whether a number may have this sign. Slots and the numbers of bans are never negative. */
export const isNumber = (sign: string | undefined): boolean => sign === undefined || sign === "#"

/** The error of a reply that is not a list. */
export const replyError = (command: string, text: string): ReplyError =>
  new ReplyError({ command, text, ...(text !== "" && { line: 1 }) })
