/**
 * Encodes and decodes BattlEye RCON packets in both directions.
 *
 * **Details**
 *
 * Packets are plain readonly objects. A datagram consists of `42 45` (`"BE"`), the CRC-32 of all bytes from byte 6 on
 * (4 bytes, little-endian), `FF`, the packet type (1 byte) and the body:
 *
 * | type | client to server                       | server to client                                            |
 * | ---- | -------------------------------------- | ----------------------------------------------------------- |
 * | 0    | {@link Login}: password                | {@link LoginResult}: 1 accepted, 0 refused                   |
 * | 1    | {@link Command}: sequence, text        | {@link CommandReply}: sequence, text, or                     |
 * |      |                                        | {@link CommandReplyPart}: sequence, 0, total, index, text    |
 * | 2    | {@link Acknowledge}: sequence          | {@link Message}: sequence, text                              |
 *
 * The functions are pure: they use no clock, no socket and no session. Encoding is total. Decoding returns a `Result`
 * and never throws, whatever the bytes. Payloads stay bytes, because a character may be cut between two parts: join the
 * parts first (see `Reassembly`), then decode the text (see `Text`).
 *
 * **Gotchas**
 *
 * A decoded payload is a *view* into its datagram. It is valid until somebody writes to the datagram's buffer, and it
 * keeps the whole datagram in memory. Copy it with `slice()` to keep it longer. The view is a plain `Uint8Array` even
 * if the datagram is a Node `Buffer`, whose own `slice()` would not copy.
 *
 * A constructor keeps the given bytes without copying them; {@link encode} copies them into the datagram.
 *
 * **Example** (A command and its reply)
 *
 * ```ts
 * import { Packet, Text } from "@bercon/codec"
 * import { Result } from "effect"
 *
 * const datagram = Packet.encode(Packet.command(0, "players"))
 * datagram.length // 16
 *
 * const reply = Packet.decodeServer(Packet.encode(Packet.commandReply(0, "Players on server:")))
 * if (Result.isSuccess(reply) && reply.success._tag === "CommandReply") {
 *   Text.decode(reply.success.payload) // "Players on server:"
 * }
 * ```
 *
 * @since 0.1.0
 */
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { DecodeError, type DecodeErrorReason } from "./DecodeError.ts"
import { checksum } from "./internal/checksum.ts"
import * as Text from "./Text.ts"

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * Asks the server for a session. The server answers with a {@link LoginResult}, or not at all.
 *
 * @category models
 * @since 0.1.0
 */
export interface Login {
  readonly _tag: "Login"
  /** The bytes of the password. The specification allows ASCII without NUL. */
  readonly password: Redacted.Redacted<Uint8Array>
}

/**
 * A command. The server answers with a {@link CommandReply}, or with {@link CommandReplyPart}s, of the same sequence
 * number. An empty payload has no effect and serves as the keepalive.
 *
 * @category models
 * @since 0.1.0
 */
export interface Command {
  readonly _tag: "Command"
  /** 0 to 255, counted by the client. */
  readonly sequence: number
  readonly payload: Uint8Array
}

/**
 * Confirms to the server that the {@link Message} with this sequence number has arrived.
 *
 * @category models
 * @since 0.1.0
 */
export interface Acknowledge {
  readonly _tag: "Acknowledge"
  /** The sequence number of the message, 0 to 255. */
  readonly sequence: number
}

/**
 * Every packet that a client sends.
 *
 * @category models
 * @since 0.1.0
 */
export type ClientPacket = Login | Command | Acknowledge

/**
 * The answer to a {@link Login}. The first byte of its body is the result; {@link decodeServer} ignores further bytes.
 *
 * @category models
 * @since 0.1.0
 */
export interface LoginResult {
  readonly _tag: "LoginResult"
  /** Whether the password was right. */
  readonly accepted: boolean
}

/**
 * The whole answer to a {@link Command}; it may be empty. Its payload never begins with byte 0, because that byte
 * announces a {@link CommandReplyPart}.
 *
 * @category models
 * @since 0.1.0
 */
export interface CommandReply {
  readonly _tag: "CommandReply"
  /** The sequence number of the command, 0 to 255. */
  readonly sequence: number
  readonly payload: Uint8Array
}

/**
 * One part of a long answer to a {@link Command}. Servers put at most 1,024 bytes into a part.
 *
 * @category models
 * @since 0.1.0
 */
export interface CommandReplyPart {
  readonly _tag: "CommandReplyPart"
  /** The sequence number of the command, 0 to 255. */
  readonly sequence: number
  /** How many parts the answer has, 1 to 255. */
  readonly total: number
  /** The position of this part, 0 to `total - 1`. */
  readonly index: number
  readonly payload: Uint8Array
}

/**
 * A text that the server sends to every client: a chat line, a join, a kick. The client must answer it with an
 * {@link Acknowledge}.
 *
 * @category models
 * @since 0.1.0
 */
