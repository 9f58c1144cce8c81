/**
 * BattlEye RCON packets as plain data, both directions, both ways.
 *
 * **Details**
 *
 * A datagram is `42 45` (`"BE"`), the CRC-32 of everything from byte 6 on (4 bytes, little-endian), `FF`, the packet
 * type (1 byte) and the body:
 *
 * | type | client to server                       | server to client                                            |
 * | ---- | -------------------------------------- | ----------------------------------------------------------- |
 * | 0    | {@link Login}: password                | {@link LoginResult}: 1 accepted, 0 refused                   |
 * | 1    | {@link Command}: sequence, text        | {@link CommandReply}: sequence, text, or                     |
 * |      |                                        | {@link CommandReplyPart}: sequence, 0, total, index, text    |
 * | 2    | {@link Acknowledge}: sequence          | {@link Message}: sequence, text                              |
 *
 * Nothing here knows a clock, a socket or a session. Encoding is total; decoding returns a `Result` and never throws,
 * whatever the bytes. Text stays bytes: a character may be cut between two parts, so decoding belongs after joining
 * (see `Reassembly` and `Text`).
 *
 * **Gotchas**
 *
 * A decoded payload is a *view* into the datagram it was decoded from: it is valid as long as nobody writes to the
 * datagram's buffer, and keeping it keeps the whole datagram alive. Copy it (`slice()`) to keep it longer than that. It
 * is a plain `Uint8Array` also where the datagram is a Node `Buffer`, whose own `slice()` would not copy.
 *
 * A constructor keeps the bytes it is given and does not copy them; {@link encode} copies them into the datagram.
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
 * Asks for a session. Answered by a {@link LoginResult}, or not at all.
 *
 * @category models
 * @since 0.1.0
 */
export interface Login {
  readonly _tag: "Login"
  /** The password's bytes. The specification allows ASCII without NUL. */
  readonly password: Redacted.Redacted<Uint8Array>
}

/**
 * A command. With an empty payload it does nothing and serves as the keepalive. Answered by a {@link CommandReply} or
 * by {@link CommandReplyPart}s with the same sequence number.
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
 * Tells the server that the {@link Message} with this sequence number has come.
 *
 * @category models
 * @since 0.1.0
 */
export interface Acknowledge {
  readonly _tag: "Acknowledge"
  /** 0 to 255, the message's. */
  readonly sequence: number
}

/**
 * What a client sends.
 *
 * @category models
 * @since 0.1.0
 */
export type ClientPacket = Login | Command | Acknowledge

/**
 * The answer to a {@link Login}. Its first byte is the result; {@link decodeServer} ignores any bytes behind it.
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
 * The whole answer to a {@link Command}, perhaps empty. Its payload never begins with byte 0: that byte announces a
 * {@link CommandReplyPart}.
 *
 * @category models
 * @since 0.1.0
 */
export interface CommandReply {
  readonly _tag: "CommandReply"
  /** 0 to 255, the command's. */
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
  /** 0 to 255, the command's. */
  readonly sequence: number
  /** How many parts the answer has, 1 to 255. */
  readonly total: number
  /** Which of them this is, 0 to `total - 1`. */
  readonly index: number
  readonly payload: Uint8Array
}

/**
 * Something the server tells every client: a chat line, a join, a kick. Wants an {@link Acknowledge}.
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
 * What a server sends.
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
  throw new RangeError(`${name} must be an integer from ${minimum} to ${maximum}, received ${value}`)
}

const sequenceOf = (value: number): number => inRange("sequence", value, 0, 255)

const bytesOf = (payload: string | Uint8Array): Uint8Array =>
  typeof payload === "string" ? Text.encode(payload) : payload

/**
 * A {@link Login}. A string is encoded as UTF-8.
 *
 * @category constructors
 * @since 0.1.0
 */
export const login = (password: Redacted.Redacted<string | Uint8Array>): Login => ({
  _tag: "Login",
  password: Redacted.make(bytesOf(Redacted.value(password)))
})

/**
 * A {@link Command}. A string is encoded as UTF-8. Throws a `RangeError` where `sequence` is not an integer from 0 to
 * 255: that is a mistake of the caller, not of the network.
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
 * An {@link Acknowledge}. Throws a `RangeError` where `sequence` is not an integer from 0 to 255.
 *
 * @category constructors
 * @since 0.1.0
 */
export const acknowledge = (sequence: number): Acknowledge => ({
  _tag: "Acknowledge",
  sequence: sequenceOf(sequence)
})

/**
 * A {@link LoginResult}.
 *
 * @category constructors
 * @since 0.1.0
 */
export const loginResult = (accepted: boolean): LoginResult => ({ _tag: "LoginResult", accepted })

