/**
 * Rows of a server's list of bans.
 */
import { Ban, type Table } from "@bercon/client"
import { Arbitrary, Schema } from "effect"
import { markedReason } from "../src/internal/bans/mark.ts"
import { entry, guid } from "./support.ts"

/** A row of the ban with this number. */
export const row = (number: number, fields: Partial<Ban.Ban> = {}): Ban.Ban =>
  new Ban.Ban({
    id: Ban.BanId.make(0),
    target: guid(number),
    remaining: "permanent",
    reason: markedReason(entry(number), "book"),
    ...fields
  })

/** A list of these rows, each with its place in the list as its number. */
export const table = (
  rows: ReadonlyArray<Ban.Ban>,
  fields: Partial<Table.Table<Ban.Ban>> = {}
): Table.Table<Ban.Ban> => ({
  rows: rows.map(({ reason, remaining, target }, index) =>
    new Ban.Ban({ id: Ban.BanId.make(index), target, remaining, reason })
  ),
  unparsed: [],
  total: undefined,
  cut: false,
  ...fields
})

/** A random number of a ban. */
export const numbers = Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 11 })))

export const oneOf = <const A extends ReadonlyArray<string | number | boolean>>(...values: A) =>
  Arbitrary.schema(Schema.Literals(values))
