/**
 * The RCON clients of a server, this one among them.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

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