/**
 * A {@link CommandReply}. A string is encoded as UTF-8. Throws a `RangeError` where `sequence` is not an integer from 0
 * to 255, or where the payload begins with byte 0 and so would read as a part.
 *
 * @category constructors
 * @since 0.1.0
 */
export const commandReply = (sequence: number, payload: string | Uint8Array): CommandReply => {
  const bytes = bytesOf(payload)
  if (bytes[0] === 0) throw new RangeError("a whole command reply must not begin with byte 0, which announces a part")
  return { _tag: "CommandReply", sequence: sequenceOf(sequence), payload: bytes }
}

/**
 * A {@link CommandReplyPart}. A string is encoded as UTF-8. Throws a `RangeError` where `sequence` is not an integer
 * from 0 to 255, `total` not one from 1 to 255, or `index` not one from 0 to `total - 1`.
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
 * A {@link Message}. A string is encoded as UTF-8. Throws a `RangeError` where `sequence` is not an integer from 0 to
 * 255.
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
 * Bytes before a packet's body: `"BE"`, checksum, `FF`, type.
 *
 * @category constants
 * @since 0.1.0
 */
export const HEADER_BYTES = 8

/**
 * Bytes of a {@link Command} datagram that are not its text: the header and the sequence number.
 *
 * @category constants
 * @since 0.1.0
 */
export const COMMAND_OVERHEAD_BYTES = HEADER_BYTES + 1

/**
 * The largest payload a server puts into one {@link CommandReplyPart}, in bytes. Decoding accepts more.
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
 * Makes the array that a datagram is written into: of this length, filled with zeros, and used by nobody else.
 *
 * @category models
 * @since 0.1.0
 */
export type Allocate = (bytes: number) => Uint8Array<ArrayBuffer>

const ownBuffer: Allocate = (bytes) => new Uint8Array(bytes)

/**
 * The datagram of a packet of either direction, in a buffer of its own.
 *
 * **Details**
 *
 * Total: it never fails and never throws, unless a password was erased by `Redacted.wipeUnsafe`. A packet that was
 * written by hand past its constructor, with a number out of range, is sent with the number's low 8 bits, and a whole
 * reply that begins with byte 0 reads as a part. No length is refused here; UDP itself carries at most 65,507 bytes.
 *
 * @category encoding
 * @since 0.1.0
 */
export const encode = (packet: ClientPacket | ServerPacket): Uint8Array<ArrayBuffer> => encodeWith(packet, ownBuffer)

/**
 * As {@link encode}, in the bytes that `allocate` gives.
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

/** The rest of a datagram, as a view. `subarray` would make a `Buffer` of a `Buffer`, and costs no less. */
const rest = (datagram: Uint8Array, from: number): Uint8Array =>
  new Uint8Array(datagram.buffer, datagram.byteOffset + from, datagram.length - from)

/** What is wrong with the 8 bytes that all packets begin with, if anything. */
const headerError = (datagram: Uint8Array): Result.Result<never, DecodeError> | undefined => {
  if (datagram.length < HEADER_BYTES) return truncated(datagram, HEADER_BYTES)
  if (datagram[0] !== 0x42 || datagram[1] !== 0x45 || datagram[6] !== 0xff) return fail({ _tag: "NotBattlEye" })
  const received = checksumField(datagram)
  const computed = checksum(datagram)
  return received === computed ? undefined : fail({ _tag: "ChecksumMismatch", received, computed })
}

/**
 * The checksum that stands in a datagram's header, bytes 2 to 5, as an unsigned 32-bit integer. It is not compared with
 * the bytes; for a decoded datagram it is theirs, and identifies its content. A datagram shorter than that gives what
 * there is of it.
 *
 * @category decoding
 * @since 0.1.0
 */
export const checksumField = (datagram: Uint8Array): number =>
  (datagram[2]! | (datagram[3]! << 8) | (datagram[4]! << 16) | (datagram[5]! << 24)) >>> 0

/**
 * Reads a datagram that a client sent.
 *
 * **Details**
 *
 * Fails with a `DecodeError` for anything that is not a {@link ClientPacket}; never throws. The payload is a view into
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
 * Reads a datagram that a server sent.
 *
 * **Details**
 *
 * Fails with a `DecodeError` for anything that is not a {@link ServerPacket}; never throws. The payload is a view into
 * `datagram`. A command reply whose text begins with byte 0 is a part, so a bad part header is an error here. Bytes
 * behind the result of a login reply are ignored, so such a reply does not encode to the same bytes again; every other
 * packet does.
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
      // Bytes behind the result are ignored: if the reply were refused, the client would wait for it in vain.
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
