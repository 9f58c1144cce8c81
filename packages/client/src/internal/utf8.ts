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
  for (let index = 0; index < text.length && taken < limit; index++) {
    const unit = text.charCodeAt(index)
    // Half of a surrogate pair counts as half of four bytes.
    taken += unit < 0x80 ? 1 : unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 2 : 3
  }
  return taken
}
