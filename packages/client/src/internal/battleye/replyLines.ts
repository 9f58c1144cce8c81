/**
 * Replies of several lines: a heading, and something in each line below it.
 */
import * as Result from "effect/Result"
import { ReplyError } from "../../ReplyError.ts"
import type { Table, UnparsedRow } from "../../Table.ts"
import { trimBlanks, withoutEnd } from "../patterns.ts"

/** How the reply to a command looks. */
export interface Layout {
  readonly command: string
  /** The first lines, one pattern each. If they are others, the reply is another. */
  readonly heading: ReadonlyArray<RegExp>
}

/** How a table looks. */
export interface TableLayout<out Row> extends Layout {
  /** `undefined` for what is no row. */
  readonly row: (line: string) => Row | undefined
  /** Lines between the rows that are only there to be looked at. */
  readonly decoration?: RegExp
  /** The last line, with the number of rows as the only group. A table may end without it. */
  readonly total?: RegExp
}

/**
 * The lines of the reply, the heading among them; no blank ones at the end. A CR before the LF belongs to no line, and
 * neither do NULs and line ends behind the whole reply.
 */
const read = ({ command, heading }: Layout, text: string): Result.Result<ReadonlyArray<string>, ReplyError> => {
  const lines = withoutEnd(text).replaceAll("\r\n", "\n").split("\n")
  const unexpected = heading.findIndex((pattern, index) => !pattern.test(lines[index] ?? ""))
  return unexpected === -1
    ? Result.succeed(lines)
    : Result.fail(new ReplyError({ command, text, ...(text !== "" && { line: unexpected + 1 }) }))
}

/** Those of the lines below the heading that are not blank, without the blanks around them. */
export const readList = (layout: Layout, text: string): Result.Result<ReadonlyArray<string>, ReplyError> =>
  Result.map(
    read(layout, text),
    (lines) => lines.slice(layout.heading.length).map(trimBlanks).filter((line) => line !== "")
  )

/**
 * The rows below the heading. Those that cannot be read, or are cut, are kept as they are. `cut`: whether the reply is as
 * long as the protocol can carry.
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
