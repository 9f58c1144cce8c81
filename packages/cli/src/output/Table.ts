/**
 * Writes tables for people. Columns are aligned by the width of their texts on a terminal. If the terminal is too
 * narrow, each field gets a line of its own.
 */
import * as CliOutput from "effect/cli/CliOutput"
import * as SafeText from "./SafeText.ts"
import type { Column } from "./View.ts"

/** The width and colours of the terminal or file that a table is printed to. */
export interface Style {
  /** How many characters a line has. `undefined`: any number, as in a file. */
  readonly width: number | undefined
  /** Whether it shows colours. */
  readonly colours: boolean
}

// Most cells are ASCII, and lists can have thousands of rows.
const displayWidth = (text: string): number => /^[\x20-\x7e]*$/.test(text) ? text.length : CliOutput.displayWidth(text)

const bold = (text: string, { colours }: Style): string => colours ? `\x1b[1m${text}\x1b[22m` : text
const dim = (text: string, { colours }: Style): string => colours ? `\x1b[2m${text}\x1b[22m` : text

const pad = (text: string, width: number, right = false): string => {
  const blanks = " ".repeat(Math.max(0, width - displayWidth(text)))
  return right ? blanks + text : text + blanks
}

const GAP = "  "

const widest = (texts: ReadonlyArray<string>): number =>
  texts.reduce((most, text) => Math.max(most, displayWidth(text)), 0)

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" })

/** Breaks a text into pieces of at most this width. */
const broken = (text: string, width: number): ReadonlyArray<string> => {
  const pieces = [""]
  let used = 0
  for (const { segment } of segmenter.segment(text)) {
    const cells = displayWidth(segment)
    if (used > 0 && used + cells > width) {
      pieces.push("")
      used = 0
    }
    pieces[pieces.length - 1] += segment
    used += cells
  }
  return pieces
}

interface Grid {
  readonly titles: ReadonlyArray<string>
  readonly cells: ReadonlyArray<ReadonlyArray<string>>
}

const aligned = <Row>(columns: ReadonlyArray<Column<Row>>, { cells, titles }: Grid) => {
  const widths = columns.map((_, at) => widest([titles[at]!, ...cells.map((row) => row[at]!)]))
  const line = (row: ReadonlyArray<string>): string =>
    row.map((text, at) => pad(text, widths[at]!, columns[at]!.right)).join(GAP).trimEnd()
  return { line, width: widths.reduce((sum, width) => sum + width, GAP.length * (widths.length - 1)) }
}

/** Each row as a block of lines, `title  cell`. */
const stacked = (grid: Grid, style: Style, width: number): string => {
  const titleWidth = widest(grid.titles)
  const room = width - titleWidth - GAP.length
  const indented = Math.max(1, width - GAP.length)
  const field = (title: string, text: string): ReadonlyArray<string> =>
    displayWidth(text) <= room
      ? [dim(pad(title, titleWidth), style) + GAP + text]
      : [dim(title, style), ...broken(text, indented).map((piece) => GAP + piece)]
  return grid.cells
    .map((row) =>
      row.flatMap((text, at) => field(grid.titles[at]!, text)).map((line) => `${line.trimEnd()}\n`).join("")
    )
    .join("\n")
}

/**
 * The rows as a table that fits the width. Every line ends with a line break. If there are rows, columns without any value are
 * left out, because games differ in the columns that they print.
 */
export const render = <Row>(all: ReadonlyArray<Column<Row>>, rows: ReadonlyArray<Row>, style: Style): string => {
  const columns = rows.length === 0 ? all : all.filter(({ cell }) => rows.some((row) => cell(row) !== undefined))
  const grid: Grid = {
    titles: columns.map(({ title }) => title),
    cells: rows.map((row) => columns.map(({ cell }) => SafeText.line(cell(row) ?? "-")))
  }
  const { line, width } = aligned(columns, grid)
  if (style.width !== undefined && width > style.width && rows.length > 0) return stacked(grid, style, style.width)
  return [bold(line(grid.titles), style), ...grid.cells.map(line)].map((text) => `${text}\n`).join("")
}
