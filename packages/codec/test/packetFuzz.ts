/**
 * Makes random and mutated strings of bytes, and checks their decoding.
 */
import { type DecodeError, Packet } from "@bercon/codec"
import { Redacted, Result } from "effect"
import * as Zlib from "node:zlib"
import { corpora, hex } from "./support.ts"

type AnyPacket = Packet.ClientPacket | Packet.ServerPacket

const decode = (sender: "client" | "server", bytes: Uint8Array): Result.Result<AnyPacket, DecodeError.DecodeError> =>
  sender === "client" ? Packet.decodeClient(bytes) : Packet.decodeServer(bytes)

// The specification once more, as plainly as possible, for comparison.
const isPacket = (sender: "client" | "server", bytes: Uint8Array): boolean => {
  if (bytes.length < 8 || bytes[0] !== 0x42 || bytes[1] !== 0x45 || bytes[6] !== 0xff) return false
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint32(2, true) !== Zlib.crc32(bytes.subarray(6))) return false
  const [type, first, marker, total, index] = bytes.subarray(7, 12)
  if (type === 0) return sender === "client" || first! <= 1
  if (type === 1 && sender === "server" && marker === 0) return index !== undefined && index < total!
  if (type === 1) return bytes.length >= 9
  return type === 2 && bytes.length >= 9 && (sender === "server" || bytes.length === 9)
}

const valid: ReadonlyArray<Uint8Array> = [
  Packet.encode(Packet.login(Redacted.make("hunter2"))),
  Packet.encode(Packet.login(Redacted.make(""))),
  Packet.encode(Packet.command(0, "")),
  Packet.encode(Packet.command(254, "say -1 Привет")),
  Packet.encode(Packet.acknowledge(128)),
  Packet.encode(Packet.loginResult(true)),
  Packet.encode(Packet.loginResult(false)),
  Packet.encode(Packet.commandReply(3, "Players on server:\n(0 players in total)")),
  Packet.encode(Packet.commandReplyPart(4, 2, 1, "b")),
  Packet.encode(Packet.commandReplyPart(4, 255, 254, "")),
  Packet.encode(
    Packet.message(77, "Player #0 Max (127.0.0.1:2304) connected and stays a while, says (Global) Max: hello")
  ),
  ...corpora.flatMap(({ rows }) => rows.map(({ bytes }) => bytes))
]

/**
 * Makes strings of bytes, most of them similar to a packet. All strings share one buffer, so use each before the next
 * is made. `pick` returns a random integer from 0 to its argument, exclusive.
 */
export const strings = (pick: (limit: number) => number): () => Uint8Array => {
  const scratch = new Uint8Array(512)
  const view = new DataView(scratch.buffer)
  return (): Uint8Array => {
    const how = pick(8)
    let length: number
    if (how === 0) {
      length = pick(64)
      for (let i = 0; i < length; i++) scratch[i] = pick(256)
    } else {
      const base = valid[pick(valid.length)]!
      scratch.set(base)
      length = base.length
      if (how === 1) {
        for (let flips = pick(4); flips >= 0; flips--) scratch[pick(length)]! ^= 1 << pick(8)
      } else if (how === 2) {
        length = pick(length + 1)
      } else if (how === 3) {
        for (let more = pick(20); more >= 0; more--) scratch[length++] = pick(256)
      } else if (how === 4) {
        const other = valid[pick(valid.length)]!
        const at = pick(Math.min(length, other.length))
        scratch.set(other.subarray(at), at)
        length = other.length
      } else if (how === 5) {
        for (let i = 7; i < 13; i++) if (pick(2) === 0) scratch[i] = pick(4)
        length = 7 + pick(7)
      } else if (how === 6) {
        scratch[pick(length)] = pick(256)
      }
      // Half of these strings get a valid checksum, so that the checks after the checksum are reached, too.
      if (length > 6 && pick(2) === 0) view.setUint32(2, Zlib.crc32(scratch.subarray(6, length)), true)
    }
    return scratch.subarray(0, length)
  }
}

/**
 * Decodes a string of bytes, and returns the reason if it is refused. Throws if a packet is refused, if anything else
 * is accepted, or if an accepted packet does not encode to the same bytes.
 */
export const check = (
  sender: "client" | "server",
  bytes: Uint8Array
): DecodeError.DecodeError["reason"]["_tag"] | undefined => {
  const result = decode(sender, bytes)
  if (Result.isSuccess(result) !== isPacket(sender, bytes)) {
    throw new Error(
      `wrongly ${Result.isSuccess(result) ? "accepted" : "refused"} as a packet of a ${sender}: ${hex(bytes)}`
    )
  }
  if (Result.isFailure(result)) return result.failure.reason._tag
  // An accepted packet encodes to the same bytes, apart from bytes after the result of a login reply.
  const whole = result.success._tag === "LoginResult" ? bytes.subarray(0, 9) : bytes
  const again = Packet.encode(result.success)
  // The ignored bytes are covered by the checksum, so the checksum differs, too.
  const from = whole.length === bytes.length ? 0 : 6
  if (Buffer.compare(again.subarray(from), whole.subarray(from)) !== 0) {
    throw new Error(`the decoded packet does not encode to the same bytes: ${hex(bytes)}`)
  }
  return undefined
}
