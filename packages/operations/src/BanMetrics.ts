/**
 * Metrics of the enforcement of bans, as Effect `Metric`s. Each has the attribute `server`, the id of the server.
 *
 * **Details**
 *
 * | name                       | kind    | attributes | meaning                                                             |
 * | -------------------------- | ------- | ---------- | ------------------------------------------------------------------- |
 * | `bercon_ban_converged`     | gauge   |            | 1 while the server's list agrees with the book, otherwise 0         |
 * | `bercon_ban_rows_total`    | counter | `change`   | changes of the server's list: `Add`; `Remove`; `Restore`: a removal may have hit a row by mistake, which is added again if it is missing |
 * | `bercon_ban_kicks_total`   | counter | `outcome`  | kicks of banned players: `Kicked`; `Gone`: the player had left; `Failed`: the kick is tried again |
 *
 * **Example** (Whether the list of a server agrees with the book)
 *
 * ```ts
 * import { BanMetrics } from "@bercon/operations"
 * import { Effect, Metric } from "effect"
 *
 * const isConverged = Metric.value(Metric.withAttributes(BanMetrics.converged, { server: "altis" })).pipe(
 *   Effect.map(({ value }) => value === 1)
 * )
 * ```
 *
 * @stability stable
 * @since 0.1.0
 */
import * as Metric from "effect/Metric"

/**
 * Whether the server's list agrees with the book: 1 or 0.
 *
 * @category metrics
 * @since 0.1.0
 */
export const converged: Metric.Gauge<number> = Metric.gauge("bercon_ban_converged", {
  description: "Whether the server's list of bans agrees with the book: 1 or 0"
})

/**
 * Changes of the server's list of bans.
 *
 * @category metrics
 * @since 0.1.0
 */
export const rows: Metric.Counter<number> = Metric.counter("bercon_ban_rows_total", {
  description: "Changes of the server's list of bans, by kind",
  incremental: true
})

/**
 * Kicks of banned players.
 *
 * @category metrics
 * @since 0.1.0
 */
export const kicks: Metric.Counter<number> = Metric.counter("bercon_ban_kicks_total", {
  description: "Kicks of banned players, by outcome",
  incremental: true
})
