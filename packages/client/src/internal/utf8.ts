/**
 * Measures the size of text on the wire.
 */

/** Size of a text in bytes of UTF-8. */
export const bytesOf = (text: string): number => bytesUpTo(text, Infinity)

/** Whether a text has at least `bytes` bytes in UTF-8. It counts no further than that. */
export const takes = (text: string, bytes: number): boolean =>
  // A UTF-16 unit takes at most three bytes.
  3 * text.length >= bytes && bytesUpTo(text, bytes) >= bytes

const bytesUpTo = (text: string, limit: number): number => {
  let taken = 0
  for (const character of text) {
    if (taken >= limit) break
    // Half of a surrogate pair is sent as U+FFFD, which also has three bytes.
    const code = character.codePointAt(0)!
    taken += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x1_0000 ? 3 : 4
  }
  return taken
}
