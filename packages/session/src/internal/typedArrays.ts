/**
 * Grows typed arrays: an idle session uses few of the 256 numbers, and there may be thousands of sessions.
 */

type TypedArray = Uint8Array | Int16Array | Uint32Array | Float64Array

/** The next length (16, 32, 64, ...) that includes an index. */
export const lengthFor = (index: number, length: number): number => {
  let next = Math.max(length, 16)
  while (next <= index) next *= 2
  return next
}

/** A copy of the given length. New elements have the value `rest`. */
export const grown = <A extends TypedArray>(array: A, length: number, rest: number): A => {
  const longer = new (array.constructor as new(length: number) => A)(length)
  longer.set(array)
  longer.fill(rest, array.length)
  return longer
}
