/**
 * Gives out the bytes of short datagrams, many from one buffer.
 *
 * V8 keeps a short array of its own inside its heap, and has to move it out before the kernel can read it. A view of a
 * longer buffer lies outside already.
 */

/** The length of a buffer. It lives as long as one of the datagrams in it. */
const BYTES = 8192

let buffer = new ArrayBuffer(BYTES)
let used = 0

/** Bytes that are all zero and that nobody else has. Not for secrets: others have views of the same buffer. */
export const allocate = (bytes: number): Uint8Array<ArrayBuffer> => {
  if (used + bytes > BYTES) {
    buffer = new ArrayBuffer(Math.max(BYTES, bytes))
    used = 0
  }
  const view = new Uint8Array(buffer, used, bytes)
  used += bytes
  return view
}
