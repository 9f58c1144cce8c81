/**
 * Converts packets to the bytes of datagrams and back.
 *
 * The formats are in the comment of `Packet`.
 */
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { DecodeError, type DecodeErrorReason } from "../DecodeError.ts"
import type { ClientPacket, ServerPacket } from "../Packet.ts"
import { checksum } from "./checksum.ts"

/**
 * Size of a packet's header in bytes: `"BE"`, checksum, `FF`, type.
 *
 * @category constants
 * @since 0.1.0
 */
export const HEADER_BYTES = 8

/**
 * Size in bytes of everything in a {@link Command} datagram except its text: the header and the sequence number.
 *
 * @category constants
 * @since 0.1.0
 */
export const COMMAND_OVERHEAD_BYTES = HEADER_BYTES + 1

const TYPE_LOGIN = 0
const TYPE_COMMAND = 1
const TYPE_MESSAGE = 2

// -----------------------------------------------------------------------------
// encoding
// -----------------------------------------------------------------------------

const frame = (allocate: Allocate, type: number, bodyBytes: number): Uint8Array<ArrayBuffer> => {
  const datagram = allocate(HEADER_BYTES + bodyBytes)
  datagram[0] = 0x42
  datagram[1] = 0x45
  datagram[6] = 0xff
  datagram[7] = type
  return datagram
}

