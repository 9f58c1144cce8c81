/**
 * The formats of results.
 */
import * as SafeText from "./SafeText.ts"
import * as Table from "./Table.ts"
import type { Column, View } from "./View.ts"
import { wrap } from "./wrap.ts"

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
  /** Whether entries are labelled with their server: if several servers are named, or `--all` is given. */
  readonly labelled: boolean
  /** Whether it is printed to a terminal, which would obey control characters. */
  readonly isTerminal: boolean
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

/** The lines of a text, each with the label before it. */
const prefixed = (text: string, label: string | undefined): string =>
  text.replace(/\n$/, "").split("\n").map((line) => `${label === undefined ? "" : `${label}: `}${line}\n`).join("")

const texts = <Row>(parts: ReadonlyArray<Part<Row>>, labelled: boolean, text: (row: Row) => string): string =>
  rowsOf(parts).map(({ row, server }) => prefixed(SafeText.lines(text(row)), labelled ? server : undefined)).join("")

/** The server's own words: unchanged in a file or pipe, made harmless on a terminal. */
const raw = <Row>(
  words: (row: Row) => string,
  parts: ReadonlyArray<Part<Row>>,
  { isTerminal, labelled }: Context
): string =>
  rowsOf(parts).map(({ row, server }) => {
    const text = isTerminal ? SafeText.lines(words(row)) : words(row)
    return text === "" ? "" : prefixed(text, labelled ? server : undefined)
  }).join("")

const table = <Row>(view: View<Row>, parts: ReadonlyArray<Part<Row>>, context: Context): string =>
  view.text === undefined
    ? Table.render(columnsOf(view, context.labelled), rowsOf(parts), context)
    : wrap(texts(parts, context.labelled, view.text), view.isProse === true ? context.width : undefined)

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
 * A field by RFC 4180. But lines end as on Unix, because other command-line tools expect that. A text that a spreadsheet would
 * run as a formula gets an apostrophe in front, because a player's name could be one.
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

/** Writes a complete result in its format. Every line ends with a line break. */
export const render = <Row>(view: View<Row>, parts: ReadonlyArray<Part<Row>>, context: Context): string => {
  switch (context.format) {
    case "raw":
      return view.raw === undefined ? table(view, parts, context) : raw(view.raw, parts, context)
    case "table":
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

/** The heading of a result, before its first entry. */
const headingOf = <Row>(view: View<Row>, context: Context): string =>
  context.format === "csv" || context.format === "md" ? render(view, [], context) : ""

/** The entries of a part, without the heading. */
const bodyOf = <Row>(view: View<Row>, context: Context, heading: string) => (part: Part<Row>): string =>
  render(view, [part], context).slice(heading.length)

/** Writes a result whose entries come one by one. */
export interface Streaming<in Row> {
  readonly begin: string
  readonly entry: (server: string, row: Row) => string
  readonly end: string
}

/** Begins a result whose entries come one by one. */
export const streaming = <Row>(view: View<Row>, context: Context): Streaming<Row> => {
  if (context.format === "json") {
    const line = bodyOf(view, { ...context, format: "ndjson" }, "")
    let separator = "\n"
    return {
      begin: "[",
      entry: (server, row) => {
        const text = separator + line({ server, rows: [row] }).trimEnd()
        separator = ",\n"
        return text
      },
      end: "\n]\n"
    }
  }
  const begin = headingOf(view, context)
  const body = bodyOf(view, context, begin)
  return { begin, entry: (server, row) => body({ server, rows: [row] }), end: "" }
}

/** Writes a result to which servers contribute at different times. Each function returns the text to print now. */
export interface Gathering<in Row> {
  /** Adds entries of a server, or its failure. A server may have several parts. */
  readonly add: (part: Part<Row>) => string
  /** Returns the text of the parts that were held back, or an empty text. Call it once, after all parts. */
  readonly end: () => string
}

/**
 * Whether the result is one document, which can only be written at the end: a JSON array in the order of the servers, or a
 * table whose columns are as wide as their widest cell.
 */
const isDocument = <Row>(view: View<Row>, { format }: Context): boolean =>
  format === "json" || view.text === undefined && (format === "table" || format === "raw" && view.raw === undefined)

/**
 * Begins a result to which servers contribute at different times. Parts are written in the order in which they come. A document
 * is written at the end, in the order of `servers`.
 */
export const gathering = <Row>(
  view: View<Row>,
  context: Context,
  servers: ReadonlyArray<string>
): Gathering<Row> => {
  if (isDocument(view, context)) {
    const parts = new Map<string, { server: string; rows: Array<Row>; error?: Part<Row>["error"] }>()
    return {
      add: ({ error, rows, server }) => {
        const part = parts.get(server) ?? { server, rows: [] }
        part.rows.push(...rows)
        parts.set(server, error === undefined ? part : { ...part, error })
        return ""
      },
      end: () => {
        const all = servers.flatMap((server) => parts.get(server) ?? [])
        // In JSON a failure is an entry, too.
        const isSomething = all.some(({ error, rows }) =>
          error === undefined || rows.length > 0 || context.format === "json"
        )
        return isSomething ? render(view, all, context) : ""
      }
    }
  }
  const heading = headingOf(view, context)
  const body = bodyOf(view, context, heading)
  let isFirst = true
  return {
    add: (part) => {
      const text = body(part)
      // A heading above failures alone looks like an answer without entries.
      if (!isFirst || part.error !== undefined && part.rows.length === 0) return text
      isFirst = false
      return heading + text
    },
    end: () => ""
  }
}