export interface Message {
  readonly _tag: "Message"
  /** 0 to 255, counted by the server for each client, from 0 at the login. */
  readonly sequence: number
  readonly payload: Uint8Array
}

/**
 * Every packet that a server sends.
 *
 * @category models
 * @since 0.1.0
 */
export type ServerPacket = LoginResult | CommandReply | CommandReplyPart | Message

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

const inRange = (name: string, value: number, minimum: number, maximum: number): number => {
  if (Number.isInteger(value) && value >= minimum && value <= maximum) return value
  throw new RangeError(`${name} must be an integer from ${minimum} to ${maximum} (got ${value})`)
}

const sequenceOf = (value: number): number => inRange("sequence", value, 0, 255)

const bytesOf = (payload: string | Uint8Array): Uint8Array =>
  typeof payload === "string" ? Text.encode(payload) : payload

/**
 * Makes a {@link Login}. A string is encoded as UTF-8.
 *
 * @category constructors
 * @since 0.1.0
 */
export const login = (password: Redacted.Redacted<string | Uint8Array>): Login => ({
  _tag: "Login",
  password: Redacted.make(bytesOf(Redacted.value(password)))
})

/**
 * Makes a {@link Command}. A string is encoded as UTF-8. Throws a `RangeError` if `sequence` is not an integer from 0
 * to 255, because that is a bug of the caller and never comes from the network.
 *
 * @category constructors
 * @since 0.1.0
 */
export const command = (sequence: number, payload: string | Uint8Array): Command => ({
  _tag: "Command",
  sequence: sequenceOf(sequence),
  payload: bytesOf(payload)
})

/**
 * Makes an {@link Acknowledge}. Throws a `RangeError` if `sequence` is not an integer from 0 to 255.
 *
 * @category constructors
 * @since 0.1.0
 */
export const acknowledge = (sequence: number): Acknowledge => ({
  _tag: "Acknowledge",
  sequence: sequenceOf(sequence)
})

/**
 * Makes a {@link LoginResult}.
 *
 * @category constructors
 * @since 0.1.0
 */
export const loginResult = (accepted: boolean): LoginResult => ({ _tag: "LoginResult", accepted })

/**
 * Makes a {@link CommandReply}. A string is encoded as UTF-8. Throws a `RangeError` if `sequence` is not an integer
 * from 0 to 255, or if the payload begins with byte 0, because it would be read as a part.
 *
 * @category constructors
 * @since 0.1.0
 */
export const commandReply = (sequence: number, payload: string | Uint8Array): CommandReply => {
  const bytes = bytesOf(payload)
  if (bytes[0] === 0) {
    throw new RangeError("a whole command reply must not begin with byte 0, because that byte announces a part")
  }
  return { _tag: "CommandReply", sequence: sequenceOf(sequence), payload: bytes }
}

/**
 * Makes a {@link CommandReplyPart}. A string is encoded as UTF-8. Throws a `RangeError` unless `sequence` is an integer
 * from 0 to 255, `total` an integer from 1 to 255, and `index` an integer from 0 to `total - 1`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const commandReplyPart = (
  sequence: number,
  total: number,
  index: number,
  payload: string | Uint8Array
): CommandReplyPart => ({
  _tag: "CommandReplyPart",
  sequence: sequenceOf(sequence),
  total: inRange("total", total, 1, 255),
  index: inRange("index", index, 0, total - 1),
  payload: bytesOf(payload)
})

/**
 * Makes a {@link Message}. A string is encoded as UTF-8. Throws a `RangeError` if `sequence` is not an integer from 0
 * to 255.
 *
 * @category constructors
 * @since 0.1.0
 */
export const message = (sequence: number, payload: string | Uint8Array): Message => ({
  _tag: "Message",
  sequence: sequenceOf(sequence),
  payload: bytesOf(payload)
})

// -----------------------------------------------------------------------------
// constants
// -----------------------------------------------------------------------------

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

/**
 * Size in bytes of the largest payload that a server puts into one {@link CommandReplyPart}. Decoding accepts larger
 * ones.
 *
 * @category constants
 * @since 0.1.0
 */
export const PART_PAYLOAD_BYTES = 1024

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
 * Encoding is total: it throws only if `Redacted.wipeUnsafe` has erased the password. A packet that
 * was written by hand, without its constructor, is not checked: of a number out of range the low 8 bits are sent, and a
 * whole reply that begins with byte 0 will be read as a part. No payload is refused as too long; UDP itself carries
 * datagrams of at most 65,507 bytes.
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

/** The bytes from `from` on, as a view. `subarray` costs the same, but of a `Buffer` it makes a `Buffer`. */
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
 * verified. In a datagram that was decoded successfully it is right, and identifies the content. Missing bytes of a
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
