/**
 * The BattlEye GUID, by which bans know a player.
 *
 * @since 0.1.0
 */
import * as Digest from "effect/crypto/Digest"
import * as Hex from "effect/encoding/Hex"
import type * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"

/**
 * A BattlEye GUID: 32 lower-case hexadecimal digits. It stays the same for a player's account on every server of a game.
 *
 * **Details**
 *
 * Two GUIDs are the same if their texts are equal. The schema therefore decodes digits of either case to lower case; a
 * value that is a `Guid` already has lower case only, also for `Guid.make`, which throws otherwise. For text from a
 * person or a file use {@link fromString}.
 *
 * @category models
 * @since 0.1.0
 */
export const Guid = Schema.String.pipe(Schema.decodeTo(
  Schema.String.check(
    Schema.isPattern(/^[0-9a-f]{32}$/, { expected: "32 lower-case hexadecimal digits" })
  ).pipe(Schema.brand("@bercon/client/Guid")),
  SchemaTransformation.toLowerCase()
))

/**
 * A BattlEye GUID: 32 lower-case hexadecimal digits.
 *
 * @category models
 * @since 0.1.0
 */
export type Guid = typeof Guid.Type

/**
 * Tests whether something is a GUID, and so whether a ban is one of a GUID. False for upper-case digits.
 *
 * @category guards
 * @since 0.1.0
 */
export const isGuid: (value: unknown) => value is Guid = Schema.is(Guid)

/**
 * The GUID that a text is, in upper or lower case, or `None` if the text is no GUID.
 *
 * **Example** (Checking input)
 *
 * ```ts
 * import { Guid } from "@bercon/client"
 *
 * Guid.fromString("4FC867ABF98B934E9E7EEAF15170258C") // Some("4fc867abf98b934e9e7eeaf15170258c")
 * Guid.fromString("76561197960265728") // None: a Steam id
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromString: (text: string) => Option.Option<Guid> = Schema.decodeOption(Guid)

/**
 * What was given is not the SteamID64 of an account. `input` is what it was.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidSteamId
  extends Schema.TaggedError<InvalidSteamId>("@bercon/client/Guid/InvalidSteamId")("InvalidSteamId", {
    input: Schema.String
  })
{
  override get message(): string {
    const shown = this.input.length > 100 ? `${this.input.slice(0, 100)}…` : this.input
    return `${JSON.stringify(shown)} is not a SteamID64: 17 digits, from ${FIRST_ACCOUNT} to ${LAST_ACCOUNT}`
  }
}

/**
 * The GUID of a Steam account, in every game on Steam but Arma Reforger, whose GUIDs do not come from Steam.
 *
 * **Details**
 *
 * `steamId64` is that of an account, 76561197960265728 to 76561202255233023, in decimal if it is a string. Anything
 * else is an `InvalidSteamId`.
 *
 * **Example**
 *
 * ```ts
 * import { Guid } from "@bercon/client"
 *
 * Guid.fromSteamId("76561197960265728") // Success: "4fc867abf98b934e9e7eeaf15170258c"
 * Guid.fromSteamId("STEAM_0:0:0") // Failure: InvalidSteamId
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromSteamId = (steamId64: bigint | string): Result.Result<Guid, InvalidSteamId> => {
  const id = typeof steamId64 === "string" && /^\d{17}$/.test(steamId64) ? BigInt(steamId64) : steamId64
  // Types do not keep numbers out of a program in JavaScript, and as such a SteamID64 is rounded to another account's.
  if (typeof id !== "bigint" || id < FIRST_ACCOUNT || id > LAST_ACCOUNT) {
    return Result.fail(new InvalidSteamId({ input: String(steamId64) }))
  }
  const hashed = new DataView(new ArrayBuffer(10))
  hashed.setUint16(0, 0x4245) // "BE"
  hashed.setBigUint64(2, id, true)
  return Result.succeed(Hex.encode(md5(new Uint8Array(hashed.buffer))) as Guid)
}

/** Public universe, individual account, desktop instance; the lower 32 bits are the account's number. */
const FIRST_ACCOUNT = 0x0110000100000000n
const LAST_ACCOUNT = 0x01100001ffffffffn

// Without the service around it, which would make an effect of a pure function. WebCrypto has no MD5, which is why Effect
// always brings its own.
const md5 = Digest.md5.implementation!
