/**
 * What a table does not show.
 */
import type { Table } from "../Table.ts"

const STARTS_WITH_NUMBER = /^\s*#?(\d{1,9})(?!\d)/

/**
 * Whether the row with a number may be among those that could not be read, or did not come. Only if not, its absence from
 * the rows shows that there is no such row.
 */
export const mayBeUnread = ({ cut, rows, total, unparsed }: Table<unknown>, number: number): boolean =>
  cut ||
  (total !== undefined && total > rows.length + unparsed.length) ||
  unparsed.some(({ text }) => {
    const start = STARTS_WITH_NUMBER.exec(text)
    return start === null || Number(start[1]) === number
  })
