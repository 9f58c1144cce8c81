/**
 * Why somebody was kicked.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { FILTER, NUMBER, trimBlanks } from "./internal/patterns.ts"

/**
 * Why somebody was kicked, as far as the server's words are known. `text` is always what the server said.
 *
 * **Details**
 *
 * - `AdminKick`, `AdminBan`: an admin did, and gave the reason `message`, perhaps empty.
 * - `GlobalBan`: BattlEye has banned the player from all servers; `id` names the ban.
 * - `FilterRestriction`: a filter of the server (`"RemoteExec"`, `"Script"`, ...) took exception, at its rule number
 *   `rule`, counted from 0. A `FilterLog` of the same filter names it in the same way.
 * - `Timeout`: the player's game did not answer BattlEye: `Client not responding`, `Query Timeout`.
 * - `Other`: anything else, e.g. `Game restart required`, `Invalid GUID`, `Bad Packet`, `Bad Service Version`.
 *
 * @category models
 * @since 0.1.0
 */
export const KickReason = Schema.TaggedUnion({
  AdminKick: { message: Schema.String, text: Schema.String },
  AdminBan: { message: Schema.String, text: Schema.String },
  GlobalBan: { id: Schema.String, text: Schema.String },
  FilterRestriction: { filter: Schema.String, rule: Schema.Int, text: Schema.String },
  Timeout: { text: Schema.String },
  Other: { text: Schema.String }
})

/**
 * Why somebody was kicked, as far as the server's words are known.
 *
 * @category models
 * @since 0.1.0
 */
export type KickReason = typeof KickReason.Type

/**
 * Classifies what the server gives as the reason. Never fails. Blanks, NULs and line ends around it do not count.
 *
 * **Example**
 *
 * ```ts
 * import { KickReason } from "@bercon/client"
 *
 * KickReason.parse("Admin Kick (be nice)")
 * // { _tag: "AdminKick", message: "be nice", text: "Admin Kick (be nice)" }
 * ```
 *
 * @category parsing
 * @since 0.1.0
 */
export const parse = (text: string): KickReason => {
  const words = trimBlanks(text)
  const admin = /^Admin (Kick|Ban)(?: \((.*))?$/s.exec(words)
  if (admin) {
    const message = admin[2] ?? ""
    return {
      _tag: admin[1] === "Kick" ? "AdminKick" : "AdminBan",
      message: message.endsWith(")") ? message.slice(0, -1) : message,
      text
    }
  }
  const globalBan = /^Global Ban #(.*)$/s.exec(words)
  if (globalBan) return { _tag: "GlobalBan", id: globalBan[1] ?? "", text }
  const filter = FILTER_RESTRICTION.exec(words)
  if (filter) return { _tag: "FilterRestriction", filter: filter[1] ?? "", rule: Number(filter[2]), text }
  return words === "Client not responding" || words === "Query Timeout"
    ? { _tag: "Timeout", text }
    : { _tag: "Other", text }
}

const FILTER_RESTRICTION = new RegExp(`^${FILTER} Restriction #${NUMBER}$`)
