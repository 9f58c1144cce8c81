/**
 * Describes why a datagram is not a BattlEye packet.
 *
 * A `DecodeError` is plain data: a tagged `reason` with the numbers that were wrong, and a message built from them. It
 * keeps no text of the datagram, so it can be logged even if the datagram held a password.
 *
 * **Example** (Reading the reason)
 *
 * ```ts
 * import { Packet } from "@bercon/codec"
 * import { Result } from "effect"
 *
 * const result = Packet.decodeServer(Uint8Array.of(0x42, 0x45))
 * if (Result.isFailure(result) && result.failure.reason._tag === "Truncated") {
 *   result.failure.reason.minimum // 8
 * }
 * ```
 *
 * @stability stable
 * @since 0.1.0
 */
import * as Data from "effect/Data"

/**
 * Too few bytes: fewer than the header's 8, or fewer than the packet type needs. `length` is the length of the
 * datagram in bytes, `minimum` the smallest length allowed.
 *
 * @category models
 * @since 0.1.0
 */
export interface Truncated {
  readonly _tag: "Truncated"
  readonly length: number
  readonly minimum: number
}

/**
 * Another protocol: the datagram does not begin with `BE`, or byte 6 is not `FF`.
 *
 * @category models
 * @since 0.1.0
 */
export interface NotBattlEye {
  readonly _tag: "NotBattlEye"
}

/**
 * A damaged datagram: the checksum in the header (`received`) differs from the checksum of the bytes (`computed`). Both
 * are unsigned 32-bit integers.
 *
 * @category models
 * @since 0.1.0
 */
export interface ChecksumMismatch {
  readonly _tag: "ChecksumMismatch"
  readonly received: number
  readonly computed: number
}

/**
 * A packet type other than 0, 1 and 2.
 *
 * @category models
 * @since 0.1.0
 */
export interface UnknownType {
  readonly _tag: "UnknownType"
  readonly type: number
}

/**
 * Too many bytes for the packet type. `length` is the length of the datagram in bytes, `maximum` the largest length
 * allowed.
 *
 * @category models
 * @since 0.1.0
 */
export interface Oversized {
  readonly _tag: "Oversized"
  readonly length: number
  readonly maximum: number
}

/**
 * A login reply whose result is neither 0 (refused) nor 1 (accepted).
 *
 * @category models
 * @since 0.1.0
 */
export interface UnknownLoginResult {
  readonly _tag: "UnknownLoginResult"
  readonly value: number
}

/**
 * A part of a long reply whose `total` is 0, or whose `index` is not below its `total`.
 *
 * @category models
 * @since 0.1.0
 */
export interface InvalidPart {
  readonly _tag: "InvalidPart"
  readonly index: number
  readonly total: number
}

/**
 * All reasons why a datagram is not a packet.
 *
 * @category models
 * @since 0.1.0
 */
export type DecodeErrorReason =
  | Truncated
  | NotBattlEye
  | ChecksumMismatch
  | UnknownType
  | Oversized
  | UnknownLoginResult
  | InvalidPart

const hex = (value: number, digits: number) => value.toString(16).padStart(digits, "0")

/**
 * The error for a datagram that is not a well-formed BattlEye packet. `reason` describes why. The error keeps no text
 * of the datagram.
 *
 * @category errors
 * @since 0.1.0
 */
export class DecodeError extends Data.TaggedError("DecodeError")<{ readonly reason: DecodeErrorReason }> {
  override get message(): string {
    const reason = this.reason
    switch (reason._tag) {
      case "Truncated":
        return `datagram of ${reason.length} bytes is truncated: it must have at least ${reason.minimum}`
      case "NotBattlEye":
        return "datagram is not a BattlEye packet: it lacks the header \"BE\" or the byte FF after the checksum"
      case "ChecksumMismatch":
        return `datagram is damaged: the header has checksum ${hex(reason.received, 8)}, the bytes have ${
          hex(reason.computed, 8)
        }`
      case "UnknownType":
        return `unknown packet type ${hex(reason.type, 2)}`
      case "Oversized":
        return `datagram of ${reason.length} bytes is too long: a packet of this type has at most ${reason.maximum}`
      case "UnknownLoginResult":
        return `login reply ${hex(reason.value, 2)} is neither 00 (refused) nor 01 (accepted)`
      case "InvalidPart":
        return `reply part has index ${reason.index}: it must be below the number of parts (${reason.total})`
    }
  }
}
