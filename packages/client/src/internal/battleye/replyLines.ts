/**
 * Parses replies of several lines: a heading, and an entry in each line below it.
 */
import * as Result from "effect/Result"
import { ReplyError } from "../../ReplyError.ts"
import type { Table, UnparsedRow } from "../../Table.ts"
import { trimBlanks, withoutEnd } from "../patterns.ts"

/** The form of the reply to a command. */
export interface Layout {
  readonly command: string
  /** The patterns of the first lines. If one does not match, the reply is not of this form. */
  readonly heading: ReadonlyArray<RegExp>
}

/** The form of a table. */
export interface TableLayout<out Row> extends Layout {
  /** Parses a row; `undefined` if the line is not a row. */
  readonly row: (line: string) => Row | undefined
  /** Lines without information, between the rows. */
  readonly decoration?: RegExp
  /** The last line, with the number of rows as its only group. It may be missing. */
  readonly total?: RegExp
}

/**
 * The lines of the reply including the heading. A CR before a LF belongs to no line, and neither do NULs and line ends
 * at the end of the reply.
 */
const read = ({ command, heading }: Layout, text: string): Result.Result<ReadonlyArray<string>, ReplyError> => {
  const lines = withoutEnd(text).replaceAll("\r\n", "\n").split("\n")
  const unexpected = heading.findIndex((pattern, index) => !pattern.test(lines[index] ?? ""))
  return unexpected === -1
    ? Result.succeed(lines)
    : Result.fail(new ReplyError({ command, text, ...(text !== "" && { line: unexpected + 1 }) }))
}

/** The lines below the heading that are not blank, without surrounding blanks. */
export const readList = (layout: Layout, text: string): Result.Result<ReadonlyArray<string>, ReplyError> =>
  Result.map(
    read(layout, text),
    (lines) => lines.slice(layout.heading.length).map(trimBlanks).filter((line) => line !== "")
  )

/**
 * Parses the rows below the heading. Invalid or cut rows are kept as text. `cut`: whether the reply has the maximum
 * size of the protocol.
 */
export const readTable = <Row>(
  layout: TableLayout<Row>,
  text: string,
  cut: boolean
): Result.Result<Table<Row>, ReplyError> =>
  Result.map(read(layout, text), (lines) => {
    const total = layout.total?.exec(lines.at(-1) ?? "")
    const rows: Array<Row> = []
    const unparsed: Array<UnparsedRow> = []
    const end = total || cut ? lines.length - 1 : lines.length
    for (let index = layout.heading.length; index < end; index++) {
      const line = lines[index] ?? ""
      const row = layout.row(line)
      if (row !== undefined) rows.push(row)
      else if (!layout.decoration?.test(line)) unparsed.push({ line: index + 1, text: line })
    }
    if (cut && !total) unparsed.push({ line: lines.length, text: lines.at(-1) ?? "" })
    return { rows, unparsed, total: total ? Number(total[1]) : undefined, cut }
  })
