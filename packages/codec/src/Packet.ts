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
 * The functions are pure: they use no clock, no socket and no session. Decoding returns a `Result` and never throws,
 * whatever the bytes. Payloads stay bytes, because a character may be cut between two parts: join the parts first (see
 * `Reassembly`), then decode the text (see `Text`).
 *
 * **Gotchas**
 *
 * A decoded payload is a *view* into its datagram. The view is valid until the datagram's buffer is overwritten, and it
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
 * @stability stable
 * @since 0.1.0
 */
import * as Redacted from "effect/Redacted"
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
 * from 0 to 255, or if the payload begins with byte 0, because such a reply would be decoded as a part.
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
// bytes
// -----------------------------------------------------------------------------

/**
 * Size in bytes of the largest payload that a server puts into one {@link CommandReplyPart}. Decoding accepts larger
 * ones.
 *
 * @category constants
 * @since 0.1.0
 */
export const PART_PAYLOAD_BYTES = 1024

export {
  type Allocate,
  checksumField,
  COMMAND_OVERHEAD_BYTES,
  decodeClient,
  decodeServer,
  encode,
  encodeWith,
  HEADER_BYTES
} from "./internal/wire.ts"
