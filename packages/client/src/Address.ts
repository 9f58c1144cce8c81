/**
 * Network addresses of players and RCON clients.
 *
 * **Example** (Comparing addresses)
 *
 * ```ts
 * import type { Player } from "@bercon/client"
 *
 * const sameHost = (a: Player.Player, b: Player.Player) => a.address !== undefined && a.address.ip === b.address?.ip
 * ```
 *
 * @stability stable
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * An IPv4 address in dotted decimal. BattlEye prints no other addresses.
 *
 * @category models
 * @since 0.1.0
 */
export const IpAddress = Schema.String.check(
  Schema.isPattern(/^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/, { expected: "an IPv4 address" })
).pipe(Schema.brand("@bercon/client/IpAddress"))

/**
 * An IPv4 address in dotted decimal. BattlEye prints no other addresses.
 *
 * @category models
 * @since 0.1.0
 */
export type IpAddress = typeof IpAddress.Type

/**
 * Tests whether a value is an IPv4 address in dotted decimal, for example whether a ban's target is one.
 *
 * @category guards
 * @since 0.1.0
 */
export const isIpAddress: (value: unknown) => value is IpAddress = Schema.is(IpAddress)

/**
 * An IP address and a UDP port, 0 to 65535, of a player or another RCON client. As a string it is `ip:port`.
 *
 * @category models
 * @since 0.1.0
 */
export class Address extends Schema.Class<Address>("@bercon/client/Address")({
  ip: IpAddress,
  port: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 65535 }))
}) {
  override toString(): string {
    return `${this.ip}:${this.port}`
  }
}
