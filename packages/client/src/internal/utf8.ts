/**
 * How much a text takes on the wire.
 */

/** Whether a text takes as many bytes in UTF-8. Counts no further than that. */
export const takes = (text: string, bytes: number): boolean => {
  // A unit of UTF-16 takes three at most.
  if (3 * text.length < bytes) return false
  let taken = 0
  for (let index = 0; index < text.length && taken < bytes; index++) {
    const unit = text.charCodeAt(index)
    // Half of a pair is half of four.
    taken += unit < 0x80 ? 1 : unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 2 : 3
  }
  return taken >= bytes
}
