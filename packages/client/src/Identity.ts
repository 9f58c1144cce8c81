/**
 * Who somebody is to Arma Reforger.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * The id of an account of Arma Reforger: a UUID in lower case. Its bans go by it, as those of the other games go by a GUID.
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
 * Tests whether something is the id of an account of Arma Reforger.
 *
 * @category guards
 * @since 0.1.0
 */
export const isIdentityId: (value: unknown) => value is IdentityId = Schema.is(IdentityId)
