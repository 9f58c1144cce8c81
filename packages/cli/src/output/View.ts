/**
 * How entries of a result are shown: in columns, as text, and in JSON.
 */
import * as Schema from "effect/Schema"

/** A column of a table. */
export interface Column<in Row> {
  /** The name in CSV. */
  readonly key: string
  /** The heading for people. */
  readonly title: string
  /** Whether cells are aligned to the right, as numbers are. Default `false`. */
  readonly right?: boolean
  /** A cell, in one line. `undefined` if it is unknown: a dash in tables, an empty field in CSV. */
  readonly cell: (row: Row) => string | undefined
  /** The cell in CSV, if it is not the same. */
  readonly value?: (row: Row) => string | undefined
}

/** How the entries of a result are shown. */
export interface View<in Row> {
  readonly columns: ReadonlyArray<Column<Row>>
  /** An entry in JSON, an object. */
  readonly json: (row: Row) => Record<string, unknown>
  /** The text of an entry in the format `table`, perhaps in several lines, for results that are not tabular. */
  readonly text?: ((row: Row) => string) | undefined
  /**
   * Whether the lines of `text` are wrapped between words on a narrow terminal. Default `false`: the server's own text stays
   * as it is.
   */
  readonly isProse?: boolean | undefined
  /** The server's own words, for the format `raw`. Without it, `raw` prints the same as `table`. */
  readonly raw?: ((row: Row) => string) | undefined
  /** Whether a server has one entry only: then its JSON is an object, not an array of one. Default `false`. */
  readonly single?: boolean | undefined
}

/** Makes a view of entries that a schema encodes in JSON. */
export const make = <Row, Encoded extends Record<string, unknown>>(
  schema: Schema.Codec<Row, Encoded>,
  view: Omit<View<Row>, "json">
): View<Row> => {
  // The encoder is made on first use, because most runs print no JSON.
  let encode: ((row: Row) => unknown) | undefined
  return {
    ...view,
    json: (row) => {
      encode ??= Schema.encodeSync(Schema.toCodecJson(schema))
      return encode(row) as Record<string, unknown>
    }
  }
}

/** Replies as they are, for the format `raw`. */
export const replies: View<string> = { columns: [], json: (reply) => ({ reply }), raw: (reply) => reply }
