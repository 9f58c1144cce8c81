/**
 * The BattlEye GUID, which identifies a player in bans.
 *
 * **Example** (The GUID of a Steam account)
 *
 * ```ts
 * import { Guid } from "@bercon/client"
 *
 * Guid.fromSteamId("76561197960265728") // Success: "4fc867abf98b934e9e7eeaf15170258c"
 * ```
 *
 * @stability stable
 * @since 0.1.0
 */
import * as Digest from "effect/crypto/Digest"
import * as Hex from "effect/encoding/Hex"
import type * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import { shortened } from "./internal/shortened.ts"

/**
 * A BattlEye GUID: 32 lower-case hexadecimal digits. A player's account has the same GUID on every server of a game.
 *
 * **Details**
 *
 * Two GUIDs are the same if their texts are equal. The schema therefore decodes digits of either case to lower case. A
 * value of type `Guid` has only lower case, and `Guid.make` throws for upper case. For text from a person or a file use
 * {@link fromString}.
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
 * Tests whether a value is a GUID, for example whether a ban's target is one. False for upper-case digits.
 *
 * @category guards
 * @since 0.1.0
 */
export const isGuid: (value: unknown) => value is Guid = Schema.is(Guid)

/**
 * Parses a GUID in upper or lower case. Returns `None` if the text is not a GUID.
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
 * The value `input` is not the SteamID64 of an account.
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
    return `${
      JSON.stringify(shortened(this.input))
    } is not a SteamID64: 17 digits, from ${FIRST_ACCOUNT} to ${LAST_ACCOUNT}`
  }
}

/**
 * Computes the GUID of a Steam account. It is valid for every game on Steam except Arma Reforger, whose GUIDs do not
 * come from Steam.
 *
 * **Details**
 *
 * `steamId64` is the SteamID64 of an account, from 76561197960265728 to 76561202255233023; a string must be decimal.
 * Any other value is an `InvalidSteamId`.
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
  // A JavaScript program can pass a number in spite of the types. A SteamID64 as a number is rounded to that of
  // another account.
  if (typeof id !== "bigint" || id < FIRST_ACCOUNT || id > LAST_ACCOUNT) {
    return Result.fail(new InvalidSteamId({ input: String(steamId64) }))
  }
  const hashed = new DataView(new ArrayBuffer(10))
  hashed.setUint16(0, 0x4245) // "BE"
  hashed.setBigUint64(2, id, true)
  return Result.succeed(Hex.encode(md5(new Uint8Array(hashed.buffer))) as Guid)
}

/** Public universe, individual account, desktop instance. The lower 32 bits are the number of the account. */
const FIRST_ACCOUNT = 0x0110000100000000n
const LAST_ACCOUNT = 0x01100001ffffffffn

// The algorithm is used without its service, which would turn a pure function into an effect. WebCrypto has no MD5, so
// Effect always brings its own implementation.
const md5 = Digest.md5.implementation!