const seal = (datagram: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> => {
  const crc = checksum(datagram)
  datagram[2] = crc
  datagram[3] = crc >>> 8
  datagram[4] = crc >>> 16
  datagram[5] = crc >>> 24
  return datagram
}

const sequenced = (
  allocate: Allocate,
  type: number,
  sequence: number,
  payload: Uint8Array
): Uint8Array<ArrayBuffer> => {
  const datagram = frame(allocate, type, 1 + payload.length)
  datagram[8] = sequence
  datagram.set(payload, 9)
  return seal(datagram)
}

/**
 * Returns an array of `bytes` bytes for a datagram. The array must be filled with zeros, and nothing else may write to
 * it.
 *
 * @category models
 * @since 0.1.0
 */
export type Allocate = (bytes: number) => Uint8Array<ArrayBuffer>

const ownBuffer: Allocate = (bytes) => new Uint8Array(bytes)

/**
 * Encodes a packet of either direction as a datagram in a new buffer.
 *
 * **Details**
 *
 * Throws only if `Redacted.wipeUnsafe` has erased the password. A packet that was written by hand, without its
 * constructor, is not checked: only the low 8 bits of a number are encoded, and a whole reply that begins with byte 0
 * will be decoded as a part. No payload is refused as too long, but UDP carries datagrams of at most 65,507 bytes.
 *
 * @category encoding
 * @since 0.1.0
 */
export const encode = (packet: ClientPacket | ServerPacket): Uint8Array<ArrayBuffer> => encodeWith(packet, ownBuffer)

/**
 * Encodes a packet like {@link encode}, into an array made by `allocate`.
 *
 * @category encoding
 * @since 0.1.0
 */
export const encodeWith = (packet: ClientPacket | ServerPacket, allocate: Allocate): Uint8Array<ArrayBuffer> => {
  switch (packet._tag) {
    case "Login": {
      const password = Redacted.value(packet.password)
      const datagram = frame(allocate, TYPE_LOGIN, password.length)
      datagram.set(password, 8)
      return seal(datagram)
    }
    case "LoginResult": {
      const datagram = frame(allocate, TYPE_LOGIN, 1)
      datagram[8] = packet.accepted ? 1 : 0
      return seal(datagram)
    }
    case "Command":
    case "CommandReply":
      return sequenced(allocate, TYPE_COMMAND, packet.sequence, packet.payload)
    case "CommandReplyPart": {
      const datagram = frame(allocate, TYPE_COMMAND, 4 + packet.payload.length)
      datagram[8] = packet.sequence
      datagram[9] = 0
      datagram[10] = packet.total
      datagram[11] = packet.index
      datagram.set(packet.payload, 12)
      return seal(datagram)
    }
    case "Acknowledge": {
      const datagram = frame(allocate, TYPE_MESSAGE, 1)
      datagram[8] = packet.sequence
      return seal(datagram)
    }
    case "Message":
      return sequenced(allocate, TYPE_MESSAGE, packet.sequence, packet.payload)
  }
}

// -----------------------------------------------------------------------------
// decoding
// -----------------------------------------------------------------------------

const fail = (reason: DecodeErrorReason): Result.Result<never, DecodeError> => Result.fail(new DecodeError({ reason }))

const truncated = (datagram: Uint8Array, minimum: number) =>
  fail({ _tag: "Truncated", length: datagram.length, minimum })

/** The bytes from `from` on, as a view. `subarray` costs the same, but returns a `Buffer` if the datagram is one. */
const rest = (datagram: Uint8Array, from: number): Uint8Array =>
  new Uint8Array(datagram.buffer, datagram.byteOffset + from, datagram.length - from)

/** Checks the 8 bytes that every packet begins with. Returns `undefined` if they are valid. */
const headerError = (datagram: Uint8Array): Result.Result<never, DecodeError> | undefined => {
  if (datagram.length < HEADER_BYTES) return truncated(datagram, HEADER_BYTES)
  if (datagram[0] !== 0x42 || datagram[1] !== 0x45 || datagram[6] !== 0xff) return fail({ _tag: "NotBattlEye" })
  const received = checksumField(datagram)
  const computed = checksum(datagram)
  return received === computed ? undefined : fail({ _tag: "ChecksumMismatch", received, computed })
}

/**
 * Reads the checksum field of a datagram's header (bytes 2 to 5) as an unsigned 32-bit integer. The checksum is not
 * verified. Different datagrams rarely have the same checksum, if they were decoded successfully. Missing bytes of a
 * shorter datagram count as 0.
 *
 * @category decoding
 * @since 0.1.0
 */
export const checksumField = (datagram: Uint8Array): number =>
  (datagram[2]! | (datagram[3]! << 8) | (datagram[4]! << 16) | (datagram[5]! << 24)) >>> 0

/**
 * Decodes a datagram that a client sent.
 *
 * **Details**
 *
 * Fails with a `DecodeError` if the datagram is not a {@link ClientPacket}; never throws. The payload is a view into
 * `datagram`.
 *
 * @category decoding
 * @since 0.1.0
 */
export const decodeClient = (datagram: Uint8Array): Result.Result<ClientPacket, DecodeError> => {
  const error = headerError(datagram)
  if (error !== undefined) return error
  const type = datagram[7]!
  switch (type) {
    case TYPE_LOGIN:
      return Result.succeed({ _tag: "Login", password: Redacted.make(rest(datagram, 8)) })
    case TYPE_COMMAND:
      return datagram.length < 9
        ? truncated(datagram, 9)
        : Result.succeed({ _tag: "Command", sequence: datagram[8]!, payload: rest(datagram, 9) })
    case TYPE_MESSAGE:
      return datagram.length < 9
        ? truncated(datagram, 9)
        : datagram.length > 9
        ? fail({ _tag: "Oversized", length: datagram.length, maximum: 9 })
        : Result.succeed({ _tag: "Acknowledge", sequence: datagram[8]! })
    default:
      return fail({ _tag: "UnknownType", type })
  }
}

/**
 * Decodes a datagram that a server sent.
 *
 * **Details**
 *
 * Fails with a `DecodeError` if the datagram is not a {@link ServerPacket}; never throws. The payload is a view into
 * `datagram`. A command reply whose text begins with byte 0 is a part, so a bad part header is an error. Bytes after
 * the result of a login reply are ignored: such a reply does not encode to the same bytes again, but every other packet
 * does.
 *
 * @category decoding
 * @since 0.1.0
 */
export const decodeServer = (datagram: Uint8Array): Result.Result<ServerPacket, DecodeError> => {
  const error = headerError(datagram)
  if (error !== undefined) return error
  const type = datagram[7]!
  if (type > TYPE_MESSAGE) return fail({ _tag: "UnknownType", type })
  if (datagram.length < 9) return truncated(datagram, 9)
  const first = datagram[8]!
  switch (type) {
    case TYPE_LOGIN:
      // Bytes after the result are ignored, because a client that refused such a reply would wait for another in vain.
      return first > 1
        ? fail({ _tag: "UnknownLoginResult", value: first })
        : Result.succeed({ _tag: "LoginResult", accepted: first === 1 })
    case TYPE_COMMAND: {
      if (datagram[9] !== 0) {
        return Result.succeed({ _tag: "CommandReply", sequence: first, payload: rest(datagram, 9) })
      }
      if (datagram.length < 12) return truncated(datagram, 12)
      const total = datagram[10]!
      const index = datagram[11]!
      return index >= total
        ? fail({ _tag: "InvalidPart", index, total })
        : Result.succeed({ _tag: "CommandReplyPart", sequence: first, total, index, payload: rest(datagram, 12) })
    }
    default:
      return Result.succeed({ _tag: "Message", sequence: first, payload: rest(datagram, 9) })
  }
}
