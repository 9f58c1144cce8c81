/**
 * The RCON clients of a server, including this one.
 *
 * **Example** (The other RCON clients)
 *
 * ```ts
 * import { RconClient } from "@bercon/client"
 * import { Effect, Option } from "effect"
 *
 * const others = Effect.gen(function*() {
 *   const rcon = yield* RconClient.RconClient
 *   const self = Option.getOrUndefined(yield* rcon.adminId)
 *   return (yield* rcon.admins).filter((admin) => admin.id !== self)
 * })
 * ```
 *
 * @stability stable
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Address } from "./Address.ts"

/**
 * The number that a server gives an RCON client at login: the lowest free one, from 0. It can change with each login.
 *
 * @category models
 * @since 0.1.0
 */
export const AdminId = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)).pipe(Schema.brand("@bercon/client/AdminId"))

/**
 * The number that a server gives an RCON client at login.
 *
 * @category models
 * @since 0.1.0
 */
export type AdminId = typeof AdminId.Type

/**
 * A row of the server's list of RCON clients. The list contains this client, with the number `RconClient.adminId`.
 *
 * @category models
 * @since 0.1.0
 */
export class Admin extends Schema.Class<Admin>("@bercon/client/Admin")({
  id: AdminId,
  address: Address
}) {
  override toString(): string {
    return `#${this.id} ${this.address.toString()}`
  }
}
