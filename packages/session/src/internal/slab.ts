/**
 * Gives out the bytes of short datagrams, many from one buffer.
 *
 * V8 keeps a short array of its own inside its heap, and has to move it out before the kernel can read it. A view of a
 * longer buffer lies outside already.
 *
 * All sessions of the process share the buffer. So a transport that looks at `datagram.buffer` sees the commands that other
 * sessions have sent, also earlier ones, and those may contain secrets. Login packets, which contain the password, do not come
 * from here. Bytes given out are never given out again, so no session can change another's datagram.
 */

/** The length of a buffer. It lives as long as one of the datagrams in it. */
const BYTES = 8192

let buffer = new ArrayBuffer(BYTES)
let used = 0

/** Bytes that are all zero and were never given out before: at most {@link BYTES}. */
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
