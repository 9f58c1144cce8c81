/**
 * The tables that servers print, with the lines that are not valid rows.
 *
 * A table is plain immutable data.
 *
 * **Example** (Showing the lines that could not be read)
 *
 * ```ts
 * import { RconClient } from "@bercon/client"
 * import { Console, Effect } from "effect"
 *
 * const unparsed = Effect.gen(function*() {
 *   const rcon = yield* RconClient.RconClient
 *   const table = yield* rcon.playerTable
 *   yield* Effect.forEach(table.unparsed, ({ line, text }) => Console.log(`line ${line}: ${text}`))
 * })
 * ```
 *
 * @stability stable
 * @since 0.1.0
 */

/**
 * A line of a table that is not a row of a known form.
 *
 * @category models
 * @since 0.1.0
 */
export interface UnparsedRow {
  /** The number of the line in the reply, from 1. */
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
  /** Lines that are not valid rows. Empty with every known server, unless the list is cut. */
  readonly unparsed: ReadonlyArray<UnparsedRow>
  /**
   * The number of entries according to the server; `undefined` if the server does not print it. It counts players, not
   * rows: some servers print a player twice.
   */
  readonly total: number | undefined
  /**
   * Whether rows may be missing at the end, because the reply has the maximum size of the protocol, 255 KiB (about
   * 5,000 bans). The last line is then among the unparsed ones, because it may be cut. For the bans of Arma Reforger:
   * whether pages are missing, because the list has more than 1,000 pages, or because an older server did not send the
   * next page.
   */
  readonly cut: boolean
}

/**
 * Tests whether a table contains every row of the server: every line is valid, the list is not cut, and the server's
 * own count, if it prints one, is not greater than the number of different `id`s. A missing row then proves absence.
 *
 * **Example** (Is this player certainly absent?)
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
  // Some servers print a player twice, so different ids are counted instead of rows.
  !cut && unparsed.length === 0 && (total === undefined || total <= new Set(rows.map(({ id }) => id)).size)
