/**
 * Why a datagram is not a BattlEye packet.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"

/**
 * Fewer than 8 bytes, or too few for the packet type: `length` is the datagram's, `minimum` what it should have at least.
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
 * The datagram does not begin with `B`, `E`, or has no `FF` at byte 6: it is some other protocol.
 *
 * @category models
 * @since 0.1.0
 */
export interface NotBattlEye {
  readonly _tag: "NotBattlEye"
}

/**
 * The checksum in the header (`received`) is not that of the bytes (`computed`): the datagram was damaged. Both are
 * unsigned 32-bit integers.
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
 * More bytes than a packet of this type has: `length` is the datagram's, `maximum` what it may have at most.
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
 * A login reply that says neither 0 (refused) nor 1 (accepted).
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
 * Every way in which a datagram can fail to be a packet.
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
 * A datagram that is not a well-formed BattlEye packet. `reason` says why; nothing of the datagram itself is kept.
 *
 * @category errors
 * @since 0.1.0
 */
export class DecodeError extends Data.TaggedError("DecodeError")<{ readonly reason: DecodeErrorReason }> {
  override get message(): string {
    const reason = this.reason
    switch (reason._tag) {
      case "Truncated":
        return `datagram of ${reason.length} bytes is truncated: a packet of this type has at least ${reason.minimum}`
      case "NotBattlEye":
        return "datagram is not a BattlEye packet: it lacks the header \"BE\" or the byte FF after the checksum"
      case "ChecksumMismatch":
        return `datagram is damaged: its checksum says ${hex(reason.received, 8)}, its bytes say ${
          hex(reason.computed, 8)
        }`
      case "UnknownType":
        return `unknown packet type ${hex(reason.type, 2)}`
      case "Oversized":
        return `datagram of ${reason.length} bytes is too long: a packet of this type has at most ${reason.maximum}`
      case "UnknownLoginResult":
        return `login reply ${hex(reason.value, 2)} is neither 00 (refused) nor 01 (accepted)`
      case "InvalidPart":
        return `reply part ${reason.index} of ${reason.total} is out of range`
    }
  }
}
