/**
 * Accounts of Arma Reforger.
 *
 * **Example** (Validating an id)
 *
 * ```ts
 * import { Identity } from "@bercon/client"
 *
 * Identity.isIdentityId("0e6b8bd6-d6ed-4a1c-8a64-c1d2bb0ea8c1") // true
 * ```
 *
 * @stability stable
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * The id of an account of Arma Reforger: a UUID in lower case. Bans of Arma Reforger use this id, as bans of the other
 * games use a GUID.
 *
 * @category models
 * @since 0.1.0
 */
export const IdentityId = Schema.String.check(
  Schema.isPattern(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, { expected: "a UUID in lower case" })
).pipe(Schema.brand("@bercon/client/IdentityId"))

/**
 * The id of an account of Arma Reforger: a UUID in lower case.
 *
 * @category models
 * @since 0.1.0
 */
export type IdentityId = typeof IdentityId.Type

/**
 * Tests whether a value is the id of an account of Arma Reforger.
 *
 * @category guards
 * @since 0.1.0
 */
export const isIdentityId: (value: unknown) => value is IdentityId = Schema.is(IdentityId)
