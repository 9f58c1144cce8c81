/**
 * Allocates the bytes of short datagrams, many of them from one buffer.
 *
 * V8 keeps a short array inside its heap, and must move it out before the kernel can read it. A view of a longer buffer
 * is outside already.
 *
 * All sessions of the process share the buffer. A transport that reads `datagram.buffer` therefore sees commands of
 * other sessions, even earlier ones, which may contain secrets. Login packets, which contain the password, are not
 * allocated here. Bytes are never allocated twice, so no session can change another session's datagram.
 */

/** Size of a buffer. It is kept in memory as long as one of its datagrams. */
const BYTES = 8192

let buffer = new ArrayBuffer(BYTES)
let used = 0

/** Allocates bytes that are zero and were never allocated before, at most {@link BYTES}. */
export const allocate = (bytes: number): Uint8Array<ArrayBuffer> => {
  // A transport may have transferred the buffer to another thread. Its length is 0 then.
  if (used + bytes > buffer.byteLength) {
    buffer = new ArrayBuffer(BYTES)
    used = 0
  }
  const view = new Uint8Array(buffer, used, bytes)
  used += bytes
  return view
}
