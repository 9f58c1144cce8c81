/**
 * The RCON clients of a server, this one among them.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Address } from "./Address.ts"

/**
 * The number a server gives an RCON client at login: the lowest that is free, from 0. It is another after each login.
 *
 * @category models
 * @since 0.1.0
 */
export const AdminId = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)).pipe(Schema.brand("@bercon/client/AdminId"))

/**
 * The number a server gives an RCON client at login.
 *
 * @category models
 * @since 0.1.0
 */
export type AdminId = typeof AdminId.Type

/**
 * A row of the server's list of RCON clients. This client is one of them: the one whose number is `RconClient.adminId`.
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
