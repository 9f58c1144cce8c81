/**
 * How much a text takes on the wire.
 */

/** How many bytes a text takes in UTF-8. */
export const bytesOf = (text: string): number => bytesUpTo(text, Infinity)

/** Whether a text takes as many bytes in UTF-8. Counts no further than that. */
export const takes = (text: string, bytes: number): boolean =>
  // A unit of UTF-16 takes three at most.
  3 * text.length >= bytes && bytesUpTo(text, bytes) >= bytes

const bytesUpTo = (text: string, limit: number): number => {
  let taken = 0
  for (let index = 0; index < text.length && taken < limit; index++) {
    const unit = text.charCodeAt(index)
    // Half of a pair is half of four.
    taken += unit < 0x80 ? 1 : unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 2 : 3
  }
  return taken
}
