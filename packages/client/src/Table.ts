/**
 * The tables that servers print.
 *
 * @since 0.1.0
 */

/**
 * A line of a table that is not a row as servers are known to print them.
 *
 * @category models
 * @since 0.1.0
 */
export interface UnparsedRow {
  /** Its number in the reply, from 1. */
  readonly line: number
  readonly text: string
}

/**
 * A table, row by row in the server's order.
 *
 * @category models
 * @since 0.1.0
 */
export interface Table<out Row> {
  readonly rows: ReadonlyArray<Row>
  /** Lines that could not be read as a row. Empty with every server known. */
  readonly unparsed: ReadonlyArray<UnparsedRow>
  /**
   * How many the server says there are, if it does. It counts players, not rows: some servers print a player twice.
   */
  readonly total: number | undefined
  /**
   * Whether the reply is as long as the protocol can carry, 255 KiB (some 5,000 bans): rows are missing at the end. The last
   * line that came is among the unparsed, as it may not be whole.
   */
  readonly cut: boolean
}

/**
 * Tests whether a table shows all rows that the server has: every line could be read, the list is not cut, and there are as
 * many rows with different numbers as the server counts. Only then does a missing row mean that there is none.
 *
 * **Example** (Is this player certainly not there?)
 *
 * ```ts
 * import { type Guid, RconClient, Table } from "@bercon/client"
 * import { Effect } from "effect"
 *
 * const isAbsent = Effect.fn(function*(guid: Guid.Guid) {
 *   const rcon = yield* RconClient.RconClient
 *   const table = yield* rcon.playerTable
 *   return Table.isComplete(table) && table.rows.every((player) => player.guid !== guid)
 * })
 * ```
 *
 * @category guards
 * @since 0.1.0
 */
export const isComplete = ({ cut, rows, total, unparsed }: Table<{ readonly id: unknown }>): boolean =>
  // Some servers print a player twice, so rows are not counted but numbers.
  !cut && unparsed.length === 0 && (total === undefined || total <= new Set(rows.map(({ id }) => id)).size)
