/**
 * The checksum of a BattlEye datagram: the common reflected CRC-32 (zlib's) of everything from byte 6 on.
 */
import CRC32 from "crc-32"

/** Offset of the first byte the checksum covers: the `FF` before the packet type. */
export const COVERED_FROM = 6

// `CRC32.buf` starts at the first byte of what it is given. For a short datagram the view that needs costs more than the
// checksum itself, above all where V8 must move a small new array (up to 64 bytes) out of its heap for it.
const SHORT_BYTES = 64

const table = Int32Array.from({ length: 256 }, (_, byte) => ~CRC32.buf(Uint8Array.of(byte), -1))

/** CRC-32 of `datagram` from byte 6 to its end, as an unsigned 32-bit integer. */
export const checksum = (datagram: Uint8Array): number => {
  // Stryker disable next-line ConditionalExpression,EqualityOperator: both ways give the same sum, at different costs
  if (datagram.length > SHORT_BYTES) return CRC32.buf(datagram.subarray(COVERED_FROM)) >>> 0
  let crc = -1
  for (let i = COVERED_FROM; i < datagram.length; i++) crc = (crc >>> 8) ^ table[(crc ^ datagram[i]!) & 0xff]!
  return ~crc >>> 0
}
