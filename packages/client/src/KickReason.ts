/**
 * Reasons of kicks.
 *
 * **Example** (Reading the reason of a kick)
 *
 * ```ts
 * import type { ServerEvent } from "@bercon/client"
 *
 * const isBan = ({ reason }: ServerEvent.PlayerKicked) => reason._tag === "AdminBan" || reason._tag === "GlobalBan"
 * ```
 *
 * @stability stable
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { FILTER, NUMBER, trimBlanks } from "./internal/patterns.ts"

/**
 * The reason of a kick, classified as far as its text is known. `text` is always the server's text.
 *
 * **Details**
 *
 * - `AdminKick`, `AdminBan`: an admin kicked or banned the player, with the reason `message`, which may be empty.
 * - `GlobalBan`: BattlEye has banned the player from all servers. `id` identifies the ban.
 * - `FilterRestriction`: a filter of the server (`"RemoteExec"`, `"Script"`, ...) matched. `rule` is the number of its
 *   rule, counted from 0. A `FilterLog` of the same rule has the same name and number.
 * - `Timeout`: the player's game did not answer BattlEye: `Client not responding`, `Query Timeout`.
 * - `Other`: any other text, e.g. `Game restart required`, `Invalid GUID`, `Bad Packet`, `Bad Service Version`.
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
 * The reason of a kick, classified as far as its text is known.
 *
 * @category models
 * @since 0.1.0
 */
export type KickReason = typeof KickReason.Type

/**
 * Classifies the server's text of a reason. Never fails. Surrounding blanks, NULs and line ends are ignored.
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
  const globalBan = /^Global Ban #(.*)/s.exec(words)
  if (globalBan) return { _tag: "GlobalBan", id: globalBan[1] ?? "", text }
  const filter = FILTER_RESTRICTION.exec(words)
  if (filter) return { _tag: "FilterRestriction", filter: filter[1] ?? "", rule: Number(filter[2]), text }
  return words === "Client not responding" || words === "Query Timeout"
    ? { _tag: "Timeout", text }
    : { _tag: "Other", text }
}

const FILTER_RESTRICTION = new RegExp(`^${FILTER} Restriction #${NUMBER}$`)
