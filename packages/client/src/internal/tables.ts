/**
 * Judges whether the absence of a row from a table proves anything.
 */
import type { Table } from "../Table.ts"

const STARTS_WITH_NUMBER = /^\s*#?(-?)(\d{1,9})(?!\d)/

/**
 * Whether the row with this number may be among the invalid or missing rows. If not, its absence from the valid rows
 * proves that the server has no such row.
 */
export const mayBeUnread = (table: Table<{ readonly id: unknown }>, number: number): boolean => {
  const { cut, rows, total, unparsed } = table
  return cut ||
    (total !== undefined && total > new Set(rows.map(({ id }) => id)).size + unparsed.length) ||
    unparsed.some(({ text }) => {
      const [, sign, digits] = STARTS_WITH_NUMBER.exec(text) ?? []
      // A row with a negative number belongs to no slot.
      return digits === undefined || (sign === "" && Number(digits) === number)
    })
}
