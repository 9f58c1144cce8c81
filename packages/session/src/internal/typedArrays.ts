/**
 * Grows typed arrays as needed, because an idle session uses few of the 256 sequence numbers, and there may be
 * thousands of sessions.
 */

type TypedArray = Uint8Array | Int16Array | Uint32Array | Float64Array

/** The next length (16, 32, 64, ...) that includes an index. */
export const lengthFor = (index: number, length: number): number => {
  let next = Math.max(length, 16)
  while (next <= index) next *= 2
  return next
}

// Arrays that have not grown yet, shared by all sessions.
export const noBytes = new Uint8Array(0)
export const noIndices = new Int16Array(0)
export const noCounts = new Uint32Array(0)
export const noTimes = new Float64Array(0)

/**
 * Arrays of equal length in one buffer, because a buffer takes more memory than the content of a short array. `bytes`:
 * the sum of the sizes of one element of each array. `length` must be a multiple of 8, so that all elements are
 * aligned.
 */
export class Columns {
  readonly #length: number
  readonly #buffer: ArrayBuffer
  #used = 0

  constructor(length: number, bytes: number) {
    this.#length = length
    this.#buffer = new ArrayBuffer(length * bytes)
  }

  /** A copy of an array with the length of the columns. New elements have the value `rest`. */
  grown<A extends TypedArray>(array: A, rest: number): A {
    const constructor = array.constructor as new(buffer: ArrayBuffer, offset: number, length: number) => A
    const longer = new constructor(this.#buffer, this.#used, this.#length)
    this.#used += longer.byteLength
    longer.set(array)
    longer.fill(rest, array.length)
    return longer
  }
}
