/**
 * Computes the checksum of a BattlEye datagram: the common reflected CRC-32 (as in zlib) of all bytes from byte 6 on.
 */
import CRC32 from "crc-32"

/** Offset of the first byte the checksum covers: the `FF` before the packet type. */
const COVERED_FROM = 6

/** CRC-32 of bytes, as an unsigned 32-bit integer. */
type Crc32 = (bytes: Uint8Array) => number

/** CRC-32 in JavaScript, for every platform. */
export const portable: Crc32 = (bytes) => CRC32.buf(bytes) >>> 0

/**
 * Node's own CRC-32; `undefined` on platforms without it. It is two to three times as fast as `portable` for a long
 * datagram. An import of it would keep this module from loading on other platforms.
 */
const native = (globalThis as {
  readonly process?: { readonly getBuiltinModule?: (id: string) => { readonly crc32?: Crc32 } | undefined }
}).process?.getBuiltinModule?.("node:zlib")?.crc32

/** The fastest available CRC-32 for long datagrams. */
export const crc32 = native ?? portable

// A view of a short datagram costs more than its checksum, above all if V8 must first move the datagram out of its heap. It
// keeps new arrays of up to 64 bytes there.
const SHORT_BYTES = 64

const table = Int32Array.from({ length: 256 }, (_, byte) => ~CRC32.buf(Uint8Array.of(byte), -1))

/** CRC-32 of `datagram` from byte 6 to its end, as an unsigned 32-bit integer. */
export const checksum = (datagram: Uint8Array): number => {
  // Stryker disable next-line ConditionalExpression,EqualityOperator: both ways give the same sum, at different costs
  if (datagram.length > SHORT_BYTES) return crc32(datagram.subarray(COVERED_FROM))
  let crc = -1
  for (let i = COVERED_FROM; i < datagram.length; i++) crc = (crc >>> 8) ^ table[(crc ^ datagram[i]!) & 0xff]!
  return ~crc >>> 0
}
