/**
 * The formats of results.
 */
import * as SafeText from "./SafeText.ts"
import * as Table from "./Table.ts"
import type { Column, View } from "./View.ts"

/** The names of the formats, the default first. */
export const formats = ["table", "json", "ndjson", "csv", "md", "raw"] as const

/** The name of a format. */
export type Format = typeof formats[number]

/** A part of a result: the answer of one server, entry by entry, or its failure. */
export interface Part<out Row> {
  readonly server: string
  readonly rows: ReadonlyArray<Row>
  /** The failure of the server, for the formats in JSON. */
  readonly error?: { readonly message: string; readonly exitCode: number } | undefined
}

/** The context of a result. */
export interface Context extends Table.Style {
  readonly format: Format
  /** Whether entries are labelled with their server: with several servers, or if they were asked for by name or `--all`. */
  readonly labelled: boolean
}

/** An entry and its server. */
interface Labelled<out Row> {
  readonly server: string
  readonly row: Row
}

const serverColumn: Column<Labelled<unknown>> = { key: "server", title: "Server", cell: ({ server }) => server }

const columnsOf = <Row>(view: View<Row>, labelled: boolean): ReadonlyArray<Column<Labelled<Row>>> => [
  ...(labelled ? [serverColumn] : []),
  ...view.columns.map(({ cell, value, ...column }) => ({
    ...column,
    cell: ({ row }: Labelled<Row>) => cell(row),
    value: ({ row }: Labelled<Row>) => (value ?? cell)(row)
  }))
]

const rowsOf = <Row>(parts: ReadonlyArray<Part<Row>>): ReadonlyArray<Labelled<Row>> =>
  parts.flatMap(({ rows, server }) => rows.map((row) => ({ server, row })))

/** A text in lines, each with the label before it. */
const prefixed = (text: string, label: string | undefined): string =>
  text.replace(/\n$/, "").split("\n").map((line) => `${label === undefined ? "" : `${label}: `}${line}\n`).join("")

const texts = <Row>(parts: ReadonlyArray<Part<Row>>, labelled: boolean, text: (row: Row) => string): string =>
  rowsOf(parts).map(({ row, server }) => prefixed(SafeText.lines(text(row)), labelled ? server : undefined)).join("")

const table = <Row>(view: View<Row>, parts: ReadonlyArray<Part<Row>>, context: Context): string =>
  view.text === undefined
    ? Table.render(columnsOf(view, context.labelled), rowsOf(parts), context)
    : texts(parts, context.labelled, view.text)

const stringify = (value: unknown, indent?: number): string => SafeText.json(JSON.stringify(value, undefined, indent))

const json = <Row>(view: View<Row>, parts: ReadonlyArray<Part<Row>>, { labelled }: Context): string => {
  const result = ({ rows }: Part<Row>) => {
    const encoded = rows.map(view.json)
    return view.single === true ? encoded[0] : encoded
  }
  const labelledPart = (part: Part<Row>) =>
    part.error === undefined
      ? { server: part.server, result: result(part) }
      : { server: part.server, ...(part.rows.length > 0 && { result: result(part) }), error: part.error }
  return (labelled ? [parts.map(labelledPart)] : parts.map(result))
    .filter((document) => document !== undefined)
    .map((document) => `${stringify(document, 2)}\n`).join("")
}

const ndjson = <Row>(view: View<Row>, parts: ReadonlyArray<Part<Row>>, { labelled }: Context): string =>
  parts.flatMap(({ error, rows, server }) => [
    ...rows.map((row) => labelled ? { server, ...view.json(row) } : view.json(row)),
    ...(labelled && error !== undefined ? [{ server, error }] : [])
  ]).map((entry) => `${stringify(entry)}\n`).join("")

/** How a formula begins in a spreadsheet, also in full width. */
const FORMULA = /^[=+\-@\t＝＋－＠]/

const isNumber = (text: string): boolean => /^-?\d+(?:\.\d+)?$/.test(text)

/**
 * RFC 4180, but for line ends: those of Unix, as other tools of the command line expect them. A text that a spreadsheet would
 * run as a formula gets an apostrophe in front: players choose their names.
 */
const csvField = (text: string): string => {
  const inert = FORMULA.test(text) && !isNumber(text) ? `'${text}` : text
  return /[",\n\r]/.test(inert) ? `"${inert.replaceAll("\"", "\"\"")}"` : inert
}

const csv = <Row>(view: View<Row>, parts: ReadonlyArray<Part<Row>>, { labelled }: Context): string => {
  const columns = columnsOf(view, labelled)
  const line = (fields: ReadonlyArray<string>) => `${fields.map(csvField).join(",")}\n`
  return [
    line(columns.map(({ key }) => key)),
    ...rowsOf(parts).map((row) => line(columns.map(({ cell, value }) => SafeText.lines((value ?? cell)(row) ?? ""))))
  ].join("")
}

const mdCell = (text: string): string => text.replace(/[\\|`*_<>[\]&]/g, "\\$&").replaceAll("\n", "<br>")

const md = <Row>(view: View<Row>, parts: ReadonlyArray<Part<Row>>, { labelled }: Context): string => {
  const columns = columnsOf(view, labelled)
  const line = (cells: ReadonlyArray<string>) => `| ${cells.join(" | ")} |\n`
  return [
    line(columns.map(({ title }) => title)),
    line(columns.map(({ right }) => right === true ? "--:" : "---")),
    ...rowsOf(parts).map((row) => line(columns.map(({ cell }) => mdCell(SafeText.lines(cell(row) ?? "-")))))
  ].join("")
}

/** A result in a format other than `raw`, each line ended. */
export const render = <Row>(view: View<Row>, parts: ReadonlyArray<Part<Row>>, context: Context): string => {
  switch (context.format) {
    case "table":
    case "raw":
      return table(view, parts, context)
    case "json":
      return json(view, parts, context)
    case "ndjson":
      return ndjson(view, parts, context)
    case "csv":
      return csv(view, parts, context)
    case "md":
      return md(view, parts, context)
  }
}

/** The replies of servers: unchanged in a file or pipe, made harmless on a terminal. */
export const renderRaw = (
  parts: ReadonlyArray<Part<string>>,
  { isTerminal, labelled }: { readonly isTerminal: boolean; readonly labelled: boolean }
): string =>
  rowsOf(parts).map(({ row, server }) => {
    const text = isTerminal ? SafeText.lines(row) : row
    return text === "" ? "" : prefixed(text, labelled ? server : undefined)
  }).join("")

/** How a result is written that comes entry by entry. */
export interface Streaming<in Row> {
  readonly begin: string
  readonly entry: (server: string, row: Row) => string
  readonly end: string
}

/** A result that comes entry by entry, in a format. */
export const streaming = <Row>(view: View<Row>, context: Context): Streaming<Row> => {
  const one = (context: Context) => (server: string, row: Row) => render(view, [{ server, rows: [row] }], context)
  switch (context.format) {
    case "json": {
      const line = one({ ...context, format: "ndjson" })
      let separator = "\n"
      return {
        begin: "[",
        entry: (server, row) => {
          const text = separator + line(server, row).trimEnd()
          separator = ",\n"
          return text
        },
        end: "\n]\n"
      }
    }
    case "csv":
    case "md": {
      const begin = render(view, [], context)
      return { begin, entry: (server, row) => one(context)(server, row).slice(begin.length), end: "" }
    }
    default:
      return { begin: "", entry: one(context), end: "" }
  }
}
